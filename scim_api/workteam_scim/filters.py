"""Filters of searches: names become those of the documents before anybody else reads them. Pure.

What is looked up without a walk is one or two comparisons by ``eq``; other filters are the library's, respelt.
"""

import re
from dataclasses import dataclass

import orjson

from workteam_scim.paths import Table, Target, quoted

NAME = r"(?<![\w$:.-])[\w$:.-]++(?:\[[^\[\]]*+\](?:\.[\w$-]++)?)?"
TEXT = r'"(?:[^"\\]|\\.)*"'
COMPARISON = rf'({NAME})\s+eq\s+({TEXT}|[^\s"()\[\]]+)'
ONE = re.compile(rf"{COMPARISON}", re.IGNORECASE)
TWO = re.compile(rf"{COMPARISON}\s+and\s+{COMPARISON}", re.IGNORECASE)
TOKEN = re.compile(rf"{TEXT}|(?P<name>{NAME})(?=\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b)", re.IGNORECASE)
LITERALS = frozenset({"true", "false", "null"})
OUTSIDE = re.compile(r"(id|schemas|meta)(\.\w+)?", re.IGNORECASE)
"""Every resource has these, and no document of ours names them."""


@dataclass(frozen=True)
class Comparison:
    """One ``path eq literal``, the path as the documents spell it; of several values, and of a manager, the value."""

    path: str | None
    """None for what no document names: no resource has it."""
    literal: str | None
    """None for what is no text."""


def comparisons(text: str, table: Table) -> tuple[Comparison, ...]:
    """Read one comparison, or two joined by ``and``; nothing for any other filter. Raises ``InvalidPathException``."""
    if match := ONE.fullmatch(text.strip()):
        return (_comparison(match[1], match[2], table),)
    if match := TWO.fullmatch(text.strip()):
        return (_comparison(match[1], match[2], table), _comparison(match[3], match[4], table))
    return ()


def respelt(text: str, table: Table) -> str:
    """Write a filter as the library reads it: ``manager`` with its URN, ``emails[…] eq`` as ``emails[…].value eq``."""
    match = ONE.fullmatch(text.strip())
    target = table.find(match[1]) if match else None
    if match and target:
        return f"{_value_path(target)} eq {_literal(target, match[2])}"
    return TOKEN.sub(lambda token: _named(token, table), text)


def _comparison(name: str, literal: str, table: Table) -> Comparison:
    target = table.find(name)
    if target is not None:
        return Comparison(_value_path(target), _text(literal))
    urn, _, outside = name.rpartition(":")
    known = OUTSIDE.fullmatch(outside) and urn.lower() in {"", table.core_urn.lower()}
    return Comparison(outside.lower() if known else None, _text(literal))


def _value_path(target: Target) -> str:
    """Write a path whose value can be compared."""
    single = not target.attribute.multi or target.filter is not None
    has_value = target.leaf.type == "complex" and target.leaf.sub("value") is not None
    return f"{target.path}.value" if single and has_value else target.path


def _text(literal: str) -> str | None:
    """Read a literal: quoted, or bare as Entra's documentation has it."""
    if not literal.startswith('"'):
        return None if literal.lower() in LITERALS else literal
    try:
        return str(orjson.loads(literal))
    except orjson.JSONDecodeError:
        return None


def _literal(target: Target, literal: str) -> str:
    """Write a literal by the type that the document says."""
    text = _text(literal)
    if target.leaf.type == "boolean":
        return text.lower() if text is not None and text.lower() in LITERALS else literal
    return literal if text is None else quoted(text)


def _named(token: re.Match[str], table: Table) -> str:
    target = table.find(token["name"]) if token["name"] else None
    return token[0] if target is None else _value_path(target)
