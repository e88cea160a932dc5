"""Which lists of a group take members in and which let them go: one plan for all of a request. Pure.

It is carried out from top to bottom, so that no reader ever sees fewer members than there were before or are after it:
who comes is in before anybody goes. Only the last write that takes members in lets some go as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from workteam_crds.kinds.groups import INLINE_MEMBERS
from workteam_scim.members import Change
from workteam_scim.rosters import OWN, Lists, MemberList

Members: TypeAlias = tuple[str, ...]
Lean: TypeAlias = Mapping[str, Members]
"""What lists hold, by name, once those who go are gone; only lists that lose somebody."""


@dataclass(frozen=True)
class Plan:
    """The writes that make a change, each of one small object; lists are named, with what they hold then."""

    opened: tuple[Members, ...] = ()
    """New lists."""
    grown: Lean = field(default_factory=dict)
    """Memberships that take members in."""
    own: Members | None = None
    """The group's own list, if it changes."""
    shrunk: Lean = field(default_factory=dict)
    """Memberships that let members go."""
    emptied: tuple[str, ...] = ()
    """Memberships that go, since nobody is left in them."""

    @property
    def touched(self) -> tuple[str, ...]:
        """Return the memberships that are written or deleted."""
        return (*self.grown, *self.shrunk, *self.emptied)

    def __bool__(self) -> bool:
        return bool(self.opened or self.own is not None or self.touched)


def distribute(lists: Lists, change: Change) -> Plan:
    """Return how members are taken in and let go; ``change`` adds nobody who is held and removes nobody who is not."""
    own = lists[OWN]
    further = [each for each in lists.values() if each.name != OWN]
    lean = {each.name: _without(each, change.removed) for each in lists.values() if _loses(each, change.removed)}
    held = lean.get(OWN, own.members)
    inline, rest = _split(change.added, INLINE_MEMBERS - len(held))
    swapped = None if inline or not rest else _swapped(further, lean, len(rest))
    if swapped is not None:
        grown = {swapped.name: lean.get(swapped.name, swapped.members) + rest}
        after = {name: members for name, members in lean.items() if name not in grown}
        rest = ()
    else:
        taken, rest = _filled(further, rest)
        grown = {name: lists[name].members + added for name, added in taken.items()}
        after = {name: members + taken.get(name, ()) for name, members in lean.items()}
    left = {name: members for name, members in after.items() if name != OWN}
    empty = [each.name for each in further if not (each.members or each.from_git) and each.name not in grown]
    return Plan(
        opened=tuple(rest[start : start + INLINE_MEMBERS] for start in range(0, len(rest), INLINE_MEMBERS)),
        grown=grown,
        own=held + inline if inline or OWN in lean else None,
        shrunk={name: members for name, members in left.items() if members},
        emptied=(*(name for name, members in left.items() if not members), *empty),
    )


def _loses(each: MemberList, removed: frozenset[str]) -> bool:
    return not each.ids.isdisjoint(removed)


def _without(each: MemberList, removed: frozenset[str]) -> Members:
    return tuple(name for name in each.members if name not in removed)


def _split(added: Members, room: int) -> tuple[Members, Members]:
    return added[: max(room, 0)], added[max(room, 0) :]


def _swapped(further: Sequence[MemberList], lean: Lean, count: int) -> MemberList | None:
    """Return the list that takes all who come in one write, with those gone who go: one that loses some, if it can."""

    def fits(each: MemberList) -> bool:
        return not each.from_git and len(lean.get(each.name, each.members)) + count <= INLINE_MEMBERS

    return min(filter(fits, further), key=lambda each: (each.name not in lean, len(each.members)), default=None)


def _filled(further: Sequence[MemberList], added: Members) -> tuple[dict[str, Members], Members]:
    """Give members to lists with room, the emptiest first; return who comes where, and who is left over."""
    taken: dict[str, Members] = {}
    for each in sorted(further, key=lambda each: len(each.members)):
        if not added or each.room <= 0:
            break
        if not each.from_git:
            taken[each.name], added = _split(added, each.room)
    return taken, added
