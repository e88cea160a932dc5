"""A function per quirk: what Entra and others write becomes what the library reads. Pure.

Each quirk turns one operation into the operations it stands for; those of multi-valued attributes are in ``elements``.
``provider`` lists them in their order, ``requests`` reads bodies with them. Nothing here knows what is stored: an
operation that depends on it carries ``only_if``.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from scim2_models import InvalidValueException

from workteam_scim.paths import Target, equals

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
    """Return the refusal of a value, naming the attribute and never the value, nor a filter: that may name a person."""
    return InvalidValueException(detail=f"{replace(target, filter=None).path}: {why}.")


def drop_filter_of_single_value(operation: Operation) -> Iterator[Operation]:
    """``manager[value eq "x"]``: a filter on a single-valued attribute is a condition on its value."""
    target = operation.target
    found = None if target.attribute.multi or target.filter is None else equals(target.filter)
    if found is None:
        yield operation
        return
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
    target, value = operation.target, operation.value
    ours = target.leaf.type != "complex" and operation.verb is not Verb.REMOVE and value is not ABSENT
    yield replace(operation, value=simple(target, value)) if ours else operation


def simple(target: Target, value: Any) -> Any:
    """Return a value of the leaf's type, or what stands for no value. Raises ``InvalidValueException``."""
    boolean = target.leaf.type == "boolean"
    match value:
        case None | "" | [] | bool() if boolean:
            return value
        case str() if boolean and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case _ if boolean:
            raise refuse(target, "the value must be true or false")
        case None | [] | str():
            return value
        case int() | float() if not isinstance(value, bool):
            return json.dumps(value)
        case _:
            raise refuse(target, "the value must be a text")


def wrap_single_complex(operation: Operation) -> Iterator[Operation]:
    """A manager as bare text or in a list: ``{"value": text}``; a manager's value that is unset unsets the manager."""
    target, value = operation.target, operation.value
    attribute = target.attribute
    if attribute.multi or attribute.type != "complex" or attribute.sub("value") is None:
        yield operation
        return
    if operation.verb is Verb.REMOVE:  # whatever the value is: it is ignored
        yield replace(operation, target=Target(attribute), value=ABSENT)
        return
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and value:
        lowered = {key.lower(): item for key, item in value.items()}
        if "value" not in lowered:
            raise refuse(target, 'the shape must be {"value": id}')
        value = lowered["value"]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not (value is ABSENT or value in (None, [], {}) or isinstance(value, str)):
        raise refuse(target, "the value must be an id")
    if value is not ABSENT and value != "":
        value = {"value": value} if value else None
    yield Operation(operation.verb, Target(attribute), value, operation.only_if)


def empty_unsets(operation: Operation) -> Iterator[Operation]:
    """Null, ``""`` and ``[]`` unset an attribute; adding null or nothing does nothing; required ones refuse."""
    target, verb, value = operation.target, operation.verb, operation.value
    if verb is Verb.REMOVE:
        if target.leaf.required:
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
    single = target.leaf.type == "complex" and not target.attribute.multi
    if not single or operation.verb is Verb.REMOVE:
        yield operation
        return
    if not isinstance(value, dict):
        raise refuse(target, "the value must be an object")
    for key, item in value.items():
        if sub := target.attribute.sub(key):
            part = replace(operation, target=replace(target, sub=sub), value=item)
            yield from apply_quirks([part], (unwrap_simple, read_simple, empty_unsets))
