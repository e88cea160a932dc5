"""Who is answered, and what is answered instead: 401, 403, 503. A token of one tenant opens nothing of another."""

import base64
from datetime import timedelta
from typing import Any

import httpx
import pytest

from workteam_crds.cluster.port import ClusterUnavailable
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_user

UNKNOWN = "The bearer token is unknown, expired or revoked."
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Basic d3Q6d3Q=", "Bearer wt_", "Bearer none", "wt_a_b"]
)
async def test_without_a_token_of_ours_it_is_401(entra: httpx.AsyncClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with httpx.AsyncClient(transport=entra._transport, base_url=entra.base_url, headers=headers) as client:
        assert (await client.get("/Users")).status_code == 401


async def test_an_unknown_tenant_is_answered_like_a_bad_token(ground: Any, running: Any, eventually: Any) -> None:
    """A good token for a tenant that does not exist: 401, and never a hint that another one would."""
    nobody = TenantKey(ground.namespace, "nobody")
    client = running.client(nobody, await ground.token(nobody))
    await eventually(lambda: running.facade.tokens.ready)
    answer = await client.get("/Users")
    assert (answer.status_code, answer.json()["detail"]) == (401, UNKNOWN)


async def test_tenants_see_their_own_users_only(
    entra: httpx.AsyncClient, ground: Any, running: Any, eventually: Any
) -> None:
    """The same userName in two tenants is two users; lists, filters and ids of one never show the other's."""
    other = await ground.tenant()
    theirs = running.client(other, await ground.token(other))
    await eventually(lambda: answers(theirs, 200))
    body = {"userName": "ana@contoso.example"}
    mine = (await entra.post("/Users", json=body)).json()["id"]
    yours = (await theirs.post("/Users", json=body)).json()["id"]
    for client, own, foreign in ((entra, mine, yours), (theirs, yours, mine)):
        for query in ("", '?filter=userName eq "ana@contoso.example"', '?filter=userName sw "ana"'):
            found = (await client.get(f"/Users{query}")).json()["Resources"]
            assert [user["id"] for user in found] == [own]
        assert (await client.get(f"/Users/{foreign}")).status_code == 404
        assert (await client.patch(f"/Users/{foreign}", json={"Operations": []})).status_code == 404
        assert (await client.delete(f"/Users/{foreign}")).status_code == 404


async def answers(client: httpx.AsyncClient, status: int) -> bool:
    """Say whether a search is answered with a status."""
    return (await client.get("/Users")).status_code == status


async def test_a_revoked_token_stops_working_and_a_new_one_starts(
    entra: httpx.AsyncClient, ground: Any, tenant: TenantKey, running: Any, eventually: Any
) -> None:
    """Several tokens are good at once; revoking one leaves the others, without a restart."""
    second = await ground.token(tenant)
    client = running.client(tenant, second)
    await eventually(lambda: answers(client, 200))
    await ground.change_tokens({"op": "remove", "path": f"/data/{second.split('_')[1]}"})
    await eventually(lambda: answers(client, 401))
    assert (await entra.get("/Users")).status_code == 200


async def test_an_expired_token_is_401(ground: Any, tenant: TenantKey, running: Any, now: Any, eventually: Any) -> None:
    expired = running.client(tenant, await ground.token(tenant, expires=now() - timedelta(seconds=1)))
    good = running.client(tenant, await ground.token(tenant, expires=now() + timedelta(hours=1)))
    await eventually(lambda: answers(good, 200))
    assert (await expired.get("/Users")).status_code == 401


async def test_last_use_is_noted_once(entra: httpx.AsyncClient, ground: Any, now: Any, eventually: Any) -> None:
    """The first use of an hour is written into the entry; further uses write nothing."""
    token = entra.headers["Authorization"].removeprefix("Bearer ")

    async def noted() -> bool:
        return (await ground.entry(token)).last_used is not None

    await eventually(noted)
    entry = await ground.entry(token)
    assert abs(entry.last_used - now()) < timedelta(minutes=1)
    secret = await ground.cluster.read_secret(ground.namespace, "workteam-scim-tokens")
    for _ in range(5):
        await entra.get("/Users")
    again = await ground.cluster.read_secret(ground.namespace, "workteam-scim-tokens")
    assert again.resource_version == secret.resource_version


@pytest.mark.parametrize("watch", ["up", "down"])
async def test_no_secret_is_503_not_401(  # noqa: PLR0917
    ground: Any, watched: Any, run_facade: Any, tenant: TenantKey, eventually: Any, watch: str
) -> None:
    """Without its Secret the facade cannot know who is good, also if it was deleted while its watch was down.

    It says so, and that it may be asked again; with the Secret made anew it answers.
    """
    token = await ground.token(tenant)
    if watch == "down":
        watched.failures["watch_secret"] = ClusterUnavailable("GET /api: HTTP 503")
    async with run_facade(watched) as running:
        client = running.client(tenant, token)
        assert await answers(client, 200)
        secret = await ground.cluster.read_secret(ground.namespace, "workteam-scim-tokens")
        ground.access.kubectl("delete", "secret", "workteam-scim-tokens", "-n", ground.namespace)
        await eventually(lambda: answers(client, 503))
        answer = await client.get("/Users")
        assert answer.headers["retry-after"] == "5"
        assert running.facade.missing() == ["the Secret of the tokens"]
        data = {key: base64.b64encode(value).decode() for key, value in secret.data.items()}
        metadata = {"name": "workteam-scim-tokens", "namespace": ground.namespace}
        ground.access.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
        await eventually(lambda: answers(client, 200))


@pytest.mark.parametrize(
    ("scim", "word"), [({"enabled": False}, "not enabled"), ({"paused": True}, "paused")], ids=["disabled", "paused"]
)
async def test_a_tenant_that_is_stopped_is_503(
    ground: Any, running: Any, eventually: Any, scim: dict[str, bool], word: str
) -> None:
    """Never 404, never 401: with Retry-After, and the cause in the detail."""
    tenant = await ground.tenant(scim=scim)
    client = running.client(tenant, await ground.token(tenant))
    await eventually(lambda: answers(client, 503))
    answer = await client.get("/Users")
    assert answer.headers["retry-after"] == "120"
    assert answer.json() == {
        "schemas": [ERROR],
        "status": "503",
        "detail": f"SCIM provisioning is {word} for the tenant {tenant}.",
    }


async def test_before_the_tenant_was_reached_it_is_403_with_the_cause(
    ground: Any, running: Any, eventually: Any
) -> None:
    """The detail speaks of Admin permissions, as the tutorial does; with objects in it the tenant answers."""
    tenant = await ground.tenant(ready=False)
    client = running.client(tenant, await ground.token(tenant))
    await eventually(lambda: answers(client, 403))
    assert (await client.get("/Users")).json() == {
        "schemas": [ERROR],
        "status": "403",
        "detail": f"The Workteam tenant {tenant.name} was not reached yet. Ensure that its Base URL and token are "
        "right and that your Workteam account has Admin permissions.",
    }
    await ground.cluster.create(a_user(namespace=tenant.namespace, tenant=tenant.name), manager="test")
    await eventually(lambda: answers(client, 200))
