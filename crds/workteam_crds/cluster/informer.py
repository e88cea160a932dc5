"""List and watch one kind in one namespace, for ever: pages, bookmarks, 410, jittered back-off."""

import asyncio
import logging
import random
from contextlib import suppress
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from workteam_crds.cluster.port import WATCH_TIME, Cluster, ClusterError, Event, Gone, Listing, joined
from workteam_crds.kinds.custom_resource import CustomResource

R = TypeVar("R", bound=CustomResource)
R_contra = TypeVar("R_contra", bound=CustomResource, contravariant=True)
K = TypeVar("K")

log = logging.getLogger(__name__)

FIRST_WAIT = timedelta(milliseconds=200)
LONGEST_WAIT = timedelta(seconds=10)
SOON = timedelta(seconds=1)
"""How long a list waits at most that somebody wants."""
YOUNG = timedelta(seconds=2)
"""How old a list may be that nothing follows: in less nobody restores etcd."""
WHOLE = WATCH_TIME - timedelta(seconds=5)
"""A watch that lasted so long has ended because its time was over."""


class Sink(Protocol[R_contra, K]):
    """What an informer feeds."""

    def keep(self, resource: R_contra) -> K:
        """Return what is kept of an object of a list until the list is whole."""

    def replace(self, listing: Listing[K], *, began: float) -> None:
        """Take a full list; ``began`` is the loop's time when it was asked for (what was written since survives)."""

    def observe(self, event: Event[R_contra]) -> None:
        """Take one change, or a bookmark."""


class Informer(Generic[R]):
    """Feeds one sink; ``run`` ends only when it is cancelled."""

    def __init__(self, cluster: Cluster, kind: type[R], namespace: str, sink: Sink[R, Any]) -> None:
        self._cluster = cluster
        self._kind = kind
        self._namespace = namespace
        self._sink = sink
        self._heard: float | None = None
        self._began = 0.0
        """When the last list was asked for that the sink has taken."""
        self._taken = asyncio.Event()
        """Replaced with every list."""
        self._following: asyncio.Timeout | None = None
        self.listed = asyncio.Event()
        """Set after the first full list."""
        self._follows = False
        """Whether a watch goes on from the last list."""
        self._wanted = asyncio.Event()
        """Set while somebody waits for a list."""

    def age(self) -> timedelta | None:
        """Return how long nothing was heard from the server, bookmarks included; None before the first list."""
        return None if self._heard is None else timedelta(seconds=_time() - self._heard)

    @property
    def current(self) -> bool:
        """Say whether nothing is missed: the last list is followed, or too young for a restore after it."""
        return self._follows or (self.listed.is_set() and _time() - self._began < YOUNG.total_seconds())

    async def catch_up(self) -> None:
        """Return when nothing is missed; a list that waits for better times is hastened."""
        while not self.current:
            self._wanted.set()
            await self._taken.wait()

    async def run(self) -> None:
        """List, watch, and list again whenever the history is gone or somebody wants it."""
        while True:
            try:
                async with asyncio.timeout(None) as self._following:
                    await self._follow()
            except TimeoutError:
                log.info("listing again", extra={"kind": self._kind.kind})

    async def relist(self) -> None:
        """Return when the sink has taken a list that was asked for after this call, however long that takes."""
        wanted = _time()
        if self._following is not None and not self._following.expired():
            self._following.reschedule(wanted)
        while self._began < wanted:
            await self._taken.wait()

    async def _follow(self) -> None:
        wait = FIRST_WAIT
        while True:
            began = None
            try:
                since = await self._list()
                began = _time()
                await self._watch(since)
                log.info("a watch ended early, listing again", extra={"kind": self._kind.kind})
            except Gone as error:
                log.info("the history of a watch is gone (%s), listing again", error, extra={"kind": self._kind.kind})
            except ClusterError as error:
                log.warning("list or watch failed: %s", error, extra={"kind": self._kind.kind})
            finally:
                self._follows = False
            if began is not None and _time() - began > SOON.total_seconds():
                wait = FIRST_WAIT  # it was followed for a while; one that breaks at once is not listed for ever
            await self._pause(wait.total_seconds() * random.uniform(0.5, 1))  # noqa: S311 - jitter
            wait = min(wait * 2, LONGEST_WAIT)

    async def _pause(self, seconds: float) -> None:
        """Wait before the next list, not long if somebody wants it."""
        await asyncio.sleep(min(seconds, SOON.total_seconds()))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds - SOON.total_seconds()):
                await self._wanted.wait()
        self._wanted.clear()

    async def _list(self) -> str:
        began = _time()
        listing = await self._read()
        self._sink.replace(listing, began=began)
        self._hear()
        self._began = began
        self.listed.set()
        self._follows = True
        self._taken.set()
        self._taken = asyncio.Event()
        return listing.resource_version

    async def _read(self) -> Listing[Any]:
        """Read a whole list, and keep of each page what the sink wants of it."""
        kept: list[Listing[Any]] = []
        async for page in self._cluster.pages(self._kind, self._namespace):
            items = tuple(self._sink.keep(item) for item in page.items)
            kept.append(Listing(items, page.resource_version, page.unreadable))
        return joined(kept)

    async def _watch(self, since: str) -> None:
        """Follow one version after another while streams end when they should.

        One that ends before its time is a server that went away. Another one may know less than we do (etcd was
        restored), and could go on from our version when it has reached it without telling what is in between. So it
        is also if it tells of a version below ours. Raises ``Gone``.
        """
        while True:
            began = _time()
            async for event in self._cluster.watch(self._kind, self._namespace, since):
                if int(event.resource_version) < int(since):
                    raise Gone("WATCH: versions went back")
                since = event.resource_version
                self._hear()
                self._sink.observe(event)
            if _time() - began < WHOLE.total_seconds():
                return
            self._hear()

    def _hear(self) -> None:
        self._heard = _time()


def _time() -> float:
    return asyncio.get_running_loop().time()
