"""Requests that are stopped at a named point until somebody decides about them."""

import asyncio
import enum
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import BaseModel, ConfigDict

from workteam_cli.tenant.faults import Point
from workteam_cli.tenant.request_log import Entry


class Verdict(enum.StrEnum):
    """How a held request goes on."""

    RELEASE = "release"
    """As if it had never been held: it is handled, or its answer is sent."""
    DROP = "drop"
    """Its connection is reset: it is not handled, or its answer is not sent."""


class Held(BaseModel):
    """A held request. ``sequence`` is its number in the log, and how ``release`` and ``drop`` call it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    point: Point
    method: str
    path: str


class Holds:
    """All held requests, in the order they were stopped."""

    def __init__(self) -> None:
        self._held: dict[int, tuple[Held, asyncio.Future[Verdict]]] = {}
        self._changed = asyncio.Condition()

    async def verdict(self, entry: Entry, point: Point) -> Verdict:
        """Hold a request until ``decide``."""
        with self._listed(entry, point) as future:
            async with self._changed:
                self._changed.notify_all()
            return await future

    async def held(self, *, count: int, wait: float) -> list[Held]:
        """Return the held requests, at once if there are ``count``, else after ``wait`` seconds at most."""
        try:
            async with asyncio.timeout(wait), self._changed:
                await self._changed.wait_for(lambda: len(self._held) >= count)
        except TimeoutError:
            pass  # the caller sees how many there are
        return [held for held, _ in self._held.values()]

    def decide(self, sequence: int, verdict: Verdict) -> bool:
        """Let one request go on; False if it is not held."""
        if sequence not in self._held:
            return False
        _, future = self._held.pop(sequence)
        future.set_result(verdict)
        return True

    def drop_all(self) -> None:
        """Reset the connections of all held requests."""
        for sequence in list(self._held):
            self.decide(sequence, Verdict.DROP)

    @contextmanager
    def _listed(self, entry: Entry, point: Point) -> Iterator[asyncio.Future[Verdict]]:
        future: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        held = Held(sequence=entry.sequence, point=point, method=entry.method, path=entry.path)
        self._held[entry.sequence] = (held, future)
        try:
            yield future
        finally:
            self._held.pop(entry.sequence, None)
