"""kopf beside our loop: in a thread that ends with the operator, and begins anew when what it watched is no more."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from workteam_crds.kinds.custom_resource import CustomResource
from workteam_operator import handlers
from workteam_operator.handlers import Begun, Saw, Scope

IN_TIME = 0.9
"""A watch that begins anew after less of its time broke, it was not renewed."""


class Watching:
    """Lets kopf watch."""

    def __init__(self, scope: Scope, saw: Saw, begun: Begun, *, broke: Callable[[], None]) -> None:
        """``saw`` and ``broke`` are called in our loop, ``begun`` in kopf's thread.

        ``broke`` is told when a watch was lost and came back: kopf goes on where it ended, and does not ask whether the
        API server still is where it was.
        """
        self._scope = scope
        self._saw = saw
        self._begun = begun
        self._broke = broke
        self._began: dict[str, float] = {}
        self._anew = asyncio.Event()

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

        def saw(kind: type[CustomResource], change: str | None, raw: Any) -> None:
            loop.call_soon_threadsafe(self._saw, kind, change, raw)

        def begun(path: str) -> None:
            self._begun(path)
            loop.call_soon_threadsafe(self._note, path, loop.time())

        watching = asyncio.create_task(asyncio.to_thread(handlers.serve, self._scope, saw, begun, end))
        reasons = [asyncio.create_task(event.wait()) for event in (stop, self._anew)]
        await asyncio.wait({watching, *reasons}, return_when=asyncio.FIRST_COMPLETED)
        ended = watching.done()
        for reason in reasons:
            reason.cancel()
        end.set()
        await asyncio.gather(watching, return_exceptions=True)
        return ended

    def _note(self, path: str, now: float) -> None:
        """Tell of a watch that began again before its time was over."""
        before = self._began.get(path)
        self._began[path] = now
        if before is not None and now - before < IN_TIME * self._scope.renewal.total_seconds():
            self._broke()
