"""The objects of one kind of one tenant: cluster verbs, uniqueness, errors translated back.

Reads come from the cache. A write is one request to the API server, compared-and-swapped on the generation that was
read, and in the cache before its caller goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from scim2_models import (
    ForbiddenException,
    NotFoundException,
    PreconditionFailedException,
    UniquenessException,
)

from workteam_crds.cluster.port import Conflict, NotFound, Operation
from workteam_crds.kinds.custom_resource import TenantResource
from workteam_crds.kinds.groups import GroupSpec
from workteam_crds.kinds.users import UserSpec
from workteam_crds.naming import TenantKey, folded, uuid7_time
from workteam_scim.entries import Entry
from workteam_scim.mapping import new_metadata
from workteam_scim.refusals import Unavailable
from workteam_scim.reservations import RETRIED, Doubts, LostCreate, LostCreates
from workteam_scim.shelf import Shelf
from workteam_scim.writing import MANAGER, Surroundings, addressed, loop_time, refusals

T = TypeVar("T", bound=TenantResource)
S = TypeVar("S", bound=UserSpec | GroupSpec)


@dataclass(frozen=True)
class Ahead:
    """What has to be there before an object is made: members in further lists."""

    members: tuple[str, ...]
    make: Callable[[str], Awaitable[None]]
    """Makes it for an object of a name, unless an earlier try did."""


class Objects(Generic[T, S]):
    """The objects of one kind of one tenant: read from its shelf, written to the cluster."""

    def __init__(self, kind: type[T], word: str, tenant: TenantKey, shelf: Shelf[T], around: Surroundings) -> None:
        self.shelf = shelf
        self.word = word
        self.tenant = tenant
        self.around = around
        self._kind = kind
        self.doubts = Doubts()
        self._lost = LostCreates()
        self._names: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def lock(self, name: str) -> asyncio.Lock:
        """Return the lock under which one object is read and written: parallel deltas then never conflict here."""
        return self._locks.setdefault(name, asyncio.Lock())

    def read(self, name: str) -> Entry:
        """Return a resource. Raises ``NotFoundException``."""
        entry = self.shelf.get(name)
        if entry is None:
            raise NotFoundException(detail=f"{self.word} not found.")
        return entry

    async def insert(self, spec: S, unique: str, *, name: str | None = None, ahead: Ahead | None = None) -> Entry:
        """Create an object, or find the one of a create whose answer was lost (rule A10), also by another facade.

        ``name`` is the id that it is to have, a new one if None. Raises ``UniquenessException``; then nothing was sent.
        """
        key = folded(unique)
        beside = hash(ahead.members) if ahead else 0
        async with self._named_alone(key):
            lost = self._lost.get(key) or self._inherited(key)
            self._refuse_taken(key, lost)
            decided = None if lost is None else await self._decided(lost, key, spec, beside)
            if isinstance(decided, Entry):
                return decided
            name = decided or name or self.around.new_id()
            metadata = new_metadata(name, self.tenant, self.around.now())
            wanted = self._kind.model_validate({"metadata": metadata, "spec": spec})
            try:
                if ahead is not None:
                    await ahead.make(name)
                with self._lost.remembering(key, name, beside), refusals(self.word):
                    created = await self.around.cluster.create(wanted, manager=MANAGER)
            except BaseException:
                if ahead is not None and not self._lost.may_be(key, name):
                    self.shelf.abandon(name)
                raise
            return self._written(created)

    async def _decided(self, lost: LostCreate, key: str, spec: S, beside: int) -> Entry | str | None:
        """Return what became of a lost create: its object, the name to send again, or None for a new name."""
        asked = loop_time()
        found = await self._stored(lost)
        if found is None and lost.repeatable(asked) and lost.beside == beside:
            return lost.name
        self._settle_lost(lost, key, asked, found)
        if found is None or found.deleting:
            return None
        if found.spec.dump() != spec.dump() or lost.beside != beside:
            raise self._taken()
        self._lost.answered(found.metadata.name)
        return self._written(found)

    async def _stored(self, lost: LostCreate) -> T | None:
        """Read consistently what a lost create may have made."""
        with suppress(NotFound):
            return await self.around.cluster.get(self._kind, self.tenant.namespace, lost.name)
        return None

    def _settle_lost(self, lost: LostCreate, key: str, asked: float, found: T | None) -> None:
        """Take a lost create as decided. Raises ``Unavailable`` while it may still be done."""
        if found is None and lost.undecided(asked):
            raise Unavailable(f"It is not known yet whether a {self.word.lower()} of this name was stored.")
        self._lost.forget(key)
        if found is None:
            self.shelf.abandon(lost.name)

    def _inherited(self, key: str) -> LostCreate | None:
        """Return the create of a facade before this one, of minutes ago, whose answer may be lost."""
        names = self.shelf.by_unique.find(key)
        entry = self.shelf.get(names[0]) if len(names) == 1 else None
        if entry is None or entry.written or entry.from_git or entry.known.generation != 1 or entry.memberships:
            return None
        made = uuid7_time(entry.name)
        fresh = made is not None and self.around.now() - made < timedelta(seconds=RETRIED)
        return self._lost.inherit(entry.name) if fresh else None

    async def settle(self, name: str) -> None:
        """Read consistently what a write without an answer may have changed. Raises ``NotFoundException``."""
        if not self.doubts.about(name):
            return
        if (entry := self.shelf.get(name)) is not None:
            await self._refresh(entry)
        self.doubts.end(name)

    async def change(self, entry: Entry, operations: Sequence[Operation]) -> Entry:
        """Send a JSON patch of an object that was read as ``entry``.

        Raises ``PreconditionFailedException`` if somebody else wrote in between: the cache has the fresh state then.
        """
        try:
            with self.doubts.noting(entry.name), refusals(self.word):
                changed = await self.around.cluster.patch(self._named(entry), operations, manager=MANAGER)
        except Conflict:
            await self._refresh(entry)
            raise PreconditionFailedException from None
        return self._written(changed)

    async def delete(self, entry: Entry) -> None:
        """Delete an object. Raises ``NotFoundException`` if another one has its name by now."""
        self.refuse_git(entry)
        try:
            with self.doubts.noting(entry.name):
                await self.around.cluster.delete(self._named(entry))
        except Conflict:
            await self._refresh(entry)
            raise NotFoundException(detail=f"{self.word} not found.") from None
        self._lost.forget_object(entry.name)
        self.shelf.bury(entry, loop_time())

    def _named(self, entry: Entry) -> T:
        return addressed(self._kind, self.tenant, entry.name, entry.uid)

    def _written(self, resource: T) -> Entry:
        entry = self.shelf.put(resource, written=loop_time())
        if entry is None:  # deleted by somebody else meanwhile
            raise NotFoundException(detail=f"{self.word} not found.")
        return entry

    async def _refresh(self, entry: Entry) -> None:
        """Read consistently what we were late for."""
        try:
            self.shelf.put(await self.around.cluster.get(self._kind, self.tenant.namespace, entry.name))
        except NotFound:
            self.shelf.remove(entry.name, entry.uid)
            raise NotFoundException(detail=f"{self.word} not found.") from None

    def _named_alone(self, unique: str) -> asyncio.Lock:
        """Return the lock under which a name is checked and given: of two requests at once, one waits for the other."""
        return self._names.setdefault(unique, asyncio.Lock())

    @asynccontextmanager
    async def reservation(self, unique: str, own: Entry) -> AsyncIterator[None]:
        """Hold a name, which may be an object's own, while it is checked and written."""
        if own.unique == unique:
            yield
            return
        async with self._named_alone(unique):
            await self._settle_name(unique)
            self._refuse_taken(unique, own)
            yield

    async def _settle_name(self, unique: str) -> None:
        """Leave a name to the retries of a lost create for their time; then read consistently what became of it."""
        if (lost := self._lost.get(unique)) is None:
            return
        asked = loop_time()
        if lost.repeatable(asked):
            raise self._taken()
        found = await self._stored(lost)
        self._settle_lost(lost, unique, asked, found)
        if found is not None and not found.deleting:
            self._written(found)

    def _refuse_taken(self, unique: str, *others: Entry | LostCreate | None) -> None:
        """Raise ``UniquenessException`` if an object has a name that is none of these others."""
        ours = {known.name for known in others if known is not None}
        if not ours.issuperset(self.shelf.by_unique.find(unique)):
            raise self._taken()

    def _taken(self) -> UniquenessException:
        attribute = "userName" if self.word == "User" else "displayName"
        return UniquenessException(detail=f"A {self.word.lower()} with this {attribute} already exists.")

    def refuse_git(self, entry: Entry) -> None:
        """Raise ``ForbiddenException`` for what is kept in Git."""
        if entry.from_git:
            raise ForbiddenException(
                detail=f"This {self.word.lower()} is kept in Git (label workte.am/source=git): change it there."
            )
