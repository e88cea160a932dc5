"""The search of one resource type, or of both as one collection: matched, ordered, paged (RFC 7644 §3.4.2, RFC 9865).

What is no look-up is a walk over the resources' JSON. It takes turns with other requests: nobody waits for it longer
than ``TURN``.
"""

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from scim2_models import InvalidCursorException, InvalidPathException

from workteam_scim.entries import Entry
from workteam_scim.filters import respelt
from workteam_scim.lookups import found, narrowed
from workteam_scim.places import Json
from workteam_scim.predicates import Predicate, parsed, predicate
from workteam_scim.queries import Query
from workteam_scim.searched import Searched
from workteam_scim.shelf import Shelf
from workteam_scim.sorting import SortKey, SortValue, sort_value, unsorted

TURN = 0.005
"""Seconds after which a walk lets others run."""
STRIDE = 32
"""How many resources are read between two looks at the clock."""

Collection: TypeAlias = Mapping[Searched, Shelf[Any]]
Position: TypeAlias = dict[str, Any]
"""Where a page begins or ends, as a cursor holds it: ``{"d": next|previous, "v": value, "i": id, "t": type}``."""


class Place(NamedTuple):
    """Where a resource stands among what a search found."""

    key: SortKey
    entry: tuple[Searched, Entry]


@dataclass(frozen=True)
class Page:
    """What a search found."""

    total: int
    entries: Sequence[tuple[Searched, Entry]]
    next: Position | None = None
    previous: Position | None = None


async def search(collection: Collection, query: Query, position: Position | None = None) -> Page:
    """Return one page of what matches; one asked for by cursor begins at ``position``, or is the first one.

    Raises ``InvalidFilterException``, ``InvalidPathException`` for ``sortBy`` and ``InvalidCursorException``.
    """
    if query.cursor is None and query.sort_by is None and len(collection) == 1:
        [(kind, shelf)] = collection.items()
        if (page := _at_once(kind, shelf, query)) is not None:
            return page
    line = await _line(collection, query)
    ordered = line[::-1] if query.descending else line
    if query.cursor is None:
        return Page(len(line), [place.entry for place in ordered[_window(query)]])
    start, stop = _bounds([place.key for place in line], query, position)
    shown = ordered[start:stop]
    return Page(
        len(line),
        [place.entry for place in shown],
        next=_position("next", shown[-1].key) if shown and stop < len(line) else None,
        previous=_position("previous", shown[0].key) if shown and start > 0 else None,
    )


def _at_once(kind: Searched, shelf: Shelf[Any], query: Query) -> Page | None:
    """Answer what needs no walk: a page of everything, or what an index knows."""
    window = _window(query)
    if query.filter is None:
        length = len(shelf) if query.count is None else query.count
        return Page(len(shelf), [(kind, entry) for entry in shelf.page(window.start, length)])
    entries = found(shelf, query.filter, kind.table)
    return None if entries is None else Page(len(entries), [(kind, entry) for entry in entries[window]])


async def _line(collection: Collection, query: Query) -> list[Place]:
    """Return all that matches, ascending."""
    line: list[Place] = []
    turn = _Turn()
    for kind, value in _sort_values(collection, query).items():
        entries, test = _candidates(kind, collection[kind], query.filter)
        read = _reader(query)
        for number, entry in enumerate(entries):
            if number % STRIDE == 0:
                await turn.taken()
            json = read(entry)
            if test is None or test(json):
                line.append(Place(_key(value(json), entry, kind), (kind, entry)))
    if query.sort_by is not None or len(collection) > 1:
        line.sort(key=_by_key)
    return line


def _candidates(kind: Searched, shelf: Shelf[Any], text: str | None) -> tuple[Iterable[Entry], Predicate | None]:
    """Return what may match, in the order of ids, and what says whether it does; None if all of it does."""
    if text is None:
        return shelf, None
    if (entries := found(shelf, text, kind.table)) is not None:
        return entries, None
    node = parsed(respelt(text, kind.table))
    return narrowed(shelf, node), predicate(node, kind.model)


def _sort_values(collection: Collection, query: Query) -> dict[Searched, Callable[[Json], SortValue | None]]:
    """Return what reads the value that each type is ordered by; a type without the attribute has none."""
    if query.sort_by is None:
        return dict.fromkeys(collection, unsorted)
    readers = {kind: sort_value(query.sort_by, kind.table, kind.model) for kind in collection}
    if not any(readers.values()):
        raise InvalidPathException(detail="sortBy: no resource has this attribute.")
    return {kind: reader or unsorted for kind, reader in readers.items()}


def _reader(query: Query) -> Callable[[Entry], Json]:
    """Return what reads as much of a resource as a query needs: nothing, its head, or its members, too."""
    words = f"{query.filter or ''} {query.sort_by or ''}".lower()
    if not words.strip():
        return lambda _: {}
    if "member" not in words:
        return Entry.attributes
    return lambda entry: {**entry.attributes(), "members": [{"value": name} for name in entry.members]}


def _key(value: SortValue | None, entry: Entry, kind: Searched) -> SortKey:
    return SortKey(value is None, "" if value is None else value, entry.name, kind.name)


def _by_key(place: Place) -> SortKey:
    return place.key


def _window(query: Query) -> slice:
    start = query.start - 1
    return slice(start, None if query.count is None else start + query.count)


def _bounds(keys: list[SortKey], query: Query, position: Position | None) -> tuple[int, int]:
    """Return which part of the ordered line a cursor page is; ``keys`` ascend whatever the order is."""
    length, count = len(keys), query.count
    if count == 0:
        return 0, 0
    if position is None:
        return 0, length if count is None else min(count, length)
    towards, anchor = _read_position(position)
    try:
        left, right = bisect_left(keys, anchor), bisect_right(keys, anchor)
    except TypeError:  # the attribute had another type when the cursor was made
        raise InvalidCursorException from None
    if query.descending:
        left, right = length - right, length - left
    if towards == "next":
        return right, length if count is None else min(right + count, length)
    return 0 if count is None else max(left - count, 0), left


def _position(towards: str, key: SortKey) -> Position:
    return {"d": towards, "v": None if key.missing else key.value, "i": key.name, "t": key.resource_type}


def _read_position(position: Any) -> tuple[str, SortKey]:
    match position:
        case {"d": "next" | "previous" as towards, "v": value, "i": str(name), "t": str(kind)}:
            return towards, SortKey(value is None, "" if value is None else value, name, kind)
        case _:
            raise InvalidCursorException


class _Turn:
    """How long a walk has gone on without letting others run."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()

    async def taken(self) -> None:
        """Let others run if it is time."""
        if self._clock() - self._began > TURN:
            await asyncio.sleep(0)
            self._began = self._clock()
