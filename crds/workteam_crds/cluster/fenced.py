"""What needs a lease: each request is checked when it is sent, and cannot outlast what is left of the lease.

The facade's writes by ``FencedStore``; all that the operator writes by ``FencedRequests``, and its calls to Workteam by
a ``Fence`` of their own. Reads of Kubernetes pass untouched.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeVar

from workteam_crds.cluster.access import JSON, Query, Requests
from workteam_crds.cluster.lease import LONGEST_REQUEST, steady
from workteam_crds.cluster.port import ClusterUnavailable, Listing, ObjectStore, Operation
from workteam_crds.kinds.custom_resource import CustomResource

R = TypeVar("R", bound=CustomResource)
T = TypeVar("T")


class NotHolding(ClusterUnavailable):
    """The write was not sent: the lease is not held, or is about to be handed over."""


class Fence:
    """Lets writes pass while there is a lease to send them under; ``left`` tells how long there is for a namespace."""

    def __init__(
        self,
        left: Callable[[str], timedelta],
        *,
        longest: timedelta = LONGEST_REQUEST,
        in_doubt: Callable[[BaseException], bool] = lambda error: isinstance(error, ClusterUnavailable),
    ) -> None:
        """``in_doubt`` says of what a write raises whether it may still be done."""
        self._left = left
        self._longest = longest
        self._in_doubt = in_doubt
        self._closed = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._doubtful = 0.0
        """Until when a write that was not answered may still be done."""

    async def passing(
        self,
        namespace: str,
        write: Callable[[timedelta], Awaitable[T]],
        within: timedelta | None = None,
        *,
        harmless: bool = False,
    ) -> T:
        """Send a write with the longest time that it may take; raises ``NotHolding`` if there is none.

        Nobody has to wait for what is ``harmless``, whether it was answered or not.
        """
        within = min(self._left(namespace), within or self._longest, self._longest)
        if self._closed or within <= timedelta():
            raise NotHolding(f"the lease of {namespace} is not held")
        self._under_way += 1
        self._idle.clear()
        try:
            return await write(within)
        except BaseException as error:
            if not harmless and (isinstance(error, asyncio.CancelledError) or self._in_doubt(error)):
                self._doubtful = steady() + within.total_seconds()
            raise
        finally:
            self._under_way -= 1
            if self._under_way == 0:
                self._idle.set()

    async def close(self) -> bool:
        """Let no more writes pass, wait for those under way, and say whether all of them were surely answered."""
        self._closed = True
        await self._idle.wait()
        return steady() > self._doubtful

    async def settled(self) -> None:
        """Wait until what was not answered cannot be done any more."""
        await asyncio.sleep(max(self._doubtful - steady(), 0))


class FencedStore:
    """Objects behind a fence; see ``port.ObjectStore`` for the promises. Writes raise ``NotHolding`` besides."""

    def __init__(self, objects: ObjectStore, fence: Fence) -> None:
        self._objects = objects
        self._fence = fence

    async def get(self, kind: type[R], namespace: str, name: str) -> R:
        """Read one object consistently."""
        return await self._objects.get(kind, namespace, name)

    async def list(self, kind: type[R], namespace: str) -> Listing[R]:
        """Read all objects of a kind consistently."""
        return await self._objects.list(kind, namespace)

    async def create(self, resource: R, *, manager: str, within: timedelta | None = None) -> R:
        """Create an object."""

        async def write(longest: timedelta) -> R:
            return await self._objects.create(resource, manager=manager, within=longest)

        return await self._fence.passing(resource.metadata.namespace, write, within)

    async def patch(
        self, resource: R, operations: Sequence[Operation], *, manager: str, within: timedelta | None = None
    ) -> R:
        """Change an object by JSON patch."""

        async def write(longest: timedelta) -> R:
            return await self._objects.patch(resource, operations, manager=manager, within=longest)

        return await self._fence.passing(resource.metadata.namespace, write, within)

    async def delete(
        self, resource: CustomResource, *, unchanged: bool = False, within: timedelta | None = None
    ) -> None:
        """Delete an object."""

        async def write(longest: timedelta) -> None:
            await self._objects.delete(resource, unchanged=unchanged, within=longest)

        await self._fence.passing(resource.metadata.namespace, write, within)


class FencedRequests:
    """The requests of one API server, those that write behind a fence; they raise ``NotHolding`` besides."""

    def __init__(self, requests: Requests, fence: Fence) -> None:
        self._requests = requests
        self._fence = fence

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: object = None,
        content_type: str = JSON,
        within: timedelta | None = None,
    ) -> Any:
        """Send one request, if it reads or may be sent."""

        async def send(longest: timedelta | None) -> Any:
            return await self._requests.request(
                method, path, query=query, body=body, content_type=content_type, within=longest
            )

        return await (send(within) if method == "GET" else self._fence.passing(path, send, within))

    def stream(self, path: str, query: Query) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a watch."""
        return self._requests.stream(path, query)
