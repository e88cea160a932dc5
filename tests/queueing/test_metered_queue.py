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
