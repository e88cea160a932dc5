"""A SCIM service for the rehearsal: scim2-server's reference application in this process, with a record of requests.

The application takes Entra's two liberties that the library's policy does not cover: the ADSCIM schema of a group, and
a manager as a bare id.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from scim2_models import ScimPolicy, ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)

from workteam_cli.rehearsal.changes import ChangeSet, load_changes
from workteam_cli.rehearsal.client import Patience
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.service import Settings
from workteam_cli.tenant.application import StandIn

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
TOKEN = "a-token-for-tests"


class Service(httpx.AsyncBaseTransport):
    """The reference application; ``requests`` holds method, path with query, and body of all that arrived."""

    base_url = "https://scim.example/v2"

    def __init__(self) -> None:
        provider = ScimProvider.from_discovery(
            list(load_default_schemas().values()),
            list(load_default_resource_types().values()),
            config=load_default_service_provider_config(),
            policy=ScimPolicy(
                unknown=ScimPolicy.Unknown.ignore,
                remove_value_as_filter=ScimPolicy.RemoveValue.apply,
                unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
            ),
        )
        application = BearerTokenApplication(InMemoryStorage(), provider, bearer_tokens=[TOKEN])
        self._wsgi = httpx.WSGITransport(app=application)
        self.requests: list[tuple[str, str, Any]] = []
        self.headers: list[httpx.Headers] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.requests.append((request.method, request.url.raw_path.decode().removeprefix("/v2"), body))
        self.headers.append(request.headers)
        content = json.dumps(_lenient(json.loads(request.content))).encode() if body is not None else b""
        headers = [(key, value) for key, value in request.headers.items() if key != "content-length"]
        inner = httpx.Request(request.method, request.url, content=content, headers=headers)
        answer = self._wsgi.handle_request(inner)
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.read())

    def resources(self, endpoint: str) -> list[dict[str, Any]]:
        """Return what the service holds, straight from it."""
        request = httpx.Request("GET", f"{self.base_url}{endpoint}", headers={"Authorization": f"Bearer {TOKEN}"})
        found: list[dict[str, Any]] = json.loads(self._wsgi.handle_request(request).read())["Resources"]
        return found

    def take(self) -> list[tuple[str, str, Any]]:
        """Return the requests so far, and forget them."""
        taken, self.requests = self.requests, []
        return taken


def _lenient(body: dict[str, Any]) -> dict[str, Any]:
    body = {**body, "schemas": [urn for urn in body["schemas"] if not urn.startswith("http://schemas.microsoft")]}
    for operation in body.get("Operations", []):
        if operation.get("path") == MANAGER and isinstance(operation["value"], str):
            operation["value"] = {"value": operation["value"]}
    return body


@pytest.fixture
def service() -> Service:
    """An empty SCIM service."""
    return Service()


@pytest.fixture(scope="session")
def contoso() -> Directory:
    """The shipped sample directory."""
    return Directory.load(SAMPLE / "contoso.json")


@pytest.fixture(scope="session")
def changes() -> tuple[ChangeSet, ...]:
    """The shipped change sets."""
    return load_changes(SAMPLE / "changes.json")


@pytest.fixture
def settings(service: Service) -> Callable[..., Settings]:
    """Settings for the service in this process, without limits of rate and without waiting."""

    def make(**changed: Any) -> Settings:
        usual: dict[str, Any] = {
            "base_url": service.base_url,
            "token": TOKEN,
            "transport": service,
            "rate": 0,
            "patience": Patience(attempts=3, first=0.0),
        }
        return Settings(**(usual | changed))

    return make


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """A stand-in tenant on loopback, for faults."""
    with StandIn(tmp_path / "tenant") as tenant:
        yield tenant
