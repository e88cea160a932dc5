"""The writer of one tenant's ledger: bookings are serialised here, and compare-and-swap in the tenant's status (A6)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from workteam_crds.cluster.port import Cluster, Conflict
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Ledger, LedgerPage, WorkteamTenant
from workteam_operator.budget import decide, page_of, request_for

MANAGER = "workteam-ledger"
TRIES = 10


@dataclass(frozen=True)
class Surroundings:
    """What a ledger needs to know from outside."""

    latest: Callable[[], WorkteamTenant | None]
    """Finds the tenant as it is now: its budget, annotations and resourceVersion."""
    users: Callable[[], int]
    """Counts the users of the tenant, for the percentage of the budget."""
    now: Callable[[], datetime]
    wrote: Callable[[WorkteamTenant], None]
    """Takes the tenant as it was written or read: ``latest`` finds it from then on."""
    latched: Callable[[], None]
    """Told when a page was latched or opened."""


class LedgerWriter:
    """Books losses of access for one tenant."""

    def __init__(self, cluster: Cluster, tenant: WorkteamTenant, around: Surroundings) -> None:
        self._cluster = cluster
        self._tenant = tenant
        self._around = around
        self._turn = asyncio.Lock()

    async def book(self, kind: BookingKind, *, released: bool = False) -> bool:
        """Count one loss of access before it happens; False if the budget refuses it (``DeletionBudgetExceeded``).

        Call it once per loss, then write ``status.booked`` of the object, then call Workteam. ``released``: a person
        let this one go (``workte.am/release``), so it is counted and never refused. Raises ``ClusterError``: the loss
        must not happen then; it may be counted, which is the safe side.
        """
        async with self._turn:
            for _ in range(TRIES - 1):
                try:
                    return await self._book(kind, released=released)
                except Conflict:
                    key = self._tenant.metadata
                    self._around.wrote(await self._cluster.get(WorkteamTenant, key.namespace, key.name))
            return await self._book(kind, released=released)

    async def _book(self, kind: BookingKind, *, released: bool) -> bool:
        tenant = self._tenant = self._around.latest() or self._tenant
        ledger = tenant.status.ledger or Ledger()
        page = page_of(ledger, kind)
        users, now = self._around.users(), self._around.now()
        verdict = decide(page, request_for(tenant, kind, users=users, now=now, released=released))
        if verdict.page != page:
            await self._write(tenant, _with_page(ledger, kind, verdict.page))
            if verdict.page.latched != page.latched:
                self._around.latched()
        return verdict.granted

    async def _write(self, tenant: WorkteamTenant, ledger: Ledger) -> None:
        version = tenant.metadata.resource_version
        written = {"ledger": ledger.dump()}
        self._around.wrote(await self._cluster.apply_status(tenant, written, manager=MANAGER, resource_version=version))


def _with_page(ledger: Ledger, kind: BookingKind, page: LedgerPage) -> Ledger:
    return ledger.model_copy(update={"deletions" if kind is BookingKind.DELETION else "deactivations": page})
