"""Whether the operator lives and is ready, and the figures that are taken when somebody asks. Nothing here decides.

*Ailing* is what a restart cures: a watch that died while the API server answers, a pass or a queue that is stuck, lists
that do not come, a worker that ended. An outage of the API server or of Workteam is none of these. *Ready* is who has
listed everything and watches, whether it leads or stands by (docs/adr).
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

from workteam_crds.kinds import KINDS
from workteam_operator import metrics
from workteam_operator.leadership import Leadership
from workteam_operator.listing import Lister
from workteam_operator.metered_queue import MeteredQueue
from workteam_operator.objects import Objects
from workteam_operator.settings import Settings
from workteam_operator.watches import Watches

SILENCE = 3
"""After so many list intervals without a list something is wrong with it."""


class Vitals:
    """What the probes ask one operator."""

    def __init__(
        self,
        settings: Settings,
        leadership: Leadership,
        *,
        watches: Watches,
        lister: Lister,
        objects: Objects,
        queue: MeteredQueue,
    ) -> None:
        self.workers: Sequence[asyncio.Task[None]] = ()
        """Those who reconcile; nobody while another operator leads."""
        self._settings = settings
        self._leadership = leadership
        self._watches = watches
        self._lister = lister
        self._objects = objects
        self._queue = queue

    def ailing(self) -> Sequence[str]:
        """Say what a restart would cure."""
        return [*self._deaf(), *self._stuck()]

    def missing(self) -> Sequence[str]:
        """Say what is missing to work, or to take over."""
        lease = self._leadership.lease
        told = [] if lease.silent_for() is not None else [f"the Lease {lease.claim.name} in {lease.claim.namespace}"]
        listed = [] if self._lister.listed_at is not None else ["the first list of all objects"]
        watches = [f"the watch of {watch.plural} in {watch.namespace}" for watch in self._watches.missing()]
        return [*told, *listed, *watches]

    def measure(self) -> None:
        """Bring the figures up to date that nobody counts as they change."""
        metrics.LEADER.set(self._leadership.acts)
        self._queue.measure()
        for kind, age in self._watches.ages():
            metrics.WATCH_AGE.labels(kind).set(age)
        counts = self._objects.counts()
        for each in KINDS:
            metrics.CACHE_OBJECTS.labels(each.kind).set(counts[each.kind])

    def _deaf(self) -> Iterator[str]:
        """Say what was not heard while the API server answered about the Lease."""
        silent = self._leadership.lease.silent_for()
        if silent is None or silent > self._settings.watch_renewal:
            return
        for watch in self._watches.dead():
            yield f"nothing is heard of the watch of {watch.plural} in {watch.namespace}"
        if self._lister.listed_at is not None:
            since = asyncio.get_running_loop().time() - self._lister.listed_at
            if since > SILENCE * self._settings.relist_interval.total_seconds():
                yield f"the last list of all objects is {since:.0f} s old"

    def _stuck(self) -> Iterator[str]:
        """Say what does not end or begin although it may."""
        if any(worker.done() for worker in self.workers):
            yield "a worker ended"
        if not self._leadership.acts:
            return
        if max(self._queue.unfinished(), default=timedelta()) > self._settings.stuck_after:
            yield "a pass does not end"
        if self._queue.stands_still() > self._settings.stuck_after:
            yield "nothing is taken from the queue"
