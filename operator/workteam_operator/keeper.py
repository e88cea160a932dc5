"""What a tenant's status keeps besides: when the cluster was set back (rule A3), and how many leavers stay too long.

Retention is looked after with each pass over the tenant, in our own copy: nobody polls those who left.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from workteam_crds.cluster.port import Cluster, ClusterError
from workteam_crds.conditions import ConditionType, find_condition
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.kinds.tenants import RetentionAction
from workteam_crds.naming import TenantKey
from workteam_operator.leavers import is_due, is_protected
from workteam_operator.objects import Objects
from workteam_operator.restoration import set_back_at
from workteam_operator.workqueue import Priority, Visit, WorkQueue

LAST_LOOK = 15.0
"""Seconds that it may take."""
MANAGER = "workteam-keeper"
"""The field manager of ``status.restoredTime`` and ``status.retentionDue``."""


class Keeper:
    """Writes both down, and lets leavers be looked at whose time is over."""

    def __init__(self, cluster: Cluster, objects: Objects, queue: WorkQueue, *, now: Callable[[], datetime]) -> None:
        """What ``cluster`` is told holds whoever has the Lease."""
        self._cluster = cluster
        self._objects = objects
        self._queue = queue
        self._now = now

    async def last_look(self, list_all: Callable[[], Awaitable[None]]) -> None:
        """List once more before this process ends by itself, and write down if the cluster was set back (rule A3).

        A restored Lease is another's: whoever held it ends, and the process that comes next sees nothing amiss.
        """
        with suppress(ClusterError, TimeoutError):
            async with asyncio.timeout(LAST_LOOK):
                await list_all()
                for visit in self._objects.to_do() if self._objects.set_back_time is not None else ():
                    if visit.key.kind == WorkteamTenant.kind:
                        await self.note(TenantKey(visit.key.namespace, visit.key.name))

    async def note(self, key: TenantKey) -> None:
        """Write what changed into a tenant's status. Raises ``ClusterError``."""
        tenant = self._objects.tenant_of(key)
        if tenant is None:
            return
        due = self._due(tenant)
        kept = {
            "restored_time": set_back_at(tenant, self._objects.set_back_time),
            "retention_due": len(due) or None,
        }
        status = tenant.status.model_copy(update=kept)
        if status != tenant.status:
            written = {name: value for name, value in status.dump().items() if name in {"restoredTime", "retentionDue"}}
            stored = await self._cluster.apply_status(tenant, written, manager=MANAGER)
            for visit in self._objects.observe(stored):
                self._queue.add(visit)
        if tenant.spec.deprovisioning.retention.action is RetentionAction.DELETE:
            for user in due:
                if find_condition(user.status.conditions, ConditionType.STALLED) is None:
                    self._queue.add(Visit(user.key, Priority.BACKGROUND))

    def _due(self, tenant: WorkteamTenant) -> list[WorkteamUser]:
        """Return the leavers who have stayed too long, but for those who are protected."""
        policy, now = tenant.spec.deprovisioning, self._now()
        users = (owner for owner in self._objects.of_tenant(tenant.tenant) if isinstance(owner, WorkteamUser))
        return [
            user
            for user in users
            if is_due(user, user.status, policy.retention, now=now) and not is_protected(user, user.status, policy)
        ]
