"""Sketches: a body without anything that a client chose: verbs, attributes of ours, JSON types of values. Pure.

A sketch is what may be logged of a body that was refused; a name that no document has is ``other`` there.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeAlias

from scim2_models import InvalidPathException

from workteam_scim.documents import ENTERPRISE
from workteam_scim.paths import Attribute, Table, Target

Sketch: TypeAlias = str | list[Any] | dict[str, Any]
"""JSON: a type or a verb, the different items of a list, or what is under the names of an object."""

OTHER = "other"
DEEPEST = 4
"""Levels of a value that are looked into; what is deeper is ``other``."""
DIFFERENT = 20
"""Different items of a list that are told."""
LOOKED_AT = 1000
"""Items of a list that are looked at."""
VERBS = frozenset({"add", "replace", "remove"})
COMMON = {"schemas": "schemas", "id": "id", "meta": "meta"}
"""What every resource has; no table has it."""


def sketch(body: Any, table: Table) -> Sketch:
    """Return the shape of the body of a PATCH, or of a whole resource."""
    operations = _operations(body)
    if operations is not None:
        return _distinct(_operation(operation, table) for operation in operations)
    return _resource(body, table) if isinstance(body, dict) else _shape(body, None)


def names(body: Any, table: Table) -> tuple[str, ...]:
    """Return the attributes that a body speaks of, as ``spec`` has them."""
    operations = _operations(body)
    asked = [body] if operations is None else map(_asked, operations)
    return tuple(dict.fromkeys(name for values in asked for name in _names(values, table)))


def _operations(body: Any) -> list[Any] | None:
    keys = {key.lower(): value for key, value in body.items()} if isinstance(body, dict) else {}
    found = keys.get("operations")
    return found if isinstance(found, list) else None


def _asked(operation: Any) -> Any:
    """Return an operation as the object of attributes that it stands for."""
    keys = {key.lower(): value for key, value in operation.items()} if isinstance(operation, dict) else {}
    path = keys.get("path")
    return {path: keys.get("value")} if isinstance(path, str) and path else keys.get("value")


def _names(values: Any, table: Table, urn: str = "") -> Iterator[str]:
    for key, value in values.items() if isinstance(values, dict) else ():
        target = _find(table, urn + key)
        if table.whole_extension(key) or (target and target.attribute.urn == ENTERPRISE):
            yield "enterprise"
        elif table.whole_core(key) and not urn:
            yield from _names(value, table, f"{key.strip()}:")
        elif target:
            yield target.attribute.name


def _operation(operation: Any, table: Table) -> Sketch:
    """Return the shape of one operation: without a path its value is an object of attributes."""
    if not isinstance(operation, dict):
        return _shape(operation, None)
    told: dict[str, Any] = {}
    path = next((value for key, value in operation.items() if key.lower() == "path"), None)
    target = _find(table, path) if isinstance(path, str) else None
    for key, value in operation.items():
        match key.lower():
            case "op":
                verb = value.lower() if isinstance(value, str) else ""
                told["op"] = verb if verb in VERBS else OTHER
            case "path":
                told["path"] = _path(table, value) if isinstance(value, str) else _shape(value, None)
            case "value" if not path and isinstance(value, dict):
                told["value"] = _resource(value, table)
            case "value":
                told["value"] = _shape(value, target.leaf if target else None)
            case _:
                told[OTHER] = _shape(value, None)
    return told


def _resource(values: Mapping[str, Any], table: Table, urn: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {}
    for key, value in values.items():
        known = table.whole_extension(key) or table.whole_core(key)
        if known and isinstance(value, dict) and not urn:
            told[_path(table, key)] = _resource(value, table, f"{key.strip()}:")
        else:
            target = _find(table, urn + key)
            told[_path(table, urn + key)] = _shape(value, target.leaf if target else None)
    return told


def _path(table: Table, path: str) -> str:
    """Write a path as the documents spell it; ``[]`` stands for a filter."""
    if table.whole_extension(path):
        return ENTERPRISE
    if table.whole_core(path):
        return table.core_urn
    target = _find(table, path)
    if target is None:
        return COMMON.get(path.lower(), OTHER)
    within = "" if target.filter is None else "[]"
    return f"{target.attribute.path}{within}" + (f".{target.sub.name}" if target.sub else "")


def _find(table: Table, path: str) -> Target | None:
    try:
        return table.find(path)
    except InvalidPathException:
        return None


def _shape(value: Any, attribute: Attribute | None, depth: int = 0) -> Sketch:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text" if value else "empty text"
        case _ if depth == DEEPEST:
            return OTHER
        case list():
            return _distinct(_shape(item, attribute, depth + 1) for item in value)
        case _:
            subs = ((attribute and attribute.sub(key), item) for key, item in value.items())
            return {sub.name if sub else OTHER: _shape(item, sub, depth + 1) for sub, item in subs}


def _distinct(items: Iterable[Sketch]) -> list[Sketch]:
    told: list[Sketch] = []
    for item in islice(items, LOOKED_AT):
        if item not in told:
            told.append(item)
    return told[:DIFFERENT]
