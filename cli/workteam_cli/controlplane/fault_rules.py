"""Which requests before the API server meet a fault, where in their lives, and what becomes of those that are held.

``faults.FaultProxy`` acts on it; tests make the rules and decide.
"""

import asyncio
import contextlib
import enum
import queue
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


class Point(enum.StrEnum):
    """Where in its life a request is stopped."""

    BEFORE = "before"
    """It was sent, and the API server has not seen it."""
    COMMITTED = "committed"
    """The API server has answered, and the client has not seen it."""
    STREAMING = "streaming"
    """A further piece of an answer that has begun is about to be passed on: a watch is such an answer."""


@dataclass(frozen=True)
class Match:
    """Which requests: regular expressions, ``method`` for the whole of it, the others found anywhere.

    ``path`` is matched with the query, percent-encoded as sent. The first ``after`` matching requests are spared, the
    next ``count`` are hit; None is all of them.
    """

    method: str = ".*"
    path: str = ""
    body: str = ""
    after: int = 0
    count: int | None = None


@dataclass(frozen=True)
class Release:
    """Let it go on as if nothing had been."""


@dataclass(frozen=True)
class Reset:
    """Reset the connection, so that the client sees ECONNRESET."""


@dataclass(frozen=True)
class Refusal:
    """Answer with an error, such as 429 with ``retry_after`` seconds, 500 or 410."""

    status: int
    retry_after: int | None = None


@dataclass(frozen=True)
class Delay:
    """Let it go on after some seconds."""

    seconds: float


@dataclass(frozen=True)
class Ending:
    """End a stream in order, as a server does that goes away; what was not passed on is lost."""


Verdict: TypeAlias = Release | Reset | Refusal | Delay | Ending


class Held:
    """A request that is stopped. The first verdict holds; one that comes later changes nothing."""

    def __init__(
        self, method: str, path: str, loop: asyncio.AbstractEventLoop, is_connected: Callable[[], bool]
    ) -> None:
        self.method = method
        self.path = path
        self._is_connected = is_connected
        self._loop = loop
        self._verdict: asyncio.Future[Verdict] = loop.create_future()

    @property
    def waiting(self) -> bool:
        """Whether its client is still connected."""
        return self._is_connected()

    def release(self) -> None:
        """Send it on, or send its answer, whether the client is still there or not."""
        self._decide(Release())

    def drop(self) -> None:
        """Reset its connection: it is not sent on, or if it was, not answered."""
        self._decide(Reset())

    def refuse(self, status: int, retry_after: int | None = None) -> None:
        """Answer with an error instead."""
        self._decide(Refusal(status, retry_after))

    async def verdict(self) -> Verdict:
        """Wait, in the proxy's thread, for what becomes of it."""
        return await self._verdict

    def _decide(self, verdict: Verdict) -> None:
        with contextlib.suppress(RuntimeError):  # the proxy has ended, and every connection with it
            self._loop.call_soon_threadsafe(self._settle, verdict)

    def _settle(self, verdict: Verdict) -> None:
        if not self._verdict.done():
            self._verdict.set_result(verdict)


class Rule:
    """What is done to matching requests, in force until ``FaultProxy.remove``."""

    def __init__(self, match: Match, point: Point, verdict: Verdict | None) -> None:
        self.match = match
        self.point = point
        self.verdict = verdict
        """None: hold it, and let somebody decide."""
        self._seen = 0
        self.held: tuple[Held, ...] = ()
        """Every request that it stopped so far, decided or not."""
        self._caught: queue.SimpleQueue[Held] = queue.SimpleQueue()

    def next_held(self, *, seconds: float = 30) -> Held:
        """Wait until a request is held that was not returned before; raises ``TimeoutError``."""
        try:
            return self._caught.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError(f"no request was held within {seconds} s: {self.match}, {self.point}") from None

    def hits(self, method: str, path: str, body: str) -> bool:
        """Whether the rule is for this request; counts it if it matches."""
        match = self.match
        if not (re.fullmatch(match.method, method) and re.search(match.path, path) and re.search(match.body, body)):
            return False
        self._seen += 1
        turn = self._seen - match.after
        return turn > 0 and (match.count is None or turn <= match.count)

    def caught(self, held: Held) -> None:
        """Take a request that is held now."""
        self.held = (*self.held, held)
        self._caught.put(held)
