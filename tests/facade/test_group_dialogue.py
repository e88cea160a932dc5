"""A group's life as Entra plays it, in both dialects. Requests are literals, as documented."""

from typing import Any

import httpx

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the message around operations."""
    return {"schemas": [PATCH], "Operations": list(operations)}


async def test_groups_live_as_entra_plays_them(entra: httpx.AsyncClient) -> None:
    """Matched without members, created empty, renamed, members in and out in both dialects, deleted."""
    body = {
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
        "displayName": 'Sales "North"',
        "meta": {"resourceType": "Group"},
    }
    missing = await entra.get(r'/Groups?excludedAttributes=members&filter=displayName eq "Sales \"North\""')
    assert missing.json()["totalResults"] == 0
    created = await entra.post("/Groups", json=body)
    assert created.status_code == 201
    group = f"/Groups/{created.json()['id']}"
    twice = await entra.post("/Groups", json={"displayName": 'SALES "north"'})
    assert (twice.status_code, twice.json()["scimType"]) == (409, "uniqueness")

    steps: list[tuple[dict[str, Any], list[str]]] = [
        ({"op": "Add", "path": "members", "value": [{"$ref": None, "value": "ana"}]}, ["ana"]),
        ({"op": "add", "path": "members", "value": [{"value": "ben"}, {"value": "ana"}]}, ["ana", "ben"]),
        ({"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "ana"}]}, ["ben"]),
        ({"op": "remove", "path": 'members[value eq "ben"]'}, []),
        ({"op": "remove", "path": 'members[value eq "ben"]'}, []),
        ({"op": "replace", "path": "members", "value": [{"value": "cid"}]}, ["cid"]),
    ]
    for operation, members in steps:
        answer = await entra.patch(group, json=patch(operation))
        assert answer.status_code == 200
        assert [member["value"] for member in answer.json().get("members", [])] == members
    for rename in (
        {"op": "Replace", "path": "displayName", "value": "Sales South"},
        {"op": "replace", "value": {"displayName": "Sales South"}},
    ):
        assert (await entra.patch(group, json=patch(rename))).json()["displayName"] == "Sales South"

    found = await entra.get('/Groups?excludedAttributes=members&filter=displayName eq "SALES SOUTH"')
    assert [sorted(resource) for resource in found.json()["Resources"]] == [
        ["displayName", "externalId", "id", "meta", "schemas"]
    ]
    assert (await entra.get(group)).json()["members"] == [{"value": "cid"}]
    probe = {"filter": f'members eq "cid" and id eq "{created.json()["id"]}"'}
    assert (await entra.get("/Groups", params=probe)).json()["totalResults"] == 1
    assert (await entra.get("/Groups", params={"filter": 'members eq "cid"'})).json()["totalResults"] == 1
    assert (await entra.delete(group)).status_code == 204
    assert (await entra.get(group)).status_code == 404
