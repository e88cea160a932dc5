"""A11 for operators: nothing of one that was stopped beyond its Lease reaches Workteam or is stored. Real processes."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

from workteam_cli.controlplane.fault_rules import Match
from workteam_cli.controlplane.fault_rules import Point as Where
from workteam_cli.operator_processes import Ground, OperatorProcess
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

LONG, SHORT = 600, 3
"""Seconds of a Lease that no test outlasts, and of one that is waited out."""
LATEST = 30.0
"""Seconds, on a machine under any load; on a quiet one it is less than one, and the test prints what it was."""
WRITES = "POST|PUT|PATCH|DELETE"
OURS = "workte.am|/events"
"""Paths of all that an operator writes, but for its Lease."""
LEASE = "workteam-operator"
SOME_TIME = timedelta(seconds=1)

Until = Callable[..., Awaitable[None]]


@asynccontextmanager
async def two(
    ground: Ground, until: Until, seconds: int, *, proxied: bool = False
) -> AsyncIterator[tuple[OperatorProcess, OperatorProcess]]:
    """Run two operators: the first leads, behind a proxy if so wanted, and the second could take over."""
    async with ground.operator("first", seconds, proxied=proxied) as first:
        await until(first.leads)
        async with ground.operator("second", seconds) as second:
            await until(second.ready)
            yield first, second


async def hire(ground: Ground, *names: str) -> None:
    """Create users."""
    for name in names:
        await ground.cluster.create(a_user(name, namespace=ground.namespace, title=f"{name} 0"), manager="test")


async def retitle(ground: Ground, name: str, number: int) -> None:
    """Give a user another title, as the facade does."""
    user = await ground.cluster.get(WorkteamUser, ground.namespace, name)
    title = {"op": "add", "path": "/spec/title", "value": f"{name} {number}"}
    await ground.cluster.patch(user, [title], manager="test")


async def all_in_sync(ground: Ground) -> bool:
    """Say whether the status of every user tells that Workteam has its newest generation."""
    users = (await ground.cluster.list(WorkteamUser, ground.namespace)).items
    return all(
        user.status.observed_generation == user.metadata.generation
        and {condition.type for condition in user.status.conditions if condition.status == "True"}
        == {"Ready", "Synced"}
        for user in users
    )


async def versions(ground: Ground) -> dict[str, str | None]:
    """Return at which resourceVersion each user is stored."""
    users = (await ground.cluster.list(WorkteamUser, ground.namespace)).items
    return {user.metadata.name: user.metadata.resource_version for user in users}


def titles(ground: Ground, names: Iterable[str]) -> Counter[str]:
    """Count how often each title was written to Workteam."""
    bodies = [str(entry.body) for entry in ground.asked() if entry.handled and entry.method in WRITES.split("|")]
    wanted = [f"{name} {number}" for name in names for number in range(10)]
    return Counter({title: times for title in wanted if (times := sum(f"'{title}'" in body for body in bodies))})


async def test_a_stopped_leader_that_goes_on_sends_nothing(ground: Ground, until: Until) -> None:
    """SIGSTOP beyond the Lease with a call at Workteam, another takes over, SIGCONT: the answer comes, and that is all.

    All that Workteam was asked since is what the second one counts as its own, and no write of the first is sent on.
    """
    async with two(ground, until, SHORT, proxied=True) as (first, second):
        await hire(ground, "ana", "ben")
        await until(lambda: all_in_sync(ground))
        ground.workteam.control.add(Hold(method="PATCH", path="/Users/", body="ana 1", point=Point.COMMITTED, count=1))
        await retitle(ground, "ana", 1)
        [held] = await ground.workteam.control.until_held()
        first.child.send_signal(signal.SIGSTOP)
        mark = ground.mark()
        assert await second.figure("workteam_backend_requests_total") == 0
        await until(second.leads)
        for name in ("ana", "ben"):
            await retitle(ground, name, 2)
        await until(lambda: all_in_sync(ground))
        writes = ground.proxy.hold(Match(WRITES, OURS), Where.BEFORE)
        before = await versions(ground)
        ground.workteam.control.release(held)
        first.child.send_signal(signal.SIGCONT)
        async with asyncio.timeout(LATEST):
            assert await first.child.wait() == 1
        assert (writes.held, await versions(ground)) == ((), before)
        assert await second.figure("workteam_backend_requests_total") == len(ground.asked(mark))
        assert titles(ground, ["ana", "ben"]) == dict.fromkeys(["ana 0", "ana 1", "ana 2", "ben 0", "ben 2"], 1)


async def test_a_write_of_a_stopped_leader_is_never_stored(ground: Ground, until: Until) -> None:
    """SIGSTOP beyond the Lease with a status on its way, another takes over, SIGCONT: its sender gives it up."""
    async with two(ground, until, SHORT, proxied=True) as (first, second):
        await hire(ground, "ana")
        await until(lambda: all_in_sync(ground))
        status = ground.proxy.hold(Match("PATCH", "/workteamusers/ana/status", count=1), Where.BEFORE)
        await retitle(ground, "ana", 1)
        request = await asyncio.to_thread(status.next_held)
        first.child.send_signal(signal.SIGSTOP)
        mark = ground.mark()
        await until(second.leads)
        await until(lambda: all_in_sync(ground))
        before = await versions(ground)
        writes = ground.proxy.hold(Match(WRITES, OURS), Where.BEFORE)
        first.child.send_signal(signal.SIGCONT)
        await until(lambda: not request.waiting)
        request.drop()  # as a proxy does whose client is gone
        async with asyncio.timeout(LATEST):
            assert await first.child.wait() == 1
        assert (writes.held, await versions(ground)) == ((), before)
        assert await second.figure("workteam_backend_requests_total") == len(ground.asked(mark))
        assert titles(ground, ["ana"]) == {"ana 0": 1, "ana 1": 1}


async def test_sigterm_hands_over_when_the_last_call_was_answered(ground: Ground, until: Until) -> None:
    """The Lease of ten minutes is not given up while a call is at Workteam; then the second works at once.

    What was changed meanwhile it does, and nothing is done twice.
    """
    people = ("ana", "ben", "cho")
    async with two(ground, until, LONG) as (first, second):
        await hire(ground, *people)
        await until(lambda: all_in_sync(ground))
        ground.workteam.control.add(Hold(method="PATCH", body="ana 1", point=Point.COMMITTED, count=1))
        await retitle(ground, "ana", 1)
        [held] = await ground.workteam.control.until_held()
        first.child.send_signal(signal.SIGTERM)
        for name in people:
            await retitle(ground, name, 2)
        record = await ground.cluster.read_lease(ground.namespace, LEASE, within=SOME_TIME)
        await ground.cluster.lease_changed(record, within=SOME_TIME)
        assert (await ground.cluster.read_lease(ground.namespace, LEASE, within=SOME_TIME)) == record
        assert not await second.leads()

        ground.workteam.control.release(held)
        answered = time.perf_counter()
        await until(second.leads, within=LATEST)
        print(f"the next operator leads {(time.perf_counter() - answered) * 1000:.0f} ms later")  # noqa: T201
        await until(lambda: all_in_sync(ground), within=LATEST)
        print(f"and all is done {(time.perf_counter() - answered) * 1000:.0f} ms later")  # noqa: T201
        async with asyncio.timeout(LATEST):
            assert await first.child.wait() == 0
        record = await ground.cluster.read_lease(ground.namespace, LEASE, within=SOME_TIME)
        assert record.transitions == 2
        done = titles(ground, people)
        assert {title: done[title] for title in ("ana 1", "ana 2", "ben 2", "cho 2")} == dict.fromkeys(
            ("ana 1", "ana 2", "ben 2", "cho 2"), 1
        )


async def test_who_stands_by_ends_at_once_and_takes_nothing_along(ground: Ground, until: Until) -> None:
    """SIGTERM to a standby leaves the Lease where it is."""
    async with two(ground, until, LONG) as (leader, standby):
        before = await ground.cluster.read_lease(ground.namespace, LEASE, within=SOME_TIME)
        standby.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(LATEST):
            assert await standby.child.wait() == 0
        assert await leader.leads()
        assert await ground.cluster.read_lease(ground.namespace, LEASE, within=SOME_TIME) == before
