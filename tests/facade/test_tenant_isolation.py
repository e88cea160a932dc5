"""A token of one tenant opens nothing of another, on any route that the code has."""

from typing import Any

import httpx
import pytest
from scim2_server.routing import ROUTES

from workteam_scim.app import create_app

pytestmark = pytest.mark.asyncio(loop_scope="module")

UNKNOWN = "The bearer token is unknown, expired or revoked."
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
SERVED = [
    (route.method, route.pattern.replace("{endpoint}", endpoint))
    for route in ROUTES
    for endpoint in (("Users", "Groups") if "{endpoint}" in route.pattern else ("",))
]
"""The library's table with our resource types filled in, beside what only we serve."""
OURS = [("GET", "/serviceConfiguration"), ("GET", "/Nothing"), ("GET", "/Users/"), ("GET", "//Groups")]


@pytest.mark.parametrize("route", [*SERVED, *OURS], ids=" ".join)
async def test_every_scim_route(lasting: Any, eventually: Any, route: tuple[str, str]) -> None:
    """Tokens of another tenant are 401 as an invented one is: bearer tokens, client secrets and access tokens."""
    ground = lasting.ground
    async with lasting.client() as (_, mine), lasting.client() as (stranger, theirs):
        created = (await mine.post("/Users", json={"userName": "ana@contoso.example"})).json()
        secret = await ground.token(stranger, client="wtc-1")
        granted = f"https://scim.example/{stranger.namespace}/{stranger.name}/oauth/token"
        form = {"grant_type": "client_credentials", "client_id": "wtc-1", "client_secret": secret}
        anybody = httpx.AsyncClient(transport=lasting.running.transport)

        async def access_token() -> Any:
            return (await anybody.post(granted, data=form)).json().get("access_token")

        await eventually(access_token)
        bearer = theirs.headers["Authorization"].removeprefix("Bearer ")
        path = route[1].replace("{resource_id}", created["id"])
        # each route from an address of its own: too many failures would be 429
        address = httpx.ASGITransport(lasting.running.transport.app, client=(str(route), 1))
        elsewhere = httpx.AsyncClient(transport=address, base_url=mine.base_url)
        for token in (bearer, secret, await access_token(), "wt_0123456789ab_c2VjcmV0"):
            answer = await elsewhere.request(route[0], path, json={}, headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, answer.headers["content-type"]) == (401, "application/scim+json")
            assert answer.headers["www-authenticate"] == 'Bearer realm="workteam", error="invalid_token"'
            assert answer.json() == {"schemas": [ERROR], "status": "401", "detail": UNKNOWN}
        assert (await mine.get(f"/Users/{created['id']}")).json() == created


async def test_every_other_route_with_a_tenant_in_it(lasting: Any) -> None:
    """There are two, the token endpoint and the last requests; neither takes what another tenant has."""
    app = create_app(lasting.running.facade, new_id=lambda: "1")
    named = {path for path in app.openapi()["paths"] if "{namespace}" in path}
    assert named == {"/{namespace}/{name}/oauth/token", "/{namespace}/{name}/requests"}
    async with lasting.client() as (tenant, mine), lasting.client() as (stranger, theirs):
        secret = await lasting.ground.token(stranger, client="wtc-1")
        base = f"https://scim.example/{tenant.namespace}/{tenant.name}"
        form = {"grant_type": "client_credentials", "client_id": "wtc-1", "client_secret": secret}
        address = httpx.ASGITransport(lasting.running.transport.app, client=("elsewhere", 1))
        anybody = httpx.AsyncClient(transport=address)
        refused = await anybody.post(f"{base}/oauth/token", data=form)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
        for client in (mine, theirs):
            answer = await client.get(f"{base}/requests")
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
