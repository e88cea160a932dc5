"""Server-side apply of a status, as far as our statuses need it: who says what, and what is left of it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Fields: TypeAlias = Mapping[str, Any]
"""JSON of a status: objects are merged by key, lists of conditions by their type, all else is one value."""


class Applied:
    """What each field manager says in the status of one object."""

    def __init__(self) -> None:
        self._said: dict[str, Fields] = {}

    def apply(self, manager: str, fields: Fields) -> None:
        """Make this all that a manager says. What others said otherwise is theirs no longer (``force``)."""
        others = {other: _without(said, fields) for other, said in self._said.items() if other != manager}
        self._said = others | {manager: fields}

    def status(self) -> dict[str, Any]:
        """Return what all of them say."""
        merged: dict[str, Any] = {}
        for fields in self._said.values():
            merged = _merged(merged, fields)
        return merged


def _merged(one: Any, other: Any) -> Any:
    match one, other:
        case dict(), dict():
            return {key: _merged(one.get(key), other.get(key, one.get(key))) for key in (one | other)}
        case list(), list() if _is_map(one) and _is_map(other):
            both: dict[str, Any] = _merged(_by_type(one), _by_type(other))
            return list(both.values())
        case _:
            return other


def _without(said: Any, newer: Any) -> Any:
    """Return what one manager says, but for what another one has said otherwise since."""
    match said, newer:
        case dict(), dict():
            left = {key: _without(value, newer[key]) if key in newer else value for key, value in said.items()}
            return {key: value for key, value in left.items() if value is not None}
        case list(), list() if _is_map(said) and _is_map(newer):
            left = _without(_by_type(said), _by_type(newer))
            return list(left.values())
        case _:
            return said if said == newer else None


def _is_map(values: Iterable[Any]) -> bool:
    return all(isinstance(value, dict) and "type" in value for value in values)


def _by_type(values: Iterable[Any]) -> dict[str, Any]:
    return {value["type"]: value for value in values}
