"""Each resource as the bytes of its answer, fed by informers and written through by ``storage``.

What a request wrote is read by the next one however late the watch is, and whatever a list that began before it says.
A terminating object is gone at once. Nothing here asks the API server.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import orjson

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import LAST_MODIFIED, SOURCE_GIT, SOURCE_LABEL, SOURCE_SCIM, TenantResource
from workteam_crds.kinds.users import UserSpec
from workteam_crds.naming import folded
from workteam_scim.index import Lookup, Ordered
from workteam_scim.mapping import Known, scim_group, scim_user

T = TypeVar("T", bound=TenantResource)


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource: what is answered, and what a write to it needs to know."""

    name: str
    uid: str
    resource_version: int
    known: Known
    from_git: bool
    modified: str | None
    version: str
    """Its ETag."""
    unique: str
    """Its userName or displayName, folded."""
    external: str | None
    head: bytes
    """Its JSON without members."""
    members: tuple[str, ...] = ()
    display: str | None = None
    """A user's displayName, folded."""
    emails: tuple[str, ...] = ()
    """A user's work e-mails, folded."""
    number: str | None = None
    """A user's employeeNumber, folded."""
    manager: str | None = None
    """The id of a user's manager."""
    written: float = 0.0
    """The loop's time when a request of ours wrote it, else 0."""

    def body(self, *, with_members: bool = True) -> bytes:
        """Return the JSON that it is answered with."""
        if not self.members or not with_members:
            return self.head
        listed = orjson.dumps([{"value": name} for name in self.members])
        return b'%s,"members":%s}' % (self.head[:-1], listed)

    def attributes(self) -> dict[str, Any]:
        """Return its JSON, parsed, without members."""
        parsed: dict[str, Any] = orjson.loads(self.head)
        return parsed


class Shelf(Generic[T]):
    """The resources of one kind of one tenant, with their indexes; ``unique`` names the attribute that none share."""

    def __init__(self, base_url: str, unique: str) -> None:
        self._base_url = base_url
        self.unique = unique
        self._entries: dict[str, Entry] = {}
        self._gone: dict[str, float] = {}
        self._order = Ordered()
        self.by_unique = Lookup()
        self.by_display = Lookup()
        self.by_external = Lookup()
        self.by_email = Lookup()
        self.by_number = Lookup()
        self.by_manager = Lookup()
        self.by_member = Lookup()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Walk over what is there now, in the order of ids."""
        return iter([self._entries[name] for name in self._order.page(0, len(self._order))])

    def get(self, name: str) -> Entry | None:
        """Return a resource by its id, compared exactly."""
        return self._entries.get(name)

    def page(self, start: int, count: int) -> list[Entry]:
        """Return up to ``count`` resources from a position that counts from 0."""
        return [self._entries[name] for name in self._order.page(start, count)]

    def put(self, resource: T, *, written: float = 0.0) -> Entry | None:
        """Take a state of an object unless a later one is known; return what is answered for it from now on."""
        metadata, held = resource.metadata, self._entries.get(resource.metadata.name)
        uid = metadata.uid or ""
        if resource.deleting or uid in self._gone:
            if held is not None and held.uid == uid:
                self._take_out(held)
            return None
        seen = int(metadata.resource_version or 0)
        if held is not None and held.uid == uid:
            if held.resource_version >= seen:
                return held
            if _answers_alike(held, resource):  # the operator's status writes
                return self._renumber(held, seen)
            written = max(written, held.written)
        entry = _entry(resource, self._base_url, written)
        if held is not None:
            self._take_out(held)
        self._put_in(entry)
        return entry

    def remove(self, name: str, uid: str) -> None:
        """Take out an object that is deleted; its successor of the same name stays."""
        self._gone.pop(uid, None)
        held = self._entries.get(name)
        if held is not None and held.uid == uid:
            self._take_out(held)

    def bury(self, entry: Entry, now: float) -> None:
        """Take out what a request of ours deleted: no late event brings it back."""
        self.remove(entry.name, entry.uid)
        self._gone[entry.uid] = now

    def replace(self, resources: Iterable[T], *, began: float, unreadable: frozenset[str] = frozenset()) -> None:
        """Become a full list; what a request of ours wrote or deleted since the list began survives it.

        ``unreadable`` are names of objects that are there and did not parse: they keep what is known of them.
        """
        self._gone = {uid: moment for uid, moment in self._gone.items() if moment >= began}
        listed = {resource.metadata.uid: resource for resource in resources}
        for entry in list(self._entries.values()):
            if entry.written >= began or entry.name in unreadable:
                continue
            if entry.uid in listed:  # also if etcd was restored to an older state, the list is the truth
                self._renumber(entry, 0)
            else:
                self._take_out(entry)
        for resource in listed.values():
            self.put(resource)

    def _renumber(self, entry: Entry, resource_version: int) -> Entry:
        renumbered = replace(entry, resource_version=resource_version)
        self._entries[entry.name] = renumbered
        return renumbered

    def _put_in(self, entry: Entry) -> None:
        self._entries[entry.name] = entry
        self._order.add(entry.name)
        self.by_unique.add(entry.unique, entry.name)
        self.by_display.add(entry.display, entry.name)
        self.by_external.add(entry.external, entry.name)
        self.by_email.move(entry.name, (), entry.emails)
        self.by_number.add(entry.number, entry.name)
        self.by_manager.add(entry.manager, entry.name)
        self.by_member.move(entry.name, (), entry.members)

    def _take_out(self, entry: Entry) -> None:
        del self._entries[entry.name]
        self._order.remove(entry.name)
        self.by_unique.remove(entry.unique, entry.name)
        self.by_display.remove(entry.display, entry.name)
        self.by_external.remove(entry.external, entry.name)
        self.by_email.move(entry.name, entry.emails, ())
        self.by_number.remove(entry.number, entry.name)
        self.by_manager.remove(entry.manager, entry.name)
        self.by_member.move(entry.name, entry.members, ())


def _answers_alike(held: Entry, resource: TenantResource) -> bool:
    labels, annotations = resource.metadata.labels, resource.metadata.annotations
    return (held.known, held.modified, held.from_git) == (
        _known(resource),
        annotations.get(LAST_MODIFIED),
        labels.get(SOURCE_LABEL) == SOURCE_GIT,
    )


def _known(resource: TenantResource) -> Known:
    metadata = resource.metadata
    from_scim = metadata.labels.get(SOURCE_LABEL) == SOURCE_SCIM
    return Known(metadata.generation or 0, from_scim, annotated=bool(metadata.annotations))


def _entry(resource: TenantResource, base_url: str, written: float) -> Entry:
    match resource:
        case WorkteamUser():
            answer, unique, keys = scim_user(resource, base_url), resource.spec.user_name, _keys(resource.spec)
        case WorkteamGroup():
            answer, unique = scim_group(resource, base_url), resource.spec.display_name
            keys = {"members": tuple(dict.fromkeys(resource.spec.members))}
        case _:
            raise TypeError(f"{resource.kind} is not answered by SCIM")
    metadata = resource.metadata
    return Entry(
        name=metadata.name,
        uid=metadata.uid or "",
        resource_version=int(metadata.resource_version or 0),
        known=_known(resource),
        from_git=metadata.labels.get(SOURCE_LABEL) == SOURCE_GIT,
        modified=metadata.annotations.get(LAST_MODIFIED),
        version=answer["meta"]["version"],
        unique=folded(unique),
        external=resource.spec.external_id,
        head=orjson.dumps(answer),
        written=written,
        **keys,
    )


def _keys(spec: UserSpec) -> dict[str, Any]:
    """Return what else a user is matched by."""
    work = [email.value for email in spec.emails if email.value and folded(email.type or "") == "work"]
    number = spec.enterprise.employee_number if spec.enterprise else None
    manager = spec.enterprise.manager if spec.enterprise else None
    return {
        "display": None if spec.display_name is None else folded(spec.display_name),
        "emails": tuple(map(folded, work)),
        "number": None if number is None else folded(number),
        "manager": manager.value if manager else None,
    }
