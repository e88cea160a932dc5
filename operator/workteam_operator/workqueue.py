"""Which object is reconciled next. Keys only: what they mean is read when a worker has taken one.

* One key is in flight at a time; an add meanwhile makes it run once more.
* A key waits once, with the highest priority and the earliest time that was asked for.
* A pass takes all claims of its object at once, so passes that share one are serialised (rule A1).
* Keys of a kind that gathers changes rest after each pass, so that many changes in a row become one pass.
"""

import asyncio
import enum
import heapq
import itertools
import random
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

from workteam_crds.naming import Key


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
    claims: set[Hashable] = field(default_factory=set)
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
        now: Callable[[], float] | None = None,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """``claims`` says what a key's pass needs for itself; ``now`` is a monotonic clock in seconds.

        ``rests`` says how long the keys of a kind are left alone after a pass, whoever asks for the next one.
        """
        self._claims = claims
        self._first = first.total_seconds()
        self._longest = longest.total_seconds()
        self._now = now or asyncio.get_running_loop().time
        self._rests = {kind: rest.total_seconds() for kind, rest in rests.items()}
        self._rested: OrderedDict[Key, float] = OrderedDict()
        self._jitter = jitter
        self._waiting: dict[Key, _Waiting] = {}
        self._ready: list[tuple[Priority, int, Key]] = []
        self._later: list[tuple[float, int, Key]] = []
        self._running: dict[Key, _Running] = {}
        self._held: dict[Hashable, Key] = {}
        self._blocked: dict[Hashable, list[Key]] = {}
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

    def due_now(self) -> int:
        """Count what waits for a worker, or for the end of another pass: not what is to come later."""
        now = self._now()
        return sum(entry.due <= now for entry in self._waiting.values())

    def failures(self, key: Key) -> int:
        """How often in a row a key failed."""
        return self._failures.get(key, 0)

    def add(self, visit: Visit, *, after: timedelta = timedelta(0)) -> None:
        """Let a key be reconciled, at once or later. Costs nothing if it waits already."""
        if visit.fresh:
            self._failures.pop(visit.key, None)
        running = self._running.get(visit.key)
        if running is not None and after <= timedelta(0):
            running.again = _sooner(running.again, visit)
        else:
            self._wait(visit.key, visit.priority, max(self._now() + after.total_seconds(), self._rested_at(visit.key)))

    async def take(self) -> Key:
        """Wait for a key whose turn it is. Give it back by ``done``. Raises ``QueueClosed``."""
        while not self._closed:
            self._promote()
            if (key := self._next()) is not None:
                return key
            self._changed.clear()
            wait = max(self._later[0][0] - self._now(), 0.0) if self._later else None
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue
        raise QueueClosed

    def claim(self, key: Key, claim: Hashable) -> bool:
        """Take one more claim for a pass in flight; False if another pass has it."""
        holder = self._held.setdefault(claim, key)
        if holder == key:
            self._running[key].claims.add(claim)
        return holder == key

    def done(self, key: Key, outcome: Outcome = DONE) -> None:
        """Give a key back."""
        running = self._running.pop(key)
        for claim in running.claims:
            del self._held[claim]
            for blocked in self._blocked.pop(claim, []):
                self._enqueue(blocked)
        self._let_rest(key)
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
            longest = min(self._first * 2 ** min(count - 1, 30), self._longest)
            wait = max(self._jitter(0, longest), wait or 0.0)
        if running.again is not None:
            self._wait(key, running.again.priority, self._rested_at(key))
        elif wait is not None:
            self._wait(key, running.priority, self._now() + wait)

    def _let_rest(self, key: Key) -> None:
        now = self._now()
        while self._rested and next(iter(self._rested.values())) <= now:
            self._rested.popitem(last=False)
        if (rest := self._rests.get(key.kind)) is not None:
            self._rested[key] = now + rest
            self._rested.move_to_end(key)

    def _rested_at(self, key: Key) -> float:
        return max(self._rested.get(key, 0.0), self._now())

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
        if entry.due <= self._now():
            heapq.heappush(self._ready, (entry.priority, entry.turn, key))
        else:
            heapq.heappush(self._later, (entry.due, entry.turn, key))

    def _promote(self) -> None:
        """Move what is due to those that are ready."""
        while self._later and self._later[0][0] <= self._now():
            _, turn, key = heapq.heappop(self._later)
            if self._is_valid(key, turn):
                heapq.heappush(self._ready, (self._waiting[key].priority, turn, key))

    def _next(self) -> Key | None:
        while self._ready:
            _, turn, key = heapq.heappop(self._ready)
            if not self._is_valid(key, turn):
                continue
            claims = self._claims(key) | {key}
            if (blocker := next((claim for claim in claims if claim in self._held), None)) is not None:
                self._blocked.setdefault(blocker, []).append(key)
                continue
            self._running[key] = _Running(self._waiting.pop(key).priority, set(claims))
            self._held.update(dict.fromkeys(claims, key))
            return key
        return None

    def _is_valid(self, key: Key, turn: int) -> bool:
        entry = self._waiting.get(key)
        return entry is not None and entry.turn == turn


def _sooner(old: Visit | None, new: Visit) -> Visit:
    """Merge two wishes for the same key."""
    if old is None:
        return new
    return Visit(new.key, min(old.priority, new.priority), old.fresh or new.fresh)
