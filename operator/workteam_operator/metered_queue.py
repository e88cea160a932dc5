"""The queue as the operator's figures show it."""

from datetime import timedelta
from typing import Any

from workteam_crds.naming import Key
from workteam_operator import metrics
from workteam_operator.workqueue import DONE, Outcome, Priority, Visit, WorkQueue


class MeteredQueue(WorkQueue):
    """Counts what comes in, what comes again after a failure, what waits, and how long."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Take what ``WorkQueue`` takes."""
        super().__init__(*arguments, **named)
        self._due: dict[Key, float] = {}

    def add(self, visit: Visit, *, after: timedelta = timedelta(0)) -> None:
        """Let a key be reconciled, and count it."""
        metrics.QUEUE_ADDS.inc()
        super().add(visit, after=after)

    def done(self, key: Key, outcome: Outcome = DONE) -> None:
        """Give a key back, and count a failure."""
        if outcome.failed:
            metrics.QUEUE_RETRIES.inc()
        super().done(key, outcome)

    def _wait(self, key: Key, priority: Priority, due: float) -> None:
        super()._wait(key, priority, due)
        self._due[key] = self._waiting[key].due
        metrics.QUEUE_DEPTH.set(len(self._waiting))

    def _next(self) -> Key | None:
        key = super()._next()
        if key is not None:
            metrics.QUEUE_DEPTH.set(len(self._waiting))
            metrics.QUEUE_SECONDS.observe(max(self._now() - self._due.pop(key), 0))
        return key
