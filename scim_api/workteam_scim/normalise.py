"""A function per quirk: what Entra and others write becomes what the library reads. Pure.

Each quirk turns one operation into the operations it stands for. ``provider`` lists them in their order, ``requests``
reads bodies with them. Nothing here knows what is stored: an operation that depends on it carries ``only_if``.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from scim2_models import InvalidValueException

from workteam_scim.paths import Target, equals, quoted

ABSENT: Any = object()
"""An operation without the key ``value``; null is a value."""


class Verb(StrEnum):
    """What an operation does (RFC 7644 §3.5.2)."""

    ADD = "add"
    REPLACE = "replace"
    REMOVE = "remove"


@dataclass(frozen=True)
class Operation:
    """One change of one attribute."""

    verb: Verb
    target: Target
    value: Any = ABSENT
    only_if: str | None = None
    """The value that the attribute must have, or nothing is done."""


Quirk: TypeAlias = Callable[[Operation], Iterable[Operation]]


def apply_quirks(operations: Iterable[Operation], quirks: Iterable[Quirk]) -> list[Operation]:
    """Send every operation through every quirk, in order. Raises ``InvalidValueException``."""
    current = list(operations)
    for quirk in quirks:
        current = [result for operation in current for result in quirk(operation)]
    return current


def refuse(target: Target, why: str) -> InvalidValueException:
    """Return the refusal of a value, naming the attribute and never the value."""
    return InvalidValueException(detail=f"{target.path}: {why}.")


def drop_filter_of_single_value(operation: Operation) -> Iterator[Operation]:
    """``manager[value eq "x"]``: a filter on a single-valued attribute is a condition on its value."""
    target = operation.target
    if target.attribute.multi or target.filter is None:
        yield operation
        return
    found = equals(target.filter)
    if found is None:
        raise refuse(target, "it has one value, so the filter must be `value eq`")
    yield replace(operation, target=replace(target, filter=None), only_if=found.literal)


def unwrap_simple(operation: Operation) -> Iterator[Operation]:
    """``[x]``, ``[{"$ref": null, "value": x}]``, ``{"value": x}`` or ``{"active": x}`` mean a simple ``x``."""
    leaf, value = operation.target.leaf, operation.value
    if leaf.type == "complex":
        yield operation
        return
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        lowered = {key.lower(): item for key, item in value.items()}
        value = lowered.get("value", lowered.get(leaf.name.lower(), value))
    yield replace(operation, value=value)


def read_simple(operation: Operation) -> Iterator[Operation]:
    """``"True"`` for a boolean, a number for a text: values by the type that the document says."""
    leaf = operation.target.leaf
    yield operation if leaf.type == "complex" else replace(operation, value=_simple(leaf.type, operation.value))


def _simple(kind: str, value: Any) -> Any:
    match value:
        case str() if kind == "boolean" and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case bool():
            return value
        case int() | float() if kind == "string":
            return json.dumps(value)
        case _:
            return value


def wrap_single_complex(operation: Operation) -> Iterator[Operation]:
    """A manager as bare text or in a list: ``{"value": text}``; a manager's value that is unset unsets the manager."""
    target, value = operation.target, operation.value
    attribute = target.attribute
    if attribute.multi or attribute.type != "complex" or attribute.sub("value") is None:
        yield operation
        return
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict):
        lowered = {key.lower(): item for key, item in value.items()}
        if "value" not in lowered:
            raise refuse(target, 'the shape must be {"value": id}')
        value = lowered["value"]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not (value is ABSENT or value is None or isinstance(value, str)):
        raise refuse(target, "the value must be an id")
    yield Operation(
        operation.verb,
        Target(attribute),
        {"value": value} if isinstance(value, str) and value else value,
        operation.only_if,
    )


def wrap_several(operation: Operation) -> Iterator[Operation]:
    """One element for a list of them, a bare text for ``{"value": text}``, a role as JSON in a text."""
    target, value = operation.target, operation.value
    if not target.attribute.multi or target.sub or value is ABSENT or value is None or value in ("", []):
        yield operation
        return
    if target.filter is not None:
        yield replace(operation, value=_element(target, value[0] if _single(value) else value))
        return
    items = value if isinstance(value, list) else [value]
    elements = [_element(target, item) for item in items if item is not None and item != ""]
    yield replace(operation, value=[element for element in elements if element])


def _single(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1


def _element(target: Target, value: Any) -> dict[str, Any]:
    """Read one element of a multi-valued attribute: known sub-attributes only, empty ones left out."""
    if isinstance(value, str) and target.attribute.sub("value"):
        value = {"value": value}
    if not isinstance(value, dict):
        raise refuse(target, "each value must be an object")
    element: dict[str, Any] = {}
    for key, item in value.items():
        if sub := target.attribute.sub(key):
            read = _simple(sub.type, item)
            if read is not None and read != "":
                element[sub.name] = read
    if "value" in element and isinstance(element["value"], str):
        element.update(_role_document(element["value"]))
    return element


def _role_document(text: str) -> dict[str, Any]:
    """Read the role that a JSON document in a text describes, as Entra's legacy dialect sends it."""
    if not text.startswith("{"):
        return {}
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    value = document.get("value") if isinstance(document, dict) else None
    if not isinstance(value, str) or not value:
        return {}
    display = document.get("displayName")
    return {"value": value} | ({"display": display} if isinstance(display, str) and display else {})


def empty_unsets(operation: Operation) -> Iterator[Operation]:
    """Null, ``""`` and ``[]`` unset an attribute; adding null or nothing does nothing; required ones refuse."""
    target, verb, value = operation.target, operation.verb, operation.value
    if verb is Verb.REMOVE:
        if target.leaf.required and value in (ABSENT, None):
            raise refuse(target, "it is required and cannot be removed")
        yield operation
        return
    if value is ABSENT:
        raise refuse(target, "a value is missing")
    if value is not None and value not in ("", []):
        yield operation
        return
    if target.leaf.required:
        raise refuse(target, "it is required and cannot be empty")
    if target.leaf.type == "boolean" and value is not None:
        raise refuse(target, "the value must be true or false")
    if verb is Verb.REPLACE or value == "":
        yield replace(operation, verb=Verb.REMOVE, value=ABSENT)


def merge_single_complex(operation: Operation) -> Iterator[Operation]:
    """``name: {…}`` changes the sub-attributes it names and keeps the others: one operation for each."""
    target, value = operation.target, operation.value
    single = target.attribute.type == "complex" and not target.attribute.multi and target.sub is None
    if not single or not isinstance(value, dict) or operation.verb is Verb.REMOVE:
        yield operation
        return
    for key, item in value.items():
        if sub := target.attribute.sub(key):
            part = replace(operation, target=replace(target, sub=sub), value=item)
            yield from (found for simple in unwrap_simple(part) for found in _merged(simple))


def _merged(operation: Operation) -> Iterator[Operation]:
    for simple in read_simple(operation):
        yield from empty_unsets(simple)


def add_elements_once(operation: Operation) -> Iterator[Operation]:
    """Adding a value that an element has already changes that element: a repeated add makes no second one."""
    target, value = operation.target, operation.value
    if operation.verb is not Verb.ADD or not isinstance(value, list) or target.filter or target.sub:
        yield operation
        return
    for element in value:
        where = _same(element)
        if where is None:
            yield replace(operation, value=[element])
        else:
            yield replace(operation, target=replace(target, filter=where), value=element)


def _same(element: Mapping[str, Any]) -> str | None:
    if not isinstance(element.get("value"), str):
        return None
    names = [name for name in ("value", "type") if isinstance(element.get(name), str)]
    return " and ".join(f"{name} eq {quoted(element[name])}" for name in names)


def remove_by_path_alone(operation: Operation) -> Iterator[Operation]:
    """A remove's value says which values of a list go; anywhere else it is noise and is never written."""
    target, value = operation.target, operation.value
    if operation.verb is not Verb.REMOVE:
        yield operation
        return
    listed = target.attribute.multi and target.filter is None and target.sub is None
    if not listed or value is ABSENT or value is None:
        yield replace(operation, value=ABSENT)
        return
    for element in value if isinstance(value, list) else []:
        if where := _same(element):
            yield replace(operation, target=replace(target, filter=where), value=ABSENT)
