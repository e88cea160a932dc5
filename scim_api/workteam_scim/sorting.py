"""``sortBy``: what a resource is ordered by (RFC 7644 §3.4.2.3). Pure.

Of several values the primary one counts, else the first; a path with a filter takes the values it selects. What has no
value comes last when ascending and first when descending.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from scim2_models import InvalidPathException
from scim2_models.path import AttrPath, Path, ValuePath

from workteam_scim.paths import Table
from workteam_scim.places import Json, Model, Place
from workteam_scim.predicates import value_test, values

SortValue = str | bool | float
"""What is compared, and what a cursor can hold; a time is its seconds since 1970."""


class SortKey(NamedTuple):
    """Where a resource stands: its value if it has one, then its id, then its type, so that no two stand alike."""

    missing: bool
    value: SortValue
    name: str
    resource_type: str


def unsorted(_: Json) -> SortValue | None:
    """Return no value: resources are in the order of their ids."""
    return None


def sort_value(text: str, table: Table, model: Model) -> Callable[[Json], SortValue | None] | None:
    """Return what reads the value that ``sortBy`` names, or None if the type has no such attribute.

    Raises ``InvalidPathException`` for a complex attribute without ``value``: it has no order.
    """
    path = _parsed(text, table)
    if path is None:
        return None
    selected: Callable[[Any], bool] | None = None
    if isinstance(path, ValuePath):
        found = value_test(path, model)
        selected = found[1] if found else None
        path = AttrPath(path.attr_path.attr, path.sub_attr, path.attr_path.uri)
    place = Place.of(model, path, compared=True)
    if place is None:
        return None
    if place.complex and place.sub is None:
        raise InvalidPathException(detail=f"sortBy: {place.name} has parts; name one of them.")
    ready, sub = place.comparable(), place.sub

    def value(json: Json) -> SortValue | None:
        chosen = _chosen(values(place.head(json)), selected)
        return _orderly(ready(chosen.get(sub) if sub and isinstance(chosen, dict) else chosen))

    return value


def _parsed(text: str, table: Table) -> AttrPath | ValuePath | None:
    target = table.find(text)
    spelt = text.strip() if target is None else target.path
    if target is not None and target.sub is None and not target.attribute.multi and target.attribute.sub("value"):
        spelt = f"{target.path}.value"  # a manager is ordered by its id
    try:
        node = Path[Any](spelt).ast
    except InvalidPathException:
        raise InvalidPathException(detail="sortBy: it must be the path of an attribute, such as userName.") from None
    return node if isinstance(node, AttrPath | ValuePath) else None


def _chosen(found: list[Any], selected: Callable[[Any], bool] | None) -> Any:
    candidates = found if selected is None else [value for value in found if selected(value)]
    primary = (value for value in candidates if isinstance(value, dict) and value.get("primary"))
    return next(primary, candidates[0] if candidates else None)


def _orderly(value: Any) -> SortValue | None:
    return value.timestamp() if isinstance(value, datetime) else value
