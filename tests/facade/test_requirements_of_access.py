"""The requirements of Entra on access, pace and pause, each by its number: dialogues with a new tenant."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from workteam_crds.kinds import WorkteamTenant

pytestmark = pytest.mark.asyncio(loop_scope="module")

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
READS = ("get", "list")
"""What a request to the API server that reads is counted by."""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def test_r04_oauth_client_credentials(lasting: Any, eventually: Any) -> None:
    """A client's secret gives an access token for 60 to 360 minutes, and that token provisions."""
    async with lasting.client() as (tenant, _):
        secret = await lasting.ground.token(tenant, client="entra")
        form = {"grant_type": "client_credentials", "client_id": "entra", "client_secret": secret}
        url = f"https://scim.example/{tenant.namespace}/{tenant.name}/oauth/token"
        async with httpx.AsyncClient(transport=lasting.running.transport, headers=FORM) as desk:

            async def granted() -> bool:
                return bool((await desk.post(url, data=form)).is_success)

            await eventually(granted)
            told = (await desk.post(url, data=form)).json()
        assert 60 * 60 <= told["expires_in"] <= 360 * 60
        async with lasting.running.client(tenant, told["access_token"]) as entra:
            assert (await entra.post("/Users", json={"userName": "a@contoso.example"})).status_code == 201


async def test_r23_a_large_group_is_not_sent_back(lasting: Any) -> None:
    """A PATCH of a group with more than 500 members is 204, of a smaller one 200 with all of it."""
    async with lasting.client(scim={"requestsPerSecond": 1000}) as (_, client):
        for count, status in ((499, 200), (501, 204)):
            members = [{"value": f"m{number}"} for number in range(count)]
            made = await client.post("/Groups", json={"displayName": f"Of {count}", "members": members})
            add = {"Operations": [{"op": "Add", "path": "members", "value": [{"value": "more"}]}]}
            answer = await client.patch(f"/Groups/{made.json()['id']}", json=add)
            assert (answer.status_code, len(answer.json()["members"]) if status == 200 else answer.content) == (
                status,
                count + 1 if status == 200 else b"",
            )


async def test_r29_reads_ask_nobody_else(lasting: Any) -> None:
    """A hundred and fifty reads at once are answered from the cache: none of them is a request to the API server."""
    async with lasting.client(scim={"requestsPerSecond": 1000}) as (_, client):
        names = [f"u{number}@contoso.example" for number in range(50)]
        ids = [(await client.post("/Users", json={"userName": name})).json()["id"] for name in names]
        before = Counter({name: lasting.watched.calls[name] for name in READS})
        searches = [{"filter": f'userName eq "{name}"'} for name in names]
        answers = await asyncio.gather(
            *(client.get("/Users", params=search) for search in searches),
            *(client.get(f"/Users/{name}") for name in ids),
            *(client.get("/Users", params={"startIndex": number + 1, "count": 1}) for number in range(50)),
        )
        assert {answer.status_code for answer in answers} == {200}
        listed = [answer.json()["Resources"][0]["id"] for answer in (*answers[:50], *answers[100:])]
        assert (listed, [answer.json()["id"] for answer in answers[50:100]]) == (ids * 2, ids)
        assert Counter({name: lasting.watched.calls[name] for name in READS}) == before


async def test_r30_an_expired_token_is_401(lasting: Any, eventually: Any, now: Any) -> None:
    """Beside one that is valid; with the challenge, so that a client knows what to renew."""
    async with lasting.client() as (tenant, client):
        token = await lasting.ground.token(tenant, expires=now() + timedelta(seconds=2))
        async with lasting.running.client(tenant, token) as late:
            statuses = []

            async def expired() -> bool:
                statuses.append((await late.get("/Users")).status_code)
                return 200 in statuses and statuses[-1] == 401

            await eventually(expired)
            answer = await late.get("/Users")
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert (answer.json()["schemas"], answer.json()["status"]) == ([ERROR], "401")
        assert (await client.get("/Users")).status_code == 200


async def test_r30_what_is_too_much_is_429(lasting: Any) -> None:
    """With Retry-After in seconds, as a SCIM error; Entra slows down and asks again."""
    async with lasting.client(scim={"requestsPerSecond": 1}) as (_, client):
        answers = [await client.get("/Users") for _ in range(4)]
        late = next(answer for answer in answers if answer.status_code == 429)
        assert int(late.headers["retry-after"]) >= 1
        assert (late.json()["schemas"], late.json()["status"]) == ([ERROR], "429")


async def test_r33_a_pause_is_503_and_ends(lasting: Any, eventually: Any) -> None:
    """With Retry-After, never 401 or 404; when it is over the same request is answered."""
    async with lasting.client() as (tenant, client):
        cluster, kind = lasting.ground.cluster, WorkteamTenant
        for paused, status in ((True, 503), (False, 200)):
            stored = await cluster.get(kind, tenant.namespace, tenant.name)
            await cluster.patch(
                stored, [{"op": "add", "path": "/spec/scim", "value": {"paused": paused}}], manager="test"
            )

            async def answered(status: int = status) -> bool:
                return bool((await client.get("/Users")).status_code == status)

            await eventually(answered)
            answer = await client.get("/Users")
            assert ("retry-after" in answer.headers) == paused


async def test_r36_workteams_own_attributes_are_kept(lasting: Any) -> None:
    """Every attribute of Workteam's list comes back as it was sent."""
    enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    body = {
        "userName": "ana@contoso.example",
        "active": True,
        "title": "Analyst",
        "nickName": "Ana",
        "displayName": "Ana Silva",
        "externalId": "4f0c",
        "name": {"givenName": "Ana", "familyName": "Silva"},
        "emails": [{"type": "work", "value": "ana@contoso.example"}],
        enterprise: {"department": "Retail", "manager": {"value": "someone"}},
    }
    async with lasting.client() as (_, client):
        made = (await client.post("/Users", json=body)).json()
        assert {key: made[key] for key in body} == body
