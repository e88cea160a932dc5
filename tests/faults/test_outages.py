"""The API server is gone, slow, throttling or failing under a facade: what it reads, what it writes, how it heals."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.fault_rules import Match, Point, Rule
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

STALE = 6
"""Seconds for which the facades here answer from their cache; two seconds of silence come before."""
ALL = Match()
ANA, BEN = {"userName": "ana@contoso.example"}, {"userName": "ben@contoso.example"}
TITLE = {"Operations": [{"op": "replace", "path": "title", "value": "Lead"}]}
BULK = {"Operations": [{"method": "POST", "path": "/Users", "bulkId": "b", "data": BEN}]}

OUTAGES = [
    pytest.param(lambda proxy: proxy.reset(ALL), None, id="gone"),
    pytest.param(lambda proxy: proxy.hold(ALL, Point.BEFORE), None, id="slow"),
    pytest.param(lambda proxy: proxy.refuse(ALL, 429, retry_after=7), "7", id="throttling"),
    pytest.param(lambda proxy: proxy.refuse(ALL, 500), None, id="failing"),
]


async def writes(entra: httpx.AsyncClient, ana: str) -> list[httpx.Response]:
    """Send every sort of write at once."""
    answers = await asyncio.gather(
        entra.post("/Users", json=BEN),
        entra.patch(f"/Users/{ana}", json=TITLE),
        entra.put(f"/Users/{ana}", json={**ANA, "title": "Lead"}),
        entra.delete(f"/Users/{ana}"),
        entra.post("/Groups", json={"displayName": "sg-Engineering"}),
    )
    return list(answers)


@pytest.mark.parametrize(("begin", "told"), OUTAGES)
async def test_an_outage(
    ground: Any, run_facade: Any, *, done: Any, unavailable: Any, begin: Callable[[FaultProxy], Rule], told: str | None
) -> None:
    """Writes are 503 and nothing is stored; reads go on up to the stated age, then 503; afterwards all is answered."""
    async with run_facade(stale=STALE, lease=6) as running:
        entra = running.entra
        ana = (await entra.post("/Users", json=ANA)).json()["id"]
        before = (await ground.cluster.get(WorkteamUser, ground.namespace, ana)).metadata.resource_version
        rule = begin(ground.proxy)
        reading = asyncio.create_task(read_until_stale(running, ana, unavailable))
        refused = await writes(entra, ana)
        assert [unavailable(answer) for answer in refused] == [True] * len(refused)
        assert told is None or {answer.headers["Retry-After"] for answer in refused} == {told}
        [status] = (await entra.post("/Bulk", json=BULK)).json().get("Operations", [{"status": "503"}])
        assert status["status"] == "503"
        await reading
        assert [unavailable(answer) for answer in await writes(entra, ana)] == [True] * len(refused)

        [stored] = (await ground.cluster.list(WorkteamUser, ground.namespace)).items
        assert (stored.metadata.name, stored.metadata.resource_version) == (ana, before)
        ground.proxy.remove(rule)
        for held in rule.held:
            held.drop()
        assert (await done(entra, "GET", f"/Users/{ana}")).json()["userName"] == ANA["userName"]
        assert (await done(entra, "POST", "/Users", BEN)).status_code == httpx.codes.CREATED
        assert (await done(entra, "PATCH", f"/Users/{ana}", TITLE)).json()["title"] == "Lead"


async def read_until_stale(running: Any, ana: str, unavailable: Callable[[httpx.Response], bool]) -> None:
    """Read without a break; an answer is right if its age is right, before or after it was given."""
    reads = 0
    async with asyncio.timeout(60):
        while True:
            young = running.staleness() < STALE
            for path in (f"/Users/{ana}", "/Users", '/Users?filter=userName eq "ANA@contoso.example"'):
                answer = await running.entra.get(path)
                assert answer.is_success or unavailable(answer)
                if answer.is_success:
                    reads += 1
                    assert ana in answer.text
                    assert young
                elif running.staleness() > STALE:
                    assert reads > 0
                    return
                else:
                    pytest.fail(f"refused while the news were {running.staleness()} s old: {answer.text}")
            await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    "kind", ["workteamtenants", "workteamusers", "workteamgroups", "workteamgroupmemberships", "secrets"]
)
async def test_nothing_is_served_before_everything_was_read(
    ground: Any, run_facade: Any, until: Any, unavailable: Any, kind: str
) -> None:
    """While the first list of one kind is on its way, reads and writes are 503; then what is there is found."""
    user = await ground.cluster.create(a_user("ana", namespace=ground.namespace, tenant="acme"), manager="test")
    last = ground.proxy.hold(Match("GET", f"/{kind}[/?]", count=1), Point.COMMITTED)
    async with run_facade(ready=False) as running:
        entra = running.entra
        held = await asyncio.to_thread(last.next_held)
        await until(lambda: len(running.facade.missing()) <= 2)  # that kind, and the Lease that waits for it
        for answer in (
            await entra.get("/Users"),
            await entra.get(f"/Users/{user.metadata.name}"),
            await entra.get("/ServiceProviderConfig"),
            await entra.post("/Users", json={"userName": user.spec.user_name}),
        ):
            assert unavailable(answer)
        held.release()
        await until(lambda: not running.facade.missing())
        assert (await entra.get("/Users")).json()["totalResults"] == 1
        assert (await entra.post("/Users", json={"userName": user.spec.user_name})).status_code == 409


async def test_a_page_that_fails_leaves_what_is_known(ground: Any, run_facade: Any, until: Any) -> None:
    """A list of two pages whose second one fails empties nothing: it is tried again as a whole."""
    made = [a_user(f"user-{number}", namespace=ground.namespace, tenant="acme") for number in range(502)]
    for start in range(1, len(made), 50):
        await asyncio.gather(*(ground.cluster.create(user, manager="test") for user in made[start : start + 50]))
    async with run_facade(stale=60) as running:
        pages = ground.proxy.hold(Match("GET", "/workteamusers.*continue="), Point.BEFORE)
        ended = ground.proxy.end(Match("GET", "/workteamusers.*watch=true"))
        await ground.cluster.create(made[0], manager="test")
        for _ in range(2):
            page = await asyncio.to_thread(pages.next_held)
            ground.proxy.remove(ended)
            assert await total(running, 501)
            page.refuse(500)
            assert await total(running, 501)
        (await asyncio.to_thread(pages.next_held)).release()
        await until(lambda: total(running, 502))


async def total(running: Any, wanted: int) -> bool:
    """Say whether so many users are found."""
    found: int = (await running.entra.get("/Users?count=0")).json()["totalResults"]
    return found == wanted


async def test_creates_are_repeated_until_one_object_each_is_there(
    ground: Any, run_facade: Any, unavailable: Any
) -> None:
    """Twenty of them are lost, before they were stored or after; what is there has the ids that were answered."""
    async with run_facade(stale=60, lease=15) as running:
        for point in (Point.BEFORE, Point.COMMITTED):
            ground.proxy.reset(Match("POST", "/workteamusers", body=r"user\.\d*[37]@", count=10), point)

        async def created(number: int) -> str:
            while True:
                answer = await running.entra.post("/Users", json={"userName": f"user.{number}@contoso.example"})
                if answer.is_success:
                    return str(answer.json()["id"])
                assert unavailable(answer)
                await asyncio.sleep(0.05)

        ids = await asyncio.gather(*(created(number) for number in range(40)))
        stored = (await ground.cluster.list(WorkteamUser, ground.namespace)).items
        assert sorted(user.metadata.name for user in stored) == sorted(ids)
