"""The objects of one kind as they are known: never older than they were known before (rule A10). Pure.

``shelf`` says what is kept of an object and which indexes follow; what requests wrote comes in as well as what watches
and lists say.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, Self, TypeVar

from workteam_crds.kinds.custom_resource import CustomResource

T = TypeVar("T", bound=CustomResource)


class Kept(Protocol):
    """What is kept of one object."""

    @property
    def name(self) -> str:
        """Its metadata.name."""

    @property
    def uid(self) -> str:
        """Its metadata.uid."""

    @property
    def resource_version(self) -> int:
        """The state that is known."""

    @property
    def written(self) -> float:
        """The loop's time when a request of ours wrote it, else 0."""

    def renumbered(self, resource_version: int, written: float) -> Self:
        """Return the same at another resourceVersion, and when a request of ours wrote it."""


E = TypeVar("E", bound=Kept)


@dataclass(frozen=True, slots=True)
class Seen(Generic[E]):
    """One object of a list: as little as is kept of it."""

    name: str
    uid: str
    kept: E | None
    """None if it is terminating."""


class Versions(Generic[T, E]):
    """What is kept of each object, by name. ``changed`` is told the old and the new state; either may be None."""

    def __init__(
        self,
        read: Callable[[T, float], E],
        changed: Callable[[E | None, E | None], None],
        alike: Callable[[E, T], bool] = lambda _held, _resource: False,
    ) -> None:
        self._read = read
        self._changed = changed
        self._alike = alike
        self._kept: dict[str, E] = {}
        self._gone: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, name: str) -> E:
        return self._kept[name]

    def __iter__(self) -> Iterator[E]:
        return iter(list(self._kept.values()))

    def get(self, name: str) -> E | None:
        """Return what is kept of an object."""
        return self._kept.get(name)

    def revise(self, kept: E) -> None:
        """Keep something else of the same state of an object."""
        self._kept[kept.name] = kept

    def put(self, resource: T, *, written: float = 0.0) -> E | None:
        """Take a state of an object unless a later one is known; return what is kept of it from now on."""
        metadata, held = resource.metadata, self._kept.get(resource.metadata.name)
        uid = metadata.uid or ""
        if resource.deleting or uid in self._gone:
            if held is not None and held.uid == uid:
                self._take_out(held)
            return None
        seen = int(metadata.resource_version or 0)
        if held is not None and held.uid == uid:
            written = max(written, held.written)
            if held.resource_version >= seen:  # a watch may be faster than the answer to our own write
                return held if written == held.written else self._renumber(held, held.resource_version, written)
            if self._alike(held, resource):
                return self._renumber(held, seen, written)
        return self._keep(held, self._read(resource, written))

    def seen(self, resource: T) -> Seen[E]:
        """Return what is kept of an object, for ``replace``."""
        metadata = resource.metadata
        kept = None if resource.deleting else self._read(resource, 0.0)
        return Seen(metadata.name, metadata.uid or "", kept)

    def remove(self, name: str, uid: str) -> None:
        """Take out an object that is deleted; its successor of the same name stays."""
        self._gone.pop(uid, None)
        held = self._kept.get(name)
        if held is not None and held.uid == uid:
            self._take_out(held)

    def bury(self, kept: E, now: float) -> None:
        """Take out what a request of ours deleted: no late event brings it back."""
        self.remove(kept.name, kept.uid)
        self._gone[kept.uid] = now

    def replace(self, found: Iterable[Seen[E]], *, began: float, unreadable: frozenset[str] = frozenset()) -> None:
        """Become a full list; what a request of ours wrote or deleted since the list began survives it.

        ``unreadable`` are names of objects that are there and did not parse: they keep what is known of them.
        """
        self._gone = {uid: moment for uid, moment in self._gone.items() if moment >= began}
        listed = {seen.uid: seen for seen in found}
        for kept in self:
            if kept.written >= began or kept.name in unreadable:
                continue
            if kept.uid in listed:  # also if etcd was restored to an older state, the list is the truth
                self._renumber(kept, 0, kept.written)
            else:
                self._take_out(kept)
        for seen in listed.values():
            self._take(seen)

    def _take(self, seen: Seen[E]) -> None:
        held = self._kept.get(seen.name)
        same = held if held is not None and held.uid == seen.uid else None
        if seen.kept is None or seen.uid in self._gone:
            if same is not None:
                self._take_out(same)
        elif same is None:
            self._keep(held, seen.kept)
        elif same.resource_version < seen.kept.resource_version:
            self._keep(same, seen.kept.renumbered(seen.kept.resource_version, same.written))

    def _keep(self, held: E | None, kept: E) -> E:
        self._kept[kept.name] = kept
        self._changed(held, kept)
        return self._kept[kept.name]

    def _renumber(self, kept: E, resource_version: int, written: float) -> E:
        renumbered = kept.renumbered(resource_version, written)
        self._kept[kept.name] = renumbered
        return renumbered

    def _take_out(self, kept: E) -> None:
        del self._kept[kept.name]
        self._changed(kept, None)
