"""Tenants take turns, and one that Workteam asked to leave alone keeps nobody busy; time is a number that is moved."""

import asyncio
from collections.abc import Hashable, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_crds.naming import Key
from workteam_operator.workqueue import NO_WAIT, Outcome, Priority, QueueClosed, Visit, WorkQueue


def key(tenant: str, number: int) -> Key:
    """Name an object of a tenant."""
    return Key("WorkteamUser", tenant, f"{number:05}")


class Scene:
    """A queue whose tenants are the keys' namespaces, a clock that stands, and the pauses of tenants."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.paused: dict[Hashable, float] = {}
        self.queue = WorkQueue(
            lambda _: frozenset(),
            now=lambda: self.seconds,
            jitter=lambda _, high: high,
            tenant_of=lambda key: key.namespace,
            pause_of=lambda tenant: timedelta(seconds=max(self.paused.get(tenant, 0) - self.seconds, 0)),
        )

    async def take(self) -> Key | None:
        """Take what may be taken now."""
        task = asyncio.ensure_future(self.queue.take())
        await asyncio.sleep(0)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return None

    async def take_all(self) -> list[Key]:
        """Take all that may be taken now."""
        found: list[Key] = []
        while (taken := await self.take()) is not None:
            found.append(taken)
        return found


async def test_ten_thousand_keys_of_one_tenant_hold_up_no_other() -> None:
    """Whatever waits for one tenant, another one's key is the next but one."""
    scene = Scene()
    for number in range(10_000):
        scene.queue.add(Visit(key("large", number)))
    scene.queue.add(Visit(key("small", 1)))
    scene.queue.add(Visit(key("small", 2)))
    taken = [await scene.take() for _ in range(5)]
    assert taken == [key("large", 0), key("small", 1), key("large", 1), key("small", 2), key("large", 2)]


async def test_a_leaver_goes_before_everybodys_turn() -> None:
    """Turns are taken among equally urgent keys: a leaver comes first, in whatever tenant."""
    scene = Scene()
    for number in range(3):
        scene.queue.add(Visit(key("a", number)))
        scene.queue.add(Visit(key("b", number), Priority.BACKGROUND))
    scene.queue.add(Visit(key("b", 9), Priority.LEAVER))
    assert await scene.take_all() == [key("b", 9), *(key("a", n) for n in range(3)), *(key("b", n) for n in range(3))]


ADDS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Priority)), max_size=40)


@given(ADDS)
def test_between_two_keys_of_a_tenant_every_other_one_had_its_turn(adds: Sequence[tuple[str, Priority]]) -> None:
    """By priority; within it no tenant gets two keys while another one waits; within a tenant in order of coming."""

    async def play() -> None:
        scene = Scene()
        waiting = {}
        for number, (tenant, priority) in enumerate(adds):
            waiting[key(tenant, number)] = priority
            scene.queue.add(Visit(key(tenant, number), priority))
        before, was = None, None
        while waiting:
            taken = await scene.queue.take()
            priority = waiting.pop(taken)
            equals = [other for other, its in waiting.items() if its is priority]
            assert priority == min([priority, *waiting.values()])
            assert [o for o in equals if o.namespace == taken.namespace and o.name < taken.name] == []
            if before and before.namespace == taken.namespace and was is priority:
                assert {other.namespace for other in equals} <= {taken.namespace}
            before, was = taken, priority

    asyncio.run(play())


async def test_a_paused_tenant_keeps_no_worker_busy() -> None:
    """Of a tenant that is to be left alone nothing is taken, the others go on, and nothing is put back and forth."""
    scene = Scene()
    scene.paused["a"] = 30
    for tenant in "ab":
        for number in range(2):
            scene.queue.add(Visit(key(tenant, number)))
    scene.queue.add(Visit(key("a", 2), Priority.LEAVER))
    assert await scene.take_all() == [key("b", 0), key("b", 1)]
    assert len(scene.queue) == 3
    scene.seconds = 30
    assert await scene.take_all() == [key("a", 2), key("a", 0), key("a", 1)]


async def test_a_worker_wakes_by_itself_when_a_pause_is_over() -> None:
    """Nobody has to add anything: who waits for a key gets it as soon as its tenant may go on."""
    paused = [timedelta(seconds=0.05)]
    queue = WorkQueue(lambda _: frozenset(), pause_of=lambda _: paused[0])
    queue.add(Visit(key("a", 1)))
    worker = asyncio.create_task(queue.take())
    await asyncio.sleep(0)
    assert not worker.done()
    paused[0] = NO_WAIT
    async with asyncio.timeout(10):
        assert await worker == key("a", 1)


async def test_keys_are_handed_back_and_added_while_it_drains() -> None:
    """After close nothing is taken; what comes, and what is given back to come again, stays where it is."""
    scene = Scene()
    scene.queue.add(Visit(key("a", 1)))
    assert await scene.take_all() == [key("a", 1)]
    scene.queue.close()
    scene.queue.add(Visit(key("a", 1)))
    scene.queue.add(Visit(key("a", 2)))
    scene.queue.done(key("a", 1), Outcome(failed=True))
    assert (len(scene.queue), scene.queue.in_flight) == (2, 0)
    with pytest.raises(QueueClosed):
        await scene.queue.take()


FAILURES = st.lists(st.sampled_from(["failed", "done", "fresh"]), min_size=1, max_size=30)


@given(FAILURES, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_back_off_is_full_jitter_and_forgets(visits: Sequence[str], share: float) -> None:
    """A wait is the drawn share of 1, 2, 4 … 300 s; a success or a new generation begins anew."""

    async def play() -> None:
        seconds = [0.0]
        queue = WorkQueue(lambda _: frozenset(), now=lambda: seconds[0], jitter=lambda low, high: low + share * high)
        row = 0
        for what in visits:
            queue.add(Visit(key("a", 1), fresh=what == "fresh"))
            await queue.take()
            queue.done(key("a", 1), Outcome(failed=what != "done"))
            row = {"failed": row + 1, "done": 0, "fresh": 1}[what]
            assert queue.failures(key("a", 1)) == row
            expected = share * [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300][min(row, 10)]
            assert (len(queue), queue.due_now()) == (int(row > 0), int(row > 0 and expected == 0))
            seconds[0] += expected
            assert queue.due_now() == int(row > 0)
            seconds[0] += 1_000

    asyncio.run(play())
