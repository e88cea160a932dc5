"""``attributes`` and ``excludedAttributes``: how much of a resource is answered (RFC 7644 §3.9). Pure.

``schemas`` and ``id`` are always answered. A name that no document has is no error: nothing is chosen by it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from scim2_models import InvalidFilterException, InvalidPathException, InvalidValueException
from scim2_models.path import Path, ValuePath

from workteam_scim.documents import ENTERPRISE
from workteam_scim.paths import Table
from workteam_scim.places import Model
from workteam_scim.predicates import value_test, values

ALWAYS = frozenset({"schemas", "id"})
NAMES = 200
"""Names of one list at most."""

Key: TypeAlias = tuple[str | None, str]
"""An attribute, in the extension of a URN or in none; in lower case."""
Test: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True)
class Part:
    """What is chosen of an attribute: the values that a filter selects, or all; of these one sub-attribute, or all."""

    selected: Test | None
    sub: str | None


@dataclass(frozen=True)
class Chosen:
    """What a list of names chooses."""

    parts: Mapping[Key, tuple[Part, ...]] = field(default_factory=dict)
    schemas: frozenset[str] = frozenset()
    """URNs, in lower case, of schemas that are chosen as a whole; "" is the core schema."""

    def of(self, extension: str | None, name: str) -> tuple[Part, ...]:
        """Return what is chosen of one attribute."""
        if (extension or "").lower() in self.schemas:
            return (Part(None, None),)
        return self.parts.get((extension and extension.lower(), name.lower()), ())

    def names(self) -> frozenset[Key]:
        """Return the attributes of which anything is chosen."""
        return frozenset(self.parts)


@dataclass(frozen=True)
class Projection:
    """How much of a resource of one type is answered."""

    only: Chosen | None = None
    """What was asked for; None is all."""
    without: Chosen | None = None

    @property
    def whole(self) -> bool:
        """Say whether everything is answered."""
        return self.only is None and self.without is None

    def wants(self, name: str) -> bool:
        """Say whether anything of a core attribute is answered."""
        if self.only is not None and not self.only.of(None, name):
            return False
        return self.without is None or Part(None, None) not in self.without.of(None, name)

    def apply(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return the part of a resource's JSON that is answered."""
        shown = dict(resource)
        if self.only is not None:
            shown = _each(shown, self.only, _kept)
        if self.without is not None:
            shown = _each(shown, self.without, _left)
        shown["schemas"] = [urn for number, urn in enumerate(resource["schemas"]) if number == 0 or urn in shown]
        return shown


def read_projection(attributes: Iterable[str], excluded: Iterable[str], table: Table, model: Model) -> Projection:
    """Read both lists of names for one resource type. The URN of the core schema excludes nothing."""
    only, without = tuple(attributes), tuple(excluded)
    return Projection(
        _chosen(only, table, model) if only else None,
        _chosen([name for name in without if not table.whole_core(name)], table, model) if without else None,
    )


def read_names(value: str) -> tuple[str, ...]:
    """Split a parameter at its commas, of which one in brackets is part of a filter.

    Raises ``InvalidValueException`` for more than ``NAMES``.
    """
    names: list[str] = []
    held: list[str] = []
    opened = 0
    for piece in value.split(","):
        held.append(piece)
        opened = max(opened + piece.count("[") - piece.count("]"), 0)
        if not opened:
            names.append(",".join(held))
            held = []
    return few(name for name in map(str.strip, [*names, ",".join(held)]) if name)


def few(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of one list. Raises ``InvalidValueException`` for more than ``NAMES``."""
    read = tuple(names)
    if len(read) > NAMES:
        raise InvalidValueException(detail=f"attributes, excludedAttributes: up to {NAMES} names are read.")
    return read


def _chosen(names: Iterable[str], table: Table, model: Model) -> Chosen:
    parts: dict[Key, tuple[Part, ...]] = {}
    schemas: set[str] = set()
    for name in names:
        if table.whole_core(name):
            schemas.add("")
        elif table.whole_extension(name):
            schemas.add(ENTERPRISE.lower())
        elif (found := _part(name, table, model)) is not None:
            key, part = found
            parts[key] = (*parts.get(key, ()), part)
    return Chosen(parts, frozenset(schemas))


def _part(name: str, table: Table, model: Model) -> tuple[Key, Part] | None:
    """Read one name; None for what cannot be read or is of nobody."""
    try:
        target = table.find(name)
        if target is None:
            return _outside(name, table)
        urn = None if target.attribute.path == target.attribute.name else target.attribute.urn
        selected = None
        if target.filter is not None:
            node = Path[Any](f"{target.attribute.path}[{target.filter}]").ast
            found = value_test(node, model) if isinstance(node, ValuePath) else None
            if found is None:
                return None
            selected = found[1]
    except (InvalidPathException, InvalidFilterException):
        return None
    key = (urn and urn.lower(), target.attribute.name.lower())
    return key, Part(selected, target.sub.name if target.sub else None)


def _outside(name: str, table: Table) -> tuple[Key, Part] | None:
    """Read ``meta`` and its parts, which every resource has and no document of ours names."""
    urn, _, path = name.rpartition(":")
    head, _, sub = path.partition(".")
    if head.lower() != "meta" or urn.lower() not in {"", table.core_urn.lower()}:
        return None
    return (None, "meta"), Part(None, _META.get(sub.lower(), sub) if sub else None)


_META = {name.lower(): name for name in ("resourceType", "created", "lastModified", "location", "version")}


def _each(resource: dict[str, Any], chosen: Chosen, shown: Callable[[Any, tuple[Part, ...]], Any]) -> dict[str, Any]:
    """Show each attribute as far as it is chosen; an extension is an object of its own."""
    result: dict[str, Any] = {}
    for name, value in resource.items():
        if name in ALWAYS:
            result[name] = value
        elif ":" in name:
            inside = {
                key: part for key, item in value.items() if (part := shown(item, chosen.of(name, key))) is not None
            }
            if inside:
                result[name] = inside
        elif (part := shown(value, chosen.of(None, name))) is not None:
            result[name] = part
    return result


def _kept(value: Any, parts: tuple[Part, ...]) -> Any:
    """Return what is chosen of a value, or None."""
    if any(part.selected is None and part.sub is None for part in parts):
        return value
    kept = [_kept_of_one(item, parts) for item in values(value)] if parts else []
    return _as_before(value, [item for item in kept if item])


def _kept_of_one(item: Any, parts: tuple[Part, ...]) -> Any:
    meeting = [part for part in parts if part.selected is None or part.selected(item)]
    if any(part.sub is None for part in meeting):
        return item
    subs = {part.sub for part in meeting}
    return {key: sub for key, sub in item.items() if key in subs} if isinstance(item, dict) else None


def _left(value: Any, parts: tuple[Part, ...]) -> Any:
    """Return what is left of a value without what is chosen, or None."""
    if not parts:
        return value
    if any(part.selected is None and part.sub is None for part in parts):
        return None
    left = [_left_of_one(item, parts) for item in values(value)]
    return _as_before(value, [item for item in left if item])


def _left_of_one(item: Any, parts: tuple[Part, ...]) -> Any:
    meeting = [part for part in parts if part.selected is None or part.selected(item)]
    if any(part.sub is None for part in meeting):
        return None
    subs = {part.sub for part in meeting}
    return {key: sub for key, sub in item.items() if key not in subs} if isinstance(item, dict) else item


def _as_before(value: Any, shown: list[Any]) -> Any:
    """Return a list as a list and one value as one; None for nothing."""
    if not shown:
        return None
    return shown if isinstance(value, list) else shown[0]
