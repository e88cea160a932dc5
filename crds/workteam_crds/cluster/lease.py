"""Who may act for a namespace: one process at a time, by a Lease that it renews. Facade and operator use it alike.

No clock is compared with another's. A holder may act for two thirds of the lease's duration after it *sent* its last
renewal that was answered. A candidate takes at once what nobody holds; what somebody holds, when it has seen no renewal
for the whole duration and the longest request besides, by its own clock: a server may go on with what it was sent for
as long as the client would have waited.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from workteam_crds.cluster.port import (
    AlreadyExists,
    ClusterError,
    ClusterUnavailable,
    Conflict,
    LeaseRecord,
    Leases,
    NotFound,
)

log = logging.getLogger(__name__)

MAY_ACT = 2 / 3
"""The part of a duration after which a holder that was not answered stops: clocks may run unevenly."""
RENEWALS = 7.5
"""Renewals in a duration: every 2 s of 15 s."""
PATIENCE = 5
"""A request about a Lease may take a fifth of its duration: a renewal is tried twice before its holder stops."""
LONGEST_REQUEST = timedelta(seconds=5)
"""How long a write may take that is sent under a lease; less if less is left of it."""
TURN = 0.2
"""Seconds between two looks at a Lease that is waited for before our own."""


def steady() -> float:
    """Return seconds that nobody sets and that go on while the machine sleeps, where the system has such a clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(frozen=True)
class Claim:
    """Which Lease is wanted, by whom and for how long at a time."""

    namespace: str
    name: str
    identity: str
    """Differs from that of every other process, also from that of the same one before a restart."""
    duration: timedelta = timedelta(seconds=15)
    """Whole seconds."""
    longest: timedelta = LONGEST_REQUEST
    """How long a request may take that is sent under it, by whoever holds it; less if less is left of it."""


class Lease:
    """One Lease, wanted by this process; ``run`` takes it and keeps it until it is cancelled.

    ``follows`` is a Lease that decides who goes first: while somebody else holds it, this one is not taken.
    """

    def __init__(
        self, leases: Leases, claim: Claim, *, follows: "Lease | None" = None, clock: Callable[[], float] = steady
    ) -> None:
        self.claim = claim
        self.held = asyncio.Event()
        """Set while the Lease is ours as far as we know; whether it may be acted upon, ``left`` says."""
        self.lost = asyncio.Event()
        """Set while it is not."""
        self.lost.set()
        self.tenure = 0
        """Counts how often it was taken here."""
        self.tried = False
        """Whether it was looked at, or cannot be."""
        self._leases = leases
        self._follows = follows
        self._clock = clock
        self._record: LeaseRecord | None = None
        """As it was seen last; without a resourceVersion it is not there any more."""
        self._seen = 0.0
        """When the record was first seen as it is."""
        self._until = 0.0
        """When we stop to act as its holder."""
        self._answered: float | None = None
        """When the server last answered."""
        self._unanswered: float | None = None
        """When the server last failed to answer, if it has not answered since."""
        self._asked: int | None = None
        """The transitions that we wrote without an answer."""
        self._writing = asyncio.Lock()
        self._released = False

    @property
    def holder(self) -> str:
        """Return who held it when we looked last; nobody if empty."""
        return "" if self._record is None else self._record.holder

    @property
    def elsewhere(self) -> bool:
        """Say whether somebody else held it when we looked last."""
        return not self.held.is_set() and self.holder not in ("", self.claim.identity)

    @property
    def unanswered(self) -> bool:
        """Say whether the server has just failed to tell whose it is now: then nobody else can have taken it there."""
        if not self.held.is_set() or self._unanswered is None:
            return False
        return self._clock() - self._unanswered < self._patience.total_seconds() + 2 * self._pause

    def silent_for(self) -> timedelta | None:
        """Return how long ago the server last answered about it, None if it never did."""
        return None if self._answered is None else timedelta(seconds=self._clock() - self._answered)

    def left(self) -> timedelta:
        """Return how long may still be acted; nothing while it is not held."""
        if not self.held.is_set():
            return timedelta()
        return timedelta(seconds=max(0.0, self._until - self._clock()))

    async def run(self) -> None:
        """Take the Lease and keep it, until it is released; what fails is tried again."""
        while not self._released:
            try:
                wait = await (self._renew() if self.held.is_set() else self._take())
                self.tried = True
            except ClusterError as error:
                self.tried = True
                log.warning("the Lease %s/%s: %s", self.claim.namespace, self.claim.name, error)
                self._unanswered = self._clock() if isinstance(error, ClusterUnavailable) else None
                wait = self._pause / 2
            await asyncio.sleep(wait)

    async def release(self) -> None:
        """Give the Lease up for good, so that another process takes it at once: all that it allowed must be done."""
        self._released = True
        async with self._writing:  # a renewal on its way would make ours late
            acting = self.left() > timedelta()
            self._lose()
            if acting and self._record is not None:
                with contextlib.suppress(ClusterError):  # then it expires
                    await self._write(replace(self._record, holder=""))

    @property
    def _pause(self) -> float:
        return self.claim.duration.total_seconds() / RENEWALS

    @property
    def _patience(self) -> timedelta:
        return self.claim.duration / PATIENCE

    @property
    def _waits(self) -> bool:
        """Say whether another Lease has to be taken before, or is held by somebody else."""
        return self._follows is not None and (self._follows.elsewhere or not self._follows.tried)

    async def _renew(self) -> float:
        assert self._record is not None  # noqa: S101 - what is held was read
        if self._waits:
            self._lose()  # not given up: what was sent under it may be on its way
            return self._pause
        async with self._writing:
            sent = self._clock()
            try:
                self._keep(await self._write(replace(self._record, holder=self.claim.identity)), sent)
            except (AlreadyExists, Conflict, NotFound):
                await self._look()
                if not self._is_ours(self._record):
                    log.warning("the Lease %s/%s is lost to %s", self.claim.namespace, self.claim.name, self.holder)
                    self._lose()
                return 0
        return self._pause

    async def _take(self) -> float:
        if self._waits:
            return TURN
        await self._look()
        record = self._record or LeaseRecord(self.claim.namespace, self.claim.name)
        if (wait := self._others_time(record)) > 0:
            return await self._wait(record, wait)
        async with self._writing:
            sent, self._asked = self._clock(), record.transitions + 1
            wanted = replace(record, holder=self.claim.identity, transitions=self._asked)
            try:
                self._keep(await self._write(wanted), sent)
            except (AlreadyExists, Conflict, NotFound):
                return 0
        log.info("the Lease %s/%s is held", self.claim.namespace, self.claim.name)
        return self._pause

    def _others_time(self, record: LeaseRecord) -> float:
        """Return for how many seconds another process may still act; deleting its Lease does not end that."""
        if not record.holder or self._is_ours(record):
            return 0
        whole = record.duration + min(self.claim.longest, record.duration * MAY_ACT)
        return self._seen + whole.total_seconds() - self._clock()

    async def _wait(self, record: LeaseRecord, seconds: float) -> float:
        """Wait for a change, or until another process may no longer act."""
        if record.resource_version is None:
            return min(seconds, self._pause)
        await self._leases.lease_changed(record, within=timedelta(seconds=seconds))
        return 0

    async def _look(self) -> None:
        """Read the Lease; what has changed is young from now on."""
        known = self._record
        try:
            self._record = await self._leases.read_lease(self.claim.namespace, self.claim.name, within=self._patience)
        except NotFound:
            self._record = known and replace(known, resource_version=None)
        self._answered = self._clock()
        if self._record != known:
            self._seen = self._clock()

    async def _write(self, record: LeaseRecord) -> LeaseRecord:
        wanted = replace(record, duration=self.claim.duration)
        return await self._leases.write_lease(wanted, datetime.now(UTC), within=self._patience)

    def _keep(self, record: LeaseRecord, sent: float) -> None:
        self._record, self._asked, self._unanswered = record, None, None
        self._answered = self._clock()
        self._until = sent + self.claim.duration.total_seconds() * MAY_ACT
        if not self.held.is_set():
            self.tenure += 1
        self.lost.clear()
        self.held.set()

    def _lose(self) -> None:
        self.held.clear()
        self.lost.set()

    def _is_ours(self, record: LeaseRecord | None) -> bool:
        """Say whether we wrote this: as its holder, or as a candidate whose answer was lost."""
        if record is None or record.holder != self.claim.identity:
            return False
        return self.held.is_set() or record.transitions == self._asked
