"""The lists that members stand in: a group's own and those of its memberships; their union is the group. Pure.

A change of one list costs what differs in it, however many members the group has.
"""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Self, TypeAlias

import orjson

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership
from workteam_crds.kinds.custom_resource import LAST_MODIFIED, SOURCE_GIT, SOURCE_LABEL
from workteam_crds.kinds.groups import INLINE_MEMBERS
from workteam_scim.mapping import Known, known_of

OWN = ""
"""The name of a group's own list among its lists."""
HASH_BYTES = 8


@dataclass(frozen=True)
class MemberList:
    """One list as it is in the cluster."""

    name: str
    """The name of its WorkteamGroupMembership, or ``OWN``."""
    group: str
    uid: str
    resource_version: int
    known: Known
    from_git: bool
    modified: str | None
    members: tuple[str, ...]
    written: float = 0.0
    """The loop's time when a request of ours wrote it, else 0."""

    @cached_property
    def ids(self) -> frozenset[str]:
        """Return the members without their order."""
        return frozenset(self.members)

    @cached_property
    def fragment(self) -> bytes:
        """Return the members as they are answered, without the brackets."""
        return orjson.dumps([{"value": name} for name in self.members])[1:-1]

    @cached_property
    def mark(self) -> int:
        """Return the list's part of the group's ETag."""
        text = f"{self.uid}/{self.known.generation}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:HASH_BYTES], "big")

    @property
    def room(self) -> int:
        """How many more members it takes."""
        return INLINE_MEMBERS - len(self.members)

    def renumbered(self, resource_version: int, written: float) -> Self:
        """Return the same list at another resourceVersion, and when a request of ours wrote it."""
        return replace(self, resource_version=resource_version, written=written)


Lists: TypeAlias = Mapping[str, MemberList]
"""The lists of one group by name."""
NO_LISTS: Lists = MappingProxyType({})


def own_list(group: WorkteamGroup) -> MemberList:
    """Return the list that a group has itself."""
    return _list(group, OWN, group.metadata.name, group.spec.members, 0.0)


def further_list(membership: WorkteamGroupMembership, written: float) -> MemberList:
    """Return the list of a membership."""
    spec = membership.spec
    return _list(membership, membership.metadata.name, spec.group_ref.name, spec.members, written)


def _list(
    resource: WorkteamGroup | WorkteamGroupMembership, name: str, group: str, members: tuple[str, ...], written: float
) -> MemberList:
    metadata = resource.metadata
    return MemberList(
        name=name,
        group=group,
        uid=metadata.uid or "",
        resource_version=int(metadata.resource_version or 0),
        known=known_of(resource),
        from_git=metadata.labels.get(SOURCE_LABEL) == SOURCE_GIT,
        modified=metadata.annotations.get(LAST_MODIFIED),
        members=tuple(map(sys.intern, dict.fromkeys(members))),
        written=written,
    )


def version_of(lists: Lists) -> str:
    """Return a group's ETag: it moves with uid and generation of the group and of each of its memberships."""
    total = sum(each.mark for each in lists.values()) % (1 << 8 * HASH_BYTES)
    return f'W/"{total:016x}"'


class Rosters:
    """The lists of all groups of a tenant, and the groups of each member."""

    def __init__(self) -> None:
        self._lists: dict[str, Lists] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        """The groups of each member, once for each list."""
        self._doubled: dict[str, set[str]] = {}

    def of(self, group: str) -> Lists:
        """Return the lists of a group; what is returned never changes."""
        return self._lists.get(group, NO_LISTS)

    def further(self, group: str) -> tuple[MemberList, ...]:
        """Return the lists of a group's memberships."""
        return tuple(each for each in self.of(group).values() if each.name != OWN)

    def doubled(self, group: str) -> bool:
        """Say whether somebody stands in more than one list of a group."""
        return group in self._doubled

    def find(self, member: str) -> tuple[str, ...]:
        """Return the groups that have a member, in their order."""
        return tuple(sorted(set(self._places.get(member, ()))))

    def put(self, new: MemberList) -> None:
        """Take a list, or what it is by now."""
        held = self.of(new.group)
        known = new.name in held
        before = held[new.name].ids if known else frozenset()
        lists = {**held, new.name: new}
        self._lists[new.group] = lists if known else dict(sorted(lists.items()))  # the own one first
        self._move(new.group, before, new.ids)

    def drop(self, old: MemberList) -> None:
        """Forget a list."""
        left = {name: each for name, each in self.of(old.group).items() if name != old.name}
        if left:
            self._lists[old.group] = left
        else:
            self._lists.pop(old.group, None)
        self._move(old.group, old.ids, frozenset())

    def _move(self, group: str, before: frozenset[str], after: frozenset[str]) -> None:
        for member in before - after:
            self._leave(group, member)
        for member in after - before:
            held = self._places.get(member, ())
            if group in held:
                self._doubled.setdefault(group, set()).add(member)
            self._places[member] = (*held, group)

    def _leave(self, group: str, member: str) -> None:
        left = list(self._places[member])
        left.remove(group)
        if left:
            self._places[member] = tuple(left)
        else:
            del self._places[member]
        doubled = self._doubled.get(group, set())
        if member in doubled and left.count(group) == 1:
            doubled.discard(member)
            if not doubled:
                del self._doubled[group]
