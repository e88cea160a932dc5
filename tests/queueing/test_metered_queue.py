"""What the queue's figures say, by a clock that stands until it is moved."""

from datetime import timedelta

from prometheus_client import REGISTRY

from workteam_crds.naming import Key
from workteam_operator.metered_queue import MeteredQueue
from workteam_operator.workqueue import Outcome, Visit

A, B = (Key("WorkteamUser", "ns", name) for name in "ab")
FIGURES = ("adds_total", "retries_total", "queue_duration_seconds_count", "queue_duration_seconds_sum", "depth")


def figures() -> dict[str, float]:
    """Return the figures of all queues of this process."""
    return {name: REGISTRY.get_sample_value(f"workteam_workqueue_{name}") or 0 for name in FIGURES}


async def test_adds_retries_depth_and_waits_are_counted() -> None:
    """Two keys come in; one waits 3 s beyond its 2 and fails: the other and its next visit wait then."""
    before, seconds = figures(), [0.0]
    queue = MeteredQueue(lambda _: frozenset(), now=lambda: seconds[0], jitter=lambda _, high: high)
    queue.add(Visit(A), after=timedelta(seconds=2))
    queue.add(Visit(B), after=timedelta(seconds=9))
    seconds[0] = 5.0
    queue.done(await queue.take(), Outcome(failed=True))
    after = figures()
    assert {name: after[name] - before[name] for name in FIGURES if name != "depth"} == {
        "adds_total": 2,
        "retries_total": 1,
        "queue_duration_seconds_count": 1,
        "queue_duration_seconds_sum": 3.0,
    }
    assert after["depth"] == 2


def measured(queue: MeteredQueue) -> tuple[float | None, ...]:
    """Return the seconds of all passes under way together, and of the longest one."""
    queue.measure()
    names = ("unfinished_work_seconds", "longest_running_processor_seconds")
    return tuple(REGISTRY.get_sample_value(f"workteam_workqueue_{name}") for name in names)


async def test_what_is_under_way_ages() -> None:
    """Two passes, begun at 0 and at 4, are 16 s old together at 10, and gone from the figure when they end."""
    seconds = [0.0]
    queue = MeteredQueue(lambda _: frozenset(), now=lambda: seconds[0])
    queue.add(Visit(A))
    queue.add(Visit(B))
    await queue.take()
    seconds[0] = 4.0
    await queue.take()
    seconds[0] = 10.0
    assert measured(queue) == (16, 10)
    queue.done(A)
    assert measured(queue) == (6, 6)
    queue.done(B)
    assert measured(queue) == (0, 0)


async def test_standing_still_is_work_that_is_due_and_nobody_takes() -> None:
    """Neither an idle queue, nor work to come, nor a tenant that waits stands still; a due key that stays does."""
    seconds, pause = [0.0], [timedelta(0)]
    queue = MeteredQueue(lambda _: frozenset(), now=lambda: seconds[0], pause_of=lambda _: pause[0])
    seconds[0] = 1000.0
    assert queue.stands_still() == timedelta(0)
    queue.add(Visit(A), after=timedelta(seconds=5))
    assert queue.stands_still() == timedelta(0)
    seconds[0] = 1012.0
    assert queue.stands_still() == timedelta(seconds=7)
    pause[0] = timedelta(seconds=1)
    assert queue.stands_still() == timedelta(0)
    pause[0] = timedelta(0)
    queue.add(Visit(B))
    await queue.take()
    assert queue.stands_still() == timedelta(0)
