"""Who works: one operator at a time, by a Lease (rule A11). The others list, watch and wait.

What the leader sends has to pass a fence, where it is checked when it is sent and cut off before the Lease ends: what
it writes to Kubernetes, and its calls to Workteam. A server may go on with a call for as long as the call might have
lasted; so a successor waits that long besides, unless the Lease was given up when nothing could be done any more.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from workteam_crds.cluster.fenced import Fence
from workteam_crds.cluster.lease import Claim, Lease
from workteam_crds.cluster.port import Leases
from workteam_operator.backend.transport import in_doubt

AGAIN = 0.1
"""Seconds between two looks at a Lease that is held and may not be acted upon: the API server does not answer."""


class Leadership:
    """The Lease of one operator, and what has to pass while it is held."""

    def __init__(self, leases: Leases, claim: Claim) -> None:
        """``claim.longest`` is how long a call to Workteam may take."""
        self.lease = Lease(leases, claim)
        self.inside = Fence(self._left)
        """What writes to Kubernetes have to pass."""
        self.outside = Fence(self._left, longest=claim.longest, in_doubt=in_doubt)
        """What calls to Workteam have to pass."""

    @property
    def acts(self) -> bool:
        """Say whether something may be sent now."""
        return self.lease.left() > timedelta()

    async def run(self) -> None:
        """Take the Lease and keep it, until it is handed over."""
        await self.lease.run()

    async def looked(self) -> None:
        """Wait until it is known whether the Lease can be had."""
        while not (self.lease.held.is_set() or self.lease.elsewhere or self.lease.tried):  # noqa: ASYNC110 - time ends it
            await asyncio.sleep(AGAIN)

    async def may_act(self) -> None:
        """Wait until something may be sent."""
        while not self.acts:  # noqa: ASYNC110 - time ends it, and an answer
            await asyncio.sleep(AGAIN)

    async def lead(self, work: Callable[[], AbstractAsyncContextManager[None]], stop: asyncio.Event) -> None:
        """Work as soon as the Lease is held, until it is lost or ``stop`` is set; then hand over what is left of it.

        The context that ``work`` returns ends when nothing is under way any more.
        """
        await either(self.lease.held, stop)
        if not stop.is_set():
            async with work():
                await either(self.lease.lost, stop)
        await self.hand_over()

    async def hand_over(self) -> None:
        """Send nothing more, and let another operator work as soon as nothing can be done any more."""
        for fence in (self.inside, self.outside):
            await fence.close()
            if self.acts:
                await fence.settled()
        await self.lease.release()

    def _left(self, _: str) -> timedelta:
        return self.lease.left()


async def either(*events: asyncio.Event) -> None:
    """Wait until one of several things has happened."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
