"""All parts of one operator, put together: objects → queue → reconcilers → workers; kopf beside them.

What talks to Kubernetes and to Workteam is given by ``__main__``, or by whoever tries the operator.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from workteam_crds.cluster.port import Cluster
from workteam_crds.kinds import KINDS, WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key, TenantKey
from workteam_operator import changelog, health, metrics
from workteam_operator.duty import Duty
from workteam_operator.events import Announcer
from workteam_operator.group_life import GroupReconciler
from workteam_operator.handlers import Scope
from workteam_operator.keeper import Keeper
from workteam_operator.known_teams import KnownTeams
from workteam_operator.leadership import Leadership
from workteam_operator.listing import Lister
from workteam_operator.losses import Losses
from workteam_operator.metered_queue import MeteredQueue
from workteam_operator.neighbourhood import neighbours_of
from workteam_operator.objects import Objects
from workteam_operator.parts import Parts
from workteam_operator.settings import Settings
from workteam_operator.sweep import Sweeper
from workteam_operator.tenant_life import TenantReconciler, now_utc
from workteam_operator.tenant_probe import Connect
from workteam_operator.tenants import Tenants
from workteam_operator.user_life import UserReconciler
from workteam_operator.vitals import Vitals
from workteam_operator.watches import Watches
from workteam_operator.watching import Watching
from workteam_operator.worker import Reconciler, work
from workteam_operator.workqueue import NO_WAIT, Outcome, Priority, Visit
from workteam_operator.writer import ObjectWriter

DRAIN = timedelta(seconds=45)
"""How long passes in flight may take after SIGTERM: less than the pod's terminationGracePeriodSeconds."""
LAST_WORDS = 2.0
"""Seconds for the Events that are still to be written."""


class Operator:
    """All parts of one operator, put together."""

    def __init__(
        self,
        settings: Settings,
        cluster: Cluster,
        *,
        connect: Connect,
        now: Callable[[], datetime] = now_utc,
        unfenced: Cluster | None = None,
    ) -> None:
        """``connect`` makes the drivers that talk to Workteam; ``unfenced`` takes writes whoever has the Lease."""
        self.settings = settings
        self.events = Announcer(cluster)
        losses = Losses(self.events, leads=lambda: not self.queue.standing_by)
        self.objects = Objects(losses.gone)
        self.queue = MeteredQueue(
            self.objects.claims_of,
            first=settings.backoff_first,
            longest=settings.backoff_longest,
            rests={WorkteamGroup.kind: settings.group_rest},
            tenant_of=self._lane,
            pause_of=self._pause,
        )
        self.lister = Lister(
            cluster, settings.tenant_namespaces, self.objects, self.queue, now=now, set_back=self._set_back
        )
        scope = Scope(KINDS, settings.tenant_namespaces, settings.watch_renewal)
        self.watches = Watches(scope.kinds, scope.namespaces, renewal=scope.renewal, clock=time.monotonic)
        self._watching = Watching(scope, self.observe, self.watches.begun, missed=self.lister.ask)
        self.tenants = Tenants()
        self._tenant_life = TenantReconciler(
            cluster, self.tenants, neighbours_of(self.objects, self.queue), connect, settings, now=now
        )
        parts = Parts(
            objects=self.objects,
            queue=self.queue,
            tenants=self.tenants,
            writer=ObjectWriter(cluster, self.objects, self.queue, losses),
            known=KnownTeams(),
            events=self.events,
            changes=changelog.written_to(settings.change_log),
            now=now,
            settle=settings.create_settle,
            terminates=cluster.is_terminating,
        )
        self._keeper = Keeper(unfenced or cluster, self.objects, self.queue, now=now)
        self._sweeper = Sweeper(parts, cluster)
        self._reconcilers: dict[str, Reconciler] = {
            WorkteamTenant.kind: TenantVisits(self._keeper.note, self._tenant_life.reconcile, self._sweeper.follow),
            WorkteamUser.kind: UserReconciler(parts),
            WorkteamGroup.kind: GroupReconciler(parts),
        }
        self._workers: list[asyncio.Task[None]] = []

    async def run(self, stop: asyncio.Event, leadership: Leadership) -> bool:
        """Stand by, work while the Lease is held, and hand over when ``stop`` is set.

        False if something ended by itself: then another process is to take this one's place.
        """
        vitals = Vitals(
            self.settings, leadership, watches=self.watches, lister=self.lister, objects=self.objects, queue=self.queue
        )
        duty = Duty(
            leadership,
            self.lister,
            self._watching,
            work=lambda: self._leading(leadership, vitals),
            relist=self.settings.relist_interval,
        )
        self.queue.standing_by = True
        async with health.served(self.settings.host, self.settings.port, vitals):
            in_order = await duty.until(stop)
            if not in_order:
                await self._keeper.last_look(self.lister.list_all)
            return in_order

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """List everything and work on it, told by ``observe`` what changes; at the end finish what is in flight."""
        await self.lister.first()
        listing = asyncio.create_task(self.lister.run(self.settings.relist_interval))
        try:
            async with self._at_work(_at_once):
                yield
        finally:
            listing.cancel()
            await asyncio.gather(listing, return_exceptions=True)

    @asynccontextmanager
    async def _leading(self, leadership: Leadership, vitals: Vitals) -> AsyncIterator[None]:
        """Work under a Lease."""
        self.queue.standing_by = False
        async with self._at_work(leadership.may_act):
            vitals.workers = tuple(self._workers)
            try:
                yield
            finally:
                vitals.workers = ()
                if not leadership.acts:
                    _cancel(self._workers)

    @asynccontextmanager
    async def _at_work(self, may_act: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Work on all that is not as it should be; at the end finish what is in flight."""
        self._queue_all(self.objects.to_do())
        telling = asyncio.create_task(self.events.run())
        self._workers = [
            asyncio.create_task(work(self.queue, self._reconcilers, self._tenant_name, may_act))
            for _ in range(self.settings.workers)
        ]
        try:
            yield
        finally:
            await self._sweeper.close()
            await self._drain()
            _cancel([telling])
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS):
                    await self.events.drain()
            await self._tenant_life.close()

    def observe(self, kind: type[CustomResource], change: str, raw: Any) -> None:
        """Take what kopf saw. Never raises: what does not parse is kept as unreadable."""
        key = Key(kind.kind, raw["metadata"]["namespace"], raw["metadata"]["name"])
        self.watches.told(key.namespace, kind.plural)
        metrics.WATCH_EVENTS.labels(kind.kind, change).inc()
        if change == "DELETED":
            version = int(raw["metadata"]["resourceVersion"])
            self._queue_all(self.objects.remove(key, raw["metadata"]["uid"], version=version))
            if key.kind == WorkteamTenant.kind:
                self.queue.add(Visit(key))
            return
        try:
            resource: Any = kind.parse(raw)
        except ValidationError:
            self.objects.unreadable(key)
        else:
            self._queue_all(self.objects.observe(resource))

    def _set_back(self) -> None:
        """Have the tenants tell that the cluster was set back; kopf waits for versions that are still to come."""
        for tenant in self.tenants:
            self.queue.add(Visit(_key(tenant.key), Priority.LEAVER))
        self._watching.begin_anew()

    async def _drain(self) -> None:
        """Finish what is in flight; nothing is persisted, as everything is found again."""
        self.queue.close()
        _, late = await asyncio.wait(self._workers, timeout=DRAIN.total_seconds())
        _cancel(late)
        await asyncio.gather(*late, return_exceptions=True)

    def _queue_all(self, visits: tuple[Visit, ...]) -> None:
        for visit in visits:
            self.queue.add(visit)

    def _tenant_name(self, key: Key) -> str:
        resource = self.objects.find(key)
        return str(resource.tenant) if resource else ""

    def _lane(self, key: Key) -> TenantKey | None:
        """Return whose turn a key takes; the tenants' own passes wait for nobody."""
        resource = self.objects.find(key)
        return None if resource is None or key.kind == WorkteamTenant.kind else resource.tenant

    def _pause(self, lane: Hashable) -> timedelta:
        """Return how long Workteam asks us to leave a tenant alone; one that is not ready says so itself."""
        tenant = self.tenants.get(lane) if isinstance(lane, TenantKey) else None
        return tenant.paused_for() if tenant is not None and tenant.ready else NO_WAIT


class TenantVisits:
    """Lets the tenants' own reconciler be called like the others, and tells who follows a tenant."""

    def __init__(
        self,
        keep: Callable[[TenantKey], Awaitable[None]],
        reconcile: Callable[[TenantKey], Awaitable[timedelta | None]],
        follow: Callable[[TenantKey], None],
    ) -> None:
        self._keep = keep
        self._reconcile = reconcile
        self._follow = follow

    async def reconcile(self, key: Key) -> Outcome:
        """Make one pass. Raises ``ClusterError``."""
        tenant = TenantKey(key.namespace, key.name)
        await self._keep(tenant)
        try:
            return Outcome(again_in=await self._reconcile(tenant))
        finally:
            self._follow(tenant)


async def _at_once() -> None:
    """Let everything be sent: there is no Lease."""


def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _key(tenant: TenantKey) -> Key:
    return Key(WorkteamTenant.kind, tenant.namespace, tenant.name)
