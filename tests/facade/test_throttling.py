"""How often: each tenant has a rate of its own, and whoever has no valid token is held up alone."""

from typing import Any

import httpx
import pytest

from workteam_crds.kinds import WorkteamTenant
from workteam_scim.throttle import ADDRESSES, FAILURES, Bucket, Failures

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def test_a_bucket_lets_through_its_burst_and_then_its_rate() -> None:
    """Ten a second, twenty at once; then one each tenth of a second, and the wait is told."""
    bucket = Bucket(10, 20, 0)
    assert [bucket.take(0) for _ in range(20)] == [0] * 20
    assert bucket.take(0) == pytest.approx(0.1)
    assert [bucket.take(0.1), bucket.take(0.1)] == [0, pytest.approx(0.1)]
    assert [bucket.take(100) for _ in range(21)] == [*[0] * 20, pytest.approx(0.1)]


def test_a_bucket_of_another_size_forgets_nothing() -> None:
    """What was taken before stays taken."""
    bucket = Bucket(10, 20, 0)
    for _ in range(20):
        bucket.take(0)
    bucket.resize(100, 200)
    assert [bucket.take(0) for _ in range(181)] == [*[0] * 180, pytest.approx(0.01)]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "", True),
    ],
)
def test_failures_are_counted_by_site(first: str, second: str, same: bool) -> None:  # noqa: FBT001
    """An IPv4 address, or the 64 bits that an IPv6 site has."""
    failures = Failures()
    assert [failures.failed(first, 0) for _ in range(FAILURES)] == [0] * FAILURES
    assert bool(failures.failed(second, 0)) == same


def test_the_memory_of_failures_is_bounded() -> None:
    failures = Failures()
    for number in range(ADDRESSES + 10):
        failures.failed(f"host-{number}", 0)
    assert len(failures._buckets) == ADDRESSES


async def test_a_tenant_has_a_rate_of_its_own(ground: Any, run_facade: Any, eventually: Any) -> None:
    """Beyond it 429 with Retry-After and a SCIM error, for this tenant alone; a higher rate takes effect at once."""
    at = [0.0]
    slow, other = await ground.tenant(scim={"requestsPerSecond": 1}), await ground.tenant()
    tokens = [await ground.token(slow), await ground.token(other)]
    async with run_facade(clock=lambda: at[0]) as running:
        clients = [running.client(tenant, token) for tenant, token in zip((slow, other), tokens, strict=True)]
        answers = [await clients[0].get("/Users") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].headers["retry-after"] == "1"
        assert answers[2].json() == {
            "schemas": [ERROR],
            "status": "429",
            "detail": f"The tenant {slow} may be asked 1 times a second (spec.scim.requestsPerSecond).",
        }
        assert (await clients[1].get("/Users")).status_code == 200
        at[0] += 1
        assert [(await clients[0].get("/Users")).status_code for _ in range(2)] == [200, 429]
        assert 'scim_throttled_requests_total{limit="tenant"} 2.0' in running.facade.metrics.text().decode()
        stored = await ground.cluster.get(WorkteamTenant, slow.namespace, slow.name)
        faster = [{"op": "replace", "path": "/spec/scim/requestsPerSecond", "value": 50}]
        await ground.cluster.patch(stored, faster, manager="test")
        await eventually(lambda: _answered(clients[0]))


async def _answered(client: httpx.AsyncClient) -> bool:
    return (await client.get("/Users")).status_code == 200


async def test_failures_hold_up_no_valid_token(ground: Any, run_facade: Any, tenant: Any) -> None:
    """Twenty attempts are 401, then 429 with Retry-After; from there a valid token opens, and others are 401 still."""
    token = await ground.token(tenant)
    async with run_facade(clock=lambda: 0.0) as running:
        wrong = running.client(tenant, f"{token}x")
        statuses = [(await wrong.get("/Users")).status_code for _ in range(FAILURES + 2)]
        assert statuses == [*[401] * FAILURES, 429, 429]
        held = await wrong.get("/Users")
        assert (held.headers["retry-after"], held.json()["status"]) == ("6", "429")
        assert (await wrong.get("/Users", headers={"Authorization": f"Bearer {token}"})).status_code == 200
        elsewhere = httpx.ASGITransport(running.transport.app, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url=wrong.base_url, headers=wrong.headers) as client:
            assert (await client.get("/Users")).status_code == 401


@pytest.mark.parametrize(
    ("setting", "query", "status"),
    [("NoContent", "", 204), ("Auto", "", 200), ("NoContent", "?attributes=title", 200)],
)
async def test_patch_response(  # noqa: PLR0917
    ground: Any, running: Any, eventually: Any, setting: str, query: str, status: int
) -> None:
    """``NoContent`` answers a PATCH with 204 and an ETag, unless attributes are asked for (RFC 7644 §3.5.2)."""
    tenant = await ground.tenant(scim={"patchResponse": setting})
    client = running.client(tenant, await ground.token(tenant))
    await eventually(lambda: _answered(client))
    created = (await client.post("/Users", json={"userName": "ana@contoso.example"})).json()
    patch = {"Operations": [{"op": "replace", "path": "title", "value": "Boss"}]}
    answer = await client.patch(f"/Users/{created['id']}{query}", json=patch)
    assert (answer.status_code, answer.headers["etag"]) == (status, 'W/"2"')
    assert bool(answer.content) == (status == 200)
    assert (await client.get(f"/Users/{created['id']}")).json()["title"] == "Boss"
