"""A WorkteamTenant's life: read its Secret, probe, report. It keeps ``Tenants`` and the tenants' statuses true.

An idle tenant is probed at a slow interval; nothing is written unless something changed. While it is not ready it is
probed with back-off, whatever else happens to its object.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workteam_crds.cluster.port import Cluster, Severity
from workteam_crds.conditions import ConditionStatus, ConditionType, Reason, find_condition
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Endpoint, Ledger, WorkteamTenant
from workteam_crds.naming import TenantKey
from workteam_operator import metrics
from workteam_operator.budget import is_open, page_of, remaining, request_for
from workteam_operator.ledger import LedgerWriter, Surroundings
from workteam_operator.settings import Settings
from workteam_operator.tenant_notification import DUE, address, newly_due
from workteam_operator.tenant_probe import Connect, Prober
from workteam_operator.tenant_report import TenantFacts, tenant_status, written
from workteam_operator.tenant_token import TokenWatch, read_token
from workteam_operator.tenants import Tenant, Tenants

MANAGER = "workteam-operator"


def now_utc() -> datetime:
    """Return the moment that it is."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Neighbours:
    """What a tenant's life needs of the rest of the operator."""

    find: Callable[[TenantKey], WorkteamTenant | None]
    """Returns the tenant's object as it was last seen."""
    remember: Callable[[WorkteamTenant], None]
    """Takes what a write returned into our copy."""
    count_users: Callable[[TenantKey], int]
    """Counts the users of a tenant."""
    wake_tenant: Callable[[TenantKey], None]
    """Queues the tenant itself."""
    wake_objects: Callable[[TenantKey], None]
    """Queues its users and groups that are not settled: what held them is gone."""
    wake_referring: Callable[[TenantKey], None]
    """Queues those that are and name others: a wake-up may have been lost before this process began."""


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
        self._prober = Prober(connect, settings)

    async def reconcile(self, key: TenantKey) -> timedelta | None:
        """Make one pass, and return when the next is due; None if the tenant is gone. Raises ``ClusterError``."""
        resource = self._neighbours.find(key)
        if resource is None:
            self._forget(key)
            return None
        tenant = self._seen(resource)
        token = await read_token(self._cluster, resource)
        endpoint = await self._prober.probe(tenant, token)
        await self._report(tenant, endpoint)
        return self._prober.due_in(tenant)

    async def close(self) -> None:
        """End all watches, and close the connections once no call is under way."""
        await self._watch.close()
        for tenant in list(self._tenants):
            self._forget(tenant.key)
        await self._prober.close()

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
            outage_failures=self._settings.outage_failures,
        )

    def _forget(self, key: TenantKey) -> None:
        self._watch.forget(key)
        if (tenant := self._tenants.remove(key)) is not None:
            self._prober.forget(tenant)

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
        )
        status = tenant_status(resource, facts, now=self._now())
        if status != resource.status:
            tenant.resource = await self._cluster.apply_status(resource, written(status), manager=MANAGER)
            self._neighbours.remember(tenant.resource)
            await self._notify(resource, tenant.resource)
        if facts.latched and not was_exceeded:
            reason = Reason.DELETION_BUDGET_EXCEEDED
            await self._cluster.record(resource, Severity.WARNING, reason, "See the condition DeletionBudgetAvailable")
        elif was_exceeded and not facts.latched:
            self._neighbours.wake_objects(tenant.key)

    async def _notify(self, before: WorkteamTenant, now: WorkteamTenant) -> None:
        """Say in an Event whom spec.notification names, when a person has to act."""
        told = address(now.spec)
        due = newly_due(before.status.conditions, now.status.conditions)
        if told is not None and due is not None:
            await self._cluster.record(now, Severity.WARNING, DUE, f"{told} is to be told: {due}, see the conditions")

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


def is_exceeded(resource: WorkteamTenant) -> bool:
    """Say whether the status tells that a budget is exceeded."""
    condition = find_condition(resource.status.conditions, ConditionType.DELETION_BUDGET_AVAILABLE)
    return condition is not None and condition.status is ConditionStatus.FALSE
