"""Which object is reconciled next. Keys only: what they mean is read when a worker has taken one.

* One key is in flight at a time; an add meanwhile makes it run once more.
* A key waits once, with the highest priority and the earliest time that was asked for.
* A pass takes all claims of its object at once, so passes that share one are serialised (rule A1).
* Keys of a kind that gathers changes rest after each pass, so that many changes in a row become one pass.
* Among equally urgent keys the tenants take turns; those of a tenant that has to wait are left where they are.
"""

import asyncio
import enum
import heapq
import itertools
import random
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from workteam_crds.naming import Key
from workteam_operator.holdings import Holdings
from workteam_operator.pace import backoff
from workteam_operator.resting import Resting
from workteam_operator.turns import Ticket, Turns


class Priority(enum.IntEnum):
    """Who goes first."""

    LEAVER = 0
    """Somebody is to lose access."""
    LIVE = 1
    """Somebody changed something just now."""
    BACKGROUND = 2
    """Start-up, and what is looked at again."""


class Visit(NamedTuple):
    """A wish to have an object reconciled."""

    key: Key
    priority: Priority = Priority.LIVE
    fresh: bool = False
    """Whether what was wanted changed, so that earlier failures say nothing any more."""


@dataclass(frozen=True)
class Outcome:
    """What a pass says about the next visit of the same key."""

    again_in: timedelta | None = None
    """When to come again at the latest; None: when something changes."""
    failed: bool = False
    """Whether the visits are to become rarer until one succeeds; ``again_in`` is then the shortest wait."""


DONE = Outcome()
NO_WAIT = timedelta(0)


class QueueClosed(Exception):
    """The operator is stopping: there is nothing to take any more."""


@dataclass
class _Waiting:
    priority: Priority
    due: float
    turn: int = 0
    """Which entry of a heap is the valid one."""


@dataclass
class _Running:
    priority: Priority
    began: float
    again: Visit | None = None


class WorkQueue:
    """The keys that wait, and those in flight."""

    def __init__(
        self,
        claims: Callable[[Key], frozenset[Hashable]],
        *,
        first: timedelta = timedelta(seconds=1),
        longest: timedelta = timedelta(minutes=5),
        rests: Mapping[str, timedelta] = MappingProxyType({}),
        tenant_of: Callable[[Key], Hashable] = lambda _: None,
        pause_of: Callable[[Hashable], timedelta] = lambda _: NO_WAIT,
        now: Callable[[], float] | None = None,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``claims`` says what a key's pass needs for itself; ``now`` is a monotonic clock in seconds.

        ``rests`` says how long the keys of a kind are left alone after a pass, whoever asks for the next one;
        ``pause_of`` for how long no key of a tenant may be taken.
        """
        self._claims = claims
        self._first = first
        self._longest = longest
        self._now = now or asyncio.get_running_loop().time
        self._resting = Resting(rests)
        self._jitter = jitter
        self._tenant_of = tenant_of
        self._pause_of = pause_of
        self._paused_until: float | None = None
        """When the first tenant may go on whose keys were passed over."""
        self._moved = self._now()
        """When a key was taken or given back last."""
        self._waiting: dict[Key, _Waiting] = {}
        self._ready = Turns()
        self._later: list[tuple[float, Ticket]] = []
        self._running: dict[Key, _Running] = {}
        self._holdings = Holdings()
        self._failures: dict[Key, int] = {}
        self._turns = itertools.count(1)
        self._changed = asyncio.Event()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        """How many keys are being reconciled."""
        return len(self._running)

    def runs(self, key: Key) -> bool:
        """Say whether a key is being reconciled."""
        return key in self._running

    def due_now(self) -> int:
        """Count what waits for a worker, or for the end of another pass: not what is to come later."""
        now = self._now()
        return sum(entry.due <= now for entry in self._waiting.values())

    def is_busy(self, key: Key) -> bool:
        """Say whether a key is being reconciled or waits to be."""
        return key in self._running or key in self._waiting

    def failures(self, key: Key) -> int:
        """How often in a row a key failed."""
        return self._failures.get(key, 0)

    def add(self, visit: Visit, *, after: timedelta = NO_WAIT) -> None:
        """Let a key be reconciled, at once or later. Costs nothing if it waits already."""
        if visit.fresh:
            self._failures.pop(visit.key, None)
        running = self._running.get(visit.key)
        if running is not None and after <= NO_WAIT:
            running.again = _sooner(running.again, visit)
        else:
            now = self._now()
            due = max(now + after.total_seconds(), self._resting.until(visit.key, now))
            self._wait(visit.key, visit.priority, due)

    async def take(self) -> Key:
        """Wait for a key whose turn it is. Give it back by ``done``. Raises ``QueueClosed``."""
        while not self._closed:
            self._promote()
            if (key := self._next()) is not None:
                return key
            self._changed.clear()
            try:
                async with asyncio.timeout(self._soonest()):
                    await self._changed.wait()
            except TimeoutError:
                continue
        raise QueueClosed

    def claim(self, key: Key, claim: Hashable) -> bool:
        """Take one more claim for a pass in flight; False if another pass has it."""
        return self._holdings.add(key, claim)

    def done(self, key: Key, outcome: Outcome = DONE) -> None:
        """Give a key back."""
        running = self._running.pop(key)
        self._moved = self._now()
        for blocked in self._holdings.release(key):
            self._enqueue(blocked)
        self._resting.begin(key, self._moved)
        self._plan_next(key, running, outcome)
        self._changed.set()

    def close(self) -> None:
        """Let nothing be taken any more; what is in flight ends by ``done``."""
        self._closed = True
        self._changed.set()

    def _plan_next(self, key: Key, running: _Running, outcome: Outcome) -> None:
        wait = outcome.again_in.total_seconds() if outcome.again_in is not None else None
        if not outcome.failed:
            self._failures.pop(key, None)
        elif running.again is None or not running.again.fresh:
            count = self._failures[key] = self._failures.get(key, 0) + 1
            rarer = backoff(count, first=self._first, longest=self._longest, jitter=self._jitter(0, 1))
            wait = max(rarer.total_seconds(), wait or 0.0)
        if running.again is not None:
            self._wait(key, running.again.priority, self._resting.until(key, self._now()))
        elif wait is not None:
            self._wait(key, running.priority, self._now() + wait)

    def _wait(self, key: Key, priority: Priority, due: float) -> None:
        old = self._waiting.get(key)
        if old is not None:
            priority, due = min(priority, old.priority), min(due, old.due)
            if (priority, due) == (old.priority, old.due):
                return
        self._waiting[key] = _Waiting(priority, due)
        self._enqueue(key)
        self._changed.set()

    def _enqueue(self, key: Key) -> None:
        entry = self._waiting.get(key)
        if entry is None:
            return
        entry.turn = next(self._turns)
        ticket = Ticket(entry.turn, key)
        if entry.due <= self._now():
            self._ready.put(entry.priority, self._tenant_of(key), ticket)
        else:
            heapq.heappush(self._later, (entry.due, ticket))

    def _soonest(self) -> float | None:
        """Return after how many seconds a key may be taken though nobody adds or gives back any."""
        moments = [self._later[0][0]] if self._later else []
        if self._paused_until is not None:
            moments.append(self._paused_until)
        return max(min(moments) - self._now(), 0) if moments else None

    def _promote(self) -> None:
        """Move what is due to those that are ready."""
        while self._later and self._later[0][0] <= self._now():
            _, ticket = heapq.heappop(self._later)
            if self._counts(ticket):
                self._ready.put(self._waiting[ticket.key].priority, self._tenant_of(ticket.key), ticket)

    def _next(self) -> Key | None:
        self._paused_until = None
        while (ticket := self._ready.next(self._counts, self._must_wait)) is not None:
            key = ticket.key
            if self._holdings.take(key, self._claims(key) | {key}):
                self._moved = self._now()
                self._running[key] = _Running(self._waiting.pop(key).priority, self._moved)
                return key
        return None

    def _must_wait(self, tenant: Hashable) -> bool:
        """Say whether Workteam asked to be left alone with a tenant, and note until when."""
        pause = self._pause_of(tenant)
        if pause <= NO_WAIT:
            return False
        until = self._now() + pause.total_seconds()
        self._paused_until = until if self._paused_until is None else min(self._paused_until, until)
        return True

    def _counts(self, ticket: Ticket) -> bool:
        entry = self._waiting.get(ticket.key)
        return entry is not None and entry.turn == ticket.number


def _sooner(old: Visit | None, new: Visit) -> Visit:
    """Merge two wishes for the same key."""
    if old is None:
        return new
    return Visit(new.key, min(old.priority, new.priority), old.fresh or new.fresh)
