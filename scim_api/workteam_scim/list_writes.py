"""Lists of members beside a group's own: each a WorkteamGroupMembership, made, changed and deleted by one write."""

from scim2_models import PreconditionFailedException

from workteam_crds.cluster.port import Conflict, NotFound
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership
from workteam_crds.naming import TenantKey
from workteam_scim.mapping import new_membership, setting, tested
from workteam_scim.objects import MANAGER, Surroundings, addressed, loop_time, refusals
from workteam_scim.rosters import MemberList
from workteam_scim.shelf import Shelf

WORD = "Group"
"""What is named in an answer: SCIM knows of no memberships."""


class ListWrites:
    """Writes the further lists of one tenant's groups; what was written is read at once."""

    def __init__(self, tenant: TenantKey, shelf: Shelf[WorkteamGroup], around: Surroundings) -> None:
        self._tenant = tenant
        self._shelf = shelf
        self._around = around

    async def open(self, group: str, members: tuple[str, ...]) -> MemberList:
        """Make a new list of a group."""
        wanted = new_membership(self._around.new_id(), group, self._tenant, members, self._around.now())
        with refusals(WORD):
            made = await self._around.cluster.create(WorkteamGroupMembership.parse(wanted), manager=MANAGER)
        return self._written(made)

    async def write(self, held: MemberList, members: tuple[str, ...]) -> MemberList:
        """Give a list other members. Raises ``PreconditionFailedException`` if somebody else wrote it in between."""
        operations = tested([setting("members", members)], held.known, now=self._around.now())
        try:
            with refusals(WORD):
                changed = await self._around.cluster.patch(self._named(held), operations, manager=MANAGER)
        except Conflict:
            await self.refresh(held)
            raise PreconditionFailedException from None
        return self._written(changed)

    async def delete(self, held: MemberList) -> None:
        """Delete a list that is as it was read. Raises ``PreconditionFailedException`` if it is not."""
        try:
            await self._around.cluster.delete(self._named(held), unchanged=True)
        except Conflict:
            await self.refresh(held)
            raise PreconditionFailedException from None
        self._shelf.lists.bury(held, loop_time())

    async def refresh(self, held: MemberList) -> None:
        """Read consistently what we were late for."""
        try:
            fresh = await self._around.cluster.get(WorkteamGroupMembership, self._tenant.namespace, held.name)
        except NotFound:
            self._shelf.lists.remove(held.name, held.uid)
        else:
            self._shelf.lists.put(fresh)

    def _written(self, resource: WorkteamGroupMembership) -> MemberList:
        written = self._shelf.lists.put(resource, written=loop_time())
        if written is None:  # deleted by somebody else meanwhile
            raise PreconditionFailedException
        return written

    def _named(self, held: MemberList) -> WorkteamGroupMembership:
        return addressed(WorkteamGroupMembership, self._tenant, held.name, held.uid, str(held.resource_version))
