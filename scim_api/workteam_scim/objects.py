"""The objects of one tenant: SCIM verbs → cluster verbs, uniqueness, errors translated back.

Reads come from the cache. A write is one request to the API server, compared-and-swapped on the generation that was
read, and in the cache before its caller goes on.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from weakref import WeakValueDictionary

from scim2_models import (
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    UniquenessException,
)

from workteam_crds.cluster.port import Conflict, NotFound, ObjectStore, Rejected
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import TenantResource
from workteam_crds.kinds.groups import GroupSpec
from workteam_crds.kinds.users import UserSpec
from workteam_crds.naming import TenantKey, folded
from workteam_scim.cache import Cache
from workteam_scim.mapping import changes, group_spec, new_metadata, user_spec
from workteam_scim.refusals import Unavailable
from workteam_scim.reservations import Doubts, LostCreate, LostCreates
from workteam_scim.shelf import Entry, Shelf

MANAGER = "workteam-scim"
"""The field manager of everything that SCIM writes."""

T = TypeVar("T", bound=TenantResource)
S = TypeVar("S", bound=UserSpec | GroupSpec)


@dataclass(frozen=True)
class Surroundings:
    """What a storage has from outside."""

    cluster: ObjectStore
    new_id: Callable[[], str]
    now: Callable[[], datetime]


class Objects(Generic[T, S]):
    """The objects of one kind of one tenant: read from its shelf, written to the cluster."""

    def __init__(self, kind: type[T], word: str, tenant: TenantKey, shelf: Shelf[T], around: Surroundings) -> None:
        self.shelf = shelf
        self.word = word
        self._kind = kind
        self._tenant = tenant
        self._around = around
        self.doubts = Doubts()
        self._lost = LostCreates()
        self._reserved: set[str] = set()
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

    async def insert(self, spec: S, unique: str) -> Entry:
        """Create an object, or find the one of a create whose answer was lost (rule A10).

        Raises ``UniquenessException``; then nothing was sent.
        """
        key = folded(unique)
        lost = self._lost.get(key)
        with self._reservation(key, None, lost):
            decided = None if lost is None else await self._decided(lost, key, spec)
            if isinstance(decided, Entry):
                return decided
            name = decided or self._around.new_id()
            metadata = new_metadata(name, self._tenant, self._around.now())
            wanted = self._kind.model_validate({"metadata": metadata, "spec": spec})
            with self._lost.remembering(key, name), self._refusals():
                created = await self._around.cluster.create(wanted, manager=MANAGER)
            return self._written(created)

    async def _decided(self, lost: LostCreate, key: str, spec: S) -> Entry | str | None:
        """Return what became of a lost create: its object, the name to send again, or None for a new name."""
        asked = _time()
        try:
            found = await self._around.cluster.get(self._kind, self._tenant.namespace, lost.name)
        except NotFound:
            if lost.repeatable(asked):
                return lost.name
            if lost.undecided(asked):
                raise Unavailable(f"It is not known yet whether this {self.word.lower()} was stored.") from None
            self._lost.forget(key)
            return None
        self._lost.forget(key)
        if found.deleting:
            return None
        if found.spec.dump() != spec.dump():
            raise self._taken()
        return self._written(found)

    async def settle(self, name: str) -> None:
        """Read consistently what a write without an answer may have changed. Raises ``NotFoundException``."""
        if not self.doubts.about(name):
            return
        if (entry := self.shelf.get(name)) is not None:
            await self._refresh(entry)
        self.doubts.end(name)

    async def rewrite(self, entry: Entry, old: S, new: S, unique: str) -> Entry:
        """Change an object that was read as ``entry``; nothing is written if nothing differs.

        Raises ``PreconditionFailedException`` if somebody else wrote in between: the cache has the fresh state then.
        """
        operations = changes(old, new, entry.known, now=self._around.now())
        if not operations:
            return entry
        self._refuse_git(entry)
        with self._reservation(folded(unique), entry):
            named = self._named(entry, old)
            try:
                with self.doubts.noting(entry.name), self._refusals():
                    changed = await self._around.cluster.patch(named, operations, manager=MANAGER)
            except Conflict:
                await self._refresh(entry)
                raise PreconditionFailedException from None
            return self._written(changed)

    async def delete(self, entry: Entry, spec: S) -> None:
        """Delete an object. Raises ``NotFoundException`` if another one has its name by now."""
        self._refuse_git(entry)
        try:
            with self.doubts.noting(entry.name):
                await self._around.cluster.delete(self._named(entry, spec))
        except Conflict:
            await self._refresh(entry)
            raise NotFoundException(detail=f"{self.word} not found.") from None
        self._lost.forget_object(entry.name)
        self.shelf.bury(entry, _time())

    def _named(self, entry: Entry, spec: S) -> T:
        metadata = {"name": entry.name, "namespace": self._tenant.namespace, "uid": entry.uid}
        return self._kind.model_validate({"metadata": metadata, "spec": spec})

    def _written(self, resource: T) -> Entry:
        entry = self.shelf.put(resource, written=_time())
        if entry is None:  # deleted by somebody else meanwhile
            raise NotFoundException(detail=f"{self.word} not found.")
        return entry

    async def _refresh(self, entry: Entry) -> None:
        """Read consistently what we were late for."""
        try:
            self.shelf.put(await self._around.cluster.get(self._kind, self._tenant.namespace, entry.name))
        except NotFound:
            self.shelf.remove(entry.name, entry.uid)
            raise NotFoundException(detail=f"{self.word} not found.") from None

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Answer what the API server refuses although the kind takes it, and what is gone."""
        try:
            yield
        except Rejected as error:
            fields = [part for part in str(error).split() if part.startswith(("spec.", "metadata."))]
            detail = f"{', '.join(fields) or self.word}: the cluster's schema or policy refuses the value."
            raise InvalidValueException(detail=detail) from None
        except NotFound:
            raise NotFoundException(detail=f"{self.word} not found.") from None

    @contextmanager
    def _reservation(self, unique: str, own: Entry | None, lost: LostCreate | None = None) -> Iterator[None]:
        """Hold a name while it is checked and written: of two requests at once, one is refused."""
        if own is not None and own.unique == unique:
            yield
            return
        ours = {known.name for known in (own, lost) if known is not None}
        if unique in self._reserved or not ours.issuperset(self.shelf.by_unique.find(unique)):
            raise self._taken()
        if lost is None and self._lost.get(unique) is not None:  # it may be there
            raise self._taken()
        self._reserved.add(unique)
        try:
            yield
        finally:
            self._reserved.discard(unique)

    def _taken(self) -> UniquenessException:
        attribute = "userName" if self.word == "User" else "displayName"
        return UniquenessException(detail=f"A {self.word.lower()} with this {attribute} already exists.")

    def _refuse_git(self, entry: Entry) -> None:
        if entry.from_git:
            raise ForbiddenException(
                detail=f"This {self.word.lower()} is kept in Git (label workte.am/source=git): change it there."
            )


class TenantObjects:
    """Users and groups of one tenant."""

    def __init__(self, tenant: TenantKey, cache: Cache, around: Surroundings) -> None:
        self.tenant = tenant
        self.users: Objects[WorkteamUser, UserSpec] = Objects(WorkteamUser, "User", tenant, cache.users(tenant), around)
        self.groups: Objects[WorkteamGroup, GroupSpec] = Objects(
            WorkteamGroup, "Group", tenant, cache.groups(tenant), around
        )

    def of(self, resource_type: str) -> Objects[Any, Any]:
        """Return the objects of a resource type by its name."""
        return self.users if resource_type == "User" else self.groups

    def spec(self, resource_type: str, attributes: dict[str, Any], members: tuple[str, ...]) -> UserSpec | GroupSpec:
        """Read attributes as they are answered, and members, into a spec."""
        if resource_type == "User":
            return user_spec(attributes, self.tenant.name)
        return group_spec(attributes, members, self.tenant.name)


def _time() -> float:
    return asyncio.get_running_loop().time()
