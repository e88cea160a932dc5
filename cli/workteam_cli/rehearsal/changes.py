"""Dated change sets of a directory, each applied as a whole before one incremental cycle.

Strict: nothing is added that is there, nothing removed that is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from workteam_cli.output import Problem
from workteam_cli.rehearsal.directory import Assignment, Directory, Graph, Group, Person, bad, load_json, read_object

GraphT = TypeVar("GraphT", bound=Graph)

_KINDS: Mapping[str, type[Graph]] = {"users": Person, "groups": Group, "appRoleAssignments": Assignment}


class Change(BaseModel):
    """One change: ``op`` on ``target`` (``users/<id>``), or on one property of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    op: Literal["set", "unset", "add", "remove"]
    target: str
    property: str | None = None
    value: Any = None


class ChangeSet(BaseModel):
    """What happens in the directory between two cycles."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    id: str
    title: str = ""
    changes: tuple[Change, ...]


def load_changes(path: Path) -> tuple[ChangeSet, ...]:
    """Read a list of change sets. Raises ``Problem`` with exit code 65 or 66."""
    document = load_json(path)
    if not isinstance(document, list):
        raise bad(path.name, "", "is no list of change sets; write [{id, changes}, …]")
    sets: list[ChangeSet] = []
    for at, row in enumerate(document):
        try:
            sets.append(ChangeSet.model_validate(row))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in (f"[{at}]", *first["loc"]))
            raise bad(path.name, where, f"{first['msg']}; correct it there") from None
    return tuple(sets)


def apply(directory: Directory, change_set: ChangeSet) -> Directory:
    """Return the directory after a change set; the given one stays as it is.

    Raises ``Problem`` (65) for a change that does not fit.
    """
    working = _Working(directory, change_set.id)
    for change in change_set.changes:
        working.make(change)
    return working.result()


@dataclass
class _Working:
    """A directory while a set is being applied: touched objects as JSON, validated again at the end."""

    directory: Directory
    origin: str

    def __post_init__(self) -> None:
        self._all: dict[str, dict[str, Graph]] = {
            "users": dict(self.directory.users),
            "groups": dict(self.directory.groups),
            "appRoleAssignments": dict(self.directory.assignments),
        }

    def make(self, change: Change) -> None:
        """Apply one change."""
        kind, _, key = change.target.partition("/")
        if kind not in _KINDS or not key:
            raise self._misfit(change, "is no target; write users/<id>, groups/<id> or appRoleAssignments/<id>")
        objects = self._all[kind]
        if change.property is None:
            self._whole(change, kind, key)
            return
        if key not in objects:
            raise self._misfit(change, "does not exist; play the sets in order and skip none")
        properties = objects[key].properties()
        self._on_property(change, properties, change.property)
        objects[key] = read_object(_KINDS[kind], properties, self.origin, change.target)

    def result(self) -> Directory:
        """Return the new directory, its references checked."""
        new = replace(
            self.directory,
            users=_only(Person, self._all["users"]),
            groups=_only(Group, self._all["groups"]),
            assignments=_only(Assignment, self._all["appRoleAssignments"]),
        )
        new.check(self.origin)
        return new

    def _whole(self, change: Change, kind: str, key: str) -> None:
        objects = self._all[kind]
        if change.op == "add" and key not in objects:
            objects[key] = read_object(_KINDS[kind], change.value, self.origin, change.target)
        elif change.op == "remove" and key in objects:
            del objects[key]
        elif change.op == "add":
            raise self._misfit(change, "exists already; play each set once")
        elif change.op == "remove":
            raise self._misfit(change, "does not exist; play the sets in order and skip none")
        else:
            raise self._misfit(change, f"cannot be {change.op} as a whole; name a property")

    def _on_property(self, change: Change, properties: dict[str, Any], name: str) -> None:
        *parents, last = name.split(".")
        holder: Any = properties
        for parent in parents:
            holder = holder.get(parent) if isinstance(holder, dict) else None
        if not isinstance(holder, dict) or (not parents and last not in holder):
            raise self._misfit(change, f"has no property {name}; check its name")
        if change.op in {"set", "unset"}:
            holder[last] = change.value if change.op == "set" else None
        else:
            holder[last] = self._changed_list(change, holder[last])

    def _changed_list(self, change: Change, there: Any) -> list[Any]:
        if not isinstance(there, list) or not isinstance(change.value, list):
            raise self._misfit(change, f"{change.property} and the value must be lists; use set for anything else")
        for item in change.value:
            if (item in there) == (change.op == "add"):
                known = "has already" if change.op == "add" else "does not have"
                raise self._misfit(change, f"{known} {item} in {change.property}; play each set once and in order")
        if change.op == "add":
            return [*there, *change.value]
        return [item for item in there if item not in change.value]

    def _misfit(self, change: Change, cure: str) -> Problem:
        return bad(self.origin, change.target, cure)


def _only(kind: type[GraphT], objects: Mapping[str, Graph]) -> dict[str, GraphT]:
    return {key: found for key, found in objects.items() if isinstance(found, kind)}
