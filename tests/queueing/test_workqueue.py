"""What the queue promises, by tables and by properties; time is a number that the tests move."""

import asyncio
from collections.abc import Callable, Hashable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_crds.naming import Key
from workteam_operator.workqueue import Outcome, Priority, QueueClosed, Visit, WorkQueue

A, B, C = (Key("WorkteamUser", "ns", name) for name in "abc")
NOW = timedelta(0)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def a_queue(
    clock: Clock, claims: Callable[[Key], frozenset[Hashable]] = lambda _: frozenset(), jitter: float = 1.0
) -> WorkQueue:
    """Return an empty queue; ``jitter`` is the part of the longest wait that is waited."""
    return WorkQueue(claims, now=clock, jitter=lambda low, high: low + (high - low) * jitter)


async def take_all(queue: WorkQueue) -> list[Key]:
    """Take whatever may be taken now."""
    taken = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                taken.append(await queue.take())
        except TimeoutError:
            return taken


async def test_leavers_go_first_then_live_then_background() -> None:
    """The order is that of the priorities, whatever the order of the adds."""
    queue = a_queue(Clock())
    for key, priority in ((A, Priority.BACKGROUND), (B, Priority.LIVE), (C, Priority.LEAVER)):
        queue.add(Visit(key, priority))
    assert await take_all(queue) == [C, B, A]


async def test_waits_once_with_the_highest_priority() -> None:
    """Two adds of a key are one visit, as urgent as the more urgent of the two."""
    queue = a_queue(Clock())
    queue.add(Visit(A, Priority.BACKGROUND))
    queue.add(Visit(B, Priority.LIVE))
    queue.add(Visit(A, Priority.LEAVER))
    assert await take_all(queue) == [A, B]


async def test_waits_once_until_the_earliest_time() -> None:
    """A key that waits for later comes at once if it is added for now."""
    queue = a_queue(Clock())
    queue.add(Visit(A), after=timedelta(minutes=1))
    assert await take_all(queue) == []
    queue.add(Visit(A))
    assert await take_all(queue) == [A]


async def test_add_while_running_runs_once_more() -> None:
    """However often a key is added while it runs, it runs once more, and not before it is given back."""
    queue = a_queue(Clock())
    queue.add(Visit(A))
    [key] = await take_all(queue)
    queue.add(Visit(A))
    queue.add(Visit(A))
    assert await take_all(queue) == []
    queue.done(key)
    assert await take_all(queue) == [A]
    queue.done(A)
    assert await take_all(queue) == []


async def test_timer_of_a_running_key_is_not_lost() -> None:
    """A visit for later that comes due while the key runs happens after it."""
    clock = Clock()
    queue = a_queue(clock)
    queue.add(Visit(A))
    await take_all(queue)
    queue.add(Visit(A), after=timedelta(seconds=5))
    clock.seconds = 6
    assert await take_all(queue) == []
    queue.done(A)
    assert await take_all(queue) == [A]


async def test_shared_claim_serialises() -> None:
    """Of two objects with a common claim one waits, and a third one without goes on."""
    queue = a_queue(Clock(), lambda key: frozenset({"name"} if key in (A, B) else ()))
    for key in (A, B, C):
        queue.add(Visit(key))
    assert await take_all(queue) == [A, C]
    queue.done(A)
    assert await take_all(queue) == [B]


async def test_claim_taken_on_the_way() -> None:
    """A pass may claim what nobody has, and what it has itself; another pass gets it after the end."""
    queue = a_queue(Clock())
    queue.add(Visit(A))
    queue.add(Visit(B))
    await take_all(queue)
    assert (queue.claim(A, "account"), queue.claim(A, "account"), queue.claim(B, "account")) == (True, True, False)
    queue.done(A)
    assert queue.claim(B, "account")


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (40, 300)])
async def test_back_off_doubles_to_five_minutes(failures: int, seconds: float) -> None:
    """The longest wait after so many failures in a row."""
    clock = Clock()
    queue = a_queue(clock)
    queue.add(Visit(A))
    for _ in range(failures):
        await take_all(queue)
        clock.seconds += 1000
        began = clock.seconds
        queue.done(A, Outcome(failed=True))
        clock.seconds += 1000
    clock.seconds = began + seconds - 0.01
    assert await take_all(queue) == []
    clock.seconds = began + seconds
    assert await take_all(queue) == [A]


@pytest.mark.parametrize("reset", ["success", "fresh"])
async def test_back_off_ends(reset: str) -> None:
    """A success, or a new generation, makes the next failure the first one again."""
    clock = Clock()
    queue = a_queue(clock)
    for _ in range(5):
        queue.add(Visit(A))
        await take_all(queue)
        queue.done(A, Outcome(failed=True))
    assert queue.failures(A) == 5
    queue.add(Visit(A, fresh=reset == "fresh"))
    await take_all(queue)
    queue.done(A, Outcome(failed=reset == "fresh"))
    assert queue.failures(A) == (1 if reset == "fresh" else 0)


async def test_workteams_own_wait_is_the_least() -> None:
    """A Retry-After longer than the back-off is waited out."""
    clock = Clock()
    queue = a_queue(clock, jitter=0.0)
    queue.add(Visit(A))
    await take_all(queue)
    queue.done(A, Outcome(failed=True, again_in=timedelta(seconds=30)))
    clock.seconds = 29
    assert await take_all(queue) == []
    clock.seconds = 30
    assert await take_all(queue) == [A]


async def test_closed_queue_gives_nothing_and_takes_back() -> None:
    """After close nothing is taken, waiting workers end, and what is in flight is given back in peace."""
    queue = a_queue(Clock())
    queue.add(Visit(A))
    await take_all(queue)
    worker = asyncio.create_task(queue.take())
    queue.add(Visit(B), after=timedelta(minutes=1))
    queue.close()
    with pytest.raises(QueueClosed):
        await worker
    queue.done(A)
    with pytest.raises(QueueClosed):
        await queue.take()


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 5), st.sampled_from(Priority), st.integers(0, 3)),
        st.tuples(st.just("take")),
        st.tuples(st.just("done"), st.booleans()),
        st.tuples(st.just("tick"), st.integers(1, 400)),
    ),
    max_size=60,
)


@given(ACTIONS)
def test_nothing_runs_twice_at_once_and_nothing_is_lost(actions: list[tuple[object, ...]]) -> None:
    """No key and no claim is ever in flight twice, and at the end every added key was run since its add."""
    asyncio.run(_play(actions))


async def _play(actions: list[tuple[object, ...]]) -> None:
    clock = Clock()
    keys = [Key("WorkteamUser", "ns", str(number)) for number in range(6)]
    queue = a_queue(clock, lambda key: frozenset({int(key.name) // 2}))
    running: list[Key] = []
    owed: set[Key] = set()
    for action in actions:
        match action:
            case ("add", int(number), Priority() as priority, int(after)):
                queue.add(Visit(keys[number], priority), after=timedelta(seconds=after))
                owed.add(keys[number])
            case ("take",):
                running += await _try_take(queue, owed)
            case ("done", bool(failed)) if running:
                queue.done(running.pop(0), Outcome(failed=failed))
            case ("tick", int(seconds)):
                clock.seconds += seconds
        groups = [int(key.name) // 2 for key in running]
        assert len(groups) == len(set(groups))
    await _finish(queue, clock, running, owed)
    assert owed == set()


async def _try_take(queue: WorkQueue, owed: set[Key]) -> list[Key]:
    task = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    if not task.done():
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return []
    owed.discard(task.result())
    return [task.result()]


async def _finish(queue: WorkQueue, clock: Clock, running: list[Key], owed: set[Key]) -> None:
    """Let everything that is due be done."""
    clock.seconds += 1000
    for _ in range(20):
        for key in running:
            queue.done(key)
        running.clear()
        running += await _try_take(queue, owed)


RESTING = {"WorkteamUser": timedelta(seconds=1)}


async def test_changes_in_a_row_become_one_pass() -> None:
    """The first change is taken at once; all that come during the rest after its pass are one more."""
    clock = Clock()
    queue = WorkQueue(lambda _: frozenset(), rests=RESTING, now=clock)
    queue.add(Visit(A))
    assert await take_all(queue) == [A]
    queue.add(Visit(A))
    queue.done(A)
    for _ in range(3):
        queue.add(Visit(A, Priority.LEAVER))
    assert await take_all(queue) == []
    clock.seconds = 1.0
    assert await take_all(queue) == [A]


async def test_rest_is_neither_for_other_kinds_nor_for_what_a_pass_asks_for() -> None:
    """A pass that wants to come again soon does, and keys of a kind that gathers nothing come at once."""
    clock, other = Clock(), Key("WorkteamTenant", "ns", "a")
    queue = WorkQueue(lambda _: frozenset(), rests=RESTING, now=clock)
    for key in (A, other):
        queue.add(Visit(key))
    assert await take_all(queue) == [A, other]
    queue.done(A, Outcome(again_in=timedelta(seconds=0.05)))
    queue.add(Visit(other))
    queue.done(other)
    assert await take_all(queue) == [other]
    clock.seconds = 0.05
    assert await take_all(queue) == [A]
