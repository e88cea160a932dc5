"""A tenant on the running stack for the suites of one module, and what they reach it by: HTTP, as anybody does."""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.settings import TenantSettings
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.dev_stack import Endpoint

NUMBERS = itertools.count(1)
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Examiner:
    """Somebody who asks as Microsoft's suites do: every write is read back at once."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self._numbers = itertools.count(1)

    def name(self) -> str:
        """Return a text that nothing in the tenant is called by yet."""
        return f"Probe{next(self._numbers):03d}"

    def create(self, endpoint: str, **body: Any) -> dict[str, Any]:
        """Create a resource and return it."""
        answer = self.client.post(endpoint, json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["location"] == answer.json()["meta"]["location"]
        return dict(answer.json())

    def user(self, **body: Any) -> str:
        """Create a user with a name of its own and return its id."""
        return str(self.create("/Users", userName=f"{self.name()}@contoso.example", **body)["id"])

    def group(self, **body: Any) -> str:
        """Create a group with a name of its own and return its id."""
        return str(self.create("/Groups", displayName=self.name(), **body)["id"])

    def read(self, path: str, **parameters: str) -> dict[str, Any]:
        """Return a resource as it is now."""
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def find(self, endpoint: str, text: str, **parameters: str) -> list[dict[str, Any]]:
        """Return what a filter finds."""
        found = self.read(endpoint, filter=text, **parameters)
        assert found["schemas"] == [LIST]
        assert found["totalResults"] == len(found.get("Resources", []))
        return list(found.get("Resources", []))

    def patch(self, path: str, *operations: Mapping[str, Any]) -> dict[str, Any]:
        """Change a resource and return it as it is then; the answer to the change says the same, or nothing."""
        answer = self.client.patch(path, json={"schemas": [PATCH], "Operations": list(operations)})
        assert answer.status_code in {200, 204}, answer.text
        now = self.read(path)
        assert answer.status_code == 204 or answer.json() == now
        return now

    def delete(self, path: str) -> int:
        """Delete a resource and return the status of the answer."""
        return self.client.delete(path).status_code

    def status(self, path: str) -> int:
        """Return with which status a resource is answered."""
        return self.client.get(path).status_code


@pytest.fixture(scope="module")
def suite_tenant(stack: Stack, request: pytest.FixtureRequest) -> Iterator[RunningTenant]:
    """Add a tenant for one module, with a stand-in of its own; it is Ready, and has no objects.

    What the module names ``SPEC`` is laid over the tenant's.
    """
    settings = TenantSettings(f"suite-{next(NUMBERS)}", spec=getattr(request.module, "SPEC", {}))
    running = stack.add_tenant(settings)
    stack.await_tenant(settings)
    stack.await_token(settings)
    yield running
    stack.end_tenant(settings)


@pytest.fixture(scope="module")
def endpoint(suite_tenant: RunningTenant) -> Endpoint:
    """Return Base URL and bearer token, as an administrator enters them."""
    return suite_tenant.scim


@pytest.fixture(scope="module")
def scim(endpoint: Endpoint) -> Iterator[httpx.Client]:
    """Return a client of the tenant that sends what Microsoft's clients send."""
    headers = {
        "Authorization": f"Bearer {endpoint.token}",
        "Content-Type": "application/scim+json; charset=utf-8",
        "Accept": "application/scim+json",
    }
    with httpx.Client(base_url=endpoint.base_url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def examiner(scim: httpx.Client) -> Examiner:
    """Return who asks for the suites of this module."""
    return Examiner(scim)
