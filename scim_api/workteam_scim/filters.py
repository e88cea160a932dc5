"""Filters of searches: names become those of the documents, values get their quotes, then the library reads. Pure.

What is looked up without a walk is one or two comparisons by ``eq``; other filters are respelt, parsed and matched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from scim2_models import InvalidPathException

from workteam_scim.paths import Attribute, Table, Target, quoted, unescaped

NAME = r"(?<![\w$:.-])[\w$:.-]++(?:\[[^\[\]]*+\](?:\.[\w$-]++)?)?"
TEXT = r'"(?:[^"\\]|\\.)*"'
SINGLE = r"'[^']*'"
COMPARISON = rf'({NAME})\s+eq\s+({TEXT}|{SINGLE}|[^\s"()\[\]]+)'
ONE = re.compile(rf"{COMPARISON}", re.IGNORECASE | re.DOTALL)
TWO = re.compile(rf"{COMPARISON}\s+and\s+{COMPARISON}", re.IGNORECASE | re.DOTALL)
WORD = re.compile(rf"""\s*({TEXT}|".*|{SINGLE}|[()\[\]]|[^\s()\[\]"]+)""", re.DOTALL)
COMPLETE = re.compile(TEXT, re.DOTALL)
OPERATORS = frozenset({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"})
PRESENT = "pr"
BOOLEANS = frozenset({"true", "false"})
LITERALS = BOOLEANS | {"null"}
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
    """Read one comparison, or two joined by ``and``; nothing for any other filter."""
    if match := ONE.fullmatch(text.strip()):
        return (_comparison(match[1], match[2], table),)
    if match := TWO.fullmatch(text.strip()):
        return (_comparison(match[1], match[2], table), _comparison(match[3], match[4], table))
    return ()


def respelt(text: str, table: Table) -> str:
    """Write a filter as the library reads it; what is broken stays so.

    Names are spelt as documented, ``manager`` gets its URN, ``emails[…] eq`` becomes ``emails[…].value eq``, and a
    bare or single-quoted value becomes one in double quotes unless its attribute is a boolean.
    """
    return "".join(_Respelling(table, text).pieces())


def _comparison(name: str, literal: str, table: Table) -> Comparison:
    target = _found(name, table)
    if target is not None:
        return Comparison(_value_path(target), _text(literal))
    urn, _, outside = name.rpartition(":")
    known = OUTSIDE.fullmatch(outside) and urn.lower() in {"", table.core_urn.lower()}
    return Comparison(outside.lower() if known else None, _text(literal))


def _found(name: str, table: Table) -> Target | None:
    try:
        return table.find(name)
    except InvalidPathException:  # too long to be anybody's
        return None


def _value_path(target: Target) -> str:
    """Write a path whose value can be compared."""
    single = not target.attribute.multi or target.filter is not None
    has_value = target.leaf.type == "complex" and target.leaf.sub("value") is not None
    return f"{target.path}.value" if single and has_value else target.path


def _text(literal: str) -> str | None:
    """Read a literal: quoted, or bare as Entra's documentation has it."""
    if literal.startswith('"'):
        return unescaped(literal[1:-1])
    if len(literal) > 1 and literal[0] == literal[-1] == "'":
        return literal[1:-1]
    return None if literal.lower() in LITERALS else literal


class _Respelling:
    """One filter on its way, word by word."""

    def __init__(self, table: Table, text: str) -> None:
        self._table = table
        self._words = [(match[0][: -len(match[1])], match[1]) for match in WORD.finditer(text)]
        self._within: Attribute | None = None
        """The attribute in whose brackets we are."""
        self._selected: Attribute | None = None
        """The attribute whose brackets were closed by the word before."""
        self._leaf: Attribute | None = None
        """What the comparison is about, if a document names it."""

    def pieces(self) -> Iterator[str]:
        """Yield the words with the space before them."""
        for number, (gap, word) in enumerate(self._words):
            following = self._words[number + 1][1].lower() if number + 1 < len(self._words) else ""
            before = self._words[number - 1][1].lower() if number else ""
            yield f"{gap}{self._word(word, before, following)}"

    def _word(self, word: str, before: str, following: str) -> str:
        selected, self._selected = self._selected, None
        if word == "]":
            self._selected, self._within = self._within, None
            return self._closed(word, following)
        if selected is not None and word.startswith("."):
            self._leaf = selected.sub(word[1:])
            return f".{self._leaf.name}" if self._leaf else word
        if following == "[":
            return self._opened(word)
        if following in OPERATORS or following == PRESENT:
            return self._named(word)
        return self._literal(word) if before in OPERATORS else word

    def _closed(self, word: str, following: str) -> str:
        """``emails[…] eq "x"`` compares the selected values, ``emails[…] pr`` asks for one."""
        compared = following in OPERATORS or following == PRESENT
        value = self._selected.sub("value") if self._selected and compared else None
        self._leaf = value
        return f"{word}.value" if value else word

    def _opened(self, word: str) -> str:
        target = _found(word, self._table)
        self._within = target.attribute if target else None
        return target.attribute.path if target else word

    def _named(self, word: str) -> str:
        if self._within is not None:
            self._leaf = self._within.sub(word)
            return self._leaf.name if self._leaf else word
        target = _found(word, self._table)
        self._leaf = target.leaf if target else None
        return _value_path(target) if target else word

    def _literal(self, word: str) -> str:
        """Write a value by the type that the document says; what is documented nowhere is text."""
        if word.startswith('"') and not COMPLETE.fullmatch(word):
            return word
        text = _text(word)
        if self._leaf is not None and self._leaf.type == "boolean":
            plain = (word if text is None else text).lower()
            return plain if plain in BOOLEANS else word
        if text is None:
            return quoted(word) if word.lower() in BOOLEANS and self._leaf is not None else word
        return quoted(text)
