"""Members of a group: what an operation on them means, and the list that results. Pure.

Several shapes change who has access without saying so when a server guesses: here an operation is understood
completely or refused. Only a remove of ``members`` without a value, and a replace by nothing, empty a group.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from scim2_models import InvalidPathException, InvalidValueException, TooManyException

from workteam_crds.kinds.groups import INLINE_MEMBERS
from workteam_scim.normalise import ABSENT, Operation, Verb
from workteam_scim.paths import Target, equals

LONGEST_ID = 253
ID = re.compile(r"""[^"'\\()]+""")
"""What a filter may name: an id of ours has none of these, so one of them is a quoting that was not understood."""


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
    if verb is not Verb.REMOVE or found is None or found.name.lower() != "value" or not ID.fullmatch(found.literal):
        raise InvalidPathException(detail='members: only `remove` takes a filter, `members[value eq "id"]`.')
    return Remove((found.literal,))


def read_ids(value: Any) -> tuple[str, ...]:
    """Read one member or a list of them, as ``{"value": id}`` or as bare ids. Raises ``InvalidValueException``."""
    items = value if isinstance(value, list) else [value]
    return tuple(dict.fromkeys(_id(item) for item in items))


def _id(item: Any) -> str:
    if isinstance(item, dict):
        item = next((held for key, held in item.items() if key.lower() == "value"), None)
    if not isinstance(item, str) or not 0 < len(item) <= LONGEST_ID or item.startswith(("{", "[")):
        raise InvalidValueException(
            detail='members: each must be {"value": id} with the id of a user; nothing changed.'
        )
    return item


def edited(current: Sequence[str], edits: Iterable[Edit]) -> tuple[str, ...]:
    """Return the members after all edits, in order of their coming. Raises ``TooManyException``."""
    members = dict.fromkeys(current)
    for edit in edits:
        match edit:
            case Add(ids):
                members |= dict.fromkeys(ids)
            case Remove(ids):
                for name in ids:
                    members.pop(name, None)
            case Replace(ids):
                kept = {name: None for name in members if name in set(ids)}
                members = kept | dict.fromkeys(ids)
    return refuse_too_many(tuple(members))


def refuse_too_many(members: tuple[str, ...]) -> tuple[str, ...]:
    """Return the members. Raises ``TooManyException`` if a group cannot hold so many."""
    if len(members) > INLINE_MEMBERS:
        raise TooManyException(detail=f"members: a group holds up to {INLINE_MEMBERS} members; nothing changed.")
    return members


def is_members(target: Target) -> bool:
    """Say whether an operation is about the members of a group."""
    return target.attribute.name == "members"
