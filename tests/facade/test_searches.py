"""Searches by GET and POST, sorted, paged by cursors and projected, over HTTP on the real API server."""

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


async def test_r27_cursors_lead_on_and_open_nothing_else(
    entra: httpx.AsyncClient,
) -> None:
    """Pages follow each other; a cursor of another search, or one that was changed, is 400 invalidCursor."""
    for name in ("a", "b", "c"):
        await entra.post("/Users", json={"schemas": [USER], "userName": name})
    query = {"sortBy": "userName", "sortOrder": "descending", "attributes": "userName", "count": "2"}
    first = (await entra.get("/Users", params=query | {"cursor": ""})).json()
    assert ([user["userName"] for user in first["Resources"]], first["totalResults"]) == (["c", "b"], 3)
    body = {"sortBy": "userName", "sortOrder": "descending", "count": 2, "cursor": first["nextCursor"]}
    second = (await entra.post("/Users/.search", json=body)).json()
    assert [user["userName"] for user in second["Resources"]] == ["a"]
    assert ("nextCursor" in second, "previousCursor" in second) == (False, True)
    for strange in ({"sortBy": "userName", "cursor": first["nextCursor"], "count": "2"}, {"cursor": "abc"}):
        refused = await entra.get("/Users", params=strange)
        assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidCursor")


async def test_an_unknown_attribute_finds_nobody_and_both_types_are_searched(entra: httpx.AsyncClient) -> None:
    """Never an error but for broken syntax; POST .search at the root is as lenient as GET."""
    created = (await entra.post("/Users?attributes=id", json={"schemas": [USER], "userName": "bob"})).json()
    assert list(created) == ["schemas", "id"]
    found = (await entra.post("/.search", json={"filter": "UserName sw B", "attributes": ["userName"]})).json()
    assert found["Resources"] == [{"schemas": [USER], "id": created["id"], "userName": "bob"}]
    assert (await entra.get("/Users", params={"filter": "nobody sw x"})).json()["totalResults"] == 0
    assert (await entra.get("/Users", params={"filter": "userName sw"})).json()["scimType"] == "invalidFilter"
