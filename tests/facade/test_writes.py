"""Writes: one request to the API server each, right under concurrency, nothing stored of what is refused."""

import asyncio
from typing import Any

import httpx
import pytest

from workteam_crds.cluster.port import ClusterUnavailable
from workteam_crds.kinds import WorkteamUser
from workteam_crds.naming import TenantKey

USER = {"userName": "ana@contoso.example", "displayName": "Ana"}
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the message around operations."""
    return {"Operations": list(operations)}


async def test_of_fifty_creates_of_one_name_one_succeeds(entra: httpx.AsyncClient, users: Any) -> None:
    """Fifty at once, the name in different case: one 201, the others 409 uniqueness, one object."""
    names = ["Ana@Contoso.example" if number % 2 else "ana@contoso.EXAMPLE" for number in range(50)]
    answers = await asyncio.gather(*(entra.post("/Users", json={"userName": name}) for name in names))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 49
    assert {answer.json().get("scimType") for answer in answers} == {None, "uniqueness"}
    assert len(await users()) == 1


@pytest.mark.parametrize(
    "query",
    [{"count": "x"}, {"sortOrder": "bad"}, {"cursor": "", "startIndex": 1}, {"attributes": "a," * 201 + "a"}],
    ids=["count", "sortOrder", "cursor-and-startIndex", "201-names"],
)
async def test_a_query_that_is_refused_stores_nothing(entra: httpx.AsyncClient, query: dict[str, Any]) -> None:
    """400 for a POST, and the name is still free: the same POST without the query succeeds."""
    for path, body in (("/Users", USER), ("/Groups", {"displayName": "Crew"})):
        assert (await entra.post(path, json=body, params=query)).status_code == 400
        assert (await entra.get(path)).json()["totalResults"] == 0
        assert (await entra.post(path, json=body)).status_code == 201


async def test_a_rename_to_a_taken_name_is_refused(entra: httpx.AsyncClient, users: Any) -> None:
    """409 for another's name in any case; one's own name in another case is no conflict."""
    await entra.post("/Users", json=USER)
    ben = (await entra.post("/Users", json={"userName": "ben@contoso.example"})).json()["id"]
    taken = {"op": "replace", "value": {"userName": "ANA@contoso.example"}}
    assert (await entra.patch(f"/Users/{ben}", json=patch(taken))).status_code == 409
    own = {"op": "replace", "value": {"userName": "BEN@contoso.example"}}
    assert (await entra.patch(f"/Users/{ben}", json=patch(own))).status_code == 200
    assert sorted(await users()) == ["BEN@contoso.example", "ana@contoso.example"]


async def test_parallel_patches_of_different_attributes_are_all_kept(entra: httpx.AsyncClient, users: Any) -> None:
    user = (await entra.post("/Users", json=USER)).json()["id"]
    wanted = {"title": "Lead", "nickName": "An", "locale": "de", "timezone": "UTC", "userType": "Employee"}
    answers = await asyncio.gather(
        *(
            entra.patch(f"/Users/{user}", json=patch({"op": "Add", "path": name, "value": value}))
            for name, value in wanted.items()
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert wanted.items() <= (await users())["ana@contoso.example"].spec.dump().items()


async def test_each_write_is_one_request_to_the_api_server(
    ground: Any, watched: Any, run_facade: Any, tenant: TenantKey
) -> None:
    """A create, a PATCH, a member, a DELETE: one each; reads and changes of nothing: none."""
    token = await ground.token(tenant)
    async with run_facade(watched) as running:
        client = running.client(tenant, token)
        user = (await client.post("/Users", json=USER)).json()["id"]
        group = (await client.post("/Groups", json={"displayName": "crew"})).json()["id"]
        for _ in range(2):
            await client.patch(f"/Users/{user}", json=patch({"op": "Replace", "path": "active", "value": "False"}))
            await client.patch(
                f"/Groups/{group}", json=patch({"op": "Add", "path": "members", "value": [{"value": user}]})
            )
            await client.get("/Users", params={"filter": 'userName eq "ana@contoso.example"'})
            await client.get(f"/Groups/{group}")
        await client.delete(f"/Users/{user}")
    writes = {name: watched.calls[name] for name in ("create", "patch", "delete", "get")}
    assert writes == {"create": 2, "patch": 2, "delete": 1, "get": 0}


async def test_if_match_is_honoured(entra: httpx.AsyncClient) -> None:
    """An old ETag is 412 for PATCH, PUT and DELETE; the current one works; If-None-Match spares a body."""
    user = (await entra.post("/Users", json=USER)).json()["id"]
    title = patch({"op": "replace", "path": "title", "value": "Lead"})
    first = await entra.patch(f"/Users/{user}", json=title, headers={"If-Match": 'W/"1"'})
    assert (first.status_code, first.headers["etag"]) == (200, 'W/"2"')
    old = {"If-Match": 'W/"1"'}
    for answer in (
        await entra.patch(f"/Users/{user}", json=title, headers=old),
        await entra.put(f"/Users/{user}", json=USER, headers=old),
        await entra.delete(f"/Users/{user}", headers=old),
    ):
        assert (answer.status_code, answer.json()["status"]) == (412, "412")
    unchanged = await entra.get(f"/Users/{user}", headers={"If-None-Match": 'W/"2"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_an_object_from_git_is_read_and_never_written(entra: httpx.AsyncClient, ground: Any, users: Any) -> None:
    """It is found and its name is taken; PATCH, PUT and DELETE are 403 with the cause, a PATCH of nothing is 200."""
    user = (await entra.post("/Users", json=USER)).json()["id"]
    made = (await users())["ana@contoso.example"]
    label = {"op": "add", "path": "/metadata/labels/workte.am~1source", "value": "git"}
    git = await ground.cluster.patch(made, [label], manager="test")
    for answer in (
        await entra.patch(f"/Users/{user}", json=patch({"op": "replace", "path": "title", "value": "Lead"})),
        await entra.put(f"/Users/{user}", json={"userName": "new@contoso.example"}),
        await entra.delete(f"/Users/{user}"),
    ):
        assert answer.json() == {
            "schemas": [ERROR],
            "status": "403",
            "detail": "This user is kept in Git (label workte.am/source=git): change it there.",
        }
    same = patch({"op": "replace", "path": "displayName", "value": "Ana"})
    assert (await entra.patch(f"/Users/{user}", json=same)).status_code == 200
    assert (await entra.post("/Users", json=USER)).status_code == 409
    assert (await entra.get(f"/Users/{user}")).status_code == 200
    assert await ground.cluster.get(WorkteamUser, ground.namespace, user) == git


@pytest.mark.parametrize(
    ("body", "attribute"),
    [
        ({"userName": ""}, "userName"),
        ({}, "userName"),
        ({"userName": "a@b", "active": "maybe"}, "active"),
        ({"userName": "a@b", "name": "Ana"}, "name"),
        ({"userName": "a@b", "emails": [7]}, "emails"),
        ({"userName": "a@b", "title": {"a": 1}}, "title"),
        ({"userName": "u" * 1025}, "userName"),
        ({"userName": "a@b", "emails": [{"value": str(number)} for number in range(21)]}, "emails"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_the_kinds_refuse_is_400_naming_the_attribute(
    entra: httpx.AsyncClient, users: Any, body: dict[str, Any], attribute: str
) -> None:
    """By POST, and by PUT on an existing user; nothing is stored, and the detail is one line."""
    existing = (await entra.post("/Users", json=USER)).json()["id"]
    before = await users()
    for answer in (await entra.post("/Users", json=body), await entra.put(f"/Users/{existing}", json=body)):
        error = answer.json()
        assert (answer.status_code, error["status"], error["scimType"]) == (400, "400", "invalidValue")
        assert attribute in error["detail"]
        assert "\n" not in error["detail"]
    assert await users() == before


@pytest.mark.parametrize("method", ["create", "patch", "delete"])
async def test_without_the_api_server_writes_are_503_and_reads_go_on(
    ground: Any, watched: Any, run_facade: Any, tenant: TenantKey, method: str
) -> None:
    """Retry-After, no success that is not stored, and the name is free for the next try."""
    token = await ground.token(tenant)
    async with run_facade(watched) as running:
        client = running.client(tenant, token)
        user = (await client.post("/Users", json=USER)).json()["id"]
        watched.failures[method] = ClusterUnavailable("PATCH /apis: HTTP 503")
        requests: dict[str, tuple[str, str, Any]] = {
            "create": ("POST", "/Users", {"userName": "ben@contoso.example"}),
            "patch": ("PATCH", f"/Users/{user}", patch({"op": "add", "path": "title", "value": "Lead"})),
            "delete": ("DELETE", f"/Users/{user}", None),
        }
        verb, path, body = requests[method]
        answer = await client.request(verb, path, json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await client.get(f"/Users/{user}")).status_code == 200
        watched.failures.clear()
        assert (await client.request(verb, path, json=body)).is_success
