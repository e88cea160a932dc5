"""The raw rates of one API server and one stand-in tenant: the same requests that the product makes, and nothing else.

Each rate is measured by one client with ``PARALLEL`` requests at a time, client included, in the run whose end-to-end
time it is set against.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

import httpx

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
    users = f"{API}/{tenant.namespace}/workteamusers"
    groups = f"{API}/{tenant.namespace}/workteamgroups"
    status = _status()
    try:
        found = {}
        bodies = [_user(number, tenant) for number in range(ROUNDS)]
        found[Call("POST", "users")] = await rate(lambda n: access.request("POST", users, body=bodies[n]))
        found[Call("APPLY", "users/status")] = await rate(
            lambda n: access.request(
                "PATCH",
                f"{users}/{_name(n)}/status",
                query={"fieldManager": "bench", "force": "true"},
                body=status | {"kind": "WorkteamUser", "metadata": {"name": _name(n)}},
                content_type=APPLY_PATCH,
            )
        )
        title = {"op": "add", "path": "/spec/title", "value": "Lead"}
        found[Call("PATCH", "users")] = await rate(
            lambda n: access.request("PATCH", f"{users}/{_name(n)}", body=[title], content_type=JSON_PATCH)
        )
        found[Call("GET", "users")] = await rate(lambda n: access.request("GET", f"{users}/{_name(n)}"))
        group = a_group("crew", namespace=tenant.namespace, tenant=tenant.name)
        found[Call("POST", "groups")] = await rate(
            lambda n: access.request("POST", groups, body=_named(group.manifest(), f"group-{n}"))
        )
        found[Call("APPLY", "groups/status")] = await rate(
            lambda n: access.request(
                "PATCH",
                f"{groups}/group-{n}/status",
                query={"fieldManager": "bench", "force": "true"},
                body=status | {"kind": "WorkteamGroup", "metadata": {"name": f"group-{n}"}},
                content_type=APPLY_PATCH,
            )
        )
        members = {"op": "add", "path": "/spec/members", "value": [_name(n) for n in range(MEMBERS)]}
        found[Call("PATCH", "groups")] = await rate(
            lambda n: access.request("PATCH", f"{groups}/group-{n}", body=[members], content_type=JSON_PATCH)
        )
        await rate(lambda n: access.request("DELETE", f"{users}/{_name(n)}"))
        await rate(lambda n: access.request("DELETE", f"{groups}/group-{n}"))
        return found
    finally:
        await access.close()


async def workteam_rates(endpoint: Endpoint) -> Mapping[Call, float]:
    """Measure a stand-in tenant; its accounts and teams stay, so reset it afterwards."""
    headers = {"Authorization": f"Bearer {endpoint.token}", "Content-Type": "application/scim+json"}
    limits = httpx.Limits(max_connections=PARALLEL)
    async with httpx.AsyncClient(headers=headers, limits=limits, timeout=30, trust_env=False) as client:
        base = endpoint.base_url
        ids: dict[int, str] = {}

        async def create(path: str, number: int, body: Mapping[str, object]) -> None:
            answer = (await client.post(f"{base}{path}", json=body)).raise_for_status()
            ids[number] = answer.json()["id"]

        async def patch(path: str, number: int, operation: Mapping[str, object]) -> None:
            body = {"schemas": [PATCH_OP], "Operations": [operation]}
            (await client.patch(f"{base}{path}/{ids[number]}", json=body)).raise_for_status()

        async def get(path: str) -> None:
            (await client.get(f"{base}{path}")).raise_for_status()

        found = {Call("POST", "Users"): await rate(lambda n: create("/Users", n, _account(n)))}
        found[Call("GET", "Users?filter")] = await rate(
            lambda n: get(f'/Users?filter=userName eq "user-{n}@x.example"')
        )
        found[Call("GET", "Users/id")] = await rate(lambda n: get(f"/Users/{ids[n]}"))
        title = {"op": "replace", "path": "title", "value": "Lead"}
        found[Call("PATCH", "Users")] = await rate(lambda n: patch("/Users", n, title))
        people = [{"value": ids[number]} for number in range(MEMBERS)]
        found[Call("POST", "Groups")] = await rate(lambda n: create("/Groups", n, _team(n)))
        found[Call("GET", "Groups?filter")] = await rate(lambda n: get(f'/Groups?filter=displayName eq "team-{n}"'))
        found[Call("PATCH", "Groups")] = await rate(
            lambda n: patch("/Groups", n, {"op": "add", "path": "members", "value": people})
        )
        found[Call("GET", "Groups/id")] = await rate(lambda n: get(f"/Groups/{ids[n]}"))
        return found


def at_raw_rates(made: Mapping[Call, int], rates: Mapping[Call, float]) -> tuple[float, list[Call]]:
    """Return the seconds that these requests take at their raw rates, and those whose rate was not measured."""
    unknown = sorted((call for call in made if call not in rates), key=str)
    return sum(count / rates[call] for call, count in made.items() if call in rates), unknown


def table(made: Mapping[Call, int], rates: Mapping[Call, float]) -> Iterable[str]:
    """Write a line for each sort of request: how many were made, and the raw rate."""
    for call in sorted(made, key=str):
        known = f"{rates[call]:>8.0f}/s" if call in rates else "         -"
        yield f"  {call!s:<28}{made[call]:>8}{known}"


def _name(number: int) -> str:
    return f"user-{number}"


def _user(number: int, tenant: TenantKey) -> dict[str, object]:
    """Make an object of the size that Entra's default mapping makes."""
    spec = {
        "externalId": f"user{number}",
        "displayName": f"Person Number {number}",
        "name": {"givenName": "Person", "familyName": f"Number {number}", "formatted": f"Person Number {number}"},
        "title": "Specialist",
        "preferredLanguage": "en-US",
        "emails": [{"type": "work", "primary": True, "value": f"user-{number}@contoso.example"}],
        "phoneNumbers": [{"type": "work", "value": "+1 206 555 0101"}],
        "addresses": [{"type": "work", "streetAddress": "1200 Harbor Avenue", "locality": "Seattle"}],
        "enterprise": {"department": "Sales", "employeeNumber": f"{number:06}"},
    }
    return a_user(_name(number), namespace=tenant.namespace, tenant=tenant.name, **spec).manifest()


def _named(manifest: dict[str, object], name: str) -> dict[str, object]:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    return manifest | {"metadata": metadata | {"name": name}}


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
