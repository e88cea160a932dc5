"""Every shape of request in ``requests/``: sent to a state, answered as recorded, and what the cluster then holds.

A file names its shape and where that is documented, the resources ``before``, and ``requests`` that all mean the same;
``users`` and ``groups`` are the specs afterwards. A request may have an ``answer`` and specs of its own. ``$name``
stands for the id of a resource of ``before``.
"""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from pydantic import BaseModel, ConfigDict

from workteam_crds.kinds import WorkteamGroup, WorkteamUser

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
FILES = sorted((Path(__file__).parent / "requests").glob("*.yaml"))
OURS = {"tenantRef", "memberships"}
"""What a spec has besides the attributes of the resource."""
KINDS: dict[str, type[WorkteamUser | WorkteamGroup]] = {"Users": WorkteamUser, "Groups": WorkteamGroup}

Specs = list[dict[str, Any]]


class Record(BaseModel):
    """A part of a file: a key that is misspelt is an error."""

    model_config = ConfigDict(extra="forbid")


class Answer(Record):
    """What is answered: status, an error's type and sentence, and of a search the ids."""

    status: int
    scimType: str | None = None  # noqa: N815 - as in the answer
    detail: str | None = None
    """What an administrator reads of an error."""
    found: list[str] | None = None
    keys: list[str] | None = None
    """The attributes of what was read, if it is not the whole."""


class Request(Record):
    """One request, and what it does if that is not what the whole file says."""

    id: str
    method: str
    path: str
    headers: dict[str, str] = {}
    body: Any = None
    raw: str | None = None
    """A body that is no JSON."""
    answer: Answer | None = None
    users: Specs | None = None
    groups: Specs | None = None


class Recorded(Record):
    """One file."""

    shape: str
    source: str
    before: dict[str, dict[str, Any]] = {}
    """Resources by name; one with a displayName and no userName is a group."""
    requests: list[Request]
    answer: Answer
    users: Specs = []
    groups: Specs = []


CASES = [
    pytest.param(recorded, request, id=f"{file.stem}:{request.id}")
    for file in FILES
    for recorded in [Recorded.model_validate(yaml.safe_load(file.read_text()))]
    for request in recorded.requests
]


class Stage:
    """A tenant that is brought into the state before each request; it stays if the last one changed nothing."""

    def __init__(self, client: httpx.AsyncClient, ground: Any) -> None:
        self.client = client
        self.ids: dict[str, str] = {}
        self._ground = ground
        self._before: Mapping[str, Any] | None = None
        self._state: Specs = []

    async def prepare(self, before: Mapping[str, Any]) -> None:
        """Make the resources that are to be there, and take away the others."""
        if self._before == before and self._state == await self.resources():
            return
        for resource in await self.resources():
            assert (await self.client.delete(place(resource, resource["id"]))).status_code == 204
        self.ids = {name: await self._created(body) for name, body in before.items()}
        self._before, self._state = before, await self.resources()

    async def resources(self) -> Specs:
        """Return all resources as they are answered."""
        lists = [(await self.client.get(f"/{endpoint}")).json() for endpoint in KINDS]
        return [resource for found in lists for resource in found["Resources"]]

    async def specs(self, kind: type[WorkteamUser | WorkteamGroup]) -> dict[str, Any]:
        """Return what the cluster holds of each resource of one kind."""
        names = [found["id"] for found in await self.resources() if KINDS[endpoint_of(found)] is kind]
        held = [await self._ground.cluster.get(kind, self._ground.namespace, name) for name in names]
        return named([{key: item for key, item in one.spec.dump().items() if key not in OURS} for one in held])

    async def _created(self, body: Mapping[str, Any]) -> str:
        answer = await self.client.post(place(body), json=body)
        assert answer.status_code == 201
        return str(answer.json()["id"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(lasting: Any) -> AsyncIterator[Stage]:
    """The tenant of all recorded requests."""
    async with lasting.client(scim={"requestsPerSecond": 10_000}) as (_, client):
        yield Stage(client, lasting.ground)


@pytest.mark.parametrize(("recorded", "sent"), CASES)
async def test_a_recorded_request(stage: Stage, recorded: Recorded, sent: Request) -> None:
    """The answer, and the objects of the tenant, are as recorded; what is answered is what the objects say."""
    await stage.prepare(recorded.before)
    answer = await send(stage.client, filled(sent.model_dump(), stage.ids))
    expected = sent.answer or recorded.answer
    users = filled(recorded.users if sent.users is None else sent.users, stage.ids)
    groups = filled(recorded.groups if sent.groups is None else sent.groups, stage.ids)
    check(answer, expected, stage.ids)
    assert await stage.specs(WorkteamUser) == named(users)
    assert await stage.specs(WorkteamGroup) == named(groups)
    if answer.status_code in {200, 201} and expected.found is None and expected.keys is None:
        assert described(answer.json()) in [described_spec(spec) for spec in (*users, *groups)]


def endpoint_of(resource: Mapping[str, Any]) -> str:
    """Say where a resource is: users have a userName."""
    return "Users" if "userName" in resource else "Groups"


def place(resource: Mapping[str, Any], name: str = "") -> str:
    """Return the path of a resource, or of where it is made."""
    return f"/{endpoint_of(resource)}/{name}".rstrip("/")


async def send(client: httpx.AsyncClient, request: Mapping[str, Any]) -> httpx.Response:
    """Send a recorded request."""
    content: dict[str, Any] = {}
    if request["raw"] is not None:
        content = {"content": request["raw"]}
    elif request["body"] is not None:
        content = {"json": request["body"]}
    return await client.request(request["method"], request["path"], headers=request["headers"], **content)


def check(answer: httpx.Response, expected: Answer, ids: Mapping[str, str]) -> None:
    """Compare an answer with what is recorded of it."""
    assert answer.status_code == expected.status, answer.text
    if answer.is_error:
        error = answer.json()
        assert (error["schemas"], error["status"]) == ([ERROR], str(expected.status))
        assert error.get("scimType") == expected.scimType, error
        assert set(error) <= {"schemas", "status", "scimType", "detail"}
        assert error["detail"] == expected.detail
    if expected.found is not None:
        found = [resource["id"] for resource in answer.json()["Resources"]]
        assert (answer.json()["totalResults"], found) == (len(expected.found), filled(expected.found, ids))
    if expected.keys is not None:
        read = answer.json()
        assert sorted(read["Resources"][0] if "Resources" in read else read) == sorted(expected.keys)


def named(held: Specs) -> dict[str, Any]:
    """Return specs by what names them."""
    return {str(spec.get("userName", spec.get("displayName"))): spec for spec in held}


def described(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an answer."""
    return {key: value for key, value in resource.items() if key not in {"schemas", "id", "meta"}}


def described_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes that a spec is answered with."""
    attributes = {key: value for key, value in spec.items() if key not in {"enterprise", "members"}}
    if "enterprise" in spec:
        attributes[ENT] = spec["enterprise"]
    if spec.get("members"):
        attributes["members"] = [{"value": name} for name in spec["members"]]
    return attributes


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """Put ids in the place of names."""
    match value:
        case str():
            return re.sub(r"\$([a-z]+)\b", lambda found: ids.get(found[1], found[0]), value)
        case list():
            return [filled(item, ids) for item in value]
        case dict():
            return {key: filled(item, ids) for key, item in value.items()}
        case _:
            return value
