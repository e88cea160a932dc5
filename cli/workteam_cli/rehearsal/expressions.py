"""The expressions of an Entra attribute mapping, parsed and evaluated. Pure.

The language is ``[attribute]``, ``"text"`` and ``Function(argument, …)``; an argument may be left out, as in
``Switch([IsSoftDeleted], , "False", "True")``. ``FUNCTIONS`` lists the functions, which are Microsoft's.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never


@dataclass(frozen=True)
class Role:
    """One app role, as an assignment gives it to a person; Entra sends its value, in PATCHes also id and name."""

    id: str
    value: str
    display_name: str


Value: TypeAlias = str | Role | tuple[str, ...] | tuple[Role, ...] | None


@dataclass(frozen=True)
class Attribute:
    """``[name]``: a property of the source object."""

    name: str


@dataclass(frozen=True)
class Text:
    """A literal, or None where an argument was left out."""

    value: str | None


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    function: str
    arguments: tuple["Expression", ...]


Expression: TypeAlias = Attribute | Text | Call


class BadExpressionError(ValueError):
    """The sentence says what is wrong and what would be right."""


def parse(source: str) -> Expression:
    """Read one expression. Raises ``BadExpressionError``."""
    tokens = _Tokens(source)
    expression = _expression(tokens)
    if tokens.next is not None:
        raise BadExpressionError(f"{tokens.next!r} is left over at the end of {source!r}")
    return expression


def attributes(expression: Expression) -> Iterator[str]:
    """Name every source attribute that an expression reads."""
    match expression:
        case Attribute(name):
            yield name
        case Call(_, arguments):
            for argument in arguments:
                yield from attributes(argument)
        case Text():
            return
        case _:
            assert_never(expression)


def evaluate(expression: Expression, read: Callable[[str], Value]) -> Value:
    """Return the value for one object, whose attributes ``read`` gives; None means that nothing is sent."""
    match expression:
        case Attribute(name):
            return read(name)
        case Text(value):
            return value
        case Call(function, arguments):
            return FUNCTIONS[function].apply([evaluate(argument, read) for argument in arguments])
        case _:
            assert_never(expression)


def first(value: Value) -> str | Role | None:
    """Reduce to the one value that a single-valued target gets: of several the first; of an empty text none."""
    single = (value[0] if value else None) if isinstance(value, tuple) else value
    return None if single == "" else single


def text(value: Value) -> str:
    """Read a value as text; nothing is the empty text."""
    single = first(value)
    return single.value if isinstance(single, Role) else single or ""


def _append(arguments: Sequence[Value]) -> Value:
    return text(arguments[0]) + text(arguments[1])


def _coalesce(arguments: Sequence[Value]) -> Value:
    return next((value for value in map(first, arguments) if value is not None), None)


def _item(arguments: Sequence[Value]) -> Value:
    values = arguments[0] if isinstance(arguments[0], tuple) else (arguments[0],)
    index = text(arguments[1])
    if not index.isdecimal() or not 1 <= int(index) <= len(values):
        return None
    return values[int(index) - 1]


def _join(arguments: Sequence[Value]) -> Value:
    """Empty parts are left out, so that a person with one name gets no stray separator."""
    parts: list[str] = []
    for argument in arguments[1:]:
        parts.extend(text(part) for part in (argument if isinstance(argument, tuple) else (argument,)))
    return text(arguments[0]).join(part for part in parts if part)


def _single_role(arguments: Sequence[Value]) -> Value:
    return first(arguments[0])


def _switch(arguments: Sequence[Value]) -> Value:
    source, default, *pairs = arguments
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if text(key).lower() == text(source).lower():
            return value
    return default


def _to_lower(arguments: Sequence[Value]) -> Value:
    return text(arguments[0]).lower()


def _to_upper(arguments: Sequence[Value]) -> Value:
    return text(arguments[0]).upper()


@dataclass(frozen=True)
class Function:
    """A function of the language and how many arguments it takes."""

    apply: Callable[[Sequence[Value]], Value]
    least: int
    most: int
    paired: bool = False
    """Whether all arguments after the second come in pairs of key and value."""


_MANY = 100
FUNCTIONS = {
    "Append": Function(_append, 2, 2),
    "Coalesce": Function(_coalesce, 1, _MANY),
    "Item": Function(_item, 2, 2),
    "Join": Function(_join, 2, _MANY),
    "SingleAppRoleAssignment": Function(_single_role, 1, 1),
    "Switch": Function(_switch, 4, _MANY, paired=True),
    "ToLower": Function(_to_lower, 1, 1),
    "ToUpper": Function(_to_upper, 1, 1),
}

_TOKEN = re.compile(r'\s*(\[[^\[\]]+\]|"(?:[^"\\]|\\.)*"|\w+|[(),])')


class _Tokens:
    """The pieces of an expression, with the next one in sight."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._pieces = iter(_split(source))
        self.next: str | None = next(self._pieces, None)

    def take(self) -> str:
        """Return the next piece and move on."""
        if self.next is None:
            raise BadExpressionError(f"{self.source!r} ends too early; is a bracket or a quote missing?")
        piece, self.next = self.next, next(self._pieces, None)
        return piece


def _split(source: str) -> list[str]:
    pieces: list[str] = []
    at = 0
    rest = source.rstrip()
    while at < len(rest):
        found = _TOKEN.match(rest, at)
        if found is None:
            raise BadExpressionError(f'{rest[at:].strip()!r} in {source!r} is no [attribute], "text" or Function(…)')
        pieces.append(found[1])
        at = found.end()
    return pieces


def _expression(tokens: _Tokens) -> Expression:
    piece = tokens.take()
    if piece.startswith("["):
        return Attribute(piece[1:-1].strip())
    if piece.startswith('"'):
        return Text(re.sub(r"\\(.)", r"\1", piece[1:-1]))
    if piece.isdecimal():
        return Text(piece)
    if piece in "(),":
        raise BadExpressionError(
            f"{piece!r} stands where an attribute, a text or a function belongs in {tokens.source!r}"
        )
    return _call(piece, tokens)


def _call(name: str, tokens: _Tokens) -> Call:
    function = FUNCTIONS.get(name)
    if function is None:
        raise BadExpressionError(f"the function {name} is unknown; known are {', '.join(FUNCTIONS)}")
    if tokens.take() != "(":
        raise BadExpressionError(f"{name} needs its arguments in parentheses in {tokens.source!r}")
    arguments = [_argument(tokens)]
    while tokens.next == ",":
        tokens.take()
        arguments.append(_argument(tokens))
    if tokens.take() != ")":
        raise BadExpressionError(f"the arguments of {name} need commas between them in {tokens.source!r}")
    count = len(arguments)
    if not function.least <= count <= function.most or (function.paired and count % 2):
        raise BadExpressionError(f"{name} does not take {count} arguments in {tokens.source!r}")
    return Call(name, tuple(arguments))


def _argument(tokens: _Tokens) -> Expression:
    return Text(None) if tokens.next in {",", ")"} else _expression(tokens)
