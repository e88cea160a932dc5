"""One operator among others, from its start to its end: it lists and watches, works while it leads, and hands over."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from workteam_operator.leadership import Leadership, either
from workteam_operator.listing import Lister
from workteam_operator.logs import describe
from workteam_operator.watching import Watching

log = logging.getLogger(__name__)


@dataclass
class Duty:
    """What an operator does as a whole."""

    leadership: Leadership
    lister: Lister
    watching: Watching
    work: Callable[[], AbstractAsyncContextManager[None]]
    """Returns a context in which the leader works; it ends when nothing is under way any more."""
    relist: timedelta
    _listed: asyncio.Event = field(default_factory=asyncio.Event)
    _listed_in: int = -1
    """The tenure in which the last list began that nothing may be missing from."""

    async def until(self, stop: asyncio.Event) -> bool:
        """Be an operator until ``stop`` is set, then hand over; False if something ended by itself."""
        leading = asyncio.create_task(self._lead(stop))
        others = [
            asyncio.create_task(self.leadership.run()),
            asyncio.create_task(self._list()),
            asyncio.create_task(self.watching.until(stop)),
        ]
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([leading, *others, stopped], return_when=asyncio.FIRST_COMPLETED)
        in_order = stop.is_set()
        stop.set()
        await asyncio.wait([leading])  # from here on nothing is sent
        for task in others[:2]:
            task.cancel()
        for ended in await asyncio.gather(leading, *others, return_exceptions=True):
            if isinstance(ended, Exception):
                log.critical("the operator ends: %s", describe(ended))
                in_order = False
        return in_order

    async def _list(self) -> None:
        """List everything before anything else, and again and again: who stands by knows what the leader knows.

        The watches begin first: then one list is enough, as they tell of everything that it does not hold.
        """
        await self.leadership.looked()
        await self.watching.complete()
        tenure = self.leadership.lease.tenure
        await self.lister.first()
        gc.freeze()  # the copy stays: a full collection would only walk it
        self._listed_in = tenure
        self._listed.set()
        await self.lister.run(self.relist)

    async def _lead(self, stop: asyncio.Event) -> None:
        await either(self._listed, stop)
        await self.leadership.lead(lambda: self._leading(stop), stop)

    @asynccontextmanager
    async def _leading(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """List everything that another leader may have written, then work."""
        if self._listed_in != self.leadership.lease.tenure:
            await _unless(self.lister.anew(), stop, self.leadership.lease.lost)
        if stop.is_set():
            yield
            return
        log.info("leads")
        async with self.work():
            yield


async def _unless(wanted: Coroutine[Any, Any, None], *events: asyncio.Event) -> None:
    """Do something to its end, or until an event makes it idle."""
    doing = asyncio.create_task(wanted)
    idle = asyncio.create_task(either(*events))
    await asyncio.wait({doing, idle}, return_when=asyncio.FIRST_COMPLETED)
    for task in (doing, idle):
        task.cancel()
    await asyncio.gather(doing, idle, return_exceptions=True)
