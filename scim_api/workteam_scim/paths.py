"""Attribute paths as clients write them, resolved against our discovery documents (RFC 7644 §3.10). Pure.

Names and URNs are read in any case, and leave here as the documents spell them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import orjson
from scim2_models import InvalidPathException

from workteam_scim.documents import ENTERPRISE, ENTERPRISE_SCHEMA, GROUP, GROUP_SCHEMA, USER, USER_SCHEMA, Document

GRAMMAR = re.compile(r"^(?P<name>[A-Za-z$][\w$-]*)\s*(?:\[(?P<filter>.*)\])?(?:\.(?P<sub>[\w$-]+))?$", re.DOTALL)
EQUALS = re.compile(r"(?P<name>[\w$.-]+)\s+eq\s+(?P<literal>\S.*)", re.DOTALL | re.IGNORECASE)
OPENING = re.compile(r"""(?P<escapes>\\*)(?P<quote>["'])""")
CLOSED = {quote: re.compile(rf"((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "\"'"}
BARE = re.compile(r"[^\s()\[\]\"']+")
ESCAPED = re.compile(r'\\(["\\/])')
AND = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<and>\s+and\s+)""", re.DOTALL | re.IGNORECASE)
MISSPELT_ENTERPRISE = ENTERPRISE.replace("2.0:User", "2.0User")
"""As a sample of Microsoft's documentation has it."""
LONGEST_PATH = 1024
"""Characters; a longer path names nothing of ours, and reading its filter would hold up everybody else."""


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
        """Resolve a path, or return None for what no document names. Raises ``InvalidPathException`` if it is long."""
        if len(path) > LONGEST_PATH:
            raise InvalidPathException(detail=f"A path may have up to {LONGEST_PATH} characters.")
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
        return bool(self.extension) and path.strip().lower() in {ENTERPRISE.lower(), MISSPELT_ENTERPRISE.lower()}

    def whole_core(self, path: str) -> bool:
        """Say whether a path is the core schema's URN itself."""
        return path.strip().lower() == self.core_urn.lower()

    def _split(self, path: str) -> tuple[str | None, str]:
        """Take a known URN off: a dot or a colon in it must not be taken for one of ours."""
        for written, urn in (
            (ENTERPRISE, ENTERPRISE),
            (MISSPELT_ENTERPRISE, ENTERPRISE),
            (self.core_urn, self.core_urn),
        ):
            if path.lower().startswith(f"{written.lower()}:"):
                return urn, path[len(written) + 1 :]
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
    match = EQUALS.match(text.strip())
    literal = _unquoted(match["literal"]) if match else None
    return Equals(match["name"], literal) if match and literal is not None else None


def _unquoted(literal: str) -> str | None:
    """Take the quotes off: either kind, escaped once or more too often, the last one lost; None if it is no literal."""
    opening = OPENING.match(literal)
    if opening is None:
        bare = literal.rstrip('\\"')
        return bare if BARE.fullmatch(bare) else None
    quote = opening["quote"]
    inner = literal[opening.end() :]
    if opening["escapes"]:
        inner = inner.replace(opening[0], quote)
    closed = CLOSED[quote].fullmatch(inner)
    content = closed[1] if closed else inner.rstrip(f"\\{quote}")
    return None if re.search(rf"(?<!\\){quote}", content) else unescaped(content)


def unescaped(content: str) -> str:
    """Return what stands between the quotes of a literal, without its escapes."""
    try:
        return str(orjson.loads(f'"{content}"'))
    except orjson.JSONDecodeError:  # a line break as it is, a backslash that escapes nothing
        return ESCAPED.sub(r"\1", content)


def quoted(text: str) -> str:
    """Write a text as the literal of a filter."""
    return orjson.dumps(text).decode()


def all_equal(text: str) -> tuple[Equals, ...]:
    """Read terms ``name eq literal`` that are joined by ``and``; nothing for any other filter."""
    if (whole := equals(text)) is not None:
        return (whole,)
    joints = [match for match in AND.finditer(text) if match["and"]]
    starts, ends = [0, *(joint.end() for joint in joints)], [*(joint.start() for joint in joints), len(text)]
    terms = [term for start, end in zip(starts, ends, strict=True) if (term := equals(text[start:end])) is not None]
    return tuple(terms) if len(terms) == len(starts) else ()


def _spelt(attribute: Attribute, text: str | None) -> str | None:
    """Write a filter as the library reads it: names as documented, booleans bare, strings quoted."""
    terms = all_equal(text) if text is not None else ()
    named = {sub.name: term.literal for term in terms if (sub := attribute.sub(term.name))}
    return conjunction(attribute, named) if named and len(named) == len(terms) else text


def conjunction(attribute: Attribute, terms: Mapping[str, str]) -> str:
    """Write the filter of an element that has these values of sub-attributes."""
    return " and ".join(f"{name} eq {_literal(attribute, name, literal)}" for name, literal in terms.items())


def _literal(attribute: Attribute, name: str, literal: str) -> str:
    sub = attribute.sub(name)
    boolean = sub is not None and sub.type == "boolean" and literal.lower() in {"true", "false"}
    return literal.lower() if boolean else quoted(literal)


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
