"""kopf beside our loop: in a thread that ends with the operator, and begins anew when what it watched is no more."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from workteam_crds.kinds.custom_resource import CustomResource
from workteam_operator import handlers
from workteam_operator.handlers import Saw, Scope

PATIENCE = 5.0
"""Seconds after which nobody waits any longer for watches that do not begin."""
IN_TIME = 0.9
"""A watch that begins anew after less of its time broke, it was not renewed."""


class Watching:
    """Lets kopf watch."""

    def __init__(self, scope: Scope, saw: Saw, begun: Callable[[str], None], *, missed: Callable[[], None]) -> None:
        """``saw`` and ``missed`` are called in our loop, ``begun`` with the path of each watch in kopf's thread.

        ``missed`` is told when something may have happened that is told by no watch: before a watch that begins anew,
        and when one was lost and came back, as kopf goes on where it ended, and does not ask whether the API server
        still is where it was.
        """
        self._scope = scope
        self._saw = saw
        self._begun = begun
        self._missed = missed
        self._began: dict[str, float] = {}
        self._complete = asyncio.Event()
        self._anew = asyncio.Event()

    async def complete(self) -> None:
        """Wait until everything is watched, but no longer than ``PATIENCE``."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._complete.wait()

    def begin_anew(self) -> None:
        """Have kopf list and watch from the start: after a restore of etcd it waits for versions still to come."""
        self._anew.set()

    async def until(self, stop: asyncio.Event) -> bool:
        """Watch until ``stop`` is set; True if kopf ended by itself."""
        ended = False
        while not (ended or stop.is_set()):
            self._anew.clear()
            ended = await self._once(stop)
        return ended

    async def _once(self, stop: asyncio.Event) -> bool:
        """Watch until kopf ends by itself (True), must begin anew, or watches no more."""
        loop = asyncio.get_running_loop()
        end = threading.Event()
        self._began.clear()
        self._complete.clear()

        def saw(kind: type[CustomResource], change: str, raw: Any) -> None:
            loop.call_soon_threadsafe(self._saw, kind, change, raw)

        asked = _Asked(loop, self._missed, self._begun, self._note)
        watching = asyncio.create_task(asyncio.to_thread(handlers.serve, self._scope, saw, asked, end))
        reasons = [asyncio.create_task(event.wait()) for event in (stop, self._anew)]
        await asyncio.wait({watching, *reasons}, return_when=asyncio.FIRST_COMPLETED)
        ended = watching.done()
        for reason in reasons:
            reason.cancel()
        end.set()
        await asyncio.gather(watching, return_exceptions=True)
        return ended

    def _note(self, path: str, now: float) -> None:
        """Note that a watch began, and tell if it is one that began before and whose time was not over."""
        before = self._began.get(path)
        self._began[path] = now
        if len(self._began) == len(self._scope.kinds) * len(self._scope.namespaces):
            self._complete.set()
        if before is not None and now - before < IN_TIME * self._scope.renewal.total_seconds():
            self._missed()


@dataclass(frozen=True)
class _Asked:
    """Hands over from kopf's thread to our loop."""

    loop: asyncio.AbstractEventLoop
    missed: Callable[[], None]
    told: Callable[[str], None]
    note: Callable[[str, float], None]

    def listed(self) -> None:
        self.loop.call_soon_threadsafe(self.missed)

    def begun(self, path: str) -> None:
        self.told(path)
        self.loop.call_soon_threadsafe(self.note, path, self.loop.time())
