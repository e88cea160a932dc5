"""The requirements on groups and their members, each by its number: dialogues with a new tenant."""

import asyncio
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")


def patch(**operation: Any) -> dict[str, Any]:
    """Return the body of a PATCH with one operation."""
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}


async def found(client: httpx.AsyncClient, path: str, text: str) -> list[str]:
    """Return the ids of what a filter finds."""
    return [each["id"] for each in (await client.get(path, params={"filter": text})).json()["Resources"]]


async def test_r35_a_group_lives_its_whole_life(lasting: Any) -> None:
    """Though Workteam shows users only: made, found, filled, renamed, emptied and deleted; what is beside it stays."""
    async with lasting.client() as (_, client):
        ana = (await client.post("/Users", json={"userName": "ana", "externalId": "u1"})).json()["id"]
        other = (await client.post("/Groups", json={"displayName": "Other", "members": [{"value": ana}]})).json()
        assert await found(client, "/Groups", 'displayName eq "Team"') == []
        made = await client.post("/Groups", json={"displayName": "Team", "externalId": "g1"})
        place, name = f"/Groups/{made.json()['id']}", made.json()["id"]
        assert (made.status_code, made.headers["location"]) == (201, made.json()["meta"]["location"])
        for text in ('displayName eq "TEAM"', "externalId eq g1", f'id eq "{name}"'):
            assert await found(client, "/Groups", text) == [name]

        filled = await client.patch(place, json=patch(op="Add", path="members", value=[{"$ref": None, "value": ana}]))
        assert (filled.status_code, filled.json()["members"]) == (200, [{"value": ana}])
        assert await found(client, "/Groups", f'members eq "{ana}"') == [other["id"], name]
        renamed = await client.patch(place, json=patch(op="Replace", path="displayName", value="Crew"))
        assert (renamed.json()["displayName"], renamed.json()["members"]) == ("Crew", [{"value": ana}])
        assert await found(client, "/Groups", 'displayName eq "Team"') == []
        emptied = await client.patch(place, json=patch(op="Remove", path="members", value=[{"value": ana}]))
        assert "members" not in emptied.json()

        assert (await client.delete(place)).status_code == 204
        assert (await client.get(place)).status_code == 404
        again = await client.post("/Groups", json={"displayName": "crew"})
        assert (again.status_code, again.json()["id"] != name) == (201, True)
        assert (await client.get(f"/Groups/{other['id']}")).json() == other
        assert (await client.get(f"/Users/{ana}")).json()["userName"] == "ana"


async def test_r18_to_r23_members(lasting: Any) -> None:
    """Several in one PATCH, five at once, removed and asked for; the list only where it is wanted."""
    async with lasting.client() as (_, client):
        await client.post("/Groups", json={"displayName": "Others", "members": ["m0-1"]})
        group = (await client.post("/Groups", json={"displayName": "Team"})).json()["id"]
        adds = [[{"value": f"m{batch}-{number}"} for number in range(10)] for batch in range(5)]
        bodies = [{"Operations": [{"op": "Add", "path": "members", "value": values}]} for values in adds]
        answers = await asyncio.gather(*(client.patch(f"/Groups/{group}", json=body) for body in bodies))
        assert {answer.status_code for answer in answers} == {200}
        removal = {"op": "Remove", "path": "members", "value": [{"value": "m0-0"}]}
        await client.patch(f"/Groups/{group}", json={"Operations": [removal]})
        assert len((await client.get(f"/Groups/{group}")).json()["members"]) == 49
        assert "members" not in (await client.get(f"/Groups/{group}?excludedAttributes=members")).json()
        for text, total in (
            (f'id eq "{group}" and members eq "m0-1"', 1),
            (f'members eq "m0-0" and id eq "{group}"', 0),
        ):
            assert (await client.get("/Groups", params={"filter": text})).json()["totalResults"] == total
