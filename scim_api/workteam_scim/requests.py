"""Bodies of POST, PUT and PATCH, read with every leniency of ``provider``. Pure.

What leaves here the library reads without help. Attributes that no document names are dropped, and named in
``ignored`` so that they can be counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scim2_models import (
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    PayloadTooLargeException,
)

from workteam_scim.documents import ENTERPRISE, PATCH_OP
from workteam_scim.members import Edit, is_members, read_edit
from workteam_scim.normalise import ABSENT, Operation, Quirk, Verb, apply_quirks
from workteam_scim.paths import Table, equals

OPERATIONS = 1000
"""Operations of one PATCH at most."""
COMMON = frozenset({"schemas", "meta", "id"})
"""What every resource has, and no client may set."""


@dataclass(frozen=True)
class Patch:
    """One PATCH: operations on attributes, edits of members, in order."""

    operations: tuple[Operation, ...] = ()
    edits: tuple[Edit, ...] = ()
    ignored: tuple[str, ...] = ()

    def body(self, manager: str | None) -> dict[str, Any] | None:
        """Return the PatchOp message, or None if nothing is left; ``manager`` is the user's manager before it."""
        left = list(_whose_condition_holds(self.operations, manager))
        if not left:
            return None
        return {"schemas": [PATCH_OP], "Operations": [_written(operation) for operation in left]}


@dataclass(frozen=True)
class Body:
    """One whole resource, names spelt as documented."""

    resource: dict[str, Any]
    ignored: tuple[str, ...] = ()


@dataclass
class _Reader:
    """Resolves paths against one table and remembers what it did not know."""

    table: Table
    ignored: list[str] = field(default_factory=list)

    def expand(self, verb: Verb, values: Mapping[str, Any]) -> Iterator[Operation]:
        """Each key of an object is a path of its own; a URN holds an object of further ones."""
        for key, value in values.items():
            if self.table.whole_extension(key) and isinstance(value, dict):
                yield from self.expand(verb, {f"{ENTERPRISE}:{name}": item for name, item in value.items()})
            elif self.table.whole_core(key) and isinstance(value, dict):
                yield from self.expand(verb, value)
            else:
                yield from self.one(verb, key, value)

    def one(self, verb: Verb, path: str, value: Any) -> Iterator[Operation]:
        target = self.table.find(path)
        if target is not None:
            yield Operation(verb, target, value)
        elif self.table.whole_extension(path) and verb is Verb.REMOVE:
            yield from (Operation(verb, found) for found in map(self.table.find, self._extension()) if found)
        elif path.lower().startswith("member"):  # a misspelt membership must not look like a success
            raise InvalidPathException(detail="members: the path is not understood; nothing changed.")
        else:
            self.ignored.append(path)

    def _extension(self) -> list[str]:
        return [attribute.path for attribute in self.table.extension.values()]


def read_patch(payload: Any, table: Table, quirks: Iterable[Quirk], *, resource_id: str) -> Patch:
    """Read the body of a PATCH. Raises a ``SCIMException``; then nothing of it is done."""
    reader = _Reader(table)
    operations = [found for raw in _raw_operations(payload) for found in _read_operation(reader, raw, resource_id)]
    edits = [read_edit(operation) for operation in operations if is_members(operation.target)]
    others = [operation for operation in operations if not is_members(operation.target)]
    return Patch(tuple(apply_quirks(others, quirks)), tuple(edits), tuple(reader.ignored))


def read_resource(payload: Any, table: Table, quirks: Iterable[Quirk]) -> Body:
    """Read the body of a POST or PUT: an add of each key to an empty resource. Raises a ``SCIMException``."""
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body must be a JSON object.")
    reader = _Reader(table)
    given = {key: value for key, value in payload.items() if key.lower() not in COMMON}
    operations = [found for found in reader.expand(Verb.ADD, given) if found.value is not None]
    resource: dict[str, Any] = {"schemas": [table.core_urn]}
    members = [read_edit(operation) for operation in operations if is_members(operation.target)]
    if members:
        resource["members"] = [{"value": name} for edit in members for name in edit.ids]
    for operation in apply_quirks([found for found in operations if not is_members(found.target)], quirks):
        _place(resource, operation)
    if ENTERPRISE in resource:
        resource["schemas"].append(ENTERPRISE)
    return Body(resource, tuple(reader.ignored))


def _place(resource: dict[str, Any], operation: Operation) -> None:
    """Put a value where its path points, in a resource that is being read."""
    target, value = operation.target, operation.value
    if operation.verb is Verb.REMOVE:
        return
    attribute = target.attribute
    holder = resource.setdefault(ENTERPRISE, {}) if attribute.urn == ENTERPRISE else resource
    if target.filter is not None:
        holder = _element(holder.setdefault(attribute.name, []), target.filter)
        holder.update(value if target.sub is None else {target.sub.name: value})
    elif target.sub is not None:
        held = holder.setdefault(attribute.name, {})
        if isinstance(held, dict):
            held[target.sub.name] = value
    elif isinstance(value, list):
        holder.setdefault(attribute.name, []).extend(value)
    elif isinstance(value, dict) and isinstance(holder.get(attribute.name), dict):
        holder[attribute.name].update(value)
    else:
        holder[attribute.name] = value


def _element(elements: list[dict[str, Any]], text: str) -> dict[str, Any]:
    found = equals(text)
    if found is None:
        raise InvalidPathException(detail="A filter in a key of a resource must be `name eq value`.")
    literal: Any = found.literal == "true" if found.name == "primary" else found.literal
    for element in elements:
        if element.get(found.name) == literal:
            return element
    elements.append({found.name: literal})
    return elements[-1]


def _raw_operations(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body must be a JSON object with Operations.")
    found = next((value for key, value in payload.items() if key.lower() == "operations"), None)
    if not isinstance(found, list):
        raise InvalidSyntaxException(detail="Operations must be a list.")
    if len(found) > OPERATIONS:
        raise PayloadTooLargeException(detail=f"A PATCH may have up to {OPERATIONS} operations.")
    return found


def _read_operation(reader: _Reader, raw: Any, resource_id: str) -> Iterator[Operation]:
    if not isinstance(raw, dict):
        raise InvalidSyntaxException(detail="Each operation must be a JSON object.")
    keys = {key.lower(): value for key, value in raw.items()}
    verb, path, value = _verb(keys.get("op")), keys.get("path"), keys.get("value", ABSENT)
    if path is not None and not isinstance(path, str):
        raise InvalidPathException(detail="path must be a text.")
    if (
        path
        and not reader.table.whole_core(path)
        and not (reader.table.whole_extension(path) and verb is not Verb.REMOVE)
    ):
        _refuse_common(path)
        yield from reader.one(verb, path, value)
        return
    values = _object(verb, value)
    if path and reader.table.whole_extension(path):
        values = {f"{ENTERPRISE}:{key}": item for key, item in values.items()}
    if str(values.pop("id", resource_id)) != resource_id:
        raise MutabilityException(detail="id cannot be changed.")
    yield from reader.expand(verb, {key: item for key, item in values.items() if key.lower() not in COMMON})


def _verb(op: Any) -> Verb:
    if isinstance(op, str) and op.lower() in set(Verb):
        return Verb(op.lower())
    raise InvalidSyntaxException(detail="op must be add, replace or remove.")


def _refuse_common(path: str) -> None:
    if path.lower() in {"id", "meta"} or path.lower().startswith("meta."):
        raise MutabilityException(detail=f"{path.split('.', maxsplit=1)[0].lower()} cannot be changed.")


def _object(verb: Verb, value: Any) -> dict[str, Any]:
    """Read the value of an operation without a path: each of its keys is one."""
    if verb is Verb.REMOVE:
        raise NoTargetException(detail="A remove must say by its path what is to be removed.")
    if not isinstance(value, dict):
        raise InvalidValueException(detail="An operation without a path needs an object of attributes as value.")
    return dict(value)


def _whose_condition_holds(operations: Iterable[Operation], manager: str | None) -> Iterator[Operation]:
    """Leave out what is conditional on another manager than the user has by then."""
    for operation in operations:
        if operation.only_if is not None and operation.only_if != manager:
            continue
        if operation.target.attribute.name == "manager":
            manager = operation.value if isinstance(operation.value, str) else None
        yield operation


def _written(operation: Operation) -> dict[str, Any]:
    written: dict[str, Any] = {"op": operation.verb.value, "path": operation.target.path}
    return written if operation.value is ABSENT else written | {"value": operation.value}
