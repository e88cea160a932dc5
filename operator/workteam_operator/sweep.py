"""The sweep: one loop for each tenant that compares all of Workteam's accounts and teams with the objects.

Only what differs is queued, behind everything else. A list that is not whole voids a sweep; what a list lacks is looked
up by id, and never taken for gone (rule A4). An account that no object has is counted, and never touched.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from workteam_crds.cluster.port import Cluster, ClusterError
from workteam_crds.durations import read_duration
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant
from workteam_crds.kinds.custom_resource import RECONCILE_REQUESTED_AT
from workteam_crds.kinds.tenants import DriftPolicy, LastFullSweep
from workteam_crds.naming import TenantKey
from workteam_operator import metrics
from workteam_operator.backend.port import Account, BackendDenied, BackendError, BackendUnavailable, Page, Team
from workteam_operator.comparing import Comparison
from workteam_operator.drift import attribute_class
from workteam_operator.logs import describe
from workteam_operator.ownership import Sort
from workteam_operator.pace import backoff
from workteam_operator.paging import ListVoid, pages
from workteam_operator.parts import Parts
from workteam_operator.tenants import Tenant
from workteam_operator.workqueue import Priority, Visit

log = logging.getLogger(__name__)

F = TypeVar("F", Account, Team)

MANAGER = "workteam-sweep"
"""The field manager of ``status.lastFullSweep``."""
SOONEST = 10
"""A sweep that was voided is tried again after so small a part of the interval, then twice that, and so on."""


class Sweeper:
    """Keeps one loop for each tenant."""

    def __init__(self, parts: Parts, cluster: Cluster) -> None:
        self._parts = parts
        self._cluster = cluster
        self._loops: dict[TenantKey, tuple[_Sweeps, asyncio.Task[None]]] = {}
        self._closed = False

    def follow(self, key: TenantKey) -> None:
        """Take note of a tenant: it came, went, changed, or can be asked again."""
        if self._parts.tenants.get(key) is None:
            if (loop := self._loops.pop(key, None)) is not None:
                loop[1].cancel()
        elif key in self._loops:
            self._loops[key][0].news.set()
        elif not self._closed:
            sweeps = _Sweeps(self._parts, self._cluster, key)
            self._loops[key] = (sweeps, asyncio.create_task(sweeps.run()))

    async def close(self) -> None:
        """End all loops; a sweep under way is void."""
        self._closed = True
        tasks = [task for _, task in self._loops.values()]
        self._loops.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Stopped(Exception):
    """Nothing may be asked of the tenant any more: the sweep is begun anew when that is over."""


class _Sweeps:
    """The sweeps of one tenant, one after the other."""

    def __init__(self, parts: Parts, cluster: Cluster, key: TenantKey) -> None:
        self.news = asyncio.Event()
        self._parts = parts
        self._cluster = cluster
        self._key = key
        self._last: LastFullSweep | None = None
        self._began = parts.now()
        self._failures = 0
        self._retry_at: datetime | None = None
        self._spread = _jitter()

    async def run(self) -> None:
        """Sweep whenever it is time to, for ever."""
        while True:
            await self._until_due()
            try:
                await self._sweep()
            except _Stopped:
                continue
            except asyncio.CancelledError:
                raise
            except (BackendError, ListVoid) as error:
                log.warning("a sweep is void: %s", error, extra={"tenant": str(self._key)})
                await self._failed()
            except Exception as error:  # noqa: BLE001 - one sweep must not end all that follow
                log.error("a sweep failed: %s", describe(error), extra={"tenant": str(self._key)})  # noqa: TRY400
                await self._failed()

    async def _until_due(self) -> None:
        while (wait := self._wait()) is None or wait > timedelta(0):
            self.news.clear()
            try:
                async with asyncio.timeout(None if wait is None else wait.total_seconds()):
                    await self.news.wait()
            except TimeoutError:
                continue

    def _wait(self) -> timedelta | None:
        """Return how long the next sweep is away; None while there may be none."""
        resource = self._may_sweep()
        if resource is None:
            return None
        now, last = self._parts.now(), self._last_of(resource)
        if self._retry_at is not None:
            return self._retry_at - now
        if resource.metadata.annotations.get(RECONCILE_REQUESTED_AT) != last.requested_at:
            return timedelta(0)
        since = last.time or resource.status.first_ready_time or self._began
        return since + read_duration(resource.spec.drift.interval) * self._spread - now

    def _may_sweep(self) -> WorkteamTenant | None:
        tenant = self._parts.tenants.get(self._key)
        resource = self._parts.objects.tenant_of(self._key)
        if tenant is None or resource is None or not tenant.ready or resource.paused or resource.deleting:
            return None
        return None if resource.spec.drift.policy is DriftPolicy.OFF else resource

    def _last_of(self, resource: WorkteamTenant) -> LastFullSweep:
        """Return what the last sweep came to; of an earlier process the status tells."""
        return self._last or resource.status.last_full_sweep or LastFullSweep()

    async def _sweep(self) -> None:
        tenant, resource = self._parts.tenants.get(self._key), self._may_sweep()
        if tenant is None or resource is None:
            raise _Stopped
        requested_at = resource.metadata.annotations.get(RECONCILE_REQUESTED_AT)
        comparison = Comparison(self._parts, tenant)
        await self._read(tenant, tenant.backend.list_accounts, comparison.accounts)
        sorts = [Sort.ACCOUNT]
        if tenant.capabilities.groups:
            await self._read(tenant, tenant.backend.list_teams, comparison.teams)
            sorts.append(Sort.TEAM)
        unmanaged = comparison.finish(sorts)
        self._queue(comparison)
        self._failures, self._retry_at, self._spread = 0, None, _jitter()
        await self._report(
            LastFullSweep(
                time=self._parts.now().replace(microsecond=0),
                compared=comparison.compared,
                drifted=comparison.told + sum(bool(names) for names in comparison.to_visit.values()),
                unmanaged=unmanaged,
                requested_at=requested_at,
            ),
            "full",
        )

    async def _read(
        self, tenant: Tenant, read: Callable[[int], Awaitable[Page[F]]], compare: Callable[..., Awaitable[None]]
    ) -> None:
        """Compare a whole list page by page. Raises ``ListVoid``, ``BackendError`` and ``_Stopped``."""
        asked_at = self._parts.now()

        async def one(start: int) -> Page[F]:
            nonlocal asked_at
            while True:
                if self._may_sweep() is None:
                    raise _Stopped
                asked_at = self._parts.now()
                try:
                    return await read(start)
                except BackendDenied as error:
                    await tenant.denied(error)
                    raise
                except BackendUnavailable as error:
                    if not error.undone or error.retry_after is None:
                        raise
                    await asyncio.sleep(error.retry_after.total_seconds())

        async for page in pages(one):
            await compare(page, asked_at=asked_at)

    def _queue(self, comparison: Comparison) -> None:
        for key, names in comparison.to_visit.items():
            for sort in {attribute_class(name) for name in names}:
                metrics.DRIFT.labels(key.kind, sort).inc()
            if key.kind == WorkteamGroup.kind:
                self._parts.known.forget(key)  # else its pass would take the members for those that it confirmed
            self._parts.queue.add(Visit(key, Priority.BACKGROUND))

    async def _failed(self) -> None:
        self._failures += 1
        resource = self._parts.objects.tenant_of(self._key)
        if resource is None:
            return
        interval = read_duration(resource.spec.drift.interval)
        wait = backoff(self._failures, first=interval / SOONEST, longest=interval, jitter=_jitter())
        self._retry_at = self._parts.now() + wait
        last = self._last_of(resource)
        await self._report(last.model_copy(update={"errors": last.errors + 1}), "void")

    async def _report(self, last: LastFullSweep, result: str) -> None:
        """Write what the sweep came to; a lost write is made up for by the next one."""
        self._last = last
        metrics.SWEEPS.labels(str(self._key), result).inc()
        resource = self._parts.objects.tenant_of(self._key)
        if resource is None:
            return
        try:
            written = await self._cluster.apply_status(resource, {"lastFullSweep": last.dump()}, manager=MANAGER)
        except ClusterError as error:
            log.warning("a sweep was not reported: %s", error, extra={"tenant": str(self._key)})
            return
        for visit in self._parts.objects.observe(written):
            self._parts.queue.add(visit)


def _jitter() -> float:
    return random.uniform(0.9, 1)  # noqa: S311 - spreads the load, guards nothing
