"""Which namespaces this facade answers for now: rule A11, and what is answered while it may not.

One facade holds the Lease of a namespace, lists everything once more, and answers. All facades want the Leases in one
order, so that one of them holds all. While the API server does not answer, reads go on from the cache up to an age.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from workteam_crds.cluster.fenced import Fence
from workteam_crds.cluster.informer import Informer
from workteam_crds.cluster.lease import Claim, Lease
from workteam_crds.cluster.port import Leases
from workteam_scim.refusals import Unavailable

LEASE = "workteam-scim"
"""The Lease in each tenant namespace."""
WRITING = frozenset({"create", "replace", "patch", "delete", "bulk"})
"""The operations that need the right to write; what nobody knows writes nothing."""
HAND_OVER = timedelta(seconds=2)
"""When to come again while another facade takes over."""
CATCHING_UP = timedelta(seconds=3)
"""How long a write waits for the list behind a watch that broke."""


@dataclass(frozen=True)
class Terms:
    """How Leases are wanted, and how old an answer may be."""

    lease: str
    """The name of the Lease in each namespace."""
    identity: str
    duration: timedelta
    oldest: timedelta
    """How long reads go on without news from the API server."""


class Seat:
    """One namespace: its Lease, and the informers that answers come from."""

    def __init__(self, lease: Lease, informers: Sequence[Informer[Any]], oldest: timedelta) -> None:
        self.lease = lease
        self._informers = informers
        self._oldest = oldest
        self._listed_in = 0
        """The tenure in which everything was listed last."""

    @property
    def holds(self) -> bool:
        """Say whether the Lease is held, and everything was listed since it was taken."""
        return self.lease.held.is_set() and self._listed_in == self.lease.tenure

    def left(self) -> timedelta:
        """Return how long may still be written: only on what nothing is missed of.

        Behind a watch that broke the API server may have been restored to an older state, where a name that is free
        here is taken.
        """
        return self.lease.left() if self.holds and self._current else timedelta()

    async def catch_up(self) -> None:
        """Wait until nothing is missed any more. Raises ``Unavailable`` if that takes long."""
        if self._current:
            return
        try:
            async with asyncio.timeout(CATCHING_UP.total_seconds()):
                await asyncio.gather(*(informer.catch_up() for informer in self._informers))
        except TimeoutError:
            raise Unavailable("The Kubernetes API does not tell what has changed; send the request again.") from None

    def admit(self, *, reading: bool) -> None:
        """Raise ``Unavailable`` unless a request may be answered."""
        if not self.holds:
            raise Unavailable(self._why(), retry_after=HAND_OVER)
        if not self.lease.left() and not (reading and self.lease.unanswered):
            detail = "The Kubernetes API does not say whether this facade may still answer; send the request again."
            raise Unavailable(detail)
        if self._stale:
            minutes = self._oldest.total_seconds() / 60
            raise Unavailable(f"The Kubernetes API has not been heard of for more than {minutes:.1g} minutes.")

    @property
    def _current(self) -> bool:
        return all(informer.current for informer in self._informers)

    @property
    def _stale(self) -> bool:
        return any((age := informer.age()) is None or age > self._oldest for informer in self._informers)

    async def lead(self) -> None:
        """List everything whenever the Lease was taken, for ever."""
        while True:
            await self.lease.held.wait()
            tenure = self.lease.tenure
            await asyncio.gather(*(informer.relist() for informer in self._informers))
            self._listed_in = tenure
            if self.lease.tenure == tenure:
                await self.lease.lost.wait()

    def missing(self) -> str | None:
        """Say what is missing to answer, or nothing."""
        if self.holds and self.lease.left():
            return f"news from {self.lease.claim.namespace}" if self._stale else None
        claim = self.lease.claim
        holder = f" ({self.lease.holder} holds it)" if self.lease.elsewhere else ""
        return f"the Lease {claim.name} in {claim.namespace}{holder}"

    def _why(self) -> str:
        if self.lease.elsewhere:
            return "Another facade answers for this namespace; the request may be sent again."
        return "The facade is starting: the objects are not all read yet."


class Leadership:
    """The namespaces of one facade: ``seat`` each, in the same order in all facades."""

    def __init__(self, leases: Leases, terms: Terms) -> None:
        self.fence = Fence(self._left)
        """What writes have to pass."""
        self._leases = leases
        self._terms = terms
        self._last: Lease | None = None
        self._seats: dict[str, Seat] = {}
        self._retiring: asyncio.Task[None] | None = None

    def seat(self, namespace: str, informers: Sequence[Informer[Any]]) -> None:
        """Answer for a namespace besides; its answers come from these informers."""
        claim = Claim(namespace, self._terms.lease, self._terms.identity, self._terms.duration)
        self._last = Lease(self._leases, claim, follows=self._last)
        self._seats[namespace] = Seat(self._last, informers, self._terms.oldest)

    def admit(self, namespace: str, op: str) -> None:
        """Raise ``Unavailable`` unless a request for a namespace may be answered; one that is not ours is let pass."""
        if self._retiring is not None:
            raise Unavailable("The facade is handing over to another one.", retry_after=HAND_OVER)
        if (seat := self._seats.get(namespace)) is not None:
            seat.admit(reading=op not in WRITING)

    async def catch_up(self, namespace: str, op: str) -> None:
        """Wait, before a write, for news that were missed. Raises ``Unavailable`` if they do not come."""
        if op in WRITING and (seat := self._seats.get(namespace)) is not None:
            await seat.catch_up()

    def missing(self) -> list[str]:
        """Name the Leases that are not held."""
        return [lacking for seat in self._seats.values() if (lacking := seat.missing()) is not None]

    async def run(self) -> None:
        """Take the Leases and keep them, for ever."""
        async with asyncio.TaskGroup() as loops:
            for seat in self._seats.values():
                loops.create_task(seat.lease.run())
                loops.create_task(seat.lead())

    async def retire(self) -> None:
        """Answer nothing more, wait for the writes under way, and let another facade take over at once."""
        if self._retiring is None:
            self._retiring = asyncio.create_task(self._retire())
        await asyncio.shield(self._retiring)

    async def _retire(self) -> None:
        if await self.fence.close():  # else one may still be done: then the Leases expire
            for seat in reversed(self._seats.values()):  # the first decides who goes first
                await seat.lease.release()

    def _left(self, namespace: str) -> timedelta:
        seat = self._seats.get(namespace)
        return timedelta() if seat is None else seat.left()
