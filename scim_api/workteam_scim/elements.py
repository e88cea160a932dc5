"""Quirks of multi-valued attributes: a function each, as in ``normalise``. Pure."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import orjson
from scim2_models import InvalidValueException

from workteam_scim.normalise import ABSENT, Operation, Verb, refuse, simple
from workteam_scim.paths import LONGEST_PATH, Target, all_equal, conjunction, quoted

ROLES = "roles"
"""The one attribute whose values Entra writes as JSON documents in a text."""
OF_A_VALUE = frozenset({"type", "primary"})
"""What says something about a value: an element that has nothing else has no value."""


def has_value(element: Mapping[str, Any]) -> bool:
    """Say whether an element is more than a shell: those are never stored, and may take nothing from others."""
    return any(name not in OF_A_VALUE for name in element)


def wrap_several(operation: Operation) -> Iterator[Operation]:
    """One element for a list of them, a bare text for ``{"value": text}``, a role as JSON in a text."""
    target, value = operation.target, operation.value
    if not target.attribute.multi or target.sub or value is ABSENT or value is None or value in ("", []):
        yield operation
        return
    if operation.verb is Verb.REMOVE:
        yield replace(operation, value=ABSENT if target.filter is not None else _listed(target, value))
        return
    if target.filter is not None:
        yield from _merged(operation, target.filter)
        return
    elements = [_filled(_element(target, item)) for item in _items(value) if item is not None and item != ""]
    yield replace(operation, value=[element for element in elements if element])


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _listed(target: Target, value: Any) -> list[dict[str, Any]]:
    """Read the elements that a removal lists; what is no element of the attribute is none of those it has."""
    elements = []
    for item in _items(value):
        with suppress(InvalidValueException):
            elements.append(_filled(_element(target, item)))
    return [element for element in elements if element]


def _merged(operation: Operation, where: str) -> Iterator[Operation]:
    """An element by its filter: one operation for each sub-attribute; what the filter asks for changes last."""
    target, value = operation.target, operation.value
    element = _element(target, value[0] if isinstance(value, list) and len(value) == 1 else value)
    asked = {term.name: term.literal for term in all_equal(where)}
    for name in sorted(element, key=lambda name: name in asked):
        sub = target.attribute.sub(name)
        yield replace(operation, target=replace(target, filter=where, sub=sub), value=element[name])
        if name in asked:  # from now on the element is found by its new value
            asked[name] = str(element[name])
            where = conjunction(target.attribute, asked)


def _element(target: Target, value: Any) -> dict[str, Any]:
    """Read the known sub-attributes of one element. Raises ``InvalidValueException`` if it has others only."""
    if isinstance(value, str) and target.attribute.sub("value"):
        value = {"value": value}
    if not isinstance(value, dict):
        raise refuse(target, "each value must be an object")
    named = [(sub, item) for key, item in value.items() if (sub := target.attribute.sub(key))]
    if value and not named:
        known = ", ".join(sub.name for sub in target.attribute.subs.values())
        raise refuse(target, f"each value must have one of {known}")
    element = {sub.name: simple(Target(target.attribute, sub=sub), item) for sub, item in named}
    if target.attribute.name == ROLES and isinstance(element.get("value"), str):
        element.update(_role_document(element["value"]))
    return element


def _filled(element: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in element.items() if value is not None and value not in ("", [])}


def _role_document(text: str) -> dict[str, Any]:
    """Read the role that a JSON document in a text describes, as Entra's legacy dialect sends it."""
    if not text.startswith("{"):
        return {}
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    value = document.get("value")
    if not isinstance(value, str) or not value:
        return {}
    display = document.get("displayName")
    return {"value": value} | ({"display": display} if isinstance(display, str) and display else {})


def open_role_document(operation: Operation) -> Iterator[Operation]:
    """``roles[…].value`` as a JSON document in a text: what it says, the value last, as a filter may ask for it."""
    target, value = operation.target, operation.value
    ours = target.attribute.name == ROLES and target.sub is not None and target.sub.name == "value"
    document = _role_document(value) if ours and isinstance(value, str) else {}
    if not document or operation.verb is Verb.REMOVE:
        yield operation
        return
    for name in sorted(document):
        yield replace(operation, target=replace(target, sub=target.attribute.sub(name)), value=document[name])


def keep_one_primary(operation: Operation) -> Iterator[Operation]:
    """Of several elements that say ``primary`` in one list, the last one with a value is."""
    target, value = operation.target, operation.value
    written = target.attribute.multi and target.sub is None and operation.verb is not Verb.REMOVE
    if not written or not isinstance(value, list):
        yield operation
        return
    yield replace(operation, value=with_one_primary(value))


def with_one_primary(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return elements of which at most one is primary: of several the last one, if one of them has a value of these."""
    primary = [number for number, element in enumerate(elements) if element.get("primary") is True]
    primary.sort(key=lambda number: has_value(elements[number]))
    demoted = set(primary[:-1])
    return [element | {"primary": False} if number in demoted else element for number, element in enumerate(elements)]


def add_elements_once(operation: Operation) -> Iterator[Operation]:
    """Adding a value that an element has already changes that element; adding what has no value adds nothing."""
    target, value = operation.target, operation.value
    if operation.verb is not Verb.ADD or not isinstance(value, list) or target.filter or target.sub:
        yield operation
        return
    for element in filter(has_value, value):
        where = _same(element)
        if where is None:
            yield replace(operation, value=[element])
        else:
            yield replace(operation, target=replace(target, filter=where), value=element)


def _same(element: Mapping[str, Any]) -> str | None:
    """Return the filter that finds an element again; None without a value, or with one that the kind will refuse."""
    if "value" not in element:
        return None
    return _all_of({name: element[name] for name in ("value", "type") if name in element})


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
        if where := _same(element) if "value" in element else _all_of(element):
            yield replace(operation, target=replace(target, filter=where), value=ABSENT)


def _all_of(element: Mapping[str, Any]) -> str | None:
    """Return the filter that finds what has all these values; None if one of them is too long for a path."""
    if any(isinstance(value, str) and len(value) > LONGEST_PATH for value in element.values()):
        return None
    return " and ".join(_term(name, value) for name, value in element.items())


def _term(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f"{name} eq {quoted(value)}"
    return f"{name} eq true" if value else f"not ({name} eq true)"  # what does not say so is none, too
