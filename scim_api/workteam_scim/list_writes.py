"""Lists of members beside a group's own: each a WorkteamGroupMembership, made, changed and deleted by one write."""

import asyncio

from scim2_models import NotFoundException, PreconditionFailedException

from workteam_crds.cluster.fenced import NotHolding
from workteam_crds.cluster.port import ClusterUnavailable, Conflict, NotFound
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership
from workteam_crds.naming import TenantKey
from workteam_scim.mapping import new_membership, setting, tested
from workteam_scim.rosters import MemberList
from workteam_scim.shelf import Shelf
from workteam_scim.writing import MANAGER, Surroundings, addressed, loop_time, refusals

WORD = "Group"
"""What is named in an answer: SCIM knows of no memberships."""


class ListWrites:
    """Writes the further lists of one tenant's groups; what was written is read at once."""

    def __init__(self, tenant: TenantKey, shelf: Shelf[WorkteamGroup], around: Surroundings) -> None:
        self._tenant = tenant
        self._shelf = shelf
        self._around = around
        self._unanswered: dict[str, set[str]] = {}
        """The lists of each group that may have been made."""

    async def open(self, group: str, members: tuple[str, ...]) -> MemberList:
        """Make a new list of a group."""
        name = self._around.new_id()
        wanted = new_membership(name, group, self._tenant, members, self._around.now())
        try:
            with refusals(WORD):
                made = await self._around.cluster.create(WorkteamGroupMembership.parse(wanted), manager=MANAGER)
        except NotHolding:
            raise
        except (ClusterUnavailable, asyncio.CancelledError):
            self._unanswered.setdefault(group, set()).add(name)
            raise
        return self._written(made)

    async def write(self, held: MemberList, members: tuple[str, ...]) -> MemberList:
        """Give a list other members. Raises ``PreconditionFailedException`` if somebody else wrote it in between."""
        operations = tested([setting("members", members)], held.known, now=self._around.now())
        try:
            with refusals(WORD):
                changed = await self._around.cluster.patch(self._named(held), operations, manager=MANAGER)
        except (Conflict, NotFoundException):
            await self._refresh(held.name)
            raise PreconditionFailedException from None
        return self._written(changed)

    async def delete(self, held: MemberList) -> None:
        """Delete a list that is as it was read. Raises ``PreconditionFailedException`` if it is not."""
        try:
            await self._around.cluster.delete(self._named(held), unchanged=True)
        except Conflict:
            await self._refresh(held.name)
            raise PreconditionFailedException from None
        self._shelf.lists.bury(held, loop_time())

    async def settle(self, group: str) -> None:
        """Read consistently all lists of a group, also those whose making got no answer."""
        known = {each.name for each in self._shelf.by_member.further(group)}
        for name in sorted(known | self._unanswered.get(group, set())):
            await self._refresh(name)
        self._unanswered.pop(group, None)

    async def _refresh(self, name: str) -> None:
        """Read consistently what we were late for."""
        held = self._shelf.lists.get(name)
        try:
            fresh = await self._around.cluster.get(WorkteamGroupMembership, self._tenant.namespace, name)
        except NotFound:
            if held is not None:
                self._shelf.lists.remove(name, held.uid)
        else:
            self._shelf.lists.put(fresh)

    def _written(self, resource: WorkteamGroupMembership) -> MemberList:
        written = self._shelf.lists.put(resource, written=loop_time())
        if written is None:  # deleted by somebody else meanwhile
            raise PreconditionFailedException
        return written

    def _named(self, held: MemberList) -> WorkteamGroupMembership:
        return addressed(WorkteamGroupMembership, self._tenant, held.name, held.uid, str(held.resource_version))
