"""The tenants at work: for each its backend, its ledger, what it can, and whether anything may be asked of it now.

``tenant_life`` keeps them up to date; the reconcilers of users and groups only read them:

    tenant = tenants.get(user.tenant)        # None: there is no such WorkteamTenant (``TenantMissing``)
    if not tenant.ready: ...                 # ``TenantNotReady``, with ``tenant.cause``; ``on_ready`` wakes the objects
    account = await tenant.backend.read_account(...)
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from workteam_crds.conditions import Reason
from workteam_crds.kinds.tenants import Endpoint, TenantSpec, WorkteamTenant
from workteam_crds.naming import TenantKey
from workteam_operator import metrics
from workteam_operator.backend.guarded import GuardedBackend
from workteam_operator.backend.port import Backend, BackendDenied, BackendError, BackendUnavailable, Capabilities
from workteam_operator.ledger import LedgerWriter
from workteam_operator.tenant_causes import NOT_ASKED, Cause, cause_of

WORTH_TELLING = timedelta(seconds=10)
"""A shorter pause is over before anybody reads of it."""


@dataclass(frozen=True)
class Connection:
    """One way to Workteam."""

    endpoint: Endpoint
    rate: int
    backend: GuardedBackend


class Tenant:
    """One WorkteamTenant at work. It lives as long as its object; what it holds is renewed in place."""

    def __init__(
        self,
        resource: WorkteamTenant,
        ledger: LedgerWriter,
        *,
        latest: Callable[[], WorkteamTenant | None],
        doubted: Callable[[], None],
        on_first: Callable[[], None],
        on_ready: Callable[[], None],
        on_pause: Callable[[], None],
        outage_failures: int,
        ramp_up: timedelta,
    ) -> None:
        """``latest`` finds the tenant's object as it is now; ``doubted`` is called when it must be probed soon.

        ``on_first`` is called when the first probe succeeded, ``on_ready`` each time Workteam may be called again, and
        when the first answer says that it may not, ``on_pause`` when it asks for a pause that is worth telling.
        """
        self.resource = resource
        """The tenant's object as its own last pass saw it."""
        self.ledger = ledger
        """Who may still lose access (rule A6)."""
        self.cause: Cause | None = NOT_ASKED
        """Why it is not ready; None while it is."""
        self.connection: Connection | None = None
        """The last connection whose probe succeeded."""
        self.disowning = False
        """Whether the recorded ids are being forgotten, as a person accepted another organisation (rule A9)."""
        self.failures = 0
        """How many calls in a row had no answer."""
        self._known: Capabilities | None = None
        self._latest = latest
        self._doubted = doubted
        self._on_first = on_first
        self._on_ready = on_ready
        self._on_pause = on_pause
        self._outage_failures = outage_failures
        self._ramp_up = ramp_up
        self._proof: asyncio.Task[bool] | None = None

    @property
    def key(self) -> TenantKey:
        """Return which tenant this is."""
        return self.resource.tenant

    @property
    def spec(self) -> TenantSpec:
        """Return its policies as they are now: an edit holds for the next pass of an object, also while we probe."""
        return (self._latest() or self.resource).spec

    @property
    def ready(self) -> bool:
        """Say whether Workteam may be called; if not, ``cause`` says why, and ``on_ready`` follows some time."""
        return self.cause is None

    @property
    def backend(self) -> Backend:
        """Return Workteam behind its pace. Raises ``BackendUnavailable`` if the tenant was never connected."""
        if self.connection is None:
            raise BackendUnavailable(f"The tenant {self.key} is not connected", undone=True)
        return self.connection.backend

    @property
    def capabilities(self) -> Capabilities:
        """Return what the tenant announced. Raises ``BackendUnavailable`` if it was never asked."""
        if self._known is None:
            raise BackendUnavailable(f"The tenant {self.key} is not connected", undone=True)
        return self._known

    def paused_for(self) -> timedelta:
        """Return how long Workteam asked us to wait (Retry-After), zero if not: its keys go back for so long."""
        return self.connection.backend.paused_for() if self.connection else timedelta(0)

    async def denied(self, error: BackendDenied) -> bool:
        """Say whether a denial is the tenant's fault (it is not ready from then on) or that of one object.

        It is the tenant's if the probe meets it too; many callers share one probe.
        """
        if not self.ready:
            return self.cause == cause_of(error)
        if self._proof is None or self._proof.done():
            self._proof = asyncio.create_task(self._is_denied())
        return await asyncio.shield(self._proof)

    def connected(self, connection: Connection, capabilities: Capabilities) -> None:
        """Note that a probe succeeded."""
        opened, first = not self.ready, self._known is None
        if opened and not first and self.cause is not None and self.cause.reason is Reason.BACKEND_UNAVAILABLE:
            connection.backend.ease_in(self._ramp_up)
        self.connection, self._known, self.cause, self.failures = connection, capabilities, None, 0
        metrics.CIRCUIT.labels(str(self.key)).set(0)
        if opened:
            self._on_ready()
        if first:
            self._on_first()

    def disconnected(self, cause: Cause) -> None:
        """Note that nothing may be asked; who waited for the first answer learns why."""
        told = self.cause == NOT_ASKED != cause
        self.cause = cause
        metrics.CIRCUIT.labels(str(self.key)).set(1)
        if told:
            self._on_ready()

    def answered(self) -> None:
        """Note that Workteam answered."""
        self.failures = 0

    def unanswered(self, error: BackendUnavailable) -> None:
        """Note that it did not; after several times in a row the tenant is left alone until its probe succeeds."""
        self.failures += 1
        if error.retry_after is not None and error.retry_after >= WORTH_TELLING:
            self._on_pause()
        if self.ready and self.failures >= self._outage_failures:
            self.disconnected(cause_of(error))
            self._doubted()

    def throttled(self, seconds: float) -> None:
        """Count how long a call waited."""
        metrics.THROTTLED_SECONDS.labels(str(self.key)).inc(seconds)

    async def _is_denied(self) -> bool:
        try:
            await self.backend.probe()
        except BackendDenied as error:
            self.disconnected(cause_of(error))
            self._doubted()
            return True
        except BackendError:
            return False  # nobody knows: the object tries again
        return False


class Tenants:
    """All tenants, by key."""

    def __init__(self) -> None:
        self._tenants: dict[TenantKey, Tenant] = {}

    def get(self, key: TenantKey) -> Tenant | None:
        """Return a tenant, or None if there is no WorkteamTenant of this name."""
        return self._tenants.get(key)

    def add(self, tenant: Tenant) -> None:
        """Take up a tenant whose object appeared."""
        self._tenants[tenant.key] = tenant

    def remove(self, key: TenantKey) -> Tenant | None:
        """Drop a tenant whose object is gone, and return it."""
        metrics.forget(str(key))
        return self._tenants.pop(key, None)

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self._tenants.values())
