"""The tenants at work: for each its backend, its ledger, what it can, and whether anything may be asked of it now.

``tenant_life`` keeps them up to date; the reconcilers of users and groups only read them:

    tenant = tenants.get(user.tenant)        # None: there is no such WorkteamTenant (``TenantMissing``)
    if not tenant.ready: ...                 # ``TenantNotReady``, with ``tenant.cause``; ``on_ready`` wakes the objects
    account = await tenant.backend.read_account(...)
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from workteam_crds.conditions import Reason
from workteam_crds.kinds.tenants import TenantSpec, WorkteamTenant
from workteam_crds.naming import Key, TenantKey
from workteam_operator.backend.port import Backend, BackendDenied, BackendError, BackendUnavailable, Capabilities
from workteam_operator.ledger import Ledger


class Cause(NamedTuple):
    """Why a tenant is not ready."""

    reason: Reason
    message: str
    """One sentence with the way out."""


NOT_ASKED = Cause(Reason.TENANT_NOT_READY, "Workteam was not asked yet")


class Tenant:
    """One WorkteamTenant at work. It lives as long as its object; what it holds is renewed in place."""

    def __init__(self, resource: WorkteamTenant, ledger: Ledger, *, doubted: Callable[[], None]) -> None:
        """``doubted`` is called when the tenant's own reconcile must look again."""
        self.resource = resource
        """The tenant's object as it was last seen."""
        self.ledger = ledger
        """Who may still lose access (rule A6)."""
        self.cause: Cause | None = NOT_ASKED
        """Why it is not ready; None while it is."""
        self._doubted = doubted
        self._backend: Backend | None = None
        self._capabilities: Capabilities | None = None
        self._proof: asyncio.Task[bool] | None = None

    @property
    def key(self) -> TenantKey:
        """Return which tenant this is."""
        return self.resource.tenant

    @property
    def spec(self) -> TenantSpec:
        """Return its policies as they are now."""
        return self.resource.spec

    @property
    def ready(self) -> bool:
        """Say whether Workteam may be called; if not, ``cause`` says why, and ``on_ready`` follows some time."""
        return self.cause is None

    @property
    def backend(self) -> Backend:
        """Return Workteam behind pace and breaker. Raises ``BackendUnavailable`` if the tenant was never connected."""
        if self._backend is None:
            raise BackendUnavailable(f"The tenant {self.key} is not connected")
        return self._backend

    @property
    def capabilities(self) -> Capabilities:
        """Return what the tenant announced. Raises ``BackendUnavailable`` if it was never asked."""
        if self._capabilities is None:
            raise BackendUnavailable(f"The tenant {self.key} is not connected")
        return self._capabilities

    def paused_for(self) -> timedelta:
        """Return how long Workteam asked us to wait (Retry-After); zero if not. Put its keys back for so long."""
        raise NotImplementedError

    async def denied(self, error: BackendDenied) -> bool:
        """Say whether a denial is the tenant's fault (it is not ready from then on) or that of one object.

        A 401 always is. A 403 is if the probe meets it too; many callers share one probe.
        """
        raise NotImplementedError

    def connected(self, backend: Backend, capabilities: Capabilities) -> None:
        """Note that the probe succeeded."""
        raise NotImplementedError

    def disconnected(self, cause: Cause) -> None:
        """Note that nothing may be asked."""
        raise NotImplementedError


class Tenants:
    """All tenants, by key."""

    def __init__(self, *, on_ready: Callable[[TenantKey], None], wake: Callable[[Key], None]) -> None:
        """``on_ready`` wakes the objects of a tenant that became ready; ``wake`` queues the key of a WorkteamTenant."""

    def get(self, key: TenantKey) -> Tenant | None:
        """Return a tenant, or None if there is no WorkteamTenant of this name."""
        raise NotImplementedError
