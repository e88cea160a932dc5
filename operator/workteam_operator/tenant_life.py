"""A WorkteamTenant's life: read its Secret, probe, report. It keeps ``Tenants`` and the tenants' statuses true.

An idle tenant is probed at a slow interval; nothing is written unless something changed. While it is not ready it is
probed with back-off, whatever else happens to its object.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from workteam_crds.cluster.port import Cluster, Severity
from workteam_crds.conditions import ConditionStatus, ConditionType, Reason, find_condition
from workteam_crds.kinds.custom_resource import ACCEPT_ENDPOINT
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Endpoint, Ledger, WorkteamTenant
from workteam_crds.naming import TenantKey
from workteam_operator import metrics
from workteam_operator.budget import is_open, page_of, remaining, request_for
from workteam_operator.in_use import InUse
from workteam_operator.leavers import fitting_nobody
from workteam_operator.ledger import LedgerWriter, Surroundings
from workteam_operator.neighbours import Neighbours
from workteam_operator.settings import Settings
from workteam_operator.tenant_causes import DECOMMISSIONED, Cause
from workteam_operator.tenant_identity import Identity
from workteam_operator.tenant_notification import DUE, address, newly_due
from workteam_operator.tenant_probe import Connect, Prober
from workteam_operator.tenant_report import TenantFacts, tenant_status, written
from workteam_operator.tenant_token import TokenWatch, read_token
from workteam_operator.tenants import Tenant, Tenants

MANAGER = "workteam-operator"
COUNTED_ANEW = timedelta(seconds=5)
"""How often a tenant that was deleted tells by how many objects it is still held."""


def now_utc() -> datetime:
    """Return the moment that it is."""
    return datetime.now(UTC)


class TenantReconciler:
    """Keeps ``Tenants`` and the tenants' statuses true."""

    def __init__(
        self,
        cluster: Cluster,
        tenants: Tenants,
        neighbours: Neighbours,
        connect: Connect,
        settings: Settings,
        *,
        now: Callable[[], datetime] = now_utc,
    ) -> None:
        self._cluster = cluster
        self._tenants = tenants
        self._neighbours = neighbours
        self._connect = connect
        self._settings = settings
        self._now = now
        self._watch = TokenWatch(cluster, neighbours.wake_tenant)
        self._identity = Identity(neighbours.custody)
        self._prober = Prober(connect, self._identity, settings)
        self._in_use = InUse(cluster, neighbours.count_referring, neighbours.remember)
        self._held: set[TenantKey] = set()

    async def reconcile(self, key: TenantKey) -> timedelta | None:
        """Make one pass, and return when the next is due; None if the tenant is gone. Raises ``ClusterError``."""
        resource = self._neighbours.find(key)
        if resource is None:
            self._forget(key)
            return None
        resource = await self._in_use.keep(resource)
        if resource.deleting and not resource.metadata.finalizers:
            return None  # it is gone, and the watch tells so
        tenant = self._seen(resource)
        endpoint = None
        if (cause := self._why_not(resource)) is None:
            endpoint = await self._probe(tenant)
        else:
            self._hold(tenant, cause)
        await self._report(tenant, endpoint)
        due = self._due_in(tenant)
        return min(due, COUNTED_ANEW) if resource.deleting else due

    async def close(self) -> None:
        """End all watches, and close the connections once no call is under way."""
        await self._watch.close()
        for tenant in list(self._tenants):
            self._forget(tenant.key)
        await self._prober.close()

    def _due_in(self, tenant: Tenant) -> timedelta:
        """Return when to look again: to probe, or to tell that a pause is over."""
        due, pause = self._prober.due_in(tenant), tenant.paused_for()
        return min(due, pause) if pause else due

    def _why_not(self, resource: WorkteamTenant) -> Cause | None:
        """Return why a tenant is not asked, whatever its token; another address is judged by its answers first."""
        if resource.spec.decommissioned:
            return DECOMMISSIONED
        known = resource.status.endpoint
        moved = known is not None and known.base_url != resource.spec.workteam.base_url
        return None if moved else self._identity.shared(resource)

    def _hold(self, tenant: Tenant, cause: Cause) -> None:
        if cause == DECOMMISSIONED != tenant.cause:
            self._neighbours.wake_all(tenant.key)
        self._held.add(tenant.key)
        self._prober.hold(tenant, cause)

    async def _probe(self, tenant: Tenant) -> Endpoint | None:
        if tenant.key in self._held:
            self._held.discard(tenant.key)
            self._prober.hurry(tenant.key)
        return await self._prober.probe(tenant, await read_token(self._cluster, tenant.resource))

    def _seen(self, resource: WorkteamTenant) -> Tenant:
        tenant = self._tenants.get(resource.tenant)
        if tenant is not None and tenant.resource.metadata.uid != resource.metadata.uid:
            self._forget(tenant.key)
            tenant = None
        if tenant is None:
            tenant = self.new_tenant(resource)
            self._tenants.add(tenant)
        tenant.resource = resource
        metrics.notifies(str(resource.tenant), address(resource.spec))
        self._watch.follow(resource)
        return tenant

    def new_tenant(self, resource: WorkteamTenant) -> Tenant:
        """Return a tenant that was not asked yet."""
        key = resource.tenant
        around = Surroundings(
            latest=lambda: self._neighbours.find(key),
            users=lambda: self._neighbours.count_users(key),
            now=self._now,
            wrote=self._neighbours.remember,
            latched=lambda: self._neighbours.wake_tenant(key),
        )
        return Tenant(
            resource,
            LedgerWriter(self._cluster, resource, around),
            latest=lambda: self._neighbours.find(key),
            doubted=lambda: self.doubt(key),
            on_first=lambda: self._neighbours.wake_referring(key),
            on_ready=lambda: self._neighbours.wake_objects(key),
            on_pause=lambda: self._neighbours.wake_tenant(key),
            outage_failures=self._settings.outage_failures,
            ramp_up=self._settings.ramp_up,
        )

    def _forget(self, key: TenantKey) -> None:
        self._watch.forget(key)
        if (tenant := self._tenants.remove(key)) is not None:
            self._prober.forget(tenant)
        self._held.discard(key)

    def doubt(self, key: TenantKey) -> None:
        """Probe soon: the objects met something that may be the tenant's fault."""
        self._prober.hurry(key)
        self._neighbours.wake_tenant(key)

    async def _report(self, tenant: Tenant, endpoint: Endpoint | None) -> None:
        """Write the status if it differs; an event when the budget is exceeded, a call to all when it is no more."""
        resource = tenant.resource
        was_exceeded = is_exceeded(resource)
        facts = TenantFacts(
            cause=tenant.cause,
            capabilities=tenant.capabilities if endpoint else None,
            endpoint=endpoint,
            latched=self._latched(resource),
            refusal=self._prober.refusal(tenant),
            rests=tenant.paused_for() > timedelta(0),
            protects_nobody=fitting_nobody(resource.spec.deprovisioning, self._neighbours.users(tenant.key)),
            referring=self._in_use.by(resource) if resource.deleting else 0,
        )
        status = tenant_status(resource, facts, now=self._now())
        if status != resource.status:
            tenant.resource = await self._cluster.apply_status(resource, written(status), manager=MANAGER)
            self._neighbours.remember(tenant.resource)
            await self._notify(resource, tenant.resource)
            if is_conflicting(tenant.resource) and not is_conflicting(resource):
                reason = Reason.OWNERSHIP_CONFLICT
                await self._cluster.record(resource, Severity.WARNING, reason, "See the condition OwnershipConflict")
            await self._tell_pause(resource, tenant.resource)
        if endpoint is not None:
            await self._spend_word(tenant.resource, endpoint)
        if facts.latched and not was_exceeded:
            reason = Reason.DELETION_BUDGET_EXCEEDED
            await self._cluster.record(resource, Severity.WARNING, reason, "See the condition DeletionBudgetAvailable")
        elif was_exceeded and not facts.latched:
            self._neighbours.wake_objects(tenant.key)

    async def _spend_word(self, resource: WorkteamTenant, endpoint: Endpoint) -> None:
        """Take off the word that accepted an endpoint, as it had its effect: it is not to hold for another token."""
        if resource.metadata.annotations.get(ACCEPT_ENDPOINT) == endpoint.base_url:
            path = f"/metadata/annotations/{ACCEPT_ENDPOINT.replace('/', '~1')}"
            test = {"op": "test", "path": path, "value": endpoint.base_url}
            patched = await self._cluster.patch(resource, [test, {"op": "remove", "path": path}], manager=MANAGER)
            self._neighbours.remember(patched)

    async def _notify(self, before: WorkteamTenant, now: WorkteamTenant) -> None:
        """Say in an Event whom spec.notification names, when a person has to act."""
        told = address(now.spec)
        due = newly_due(before.status.conditions, now.status.conditions)
        if told is not None and due is not None:
            await self._cluster.record(now, Severity.WARNING, DUE, f"{told} is to be told: {due}, see the conditions")

    async def _tell_pause(self, before: WorkteamTenant, now: WorkteamTenant) -> None:
        """Say in one Event for all objects that a person stopped them, or lets them go on."""
        held = is_paused(now)
        if held != is_paused(before):
            reason = "Paused" if held else "Resumed"
            await self._cluster.record(now, Severity.NORMAL, reason, "See the annotation workte.am/paused")

    def _latched(self, resource: WorkteamTenant) -> tuple[BookingKind, ...]:
        """Return which budgets are exceeded now, and publish what is left of each."""
        ledger = resource.status.ledger or Ledger()
        exceeded = []
        for kind in BookingKind:
            page = page_of(ledger, kind)
            request = request_for(resource, kind, users=self._neighbours.count_users(resource.tenant), now=self._now())
            metrics.BUDGET_REMAINING.labels(str(resource.tenant), kind.value).set(remaining(page, request))
            if not is_open(page, request):
                exceeded.append(kind)
        return tuple(exceeded)


def is_paused(resource: WorkteamTenant) -> bool:
    """Say whether the status tells that a person stopped all objects."""
    condition = find_condition(resource.status.conditions, ConditionType.READY)
    return condition is not None and condition.reason is Reason.PAUSED


def is_conflicting(resource: WorkteamTenant) -> bool:
    """Say whether the status tells that the recorded accounts are not the tenant's own (rule A9)."""
    return find_condition(resource.status.conditions, ConditionType.OWNERSHIP_CONFLICT) is not None


def is_exceeded(resource: WorkteamTenant) -> bool:
    """Say whether the status tells that a budget is exceeded."""
    condition = find_condition(resource.status.conditions, ConditionType.DELETION_BUDGET_AVAILABLE)
    return condition is not None and condition.status is ConditionStatus.FALSE
