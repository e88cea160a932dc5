"""A PATCH applied by the library. What a path can never meet is left out: it must not keep a leaver active."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from pydantic import ValidationError
from scim2_models import (
    Context,
    InvalidFilterException,
    InvalidPathException,
    InvalidValueException,
    NoTargetException,
    PatchOp,
    Path,
    Resource,
    SCIMException,
)
from scim2_server.service import scim_exception_of
from scim2_server.utils import parametrize

from workteam_scim.documents import PATCH_OP
from workteam_scim.elements import OF_A_VALUE, has_value
from workteam_scim.mapping import refusal
from workteam_scim.normalise import Verb
from workteam_scim.paths import Table
from workteam_scim.requests import VALUES

BREATH = 20
"""How many operations are applied before others may run: each takes the library milliseconds."""
MEETS_NOTHING = (InvalidFilterException, InvalidPathException, NoTargetException)
"""What is said of a path whose filter cannot be read, or for which no element can be made."""

TWO_PRIMARY = frozenset({"Multiple values marked as primary", "Multiple primary values already exist"})
"""What the library says if there would be more than one."""
Written: TypeAlias = dict[str, Any]
"""One operation as the library reads it."""


def switched(attributes: Mapping[str, Any], operations: Sequence[Written], table: Table) -> dict[str, Any] | None:
    """Return attributes with operations applied that do no more than set booleans; None if there are others.

    A boolean has no rule but its type: the library would make two models, most of a PATCH's work, to say nothing.
    """
    if not all(_switches(operation, table) for operation in operations):
        return None
    return {**attributes, **{operation["path"]: operation["value"] for operation in operations}}


async def apply(resource: Resource[Any], operations: Sequence[Written]) -> int:
    """Apply operations in order; return how many were left out. Raises a ``SCIMException``: the resource is spoilt."""
    meant = operations
    if any(_of_a_value(operation) for operation in operations):
        meant = await _meant(resource.model_copy(deep=True), operations)
    return len(operations) - len(meant) + await _applied(resource, meant)


async def _meant(trial: Resource[Any], operations: Sequence[Written]) -> Sequence[Written]:
    """Leave out what makes or keeps a shell: it is not stored in the end, and must not take ``primary`` from others."""
    before = []
    for operation in operations:
        before.append(_has_its_value(trial, operation))
        await _applied(trial, [operation])
        await asyncio.sleep(0)
    after = [_has_its_value(trial, operation) for operation in operations]
    found = [now if now is not None else then for then, now in zip(before, after, strict=True)]
    return [operation for operation, meant in zip(operations, found, strict=True) if meant]


def _of_a_value(operation: Written) -> bool:
    """Say whether an operation says something about the value of the elements that a filter finds."""
    element, _, sub = operation["path"].rpartition(".")
    return operation["op"] != Verb.REMOVE and element.endswith("]") and sub in OF_A_VALUE


def _has_its_value(resource: Resource[Any], operation: Written) -> bool | None:
    """Say whether there is the value that an operation says something about, if it does; None without an element."""
    if not _of_a_value(operation):
        return True
    element = operation["path"].rpartition(".")[0]
    with suppress(*MEETS_NOTHING):
        if found := parametrize(Path, type(resource))(element).get(resource):
            return any(has_value(each.model_dump(exclude_none=True)) for each in found)
    return None


async def _applied(resource: Resource[Any], operations: Sequence[Written]) -> int:
    left_out = 0
    for start in range(0, len(operations), BREATH):
        if start:
            await asyncio.sleep(0)
        left_out += _several(resource, operations[start : start + BREATH])
        _refuse_many_values(resource)
    return left_out


def _refuse_many_values(resource: Resource[Any]) -> None:
    """Raise ``InvalidValueException`` before there are so many that the library takes long to go through them."""
    for name, field in type(resource).model_fields.items():
        held = getattr(resource, name)
        if isinstance(held, list) and len(held) > VALUES:
            raise InvalidValueException(
                detail=f"{field.serialization_alias or name}: there may be up to {VALUES} values."
            )


def _switches(operation: Written, table: Table) -> bool:
    attribute = table.core.get(operation["path"].lower())
    boolean = attribute is not None and attribute.type == "boolean" and attribute.path == operation["path"]
    return boolean and operation["op"] != Verb.REMOVE and isinstance(operation.get("value"), bool)


def _several(resource: Resource[Any], operations: Sequence[Written]) -> int:
    try:
        _all_or_none(resource, operations)
    except MEETS_NOTHING:
        return sum(not _met(resource, operation) for operation in operations)
    return 0


def _met(resource: Resource[Any], operation: Written) -> bool:
    try:
        _all_or_none(resource, [operation])
    except MEETS_NOTHING:
        return False
    return True


def _all_or_none(resource: Resource[Any], operations: Sequence[Written]) -> None:
    body = {"schemas": [PATCH_OP], "Operations": list(operations)}
    try:
        message = parametrize(PatchOp, type(resource)).model_validate(body, scim_ctx=Context.RESOURCE_PATCH_REQUEST)
        message.patch(resource)
    except ValidationError as error:
        raise explained(error) from None
    except InvalidValueException as error:
        if isinstance(error.__cause__, ValidationError):
            raise explained(error.__cause__) from None
        paths = [operation["path"] for operation in operations]
        if any("[" in path for path in paths):  # what is written is not what the filter asks for
            raise NoTargetException from None
        if error.detail in TWO_PRIMARY:
            named = next(path for path in (*paths, "primary") if path.endswith("primary"))
            raise InvalidValueException(detail=f"{named}: only one value may be primary.") from None
        raise


def explained(error: ValidationError) -> SCIMException:
    """Return the refusal of a resource, naming the attribute and never its value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return scim_exception_of(error) if first["type"].startswith("scim_") else refusal(error)
