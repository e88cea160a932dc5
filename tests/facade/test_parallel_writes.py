"""Requests at once: every answer is right, nothing is lost, and nobody is refused whom the RFC does not refuse."""

import asyncio
from typing import Any

import httpx
import pytest

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.naming import TenantKey

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAST = {"scim": {"requestsPerSecond": 10_000}}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the message around operations."""
    return {"Operations": list(operations)}


def people(word: str, count: int) -> list[str]:
    """Return ids."""
    return [f"{word}-{number}" for number in range(count)]


async def stored(lasting: Any, tenant: TenantKey, kind: Any) -> list[Any]:
    """Return what the cluster holds of a tenant."""
    found = await lasting.ground.cluster.list(kind, lasting.ground.namespace)
    return [each for each in found.items if each.tenant == tenant and not each.deleting]


async def test_fifty_adds_and_removes_at_once_to_a_group_that_overflows(lasting: Any) -> None:
    """Fifty come and fifty go at once: each is 200, all are kept, and one membership is opened at most."""
    async with lasting.client(**FAST) as (tenant, client):
        body = {"displayName": "crew", "members": people("old", 250)}
        path = f"/Groups/{(await client.post('/Groups', json=body)).json()['id']}"
        adds = [
            client.patch(path, json=patch({"op": "Add", "path": "members", "value": [{"value": name}]}))
            for name in people("new", 50)
        ]
        removes = [
            client.patch(path, json=patch({"op": "remove", "path": f'members[value eq "{name}"]'}))
            for name in people("old", 50)
        ]
        mixed = [request for pair in zip(adds, removes, strict=True) for request in pair]
        assert {answer.status_code for answer in await asyncio.gather(*mixed)} == {200}
        wanted = {*people("old", 250)[50:], *people("new", 50)}
        answered = [member["value"] for member in (await client.get(path)).json()["members"]]
        assert (len(answered), set(answered)) == (250, wanted)
        [group] = await stored(lasting, tenant, WorkteamGroup)
        lists = [each.spec.members for each in await stored(lasting, tenant, WorkteamGroupMembership)]
        held = [*group.spec.members, *(name for each in lists for name in each)]
        assert (sorted(held), len(lists) <= 1) == (sorted(wanted), True)


async def test_fifty_adds_at_once_fill_one_membership(lasting: Any) -> None:
    """To a group whose own list is full: one membership with all fifty, not fifty with one each."""
    async with lasting.client(**FAST) as (tenant, client):
        body = {"displayName": "crew", "members": people("old", 250)}
        path = f"/Groups/{(await client.post('/Groups', json=body)).json()['id']}"
        adds = [
            client.patch(path, json=patch({"op": "Add", "path": "members", "value": [{"value": name}]}))
            for name in people("new", 50)
        ]
        assert {answer.status_code for answer in await asyncio.gather(*adds)} == {200}
        [membership] = await stored(lasting, tenant, WorkteamGroupMembership)
        assert sorted(membership.spec.members) == sorted(people("new", 50))


async def test_fifty_creates_of_one_group_make_its_lists_once(lasting: Any) -> None:
    """One 201 and 49 times 409 uniqueness; the one that won has its membership, and no other was made."""
    async with lasting.client(**FAST) as (tenant, client):
        names = ["Crew" if number % 2 else "cREW" for number in range(50)]
        body = {"members": people("m", 300)}
        answers = await asyncio.gather(*(client.post("/Groups", json=body | {"displayName": name}) for name in names))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
        assert {answer.json().get("scimType") for answer in answers} == {None, "uniqueness"}
        [membership] = await stored(lasting, tenant, WorkteamGroupMembership)
        assert membership.spec.members == tuple(people("m", 300)[250:])


async def test_creates_and_deletes_of_one_name_at_once(lasting: Any) -> None:
    """Ten clients make and delete one userName in turn: only 201, 409, 204, 404; each 201 has an id of its own."""
    async with lasting.client(**FAST) as (tenant, client):

        async def cycle() -> list[httpx.Response]:
            answers = []
            for _ in range(5):
                answers.append(await client.post("/Users", json={"userName": "ana@contoso.example"}))
                if answers[-1].status_code == 201:
                    answers.append(await client.delete(f"/Users/{answers[-1].json()['id']}"))
            return answers

        answers = [answer for found in await asyncio.gather(*(cycle() for _ in range(10))) for answer in found]
        assert {answer.status_code for answer in answers} <= {201, 204, 409}
        ids = [answer.json()["id"] for answer in answers if answer.status_code == 201]
        assert len(ids) == len(set(ids)) == sum(answer.status_code == 204 for answer in answers)
        assert (await client.get("/Users")).json()["totalResults"] == 0
        assert await stored(lasting, tenant, WorkteamUser) == []


async def test_a_user_is_changed_and_deleted_at_once(lasting: Any) -> None:
    """PATCHes beside DELETEs: 200 before it and 404 after it; one 204, and the user is gone."""
    async with lasting.client(**FAST) as (tenant, client):
        for number in range(3):
            user = (await client.post("/Users", json={"userName": f"u{number}@contoso.example"})).json()["id"]
            title = {"op": "replace", "path": "title"}
            patches = [client.patch(f"/Users/{user}", json=patch(title | {"value": f"t{turn}"})) for turn in range(5)]
            deletes = [client.delete(f"/Users/{user}") for _ in range(3)]
            patched, deleted = [
                [answer.status_code for answer in await asyncio.gather(*requests)] for requests in (patches, deletes)
            ]
            assert set(patched) <= {200, 404}
            assert sorted(deleted) == [204, 404, 404]
        assert await stored(lasting, tenant, WorkteamUser) == []


async def test_two_renames_to_one_name_at_once(lasting: Any) -> None:
    """One 200 and one 409; both names that were given up or kept are as the answers say."""
    async with lasting.client(**FAST) as (_, client):
        users = [
            (await client.post("/Users", json={"userName": f"{name}@contoso.example"})).json()["id"] for name in "ab"
        ]
        rename = patch({"op": "replace", "path": "userName", "value": "c@contoso.example"})
        answers = await asyncio.gather(*(client.patch(f"/Users/{user}", json=rename) for user in users))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        names = {each["userName"] for each in (await client.get("/Users")).json()["Resources"]}
        assert names in ({"c@contoso.example", "a@contoso.example"}, {"c@contoso.example", "b@contoso.example"})


async def test_a_user_name_is_free_at_once_after_a_delete(lasting: Any) -> None:
    """While the old objects still terminate, held by their finalizers: 201 with a new id, every time."""
    async with lasting.client(**FAST) as (tenant, client):
        ids = []
        for name in ("ana@contoso.example", "ANA@contoso.example", "ana@Contoso.example"):
            created = await client.post("/Users", json={"userName": name})
            assert created.status_code == 201
            ids.append(created.json()["id"])
            assert (await client.delete(f"/Users/{ids[-1]}")).status_code == 204
        assert len(set(ids)) == 3
        found = await lasting.ground.cluster.list(WorkteamUser, lasting.ground.namespace)
        held = {user.metadata.name: user.deleting for user in found.items if user.tenant == tenant}
        assert held == dict.fromkeys(ids, True)
