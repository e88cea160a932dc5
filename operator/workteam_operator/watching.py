"""kopf beside our loop: in a thread that ends with the operator, and begins anew when what it watched is no more."""

import asyncio
import threading
from typing import Any

from workteam_crds.kinds.custom_resource import CustomResource
from workteam_operator import handlers
from workteam_operator.handlers import Begun, Saw, Scope


class Watching:
    """Lets kopf watch."""

    def __init__(self, scope: Scope, saw: Saw, begun: Begun) -> None:
        """``saw`` is called in our loop, ``begun`` in kopf's thread."""
        self._scope = scope
        self._saw = saw
        self._begun = begun
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

        def saw(kind: type[CustomResource], change: str | None, raw: Any) -> None:
            loop.call_soon_threadsafe(self._saw, kind, change, raw)

        watching = asyncio.create_task(asyncio.to_thread(handlers.serve, self._scope, saw, self._begun, end))
        reasons = [asyncio.create_task(event.wait()) for event in (stop, self._anew)]
        await asyncio.wait({watching, *reasons}, return_when=asyncio.FIRST_COMPLETED)
        ended = watching.done()
        for reason in reasons:
            reason.cancel()
        end.set()
        await asyncio.gather(watching, return_exceptions=True)
        return ended
