"""A11: the next facade answers when nothing of the old one can be stored any more. Two real processes, under load."""

import asyncio
import itertools
import signal
from typing import Any

import httpx

from workteam_cli.controlplane.fault_rules import Match, Point

LONG, SHORT = 600, 3
"""Seconds of a Lease that no test outlasts, and of one that is waited out."""
REFUSALS = frozenset({503})


async def load(client: httpx.AsyncClient, word: str, accepted: set[str], statuses: set[int]) -> None:
    """Create users until the connection fails; note what was promised and what was answered."""
    for number in itertools.count(1):
        name = f"{word}.{number}@contoso.example"
        try:
            answer = await client.post("/Users", json={"userName": name})
        except httpx.TransportError:
            return
        statuses.add(answer.status_code)
        if answer.status_code == httpx.codes.CREATED:
            accepted.add(name)
        elif answer.status_code in REFUSALS:
            assert int(answer.headers["Retry-After"]) > 0
            return


async def test_sigterm_hands_over_under_load(ground: Any, until: Any) -> None:
    """The second answers long before the Lease of ten minutes expires; nothing that was promised is missing."""
    accepted: set[str] = set()
    statuses: set[int] = set()
    async with ground.facade("first", LONG) as first:
        await until(first.ready)
        async with ground.facade("second", LONG) as second, ground.client(first) as old, ground.client(second) as new:
            await until(lambda: _refuses(new, "Another facade answers"))
            assert not await second.ready()
            loads = [asyncio.create_task(load(old, f"load{n}", accepted, statuses)) for n in range(4)]
            await until(lambda: _so_many(accepted, 20))
            first.child.send_signal(signal.SIGTERM)
            await until(second.ready, within=10)
            await asyncio.gather(*loads)
            assert await asyncio.wait_for(first.child.wait(), timeout=15) == 0
            shown = await new.get("/Users", params={"count": 200})
            assert statuses <= {201, 503}
            assert accepted <= {each["userName"] for each in shown.json()["Resources"]}
            assert set(await ground.stored()) == {each["userName"] for each in shown.json()["Resources"]}


async def test_nothing_of_a_stopped_holder_is_stored(ground: Any, until: Any) -> None:
    """SIGSTOP beyond the Lease with a write held on its way, another takes over, SIGCONT: the write is never done."""
    held = ground.proxy.hold(Match("POST", "/workteamusers", "late@contoso.example"), Point.BEFORE)
    async with ground.facade("first", SHORT, proxied=True) as first:
        await until(first.ready)
        async with ground.facade("second", SHORT) as second, ground.client(first) as old, ground.client(second) as new:
            late = asyncio.create_task(old.post("/Users", json={"userName": "late@contoso.example"}))
            request = await asyncio.to_thread(held.next_held)
            first.child.send_signal(signal.SIGSTOP)
            await until(second.ready)
            taken = await new.post("/Users", json={"userName": "late@contoso.example"})
            assert taken.status_code == httpx.codes.CREATED
            first.child.send_signal(signal.SIGCONT)
            answer = await late
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
            await until(lambda: _false(request, "waiting"))
            request.drop()  # as a proxy does whose client is gone
            refused = await old.post("/Users", json={"userName": "more@contoso.example"})
            assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert not await first.ready()
            assert await ground.stored() == ["late@contoso.example"]


async def test_an_outage_of_the_api_server_stops_writes_and_no_reads(ground: Any, until: Any) -> None:
    """Beyond the Lease reads go on from the cache and writes are 503; when it is over all is answered."""
    body = {"userName": "ana@contoso.example"}
    async with ground.facade("only", SHORT, proxied=True) as only, ground.client(only) as entra:
        await until(only.ready)
        ana = (await entra.post("/Users", json=body)).json()["id"]
        outage = ground.proxy.refuse(Match(), 503, retry_after=3)
        refused = await entra.post("/Users", json={"userName": "ben@contoso.example"})
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3")
        await until(lambda: _not_ready(only))
        assert (await entra.get(f"/Users/{ana}")).json()["userName"] == body["userName"]
        title = {"Operations": [{"op": "replace", "path": "userName", "value": body["userName"]}]}
        assert (await entra.patch(f"/Users/{ana}", json=title)).status_code == httpx.codes.SERVICE_UNAVAILABLE
        ground.proxy.remove(outage)
        await until(only.ready)
        assert (await entra.get(f"/Users/{ana}")).is_success
        assert (await entra.post("/Users", json={"userName": "ben@contoso.example"})).status_code == 201
        assert await ground.stored() == ["ana@contoso.example", "ben@contoso.example"]


async def _not_ready(facade: Any) -> bool:
    return not await facade.ready()


async def _refuses(client: httpx.AsyncClient, words: str) -> bool:
    try:
        answer = await client.get("/Users")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and words in answer.json()["detail"]


async def _so_many(names: set[str], count: int) -> bool:
    return len(names) >= count


async def _false(of: Any, name: str) -> bool:
    return not getattr(of, name)
