"""Which pass has which claim, and which keys wait for one (rule A1). Pure."""

from collections.abc import Hashable, Iterable

from workteam_crds.naming import Key


class Holdings:
    """The claims of all passes in flight."""

    def __init__(self) -> None:
        self._holders: dict[Hashable, Key] = {}
        self._held: dict[Key, set[Hashable]] = {}
        self._waiting: dict[Hashable, list[Key]] = {}

    def take(self, key: Key, claims: Iterable[Hashable]) -> bool:
        """Take all claims for a pass at once; if another pass has one, take none, and wait for that."""
        wanted = set(claims)
        for claim in wanted:
            if claim in self._holders:
                self._waiting.setdefault(claim, []).append(key)
                return False
        self._holders.update(dict.fromkeys(wanted, key))
        self._held[key] = wanted
        return True

    def add(self, key: Key, claim: Hashable) -> bool:
        """Take one more claim for a pass in flight; False if another pass has it."""
        holder = self._holders.setdefault(claim, key)
        if holder == key:
            self._held[key].add(claim)
        return holder == key

    def release(self, key: Key) -> tuple[Key, ...]:
        """Let all claims of a pass go, and return the keys that waited for one."""
        woken: list[Key] = []
        for claim in self._held.pop(key):
            del self._holders[claim]
            woken += self._waiting.pop(claim, [])
        return tuple(woken)
