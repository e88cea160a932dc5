"""The raw rates of one API server and one stand-in tenant: the same requests that the product makes, and nothing else.

Each rate is measured by one client with ``PARALLEL`` requests at a time, client included, in the run whose end-to-end
time it is set against.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from workteam_cli.dev_stack import Endpoint
from workteam_crds.cluster.access import APPLY_PATCH, JSON_PATCH, Access
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_group, a_user

PARALLEL = 16
"""Requests at a time: more gain nothing here on two cores."""
ROUNDS = 600
"""Requests for each rate."""
MEMBERS = 100
"""Members of the group that is patched."""
API = "/apis/workte.am/v1alpha1/namespaces"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


_PERSON = {
    "externalId": "person",
    "displayName": "Person Number 1",
    "name": {"givenName": "Person", "familyName": "Number 1", "formatted": "Person Number 1"},
    "title": "Specialist",
    "preferredLanguage": "en-US",
    "emails": [{"type": "work", "primary": True, "value": "person-1@contoso.example"}],
    "phoneNumbers": [{"type": "work", "value": "+1 206 555 0101"}],
    "addresses": [{"type": "work", "streetAddress": "1200 Harbor Avenue", "locality": "Seattle"}],
    "enterprise": {"department": "Sales", "employeeNumber": "000001"},
}
"""An object of the size that Entra's default mapping makes."""


@dataclass(frozen=True)
class Call:
    """One sort of request: its verb and what it is about."""

    verb: str
    about: str

    def __str__(self) -> str:
        return f"{self.verb} {self.about}"


async def rate(send: Callable[[int], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Send so many requests, ``PARALLEL`` at a time, and return requests a second."""
    numbers = iter(range(rounds))

    async def one_after_another() -> None:
        for number in numbers:
            await send(number)

    began = time.perf_counter()
    await asyncio.gather(*[one_after_another() for _ in range(PARALLEL)])
    return rounds / (time.perf_counter() - began)


async def cluster_rates(kubeconfig: str, tenant: TenantKey) -> Mapping[Call, float]:
    """Measure an API server, in a namespace whose objects no facade and no operator sees; it ends without them."""
    access = await Access.load(kubeconfig)
    user = a_user("x", namespace=tenant.namespace, tenant=tenant.name, **_PERSON).manifest()
    group = a_group("x", namespace=tenant.namespace, tenant=tenant.name).manifest()
    title = {"op": "add", "path": "/spec/title", "value": "Lead"}
    members = {"op": "add", "path": "/spec/members", "value": [f"user-{n}" for n in range(MEMBERS)]}
    try:
        found = await _kind_rates(access, "users", user, title)
        return found | await _kind_rates(access, "groups", group, members)
    finally:
        await access.close()


async def _kind_rates(
    access: Access, about: str, manifest: dict[str, Any], change: Mapping[str, object]
) -> dict[Call, float]:
    """Measure create, status apply, patch and read of one kind, and delete what was made."""
    path = f"{API}/{manifest['metadata']['namespace']}/workteam{about}"
    names = [f"{about}-{number}" for number in range(ROUNDS)]
    bodies = [manifest | {"metadata": manifest["metadata"] | {"name": name}} for name in names]
    statuses = [_status() | {"kind": manifest["kind"], "metadata": {"name": name}} for name in names]

    async def post(number: int) -> None:
        await access.request("POST", path, body=bodies[number])

    async def apply(number: int) -> None:
        query = {"fieldManager": "bench", "force": "true"}
        where = f"{path}/{names[number]}/status"
        await access.request("PATCH", where, query=query, body=statuses[number], content_type=APPLY_PATCH)

    async def patch(number: int) -> None:
        await access.request("PATCH", f"{path}/{names[number]}", body=[change], content_type=JSON_PATCH)

    found = {Call("POST", about): await rate(post)}
    found[Call("APPLY", f"{about}/status")] = await rate(apply)
    found[Call("PATCH", about)] = await rate(patch)
    found[Call("GET", about)] = await rate(lambda n: access.request("GET", f"{path}/{names[n]}"))
    await rate(lambda n: access.request("DELETE", f"{path}/{names[n]}"))
    return found


async def workteam_rates(endpoint: Endpoint) -> Mapping[Call, float]:
    """Measure a stand-in tenant by the operator's library; its accounts and teams stay, so reset it afterwards."""
    headers = {"Authorization": f"Bearer {endpoint.token}", "Content-Type": "application/scim+json"}
    limit = aiohttp.TCPConnector(limit=PARALLEL)
    async with aiohttp.ClientSession(connector=limit, headers=headers, raise_for_status=True) as session:
        title = {"op": "replace", "path": "title", "value": "Lead"}
        accounts = _Collection(session, f"{endpoint.base_url}/Users", "userName", _account, title)
        found = await accounts.rates("Users")
        members = [{"value": accounts.ids[number]} for number in range(MEMBERS)]
        add = {"op": "add", "path": "members", "value": members}
        teams = _Collection(session, f"{endpoint.base_url}/Groups", "displayName", _team, add)
        return found | await teams.rates("Groups")


class _Collection:
    """One endpoint of a stand-in, and what was made there."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        name: str,
        resource: Callable[[int], Mapping[str, object]],
        operation: Mapping[str, object],
    ) -> None:
        self.ids: dict[int, str] = {}
        self._session = session
        self._url = url
        self._name = name
        self._resource = resource
        self._operation = operation

    async def rates(self, about: str) -> dict[Call, float]:
        """Measure create, search, read and patch."""
        found = {Call("POST", about): await rate(self._create)}
        found[Call("GET", f"{about}?filter")] = await rate(self._search)
        found[Call("GET", f"{about}/id")] = await rate(lambda n: self._send("GET", f"/{self.ids[n]}"))
        found[Call("PATCH", about)] = await rate(self._patch)
        return found

    async def _create(self, number: int) -> None:
        self.ids[number] = (await self._send("POST", "", self._resource(number)))["id"]

    async def _search(self, number: int) -> None:
        wanted = self._resource(number)[self._name]
        await self._send("GET", "?" + urlencode({"filter": f'{self._name} eq "{wanted}"'}))

    async def _patch(self, number: int) -> None:
        await self._send("PATCH", f"/{self.ids[number]}", {"schemas": [PATCH_OP], "Operations": [self._operation]})

    async def _send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        async with self._session.request(method, URL(self._url + path, encoded=True), data=data) as response:
            return json.loads(await response.read() or b"null")


def at_raw_rates(made: Mapping[Call, int], rates: Mapping[Call, float]) -> tuple[float, list[Call]]:
    """Return the seconds that these requests take at their raw rates, and those whose rate was not measured."""
    unknown = sorted((call for call in made if call not in rates), key=str)
    return sum(count / rates[call] for call, count in made.items() if call in rates), unknown


def table(made: Mapping[Call, int], rates: Mapping[Call, float]) -> Iterable[str]:
    """Write a line for each sort of request: how many were made, and the raw rate."""
    for call in sorted(made, key=str):
        known = f"{rates[call]:>8.0f}/s" if call in rates else "         -"
        yield f"  {call!s:<28}{made[call]:>8}{known}"


def _status() -> dict[str, object]:
    """Make a status of the size that the operator reports."""
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "Provisioned",
        "message": "the account is as it should be",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-11-24T09:00:00Z",
    }
    conditions = [condition, condition | {"type": "Synced", "reason": "InSync"}]
    return {"apiVersion": "workte.am/v1alpha1", "status": {"observedGeneration": 1, "conditions": conditions}}


def _account(number: int) -> dict[str, object]:
    return {
        "schemas": [USER],
        "userName": f"user-{number}@x.example",
        "externalId": f"user{number}",
        "active": True,
        "displayName": f"Person Number {number}",
        "name": {"givenName": "Person", "familyName": f"Number {number}"},
        "emails": [{"type": "work", "primary": True, "value": f"user-{number}@x.example"}],
    }


def _team(number: int) -> dict[str, object]:
    return {"schemas": [GROUP], "displayName": f"team-{number}", "externalId": f"team{number}"}
