"""The finalizer ``workte.am/in-use`` of tenants: a tenant stays while users or groups refer to it."""

from collections.abc import Callable
from typing import Protocol

from workteam_crds.cluster.port import Cluster, Operation
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.custom_resource import IN_USE
from workteam_crds.naming import TenantKey

MANAGER = "workteam-operator"


class CountReferring(Protocol):
    """Counts the users and groups that refer to a tenant."""

    def __call__(self, tenant: TenantKey, *, held: bool = False) -> int:
        """Count them all, or those that our finalizer holds."""


class InUse:
    """Puts the finalizer on, and takes it off when nobody needs the tenant any more."""

    def __init__(self, cluster: Cluster, count: CountReferring, remember: Callable[[WorkteamTenant], None]) -> None:
        """``remember`` takes what a write returned into our copy."""
        self._cluster = cluster
        self._count = count
        self._remember = remember

    def by(self, tenant: WorkteamTenant) -> int:
        """Count what keeps a tenant: of one that is decommissioned only what could not go without it."""
        return self._count(tenant.tenant, held=tenant.spec.decommissioned)

    async def keep(self, tenant: WorkteamTenant) -> WorkteamTenant:
        """Hold a tenant that was not deleted, let go one that was and is not in use. Raises ``ClusterError``."""
        names = tenant.metadata.finalizers
        held = IN_USE in names
        if not tenant.deleting and not held:
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": tenant.metadata.resource_version}
            add = {"op": "add", "path": "/metadata/finalizers", "value": [*names, IN_USE]}
            return await self._patched(tenant, test, add)
        if tenant.deleting and held and not self.by(tenant):
            path = f"/metadata/finalizers/{names.index(IN_USE)}"
            return await self._patched(
                tenant, {"op": "test", "path": path, "value": IN_USE}, {"op": "remove", "path": path}
            )
        return tenant

    async def _patched(self, tenant: WorkteamTenant, *operations: Operation) -> WorkteamTenant:
        patched = await self._cluster.patch(tenant, operations, manager=MANAGER)
        self._remember(patched)
        return patched
