"""Members of a group: what an operation on them means, and what a request changes in the end. Pure.

Several shapes change who has access without saying so when a server guesses: here an operation is understood
completely or refused. Only a remove of ``members`` without a value, and a replace by nothing, empty a group.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from scim2_models import InvalidPathException, InvalidValueException, TooManyException

from workteam_scim.limits import MEMBERS
from workteam_scim.normalise import ABSENT, Operation, Verb
from workteam_scim.paths import Target, equals

LONGEST_ID = 253
FEW = 100
"""Ids that are looked up one by one in all lists of a group; for more, a set of its members is made once."""
USABLE = re.compile(rf"(?=.*\S)[^\x00-\x1f\x7f-\x9f]{{1,{LONGEST_ID}}}")
"""What may be an id: not blank, and without control characters."""
QUOTING = re.compile(r"""["'\\()]""")
"""An id of ours has none of these: in a filter one of them is a quoting that was not understood."""


@dataclass(frozen=True)
class Add:
    """Put ids in; those that are in stay where they are."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Remove:
    """Take ids out; those that are not in are no error."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class Replace:
    """Make the ids all members; those that stay keep their place."""

    ids: tuple[str, ...]


Edit: TypeAlias = Add | Remove | Replace


def read_edit(operation: Operation) -> Edit:
    """Read one operation on ``members``. Raises ``InvalidValueException`` or ``InvalidPathException``."""
    target, value = operation.target, operation.value
    if target.sub is not None:
        raise InvalidPathException(detail="members: a member's id cannot be changed; add and remove members.")
    if target.filter is not None:
        return _filtered(operation.verb, target.filter)
    match operation.verb:
        case Verb.ADD:
            return Add(() if value is None else read_ids(value))
        case Verb.REMOVE:
            return Replace(()) if value is ABSENT else Remove(read_ids(value))
        case Verb.REPLACE:
            return Replace(() if value is None else read_ids(value))


def _filtered(verb: Verb, text: str) -> Edit:
    found = equals(text)
    name = found.literal if found is not None and found.name.lower() == "value" else ""
    if verb is not Verb.REMOVE or not USABLE.fullmatch(name) or QUOTING.search(name):
        raise InvalidPathException(detail='members: only `remove` takes a filter, `members[value eq "id"]`.')
    return Remove((name,))


def read_ids(value: Any) -> tuple[str, ...]:
    """Read one member or a list of them, as ``{"value": id}`` or as bare ids. Raises ``InvalidValueException``."""
    items = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(_id(item) for item in items))


def _id(item: Any) -> str:
    if isinstance(item, dict):
        item = next((held for key, held in item.items() if key.lower() == "value"), None)
    if not isinstance(item, str) or not USABLE.fullmatch(item) or item.startswith(("{", "[")):
        raise InvalidValueException(
            detail='members: each must be {"value": id} with the id of a user; nothing changed.'
        )
    return item


class Held(Protocol):
    """A group whose members are changed."""

    @property
    def members(self) -> tuple[str, ...]:
        """All of them."""

    def holds(self, name: str) -> bool:
        """Say whether somebody is one of them, without looking at all."""


@dataclass(frozen=True)
class Change:
    """What a request changes in the end."""

    added: tuple[str, ...] = ()
    """Who was not in, in order of coming."""
    removed: frozenset[str] = frozenset()
    """Who was in."""
    whole: bool = False
    """Whether the request says who all the members are."""


def net_change(edits: Iterable[Edit], group: Held) -> Change:
    """Return what all edits together change. Raises ``TooManyException`` if they name more than one request may."""
    edits = tuple(edits)
    named = sum(len(edit.ids) for edit in edits)
    refuse_too_many(named)
    holds = group.holds if named <= FEW else frozenset(group.members).__contains__
    added: dict[str, None] = {}
    removed: dict[str, None] = {}
    whole = False
    for edit in edits:
        match edit:
            case Add(ids):
                _move(ids, out_of=removed, into=added, wanted=lambda name: not holds(name))
            case Remove(ids):
                _move(ids, out_of=added, into=removed, wanted=holds)
            case Replace(ids):
                kept, whole = set(ids), True
                added = {name: None for name in ids if not holds(name)}
                removed = {name: None for name in group.members if name not in kept}
    return Change(tuple(added), frozenset(removed), whole)


def _move(ids: Iterable[str], *, out_of: dict[str, None], into: dict[str, None], wanted: Callable[[str], bool]) -> None:
    for name in ids:
        out_of.pop(name, None)
        if wanted(name):
            into[name] = None


def refuse_too_many(count: int) -> None:
    """Raise ``TooManyException`` if a request names more members than it may."""
    if count > MEMBERS:
        raise TooManyException(
            detail=f"members: one request may name up to {MEMBERS} members; nothing changed. Send them in several."
        )


def is_members(target: Target) -> bool:
    """Say whether an operation is about the members of a group."""
    return target.attribute.name == "members"
