"""The queue as the operator's figures show it."""

from datetime import timedelta
from typing import Any

from workteam_crds.naming import Key
from workteam_operator import metrics
from workteam_operator.workqueue import DONE, NO_WAIT, Outcome, Priority, Visit, WorkQueue


class MeteredQueue(WorkQueue):
    """Counts what comes in, what comes again after a failure, what waits, and how long."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Take what ``WorkQueue`` takes."""
        super().__init__(*arguments, **named)
        self.standing_by = False
        """Whether nothing is taken in: another operator works, and who takes over finds by itself what is to do."""
        self._due: dict[Key, float] = {}

    def unfinished(self) -> tuple[timedelta, ...]:
        """Return for how long each key in flight has been reconciled."""
        now = self._now()
        return tuple(timedelta(seconds=now - running.began) for running in self._running.values())

    def stands_still(self) -> timedelta:
        """Return for how long no key was taken or given back, though one was due; zero if none is."""
        now = self._now()
        due = [entry.due for key, entry in self._waiting.items() if entry.due <= now and self._may_go(key)]
        return timedelta(seconds=now - max(min(due), self._moved)) if due else NO_WAIT

    def measure(self) -> None:
        """Bring the figures up to date that grow by themselves."""
        ages = [age.total_seconds() for age in self.unfinished()]
        metrics.QUEUE_UNFINISHED_SECONDS.set(sum(ages))
        metrics.QUEUE_LONGEST_SECONDS.set(max(ages, default=0))

    def add(self, visit: Visit, *, after: timedelta = NO_WAIT) -> None:
        """Let a key be reconciled, and count it."""
        if self.standing_by:
            return
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

    def _may_go(self, key: Key) -> bool:
        return self._pause_of(self._tenant_of(key)) <= NO_WAIT
