"""The objects of one tenant, read once and consistently, with the look-ups that the commands share."""

from dataclasses import dataclass
from typing import TypeAlias

from workteam_crds.cluster.port import Cluster
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_crds.naming import Key

Subject: TypeAlias = WorkteamUser | WorkteamGroup
"""What has an account or a team."""


@dataclass(frozen=True)
class TenantObjects:
    """Everything that belongs to one tenant."""

    tenant: WorkteamTenant
    users: tuple[WorkteamUser, ...]
    groups: tuple[WorkteamGroup, ...]
    memberships: tuple[WorkteamGroupMembership, ...]
    unreadable: tuple[Key, ...]
    """Objects of the namespace that this version cannot read; which tenant they belong to is unknown."""

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """Return the users, then the groups."""
        return (*self.users, *self.groups)

    def members(self, group: WorkteamGroup) -> tuple[str, ...]:
        """Return the ids of a group's members: those of its own list and of its memberships (DESIGN 3), sorted."""
        further = (m.spec.members for m in self.memberships if m.spec.group_ref.name == group.metadata.name)
        return tuple(sorted({*group.spec.members, *(member for members in further for member in members)}))

    def groups_of(self, user: WorkteamUser) -> tuple[WorkteamGroup, ...]:
        """Return the groups that list a user, by name; one that is being deleted counts as gone."""
        lists = {m.spec.group_ref.name for m in self.memberships if user.metadata.name in m.spec.members}
        there = (group for group in self.groups if not group.deleting)
        listing = (g for g in there if user.metadata.name in g.spec.members or g.metadata.name in lists)
        return tuple(sorted(listing, key=lambda group: group.spec.display_name))


async def read_objects(cluster: Cluster, tenant: WorkteamTenant) -> TenantObjects:
    """Read all objects of a tenant, sorted by name. Raises ``ClusterError``."""
    namespace, name = tenant.tenant
    users = await cluster.list(WorkteamUser, namespace)
    groups = await cluster.list(WorkteamGroup, namespace)
    memberships = await cluster.list(WorkteamGroupMembership, namespace)
    return TenantObjects(
        tenant,
        tuple(user for user in users.items if user.spec.tenant_ref.name == name),
        tuple(group for group in groups.items if group.spec.tenant_ref.name == name),
        tuple(membership for membership in memberships.items if membership.spec.tenant_ref.name == name),
        (*users.unreadable, *groups.unreadable, *memberships.unreadable),
    )


def shown_name(subject: Subject) -> str:
    """Return the name that a person knows a user or group by."""
    return subject.spec.user_name if isinstance(subject, WorkteamUser) else subject.spec.display_name
