"""What is looked up without a walk: names, externalIds and ids; a member's groups. Pure."""

from bisect import bisect_left, insort
from collections.abc import Iterable


class Lookup:
    """Ids by a key; several ids may share one."""

    def __init__(self) -> None:
        self._ids: dict[str, tuple[str, ...]] = {}

    def add(self, key: str | None, name: str) -> None:
        """Note that an id has a key; None is no key."""
        if key is not None:
            self._ids[key] = (*self._ids.get(key, ()), name)

    def remove(self, key: str | None, name: str) -> None:
        """Forget that an id has a key."""
        if key is None:
            return
        left = tuple(held for held in self._ids.get(key, ()) if held != name)
        if left:
            self._ids[key] = left
        else:
            self._ids.pop(key, None)

    def find(self, key: str) -> tuple[str, ...]:
        """Return the ids that have a key, in their order."""
        return tuple(sorted(self._ids.get(key, ())))

    def move(self, name: str, old: Iterable[str], new: Iterable[str]) -> None:
        """Change an id's keys from some to others, touching those that differ only."""
        before, after = set(old), set(new)
        for key in before - after:
            self.remove(key, name)
        for key in after - before:
            self.add(key, name)


class Ordered:
    """Ids in their order: UUIDv7 names sort by creation, so pages are stable."""

    def __init__(self) -> None:
        self._names: list[str] = []

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: str) -> None:
        """Put in an id that is not in."""
        insort(self._names, name)

    def remove(self, name: str) -> None:
        """Take out an id that is in."""
        del self._names[bisect_left(self._names, name)]

    def page(self, start: int, count: int) -> list[str]:
        """Return up to ``count`` ids from a position that counts from 0."""
        return self._names[start : start + count]
