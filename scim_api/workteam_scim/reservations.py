"""Writes whose answer was lost: what a retry has to know (rule A10).

A create may have been done: its name stays reserved, and retries within five minutes send the same metadata.name, so
that there is one object; an older name would look restored (rule A3), so then a consistent read decides first. A change
may have been done: its object is read consistently before the next one decides what differs. A facade that takes over
does not know what the one before it could not answer: see ``Objects.insert`` and ADR 7.
"""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from workteam_crds.cluster.fenced import NotHolding
from workteam_crds.cluster.lease import LONGEST_REQUEST
from workteam_crds.cluster.port import AlreadyExists, ClusterUnavailable

RETRIED = 300.0
"""Seconds in which retries of a create send the same name."""
MOST = 10_000
"""Creates of one kind and tenant that are remembered; the oldest give way."""


@dataclass(frozen=True)
class LostCreate:
    """A create that may have been done."""

    name: str
    """The metadata.name that it had."""
    first: float
    last: float
    """The loop's time when it was tried first and last."""
    beside: int = 0
    """The hash of what was made ahead of it, in objects of their own; 0 if nothing was."""

    def repeatable(self, now: float) -> bool:
        """Say whether a retry may still send this name."""
        return now - self.first < RETRIED

    def undecided(self, now: float) -> float:
        """Return for how many seconds the last try may still be done."""
        return max(0.0, self.last + LONGEST_REQUEST.total_seconds() - now)


class LostCreates:
    """The lost creates of one kind of one tenant, by the folded name that is to be unique."""

    def __init__(self) -> None:
        self._lost: dict[str, LostCreate] = {}
        self._inherited: set[str] = set()
        """Objects of a facade before this one that a repeated create was answered with."""

    def get(self, unique: str) -> LostCreate | None:
        """Return the lost create of a name."""
        return self._lost.get(unique)

    def inherit(self, name: str) -> LostCreate | None:
        """Take an object that a facade before this one has made as one whose answer may be lost, once."""
        return None if name in self._inherited else LostCreate(name, -math.inf, -math.inf)

    def answered(self, name: str) -> None:
        """Note that a repeated create was answered with an object."""
        self._inherited.add(name)

    def may_be(self, unique: str, name: str) -> bool:
        """Say whether an object may have been made under a name that is to be unique."""
        lost = self._lost.get(unique)
        return lost is not None and lost.name == name

    def forget(self, unique: str) -> None:
        """Take the create of a name as decided."""
        self._lost.pop(unique, None)

    def forget_object(self, name: str) -> None:
        """Take the create of an object as decided: somebody knows its id, and it is never given twice."""
        for unique in [unique for unique, lost in self._lost.items() if lost.name == name]:
            del self._lost[unique]

    @contextmanager
    def remembering(self, unique: str, name: str, beside: int) -> Iterator[None]:
        """Remember a create if the block does not tell what became of it."""
        began = _time()
        try:
            yield
        except NotHolding:
            raise
        except (AlreadyExists, ClusterUnavailable, asyncio.CancelledError):
            self._keep(unique, name, began, beside)
            raise
        else:
            self.forget(unique)

    def _keep(self, unique: str, name: str, began: float, beside: int) -> None:
        known = self._lost.get(unique)
        if known is None or known.name != name:
            known = LostCreate(name, began, began, beside)
        self._lost[unique] = replace(known, last=_time())
        if len(self._lost) > MOST:
            del self._lost[next(iter(self._lost))]


class Doubts:
    """Objects whose last change or deletion got no answer, by id."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def about(self, name: str) -> bool:
        """Say whether an object has to be read before it is judged."""
        return name in self._names

    def end(self, name: str) -> None:
        """Take an object as known again."""
        self._names.discard(name)

    @contextmanager
    def noting(self, name: str) -> Iterator[None]:
        """Doubt an object if the block does not tell what became of it."""
        try:
            yield
        except NotHolding:
            raise
        except (ClusterUnavailable, asyncio.CancelledError):
            self._names.add(name)
            raise


def _time() -> float:
    return asyncio.get_running_loop().time()
