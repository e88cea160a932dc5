"""Bodies of POST, PUT and PATCH, read with every leniency of ``provider``. Pure.

What leaves here the library reads without help. Attributes that no document names are dropped, and named in
``ignored`` so that they can be counted.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from scim2_models import (
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    MutabilityException,
    NoTargetException,
    PayloadTooLargeException,
)

from workteam_crds.naming import folded
from workteam_scim.documents import ENTERPRISE
from workteam_scim.elements import with_one_primary
from workteam_scim.members import Edit, is_members, read_edit
from workteam_scim.normalise import ABSENT, Operation, Quirk, Verb, apply_quirks, simple
from workteam_scim.paths import Attribute, Table, Target, all_equal
from workteam_scim.reader import Reader

OPERATIONS = 1000
"""Operations of one PATCH at most."""
TOO_MANY = f"A PATCH may have up to {OPERATIONS} operations."
VALUES = 100
"""Values of one attribute that keys and operations may make, at most: no kind holds more than half of it."""
LISTS = frozenset({"schemas", "members"})
"""Lists whose elements are never primary."""
COMMON = frozenset({"schemas", "meta", "id"})
"""What every resource has, and no client may set."""


@dataclass(frozen=True)
class Patch:
    """One PATCH: operations on attributes, edits of members, in order."""

    operations: tuple[Operation, ...] = ()
    edits: tuple[Edit, ...] = ()
    ignored: tuple[str, ...] = ()

    def written(self, attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the operations on a resource that has these attributes, as the library reads them."""
        return [_written(operation) for operation in _settled(self.operations, attributes)]


@dataclass(frozen=True)
class Body:
    """One whole resource, names spelt as documented."""

    resource: dict[str, Any]
    ignored: tuple[str, ...] = ()


def read_patch(payload: Any, table: Table, quirks: Iterable[Quirk], *, resource_id: str) -> Patch:
    """Read the body of a PATCH. Raises a ``SCIMException``; then nothing of it is done."""
    reader = Reader(table)
    operations = [found for raw in _raw_operations(payload) for found in _read_operation(reader, raw, resource_id)]
    edits = [read_edit(operation) for operation in operations if is_members(operation.target)]
    others = [operation for operation in operations if not is_members(operation.target)]
    read = apply_quirks(others, quirks)
    if len(read) > OPERATIONS:  # one operation may stand for one on each of many values
        raise PayloadTooLargeException(detail=TOO_MANY)
    return Patch(tuple(read), tuple(edits), tuple(reader.ignored))


def read_resource(payload: Any, table: Table, quirks: Iterable[Quirk]) -> Body:
    """Read the body of a POST or PUT: an add of each key to an empty resource. Raises a ``SCIMException``."""
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body must be a JSON object.")
    reader = Reader(table)
    given = {key: value for key, value in payload.items() if key.lower() not in COMMON}
    operations = [found for found in reader.expand(Verb.ADD, given) if found.value is not None]
    resource: dict[str, Any] = {"schemas": [table.core_urn]}
    members = [read_edit(operation) for operation in operations if is_members(operation.target)]
    if members:
        resource["members"] = [{"value": name} for edit in members for name in edit.ids]
    for operation in apply_quirks([found for found in operations if not is_members(found.target)], quirks):
        if operation.only_if is None and _has_a_place(operation.target):
            _place(resource, operation)
        else:
            reader.ignored.append(operation.target.attribute.path)
    for name, held in resource.items():
        if name not in LISTS and isinstance(held, list):
            resource[name] = with_one_primary(held)
    if ENTERPRISE in resource:
        resource["schemas"].append(ENTERPRISE)
    return Body(resource, tuple(reader.ignored))


def _has_a_place(target: Target) -> bool:
    """Say whether a whole resource can have what a key of it points at."""
    return target.filter is None or bool(all_equal(target.filter))


def _place(resource: dict[str, Any], operation: Operation) -> None:
    """Put a value where its path points, in a resource that is being read."""
    target, value = operation.target, operation.value
    if operation.verb is Verb.REMOVE:
        return
    attribute = target.attribute
    holder = resource.setdefault(ENTERPRISE, {}) if attribute.urn == ENTERPRISE else resource
    if attribute.multi and target.sub is not None:
        for element in _elements(holder.setdefault(attribute.name, []), target):
            element[target.sub.name] = value
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


def _elements(elements: list[dict[str, Any]], target: Target) -> list[dict[str, Any]]:
    """Return the elements that a filter finds, or all of them; one is made if there is none."""
    terms = all_equal(target.filter or "")
    asked = {term.name: simple(_part(target, term.name), term.literal) for term in terms}
    found = [element for element in elements if all(_alike(element.get(name), asked[name]) for name in asked)]
    if found:
        return found
    if len(elements) >= VALUES:
        raise InvalidValueException(detail=f"An attribute may have up to {VALUES} values.")
    elements.append(asked)
    return elements[-1:]


def _part(target: Target, name: str) -> Target:
    return Target(target.attribute, sub=target.attribute.sub(name))


def _alike(held: Any, asked: Any) -> bool:
    return folded(held) == folded(asked) if isinstance(held, str) and isinstance(asked, str) else held == asked


def _raw_operations(payload: Any) -> list[Any]:
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body must be a JSON object with Operations.")
    found = next((value for key, value in payload.items() if key.lower() == "operations"), None)
    if not isinstance(found, list):
        raise InvalidSyntaxException(detail="Operations must be a list.")
    if len(found) > OPERATIONS:
        raise PayloadTooLargeException(detail=TOO_MANY)
    return found


def _read_operation(reader: Reader, raw: Any, resource_id: str) -> Iterator[Operation]:
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
        if path.lower() == "id" and verb is not Verb.REMOVE and value == resource_id:
            return
        _refuse_common(path)
        yield from reader.one(verb, path, value)
        return
    values = _object(verb, {ENTERPRISE: _parsed(value)} if path and reader.table.whole_extension(path) else value)
    given_id = values.pop("id", None)
    if given_id is not None and str(given_id) != resource_id:
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
    value = _parsed(value)
    if not isinstance(value, dict):
        raise InvalidValueException(detail="An operation without a path needs an object of attributes as value.")
    return dict(value)


def _parsed(value: Any) -> Any:
    """Read an object that some send as JSON in a text."""
    if isinstance(value, str):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(value)
    return value


def _settled(operations: Iterable[Operation], attributes: Mapping[str, Any]) -> Iterator[Operation]:
    """Decide what depends on the value that an attribute has by then: conditions, and the first element of a list."""
    by_now: dict[str, Any] = {}
    for operation in operations:
        target = operation.target
        value = by_now.get(target.attribute.path, _held(attributes, target.attribute))
        if operation.only_if is not None and not _is(value, operation.only_if):
            continue
        removes = operation.verb is Verb.REMOVE
        if removes and target.filter is None and target.sub is None:
            by_now[target.attribute.path] = ()
        elif not removes:
            by_now[target.attribute.path] = operation.value
        whole = target.attribute.multi and target.sub is not None and target.filter is None
        if whole and target.sub and not removes and not value:
            yield Operation(Verb.ADD, Target(target.attribute), [{target.sub.name: operation.value}])
        else:
            yield operation


def _held(attributes: Mapping[str, Any], attribute: Attribute) -> Any:
    holder = attributes.get(ENTERPRISE, {}) if attribute.urn == ENTERPRISE else attributes
    held = holder.get(attribute.name)
    return held.get("value") if isinstance(held, dict) else held


def _is(value: Any, literal: str) -> bool:
    return str(value).lower() == literal.lower() if isinstance(value, bool) else value == literal


def _written(operation: Operation) -> dict[str, Any]:
    written: dict[str, Any] = {"op": operation.verb.value, "path": operation.target.path}
    return written if operation.value is ABSENT else written | {"value": operation.value}
