"""Attribute paths as clients write them, resolved against our discovery documents (RFC 7644 §3.10). Pure.

Names and URNs are read in any case, and leave here as the documents spell them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from workteam_scim.documents import ENTERPRISE, ENTERPRISE_SCHEMA, GROUP, GROUP_SCHEMA, USER, USER_SCHEMA, Document

GRAMMAR = re.compile(r"^(?P<name>[A-Za-z$][\w$-]*)\s*(?:\[(?P<filter>.*)\])?(?:\.(?P<sub>[\w$-]+))?$", re.DOTALL)
EQUALS = re.compile(r"^\s*(?P<name>[\w$.-]+)\s+eq\s+(?P<literal>.+?)\s*$", re.DOTALL | re.IGNORECASE)
ESCAPED = re.compile(r'\\(["\\/])')


@dataclass(frozen=True)
class Attribute:
    """What a document says of one attribute, as far as values are read by it."""

    name: str
    type: str
    multi: bool
    required: bool
    urn: str
    subs: Mapping[str, "Attribute"] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Return the path of the attribute: the URN is written for extensions only."""
        return self.name if self.urn in {USER, GROUP} else f"{self.urn}:{self.name}"

    def sub(self, name: str) -> "Attribute | None":
        """Return a sub-attribute by its name in any case."""
        return self.subs.get(name.lower())


@dataclass(frozen=True)
class Equals:
    """The filter ``name eq literal`` of a value path, its literal without quotes."""

    name: str
    literal: str


@dataclass(frozen=True)
class Target:
    """What a path points at: ``attribute[filter].sub``."""

    attribute: Attribute
    filter: str | None = None
    """As the library reads it."""
    sub: Attribute | None = None

    @property
    def leaf(self) -> Attribute:
        """Return the attribute that holds the value."""
        return self.sub or self.attribute

    @property
    def path(self) -> str:
        """Write the path as the library reads it."""
        within = "" if self.filter is None else f"[{self.filter}]"
        return f"{self.attribute.path}{within}" + (f".{self.sub.name}" if self.sub else "")


@dataclass(frozen=True)
class Table:
    """The attributes of one resource type, by name in lower case."""

    core_urn: str
    core: Mapping[str, Attribute]
    extension: Mapping[str, Attribute]

    def find(self, path: str) -> Target | None:
        """Resolve a path, or return None for what no document names."""
        urn, rest = self._split(path.strip())
        if rest.lower().startswith("urn:"):
            return None
        match = GRAMMAR.match(rest)
        attribute = match and self._attribute(urn, match["name"])
        if not match or not attribute:
            return None
        sub = attribute.sub(match["sub"]) if match["sub"] else None
        if match["sub"] and sub is None:
            return None
        return Target(attribute, _spelt(attribute, match["filter"]), sub)

    def whole_extension(self, path: str) -> bool:
        """Say whether a path is the extension's URN itself."""
        return bool(self.extension) and path.strip().lower() == ENTERPRISE.lower()

    def whole_core(self, path: str) -> bool:
        """Say whether a path is the core schema's URN itself."""
        return path.strip().lower() == self.core_urn.lower()

    def _split(self, path: str) -> tuple[str | None, str]:
        """Take a known URN off: a dot or a colon in it must not be taken for one of ours."""
        for urn in (ENTERPRISE, self.core_urn):
            if path.lower().startswith(f"{urn.lower()}:"):
                return urn, path[len(urn) + 1 :]
        return None, path

    def _attribute(self, urn: str | None, name: str) -> Attribute | None:
        key = name.lower()
        match urn:
            case None:  # clients leave the extension's URN out: ``manager``
                return self.core.get(key) or self.extension.get(key)
            case self.core_urn:
                return self.core.get(key)
            case _:
                return self.extension.get(key)


def equals(text: str) -> Equals | None:
    """Read ``name eq literal``: quoted in any way, half quoted, or not quoted at all; None for any other filter."""
    match = EQUALS.match(text)
    if match is None:
        return None
    literal = match["literal"]
    if literal.startswith('\\"'):  # quotes that were escaped once too often
        literal = literal.replace('\\"', '"')
    if not literal.startswith('"'):
        return None if re.search(r"\s", literal) else Equals(match["name"], literal.rstrip('"'))
    inner = literal[1:-1] if len(literal) > 1 and literal.endswith('"') else literal[1:]
    if re.search(r'(?<!\\)"', inner):
        return None
    return Equals(match["name"], ESCAPED.sub(r"\1", inner))


def quoted(text: str) -> str:
    """Write a text as the literal of a filter."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _spelt(attribute: Attribute, text: str | None) -> str | None:
    """Write a filter as the library reads it: names as documented, booleans bare, strings quoted."""
    found = equals(text) if text is not None else None
    sub = attribute.sub(found.name) if found else None
    if found is None or sub is None:
        return text
    if sub.type == "boolean" and found.literal.lower() in {"true", "false"}:
        return f"{sub.name} eq {found.literal.lower()}"
    return f"{sub.name} eq {quoted(found.literal)}"


@cache
def user_table() -> Table:
    """Return the attributes of users, the enterprise extension's included."""
    return Table(USER, _attributes(USER, USER_SCHEMA), _attributes(ENTERPRISE, ENTERPRISE_SCHEMA))


@cache
def group_table() -> Table:
    """Return the attributes of groups."""
    return Table(GROUP, _attributes(GROUP, GROUP_SCHEMA), {})


def _attributes(urn: str, document: Document) -> dict[str, Attribute]:
    return {found.name.lower(): found for found in (_attribute(urn, raw) for raw in document["attributes"])}


def _attribute(urn: str, raw: Mapping[str, Any]) -> Attribute:
    subs = {sub["name"].lower(): _attribute(urn, sub) for sub in raw.get("subAttributes", ())}
    return Attribute(raw["name"], raw["type"], raw["multiValued"], raw["required"], urn, subs)
