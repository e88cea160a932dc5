"""Sketches: what a body speaks of, without anything that a client chose: attributes that a document names. Pure."""

from collections.abc import Iterator
from typing import Any

from scim2_models import InvalidPathException

from workteam_scim.documents import ENTERPRISE
from workteam_scim.paths import Table, Target


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


def _find(table: Table, path: str) -> Target | None:
    try:
        return table.find(path)
    except InvalidPathException:
        return None
