"""OAuth client credentials: what is granted, what is refused and how, and what an access token opens."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from workteam_crds.naming import TenantKey

FORM = "application/x-www-form-urlencoded"
GRANT = "grant_type=client_credentials"


async def ask(transport: Any, tenant: TenantKey, body: str, **headers: str) -> httpx.Response:
    """Ask the token endpoint of a tenant."""
    url = f"https://scim.example/{tenant.namespace}/{tenant.name}/oauth/token"
    async with httpx.AsyncClient(transport=transport) as client:
        return await client.post(url, content=body, headers={"Content-Type": FORM, **headers})


async def opens(running: Any, tenant: TenantKey, token: str) -> int:
    """Return what a search with a token is answered."""
    async with running.client(tenant, token) as client:
        status: int = (await client.get("/Users")).status_code
        return status


@pytest.fixture
async def secret(ground: Any, tenant: TenantKey, running: Any, eventually: Any) -> str:
    """A secret of the client ``wtc-1`` that the facade knows."""
    text: str = await ground.token(tenant, client="wtc-1")
    await eventually(lambda: text.split("_")[1] in running.facade.tokens.entries)
    return text


def body_of(secret: str, client: str = "wtc-1") -> str:
    return f"{GRANT}&client_id={client}&client_secret={secret}"


@pytest.mark.parametrize("way", ["body", "Basic"])
async def test_a_client_gets_a_token_that_opens_its_tenant(
    running: Any, tenant: TenantKey, secret: str, way: str
) -> None:
    """Secret in the form or as Basic: an answer that nobody may keep, between 60 and 360 minutes."""
    basic = {"Authorization": "Basic " + base64.b64encode(f"wtc-1:{secret}".encode()).decode()}
    body, headers = (body_of(secret), {}) if way == "body" else (GRANT, basic)
    answer = await ask(running.transport, tenant, body, **headers)
    told = answer.json()
    assert (answer.status_code, answer.headers["cache-control"], answer.headers["pragma"]) == (
        200,
        "no-store",
        "no-cache",
    )
    assert (set(told), told["token_type"], told["expires_in"]) == (
        {"access_token", "token_type", "expires_in"},
        "Bearer",
        7200,
    )
    assert await opens(running, tenant, told["access_token"]) == 200
    assert await opens(running, tenant, secret) == 401
    assert await opens(running, tenant, told["access_token"][:-2] + "AA") == 401


REFUSED = [
    pytest.param(GRANT, {}, 401, "invalid_client", id="no client"),
    pytest.param(body_of("wts_0123456789ab_none"), {}, 401, "invalid_client", id="a wrong secret"),
    pytest.param(f"{GRANT}&grant_type=x", {}, 400, "invalid_request", id="a parameter twice"),
    pytest.param("client_id=a", {}, 400, "invalid_request", id="no grant_type"),
    pytest.param("{}", {"Content-Type": "application/json"}, 400, "invalid_request", id="JSON"),
    pytest.param(f"{GRANT}&x={'x' * 20_000}", {}, 413, "invalid_request", id="too long"),
    pytest.param(GRANT, {"Authorization": "Basic none"}, 401, "invalid_client", id="no Basic at all"),
    pytest.param(
        body_of("s"), {"Authorization": "Basic d3RjLTE6cw=="}, 400, "invalid_request", id="in form and header"
    ),
]


@pytest.mark.parametrize(("body", "headers", "status", "error"), REFUSED)
async def test_refusals_are_those_of_rfc_6749(  # noqa: PLR0917
    running: Any, tenant: TenantKey, body: str, headers: dict[str, str], status: int, error: str
) -> None:
    """JSON with ``error``; a challenge where Basic was tried."""
    answer = await ask(running.transport, tenant, body, **headers)
    told = answer.json()
    assert (answer.status_code, set(told), told["error"]) == (status, {"error", "error_description"}, error)
    challenge = 'Basic realm="workteam"' if status == 401 and "Authorization" in headers else None
    assert answer.headers.get("www-authenticate") == challenge


async def test_the_grant_must_be_client_credentials(running: Any, tenant: TenantKey, secret: str) -> None:
    """Another grant is refused by its name, a scope that is not ours is answered with ours, and a GET with 405."""
    other = await ask(running.transport, tenant, body_of(secret).replace("client_credentials", "password"))
    scoped = await ask(running.transport, tenant, f"{body_of(secret)}&scope=.default")
    async with httpx.AsyncClient(transport=running.transport) as client:
        got = await client.get(f"https://scim.example/{tenant.namespace}/{tenant.name}/oauth/token")
    assert (other.status_code, other.json()["error"]) == (400, "unsupported_grant_type")
    assert scoped.json()["scope"] == "scim"
    assert (got.status_code, got.headers["allow"]) == (405, "POST")


async def test_several_secrets_and_a_revoked_one(
    ground: Any, running: Any, tenant: TenantKey, secret: str, eventually: Any
) -> None:
    """Two secrets of a client open at once; with a revoked one go the access tokens that it gave, and no others."""
    second = await ground.token(tenant, client="wtc-1")
    await eventually(lambda: second.split("_")[1] in running.facade.tokens.entries)
    tokens = [(await ask(running.transport, tenant, body_of(text))).json()["access_token"] for text in (secret, second)]
    assert [await opens(running, tenant, token) for token in tokens] == [200, 200]
    await ground.change_tokens({"op": "remove", "path": f"/data/{secret.split('_')[1]}"})
    await eventually(lambda: secret.split("_")[1] not in running.facade.tokens.entries)
    assert [await opens(running, tenant, token) for token in tokens] == [401, 200]
    assert (await ask(running.transport, tenant, body_of(secret))).status_code == 401


async def test_a_token_survives_another_facade_and_ends_in_time(
    ground: Any, run_facade: Any, tenant: TenantKey, now: Any, eventually: Any
) -> None:
    """The next facade takes it; it is good until the moment of its expiry, and never longer than its secret."""
    secret = await ground.token(tenant, client="wtc-1", expires=now() + timedelta(minutes=30))
    async with run_facade() as first:
        told = (await ask(first.transport, tenant, body_of(secret))).json()
    later = timedelta(0)
    async with run_facade(now=lambda: now() + later) as second:
        assert await opens(second, tenant, told["access_token"]) == 200
        assert 1700 < told["expires_in"] <= 1800
        later = timedelta(minutes=30)
        assert await opens(second, tenant, told["access_token"]) == 401
