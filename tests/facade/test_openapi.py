"""/openapi.json describes the routes that are really served, no more and no fewer."""

from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

SCIM = "/{namespace}/{name}/scim/v2"
ID = "{resource_id}"
METHODS = ("get", "post", "put", "patch", "delete")
PATHS = {
    "": ["get"],
    "/.search": ["post"],
    "/Bulk": ["post"],
    "/Groups": ["get", "post"],
    "/Groups/.search": ["post"],
    f"/Groups/{ID}": ["get", "put", "patch", "delete"],
    "/Me": ["get", "post", "put", "patch", "delete"],
    "/ResourceTypes": ["get"],
    f"/ResourceTypes/{ID}": ["get"],
    "/Schemas": ["get"],
    f"/Schemas/{ID}": ["get"],
    "/ServiceProviderConfig": ["get"],
    "/Users": ["get", "post"],
    "/Users/.search": ["post"],
    f"/Users/{ID}": ["get", "put", "patch", "delete"],
}
OTHERS = {"/healthz", "/readyz", "/metrics", "/{namespace}/{name}/oauth/token", "/{namespace}/{name}/requests"}


async def described(lasting: Any) -> dict[str, Any]:
    """Return the document."""
    async with httpx.AsyncClient(transport=lasting.running.transport, base_url="https://scim.example") as client:
        answer = await client.get("/openapi.json")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        found: dict[str, Any] = answer.json()
        return found


async def test_the_paths_are_these(lasting: Any) -> None:
    """Reviewed by hand: SCIM's routes, and what else the process answers."""
    document = await described(lasting)
    paths = document["paths"]
    scim = {path.removeprefix(SCIM): told for path, told in paths.items() if path.startswith(SCIM)}
    served = {path: [method for method in METHODS if method in told] for path, told in scim.items()}
    assert served == PATHS
    assert {path for path in paths if not path.startswith(SCIM)} == OTHERS
    assert document["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", PATHS)
async def test_what_is_not_described_is_405_and_says_what_is(lasting: Any, path: str) -> None:
    """Allow names what is described, and what follows from it."""
    async with lasting.client() as (_, client):
        url = path.replace(ID, "x") or "/"
        also = {"OPTIONS", "HEAD"} if "get" in PATHS[path] else {"OPTIONS"}
        allowed = sorted({method.upper() for method in PATHS[path]} | also)
        for method in METHODS:
            answer = await client.request(method, url, json={} if method in {"post", "put", "patch"} else None)
            assert (answer.status_code == 405) == (method not in PATHS[path] and path != "/Me")
            if answer.status_code == 405:
                assert answer.headers["allow"] == ", ".join(allowed)
            if path == "/Me":
                assert (answer.status_code, answer.json()["status"]) == (501, "501")
        assert (await client.options(url)).headers["allow"] == ", ".join(allowed)


async def test_an_answer_is_as_described(lasting: Any) -> None:
    """A user's and a group's keys are among those of their schemas."""
    schemas = (await described(lasting))["components"]["schemas"]
    async with lasting.client() as (_, client):
        body = {"userName": "a@x.example", "name": {"givenName": "A"}, "emails": [{"value": "a@x.example"}]}
        user = (await client.post("/Users", json=body)).json()
        group = (await client.post("/Groups", json={"displayName": "G", "members": [{"value": user["id"]}]})).json()
    assert set(user) <= set(schemas["User"]["properties"])
    assert set(group) <= set(schemas["Group"]["properties"])
    assert schemas["User"]["additionalProperties"] is False
