"""What was heard of the watches, and when: so that one that died can be told from one that has nothing to say. Pure.

A server ends each watch after a time that it was told, and it is begun anew: what was neither told nor begun anew for
twice that time is dead. Times are seconds of a monotonic clock; another thread may write them.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from workteam_crds.kinds.custom_resource import CustomResource


class Watch(NamedTuple):
    """One kind in one namespace."""

    namespace: str
    plural: str


class Watches:
    """All watches of one operator."""

    def __init__(
        self,
        kinds: Iterable[type[CustomResource]],
        namespaces: Iterable[str],
        *,
        renewal: timedelta,
        clock: Callable[[], float],
    ) -> None:
        """``renewal`` is the time after which the server ends a watch."""
        self.renewal = renewal
        self._clock = clock
        self._kinds = {kind.plural: kind.kind for kind in kinds}
        self._heard: dict[Watch, float | None] = {
            Watch(namespace, plural): None for namespace in namespaces for plural in self._kinds
        }

    def told(self, namespace: str, plural: str) -> None:
        """Note that a watch told something."""
        self._hear(Watch(namespace, plural))

    def begun(self, path: str) -> None:
        """Note that the server answered the request for a watch: ``…/namespaces/NAMESPACE/PLURAL``."""
        *_, namespace, plural = path.split("/")
        self._hear(Watch(namespace, plural))

    def missing(self) -> tuple[Watch, ...]:
        """Return the watches that were never begun."""
        return tuple(watch for watch, heard in self._heard.items() if heard is None)

    def dead(self) -> tuple[Watch, ...]:
        """Return the watches of which too long nothing was heard."""
        limit = self._clock() - 2 * self.renewal.total_seconds()
        return tuple(watch for watch, heard in self._heard.items() if heard is not None and heard < limit)

    def ages(self) -> Iterator[tuple[str, float]]:
        """Yield each kind, and how long ago its most silent watch was heard, in seconds."""
        now = self._clock()
        for plural, kind in self._kinds.items():
            heard = [at for watch, at in self._heard.items() if watch.plural == plural and at is not None]
            if heard:
                yield kind, now - min(heard)

    def _hear(self, watch: Watch) -> None:
        if watch in self._heard:
            self._heard[watch] = self._clock()
