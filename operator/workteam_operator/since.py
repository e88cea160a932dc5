"""Since when something has been so, as this process saw it: a restart begins anew. No I/O, no clock."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Generic, TypeVar

from workteam_crds.naming import Key

T = TypeVar("T", bound=Hashable)


class Since(Generic[T]):
    """By the key of an object, what its passes saw in a row."""

    def __init__(self) -> None:
        self._seen: dict[Key, dict[T, datetime]] = {}

    def saw(self, key: Key, things: Iterable[T], *, now: datetime) -> Mapping[T, datetime]:
        """Note what a pass saw, all of it; return since when the passes over the key have seen each of these."""
        before = self._seen.get(key, {})
        self.forget(key)
        seen = {thing: before.get(thing, now) for thing in things}
        if seen:
            self._seen[key] = seen
        return seen

    def forget(self, key: Key) -> None:
        """Begin anew, should the key ever come again."""
        self._seen.pop(key, None)

    def seen(self, key: Key, thing: T) -> datetime | None:
        """Return since when the passes over a key have seen something; None if they have not."""
        return self._seen.get(key, {}).get(thing)
