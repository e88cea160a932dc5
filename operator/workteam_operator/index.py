"""Terms under which keys are found. Pure."""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from workteam_crds.naming import Key

T = TypeVar("T", bound=Hashable)


class Index(Generic[T]):
    """Many keys under many terms."""

    def __init__(self) -> None:
        self._keys: dict[T, set[Key]] = {}
        self._terms: dict[Key, frozenset[T]] = {}

    def put(self, key: Key, terms: Iterable[T]) -> None:
        """Make these all terms of a key; none forgets it."""
        new, old = frozenset(terms), self.terms(key)
        for term in old - new:
            self._keys[term].discard(key)
            if not self._keys[term]:
                del self._keys[term]
        for term in new - old:
            self._keys.setdefault(term, set()).add(key)
        if new:
            self._terms[key] = new
        else:
            self._terms.pop(key, None)

    def find(self, term: T) -> frozenset[Key]:
        """Return the keys under a term."""
        return frozenset(self._keys.get(term, ()))

    def terms(self, key: Key) -> frozenset[T]:
        """Return the terms of a key."""
        return self._terms.get(key, frozenset())
