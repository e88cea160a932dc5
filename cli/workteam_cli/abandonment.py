"""What is left of a tenant that is no more, and how it is let go without a call to Workteam."""

from collections.abc import Sequence
from dataclasses import dataclass

from workteam_cli.decisions import Decision, Deed
from workteam_cli.objects import Subject
from workteam_cli.output import Exit, Problem
from workteam_cli.target import Reached
from workteam_crds.cluster.port import NotFound
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import BREAK_GLASS_REASON, FINALIZER, IN_USE
from workteam_crds.naming import Key, TenantKey


@dataclass(frozen=True)
class Remains:
    """A tenant, if it is still there, and the objects that name it."""

    key: TenantKey
    tenant: WorkteamTenant | None
    subjects: tuple[Subject, ...]
    unreadable: tuple[Key, ...] = ()
    """Objects of the namespace that do not parse: whether they belong to the tenant is unknown."""

    @property
    def held(self) -> tuple[Subject, ...]:
        """Return the objects that our finalizer keeps, or would keep when they are deleted."""
        return tuple(subject for subject in self.subjects if subject.held)

    @property
    def alive(self) -> bool:
        """Say whether the operator may still call the tenant."""
        tenant = self.tenant
        return tenant is not None and not tenant.deleting and not tenant.spec.decommissioned

    def decisions(self, reason: str) -> list[Decision]:
        """Return what lets the objects go."""
        return [Decision(s, Deed.ABANDONED, BREAK_GLASS_REASON, reason, drops=FINALIZER) for s in self.held]

    def last(self, reason: str) -> list[Decision]:
        """Return what lets the tenant itself go, which is deleted and waits for its objects."""
        tenant = self.tenant
        if tenant is None or not tenant.deleting or IN_USE not in tenant.metadata.finalizers:
            return []
        return [Decision(tenant, Deed.ABANDONED, BREAK_GLASS_REASON, reason, drops=IN_USE)]


async def find_remains(reached: Reached, name: str) -> Remains:
    """Read all that names a tenant. Raises ``Problem`` if nothing does, or in several namespaces; ``ClusterError``."""
    namespaces = await reached.namespaces()
    found = [await _remains(reached, TenantKey(namespace, name)) for namespace in namespaces]
    there = [remains for remains in found if remains.tenant is not None or remains.subjects]
    match there:
        case [remains]:
            return remains
        case []:
            where = ", ".join(namespaces)
            raise Problem(f"Nothing names a tenant {name} in {where}: there is nothing to abandon.", Exit.NO_INPUT)
        case _:
            raise Problem(f"There are several tenants {name}, name one by -n: {_listed(there)}.", Exit.USAGE)


async def _remains(reached: Reached, key: TenantKey) -> Remains:
    users = await reached.cluster.list(WorkteamUser, key.namespace)
    groups = await reached.cluster.list(WorkteamGroup, key.namespace)
    subjects: tuple[Subject, ...] = (*users.items, *groups.items)
    mine = tuple(subject for subject in subjects if subject.tenant == key)
    return Remains(key, await _tenant(reached, key), mine, (*users.unreadable, *groups.unreadable))


async def _tenant(reached: Reached, key: TenantKey) -> WorkteamTenant | None:
    try:
        return await reached.cluster.get(WorkteamTenant, key.namespace, key.name)
    except NotFound:
        return None


def _listed(found: Sequence[Remains]) -> str:
    return ", ".join(sorted(str(remains.key) for remains in found))
