"""Writes to the members of a group: right under concurrency, and nothing changed by what is not understood."""

import asyncio
from typing import Any

import httpx
import pytest

from workteam_crds.kinds import WorkteamGroup
from workteam_crds.naming import TenantKey


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the message around operations."""
    return {"Operations": list(operations)}


def add(name: str) -> dict[str, Any]:
    """Return the PATCH that adds one member."""
    return patch({"op": "Add", "path": "members", "value": [{"value": name}]})


async def members(ground: Any, group: str) -> set[str]:
    """Return the members that the cluster holds."""
    found = await ground.cluster.get(WorkteamGroup, ground.namespace, group)
    assert len(set(found.spec.members)) == len(found.spec.members)
    return set(found.spec.members)


async def test_parallel_member_changes_are_all_kept(entra: httpx.AsyncClient, ground: Any) -> None:
    """Thirty adds and ten removes at once, one member each: all answered 200, the right thirty remain."""
    group = (
        await entra.post("/Groups", json={"displayName": "crew", "members": [f"old-{n}" for n in range(10)]})
    ).json()
    added = [entra.patch(f"/Groups/{group['id']}", json=add(f"new-{number}")) for number in range(30)]
    removed = [
        entra.patch(f"/Groups/{group['id']}", json=patch({"op": "remove", "path": f'members[value eq "old-{number}"]'}))
        for number in range(10)
    ]
    answers = await asyncio.gather(*added, *removed)
    assert {answer.status_code for answer in answers} == {200}
    assert await members(ground, group["id"]) == {f"new-{number}" for number in range(30)}


async def test_two_facades_lose_nothing_to_each_other(
    entra: httpx.AsyncClient, ground: Any, run_facade: Any, tenant: TenantKey
) -> None:
    """Twenty adds through each of two processes' caches: what met a conflict is applied again to the fresh object."""
    group = (await entra.post("/Groups", json={"displayName": "crew"})).json()["id"]
    async with run_facade() as second:
        other = second.client(tenant, entra.headers["Authorization"].removeprefix("Bearer "))
        requests = [
            client.patch(f"/Groups/{group}", json=add(f"{word}-{number}"))
            for word, client in (("one", entra), ("two", other))
            for number in range(20)
        ]
        answers = await asyncio.gather(*requests)
    assert {answer.status_code for answer in answers} == {200}
    assert await members(ground, group) == {f"{word}-{number}" for word in ("one", "two") for number in range(20)}


async def test_too_many_members_in_one_request_are_refused_with_nothing_written(
    entra: httpx.AsyncClient, ground: Any
) -> None:
    """400 tooMany by POST, PUT and PATCH, whatever else is in the request; the generation does not move."""
    group = (await entra.post("/Groups", json={"displayName": "crew", "members": ["m-1"]})).json()["id"]
    before = await ground.cluster.get(WorkteamGroup, ground.namespace, group)
    many = [f"m-{number}" for number in range(20_001)]
    rename = {"op": "replace", "path": "displayName", "value": "renamed"}
    for answer in (
        await entra.patch(f"/Groups/{group}", json=patch(rename, {"op": "add", "path": "members", "value": many})),
        await entra.put(f"/Groups/{group}", json={"displayName": "renamed", "members": many}),
        await entra.post("/Groups", json={"displayName": "other", "members": many}),
    ):
        assert (answer.status_code, answer.json()["scimType"]) == (400, "tooMany")
        assert "up to 20000 members" in answer.json()["detail"]
    assert await ground.cluster.get(WorkteamGroup, ground.namespace, group) == before


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "members", "value": [{"id": "m4"}]},
        {"op": "replace", "path": "members", "value": {}},
        {"op": "replace", "path": "members", "value": [{}]},
        {"op": "replace", "path": "members", "value": [{"value": ""}]},
        {"op": "replace", "path": "members", "value": ""},
        {"op": "replace", "path": "members", "value": [None]},
        {"op": "replace", "path": "members", "value": 7},
        {"op": "add", "path": "members", "value": [{"id": "m4"}]},
        {"op": "add", "path": "members", "value": {"members": [{"value": "m4"}]}},
        {"op": "add", "path": "members", "value": [{"$ref": "https://x/Users/m4"}]},
        {"op": "add", "path": "members"},
        {"op": "remove", "path": "members", "value": None},
        {"op": "remove", "path": "members", "value": [{}]},
        {"op": "remove", "path": "members", "value": [{"value": None}]},
        {"op": "remove", "path": "members", "value": [{"value": ""}]},
        {"op": "remove", "path": "members", "value": ""},
        {"op": "remove", "path": 'members[display eq "x"]'},
        {"op": "remove", "path": "members.value"},
        {"op": "replace", "value": {"member": [{"value": "m4"}]}},
    ],
    ids=str,
)
async def test_member_shapes_that_lie_change_nothing(
    entra: httpx.AsyncClient, ground: Any, operation: dict[str, Any]
) -> None:
    """What is not understood completely is 400: never an emptied group, never a silent success."""
    group = (await entra.post("/Groups", json={"displayName": "crew", "members": ["m1", "m2", "m3"]})).json()["id"]
    answer = await entra.patch(f"/Groups/{group}", json=patch(operation))
    assert answer.status_code == 400
    assert answer.json()["scimType"] in {"invalidValue", "invalidPath"}
    assert await members(ground, group) == {"m1", "m2", "m3"}


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ({"op": "remove", "path": "members"}, set()),
        ({"op": "replace", "path": "members", "value": []}, set()),
        ({"op": "replace", "path": "members", "value": None}, set()),
        ({"op": "remove", "path": "members", "value": []}, {"m1", "m2"}),
        ({"op": "add", "path": "members", "value": None}, {"m1", "m2"}),
        ({"op": "add", "path": "members", "value": "m3"}, {"m1", "m2", "m3"}),
        ({"op": "add", "path": "members", "value": ["m3", "m2"]}, {"m1", "m2", "m3"}),
        ({"op": "add", "path": "members", "value": {"value": "m3", "displayName": "new User"}}, {"m1", "m2", "m3"}),
        ({"op": "add", "value": {"members": [{"value": "m3"}]}}, {"m1", "m2", "m3"}),
        ({"op": "remove", "path": "members", "value": ["m1", "m9"]}, {"m2"}),
        ({"op": "remove", "path": 'members[value eq \\"m1\\"]', "value": [{"value": "m2"}]}, {"m2"}),
        ({"op": "remove", "path": "members[value eq m1]"}, {"m2"}),
        ({"op": "remove", "path": 'members[value eq "m9"]'}, {"m1", "m2"}),
    ],
    ids=lambda cell: str(sorted(cell) if isinstance(cell, set) else cell),
)
async def test_member_operations_mean_what_the_table_says(
    entra: httpx.AsyncClient, ground: Any, operation: dict[str, Any], left: set[str]
) -> None:
    group = (await entra.post("/Groups", json={"displayName": "crew", "members": ["m1", "m2"]})).json()["id"]
    assert (await entra.patch(f"/Groups/{group}", json=patch(operation))).status_code == 200
    assert await members(ground, group) == left


async def test_a_put_without_members_keeps_them(entra: httpx.AsyncClient, ground: Any) -> None:
    """Nothing is inferred from absence: who replaces a name empties no group."""
    group = (await entra.post("/Groups", json={"displayName": "crew", "members": ["m1"]})).json()["id"]
    answer = await entra.put(f"/Groups/{group}", json={"displayName": "team"})
    assert (answer.status_code, answer.json()["displayName"]) == (200, "team")
    assert await members(ground, group) == {"m1"}
    assert (await entra.put(f"/Groups/{group}", json={"displayName": "team", "members": []})).status_code == 200
    assert await members(ground, group) == set()
