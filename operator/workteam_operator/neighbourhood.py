"""The neighbours of a tenant's life, from the operator's objects and its queue."""

from collections.abc import Iterable

from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.naming import Key, TenantKey
from workteam_operator.neighbours import Neighbours
from workteam_operator.objects import Objects
from workteam_operator.ownership import recorded_id, synced_name
from workteam_operator.recorded import gives_way
from workteam_operator.tenant_identity import Custody
from workteam_operator.workqueue import Priority, Visit, WorkQueue


def neighbours_of(objects: Objects, queue: WorkQueue) -> Neighbours:
    """Let a tenant's life find, count and wake what there is."""

    def add(visits: Iterable[Visit]) -> None:
        for visit in visits:
            queue.add(visit)

    return Neighbours(
        find=objects.tenant_of,
        remember=lambda resource: add(objects.observe(resource)),
        count_users=objects.count_users,
        users=lambda tenant: (o for o in objects.of_tenant(tenant) if isinstance(o, WorkteamUser)),
        count_referring=objects.count_referring,
        custody=Custody(
            recorded=objects.recorded.of,
            older_sharer=lambda tenant: older_sharer(objects, tenant),
            busy=lambda tenant: any(queue.runs(owner.key) for owner in objects.of_tenant(tenant)),
            wake_recorded=lambda tenant: add(
                Visit(o.key, Priority.BACKGROUND, fresh=True) for o in objects.recorded.of(tenant)
            ),
        ),
        wake_tenant=lambda tenant: queue.add(Visit(_key(tenant), Priority.LEAVER)),
        wake_objects=lambda tenant: add(objects.unsettled(tenant)),
        wake_all=lambda tenant: add(Visit(o.key, Priority.BACKGROUND, fresh=True) for o in objects.of_tenant(tenant)),
        wake_referring=lambda tenant: add(objects.referring(tenant)),
    )


def older_sharer(objects: Objects, tenant: WorkteamTenant) -> TenantKey | None:
    """Return an older tenant at work whose objects recorded an account or team that this one's recorded too."""
    for owner in objects.recorded.of(tenant.tenant):
        for other in objects.recorded.elsewhere(owner, recorded_id(owner) or ""):
            if gives_way(tenant, objects.tenant_of(other.tenant), synced_name(owner), other):
                return other.tenant
    return None


def _key(tenant: TenantKey) -> Key:
    return Key(WorkteamTenant.kind, tenant.namespace, tenant.name)
