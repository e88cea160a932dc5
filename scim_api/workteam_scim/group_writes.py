"""Groups: what a request makes of one, as the writes that do it, in an order that no reader sees fewer members by.

All of a request is understood and its net change computed before the first write. A process that dies between any two
writes leaves a group whose lists together are right for the request that comes again (DESIGN 3).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from scim2_models import ForbiddenException, PreconditionFailedException

from workteam_crds.cluster.port import Operation
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.groups import INLINE_MEMBERS, GroupSpec
from workteam_crds.naming import TenantKey, folded
from workteam_scim.cache import Cache
from workteam_scim.distribution import Lean, Plan, distribute
from workteam_scim.entries import Entry
from workteam_scim.list_writes import ListWrites
from workteam_scim.mapping import differences, group_spec, setting, tested, unique_of
from workteam_scim.members import Edit, net_change, refuse_too_many
from workteam_scim.objects import Ahead, Objects
from workteam_scim.writing import Surroundings


class HalfWritten(PreconditionFailedException):
    """Somebody else wrote a list in between, when other lists were written already: the request has to be finished."""


class Groups(Objects[WorkteamGroup, GroupSpec]):
    """The groups of one tenant. Rhymes with ``Users``."""

    def __init__(self, tenant: TenantKey, cache: Cache, around: Surroundings) -> None:
        super().__init__(WorkteamGroup, "Group", tenant, cache.groups(tenant), around)
        self._lists = ListWrites(tenant, self.shelf, around)

    async def insert_resource(
        self, attributes: dict[str, Any], members: tuple[str, ...] = (), *, name: str | None = None
    ) -> Entry:
        """Create a group. Its further lists come first: who sees it sees it whole."""
        refuse_too_many(len(members))
        inline, rest = members[:INLINE_MEMBERS], members[INLINE_MEMBERS:]
        further = [rest[start : start + INLINE_MEMBERS] for start in range(0, len(rest), INLINE_MEMBERS)]
        spec = group_spec(attributes, self.tenant.name, members=inline, memberships=len(further))
        return await self.insert(
            spec,
            unique_of("displayName", attributes),
            name=name,
            ahead=Ahead(rest, partial(self._open, further)) if rest else None,
        )

    async def _open(self, further: Sequence[tuple[str, ...]], group: str) -> None:
        """Make the further lists of a group that is to be made, but for those of an earlier try."""
        held = {name for each in self.shelf.by_member.further(group) for name in each.members}
        for each in further:
            if not held.issuperset(each):
                await self._lists.open(group, each)

    async def settle(self, name: str) -> None:
        """Read consistently a group and its lists if a write to one of them got no answer."""
        if self.doubts.about(name):
            await self._lists.settle(name)
        await super().settle(name)

    async def rewrite_resource(
        self, entry: Entry, attributes: dict[str, Any] | None, edits: Sequence[Edit] = ()
    ) -> Entry:
        """Give a group, as it was read, other attributes (None: as they are) and change its members by edits.

        Raises ``PreconditionFailedException`` if somebody else wrote in between, ``HalfWritten`` if that was late.
        """
        change = net_change(edits, entry)
        plan = distribute(entry.lists, change)
        operations = self._attributes(entry, attributes) + _own(entry, plan, whole=change.whole)
        if not plan and not operations:
            return entry
        self._refuse_git(entry, plan)
        unique = entry.unique if attributes is None else folded(unique_of("displayName", attributes))
        async with self.reservation(unique, entry):
            with self.doubts.noting(entry.name):
                return await _Writing(self, self._lists, entry).carry_out(plan, operations)

    def _attributes(self, entry: Entry, attributes: dict[str, Any] | None) -> list[Operation]:
        if attributes is None:
            return []
        old, new = (group_spec(each, self.tenant.name) for each in (entry.attributes(), attributes))
        return differences(old, new)

    def _refuse_git(self, entry: Entry, plan: Plan) -> None:
        self.refuse_git(entry)
        if any(entry.lists[name].from_git for name in plan.touched):
            raise ForbiddenException(
                detail="Some of these members are kept in Git (WorkteamGroupMembership with the label "
                "workte.am/source=git): change them there."
            )


class _Writing:
    """One plan on its way: what each list is by now, and whether anything was written."""

    def __init__(self, groups: Groups, lists: ListWrites, entry: Entry) -> None:
        self._groups = groups
        self._lists = lists
        self._entry = entry
        self._now = dict(entry.lists)
        self._begun = False

    async def carry_out(self, plan: Plan, operations: Sequence[Operation]) -> Entry:
        """Write everything, who comes before who goes; the group itself is written between them, once."""
        try:
            for members in plan.opened:
                await self._lists.open(self._entry.name, members)
                self._begun = True
            await self._write(plan.grown)
            if operations:
                patch = tested(operations, self._entry.known, now=self._groups.around.now())
                await self._groups.change(self._entry, patch)
                self._begun = True
            await self._write(plan.shrunk)
            for name in plan.emptied:
                await self._lists.delete(self._now[name])
                self._begun = True
        except PreconditionFailedException:
            if self._begun:
                raise HalfWritten from None
            raise
        return self._groups.read(self._entry.name)

    async def _write(self, lists: Lean) -> None:
        for name, members in lists.items():
            self._now[name] = await self._lists.write(self._now[name], members)
            self._begun = True


def _own(entry: Entry, plan: Plan, *, whole: bool) -> list[Operation]:
    """Return what changes on the group itself: its own list, and how many memberships it says it has.

    That number is raised after one was made and lowered before one is deleted. It stays ahead of what is there if a
    membership was deleted by hand, until a request says who all the members are.
    """
    operations = [] if plan.own is None else [setting("members", plan.own)]
    there = len(entry.lists) - 1
    said = there if whole else max(entry.memberships, there)
    wanted = said + len(plan.opened) - len(plan.emptied)
    if wanted != entry.memberships and not (entry.from_git and not plan):
        operations.append(setting("memberships", wanted or None))
    return operations
