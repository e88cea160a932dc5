"""The election on a real API server: one holder at a time, whatever clocks, lost answers and deleted Leases do."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.lease import Claim, Lease, steady

NAME = "turns"
PROMPT = timedelta(seconds=5)
LONG, SHORT = timedelta(seconds=600), timedelta(seconds=1)
"""A duration that no test outlasts, and one that can be waited for."""


def claim(namespace: str, identity: str, duration: timedelta = LONG, name: str = NAME) -> Claim:
    """Want a Lease."""
    return Claim(namespace, name, identity, duration)


@asynccontextmanager
async def running(*leases: Lease) -> AsyncIterator[None]:
    """Run processes' loops until the block ends, without giving up what they hold: as ``kill -9`` would end them."""
    loops = [asyncio.create_task(lease.run()) for lease in leases]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.wait(loops)


async def until(condition: Callable[[], bool], *, within: float = 10) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(within):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def test_what_nobody_holds_is_taken_at_once_and_handed_over_at_once(
    direct: KubernetesCluster, namespace: str
) -> None:
    """Of two only one holds it; when that one gives it up the other one has it, long before it would expire."""
    first, second = Lease(direct, claim(namespace, "first")), Lease(direct, claim(namespace, "second"))
    async with running(first):
        await until(first.held.is_set)
        assert (timedelta(seconds=390) < first.left() <= timedelta(seconds=400), first.tenure) == (True, 1)
        async with running(second):
            await until(lambda: second.elsewhere)
            assert (second.left(), second.holder) == (timedelta(), "first")
            await first.release()
            assert (first.left(), first.held.is_set()) == (timedelta(), False)
            await until(second.held.is_set)

    stored = await direct.read_lease(namespace, NAME, within=PROMPT)
    assert (stored.holder, stored.duration, stored.transitions) == ("second", LONG, 2)


async def test_a_holder_that_stops_renewing_is_waited_out_by_the_candidates_own_clock(
    direct: KubernetesCluster, namespace: str
) -> None:
    """Clocks are a year apart: the second takes over when by its own the duration and the longest request are over."""
    moments: list[float] = []

    def years_later() -> float:
        moments.append(steady())
        return moments[-1] + 31_536_000

    first = Lease(direct, claim(namespace, "first", SHORT))
    second = Lease(direct, claim(namespace, "second", SHORT), clock=years_later)
    async with running(first):
        await until(first.held.is_set)
    ended = steady()  # its last renewal was sent before
    async with running(second):
        await until(second.held.is_set)
        assert moments[-1] - ended > (SHORT + SHORT * 2 / 3).total_seconds()
        assert first.left() == timedelta()


async def test_a_candidate_does_not_take_what_is_renewed(direct: KubernetesCluster, namespace: str) -> None:
    """Through twelve renewals, longer than the duration, the second stays out."""
    first, second = Lease(direct, claim(namespace, "first", SHORT)), Lease(direct, claim(namespace, "second", SHORT))
    async with running(first):
        await until(first.held.is_set)
        async with running(second):
            before = await direct.read_lease(namespace, NAME, within=PROMPT)
            for _ in range(12):
                await direct.lease_changed(before, within=PROMPT)
                before = await direct.read_lease(namespace, NAME, within=PROMPT)
            assert (first.held.is_set(), second.held.is_set(), first.tenure) == (True, False, 1)


async def test_a_holder_that_slept_may_not_act_before_it_was_answered(
    direct: KubernetesCluster, namespace: str
) -> None:
    """After a stop its own clock forbids it to act, without a question to anybody."""
    asleep = 0.0
    first = Lease(direct, claim(namespace, "first"), clock=lambda: steady() + asleep)
    async with running(first):
        await until(first.held.is_set)
        asleep = 401
        assert (first.held.is_set(), first.left(), first.unanswered) == (True, timedelta(), False)


async def test_a_holder_that_slept_loses_to_whom_it_finds(direct: KubernetesCluster, namespace: str) -> None:
    """Stopped beyond the lease, it finds another holder at its next renewal, and waits in turn."""
    first, second = Lease(direct, claim(namespace, "first", SHORT)), Lease(direct, claim(namespace, "second"))
    async with running(first):
        await until(first.held.is_set)
    async with running(second):
        await until(second.held.is_set)
        async with running(first):
            await until(first.lost.is_set)
            assert (first.holder, first.elsewhere, first.left()) == ("second", True, timedelta())


@pytest.mark.parametrize("turn", [0, 1], ids=["taking", "renewing"])
async def test_a_lost_answer_loses_no_lease(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str, turn: int
) -> None:
    """What was stored and not answered is recognised: nobody waits for itself."""
    first = Lease(client, claim(namespace, "first", timedelta(seconds=6)))
    rule = proxy.hold(Match("POST|PUT", f"/namespaces/{namespace}/leases", after=turn, count=1), Point.COMMITTED)
    async with running(first):
        (await asyncio.to_thread(rule.next_held)).drop()
        before = await direct.read_lease(namespace, NAME, within=PROMPT)
        await direct.lease_changed(before, within=timedelta(seconds=4))
        await until(lambda: bool(first.left()))
        assert (first.tenure, first.holder) == (1, "first")


async def test_a_deleted_lease_is_made_anew_by_its_holder_and_waited_out_by_others(
    direct: KubernetesCluster, cluster_access: Access, namespace: str
) -> None:
    """Who has seen a holder takes nothing because the Lease is gone; the holder goes on."""
    first, second = Lease(direct, claim(namespace, "first", SHORT)), Lease(direct, claim(namespace, "second", LONG))
    async with running(first):
        await until(first.held.is_set)
        async with running(second):
            await until(lambda: second.elsewhere)
            cluster_access.kubectl("delete", "lease", NAME, "-n", namespace)
            await until(lambda: cluster_access.get("lease", NAME, "-n", namespace) is not None)
            stored = await direct.read_lease(namespace, NAME, within=PROMPT)
            assert (stored.holder, first.tenure, second.held.is_set()) == ("first", 1, False)


async def test_who_gets_the_first_lease_gets_all(direct: KubernetesCluster, namespace: str) -> None:
    """Two processes want two Leases: never one each; the second gets both when the first gives the first one up."""
    one, other = (
        (a := Lease(direct, claim(namespace, who)), Lease(direct, claim(namespace, who, name="more"), follows=a))
        for who in ("one", "other")
    )
    async with running(*one):
        await until(lambda: all(lease.held.is_set() for lease in one))
        async with running(*other):
            await until(lambda: other[0].elsewhere)
            await one[1].release()
            assert not other[1].held.is_set()
            await one[0].release()
            await until(lambda: all(lease.held.is_set() for lease in other))


async def test_an_api_server_that_does_not_answer_ends_the_right_to_act_and_nothing_else(
    client: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """Two thirds of the duration after the last answer nothing may be done; answered again, the tenure goes on."""
    first = Lease(client, claim(namespace, "first", SHORT))
    async with running(first):
        await until(first.held.is_set)
        outage = proxy.refuse(Match(path=f"/namespaces/{namespace}/leases"), 503)
        await until(lambda: not first.left())
        await until(lambda: first.unanswered)
        assert first.held.is_set()
        proxy.remove(outage)
        await until(lambda: bool(first.left()))
        assert (first.tenure, first.unanswered) == (1, False)


async def test_a_refused_lease_is_no_outage(client: KubernetesCluster, proxy: FaultProxy, namespace: str) -> None:
    """403 is an answer: whoever gets it may not go on as if the server were away."""
    first = Lease(client, claim(namespace, "first", SHORT))
    async with running(first):
        await until(first.held.is_set)
        proxy.refuse(Match(path=f"/namespaces/{namespace}/leases"), 403)
        await until(lambda: not first.left())
        assert not first.unanswered
    with suppress(asyncio.CancelledError):
        await first.release()
