"""The resources of one kind of one tenant, with their indexes; those of groups with the lists of their members.

What a request wrote is read by the next one however late the watch is, and whatever a list that began before it says.
A terminating object is gone at once. Nothing here asks the API server.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.kinds.custom_resource import TenantResource
from workteam_scim.entries import Entry, group_entry, is_alike, user_entry
from workteam_scim.index import Lookup, Ordered
from workteam_scim.rosters import OWN, MemberList, Rosters, further_list
from workteam_scim.versions import Seen, Versions

T = TypeVar("T", bound=TenantResource)


class Shelf(Generic[T]):
    """What is answered of one kind; ``unique`` names the attribute that none share.

    ``departed`` is called when a group is deleted whose memberships are still there.
    """

    def __init__(self, base_url: str, unique: str, departed: Callable[[], None] = lambda: None) -> None:
        self._base_url = base_url
        self._departed = departed
        self.unique = unique
        self._entries: Versions[T, Entry] = Versions(self._read, self._changed, is_alike)
        self.lists: Versions[WorkteamGroupMembership, MemberList] = Versions(further_list, self._list_changed)
        self._leaving: dict[str, str] = {}
        """The uids of groups that are terminating, by name; none for groups that were never made."""
        self._doomed: dict[str, MemberList] = {}
        """The lists, by uid, of groups that were seen terminating and are gone."""
        self._order = Ordered()
        self.by_unique = Lookup()
        self.by_display = Lookup()
        self.by_external = Lookup()
        self.by_email = Lookup()
        self.by_number = Lookup()
        self.by_manager = Lookup()
        self.by_member = Rosters()

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        """Walk over what is there now, in the order of ids."""
        return iter(self.page(0, len(self._order)))

    def get(self, name: str) -> Entry | None:
        """Return a resource by its id, compared exactly."""
        return self._entries.get(name)

    def page(self, start: int, count: int) -> list[Entry]:
        """Return up to ``count`` resources from a position that counts from 0."""
        return [self._entries[name] for name in self._order.page(start, count)]

    def put(self, resource: T, *, written: float = 0.0) -> Entry | None:
        """Take a state of an object unless a later one is known; return what is answered for it from now on."""
        name, uid = resource.metadata.name, resource.metadata.uid or ""
        entry = self._entries.put(resource, written=written)
        if resource.deleting:
            self._leave(name, uid)
        elif entry is not None:
            self._leaving.pop(name, None)  # another one has the name
        return entry

    def remove(self, name: str, uid: str) -> None:
        """Take out an object that is deleted; its successor of the same name stays."""
        self._entries.remove(name, uid)
        if self._leaving.get(name) == uid:
            self._doom(name)

    def bury(self, entry: Entry, now: float) -> None:
        """Take out what a request of ours deleted: no late event brings it back."""
        self._entries.bury(entry, now)
        self._leave(entry.name, entry.uid)

    def abandon(self, name: str) -> None:
        """Take it that no object will ever have a name: lists that were made for it are left over."""
        self._leave(name, "")

    def seen(self, resource: T) -> Seen[Entry]:
        """Return what is kept of an object, for ``replace``."""
        return self._entries.seen(resource)

    def replace(self, found: Iterable[Seen[Entry]], *, began: float, unreadable: frozenset[str] = frozenset()) -> None:
        """Become a full list; see ``Versions.replace``."""
        listed = {each.name: each for each in found}
        self._entries.replace(listed.values(), began=began, unreadable=unreadable)
        for name in self._leaving.keys() - listed.keys():
            self._doom(name)
        self._leaving = {}
        for name, each in listed.items():
            self._leave(name, each.uid)

    def left_over(self) -> tuple[MemberList, ...]:
        """Return the lists of groups that were deleted; one whose group was never known is left alone.

        A restore may bring it before its group, also under the name of a group that was deleted.
        """
        return (*self._doomed.values(), *(each for name in self._leaving for each in self.by_member.further(name)))

    def _leave(self, name: str, uid: str) -> None:
        """Note that a group is terminating, if it is."""
        if self._entries.get(name) is None:
            self._leaving[name] = uid
            if self.by_member.further(name):
                self._departed()

    def _doom(self, name: str) -> None:
        del self._leaving[name]
        self._doomed |= {each.uid: each for each in self.by_member.further(name)}

    def _read(self, resource: TenantResource, written: float) -> Entry:
        match resource:
            case WorkteamUser():
                return user_entry(resource, self._base_url, written)
            case WorkteamGroup():
                return group_entry(resource, self._base_url, written)
            case _:
                raise TypeError(f"{resource.kind} is not answered by SCIM")

    def _changed(self, old: Entry | None, new: Entry | None) -> None:
        if old is not None:
            self._take_out(old)
        if new is not None:
            self._put_in(new)
        if new is not None and OWN in new.lists:
            self.by_member.put(new.lists[OWN])
            self._show(new.name)
        elif old is not None and OWN in old.lists:
            self.by_member.drop(old.lists[OWN])

    def _list_changed(self, old: MemberList | None, new: MemberList | None) -> None:
        if old is not None and new is None:
            self._doomed.pop(old.uid, None)
        if old is not None and (new is None or new.group != old.group):
            self.by_member.drop(old)
            self._show(old.group)
        if new is not None:
            self.by_member.put(new)
            self._show(new.group)
            if new.group in self._leaving:
                self._departed()

    def _show(self, group: str) -> None:
        """Answer a group with its lists as they are by now."""
        if (entry := self._entries.get(group)) is not None:
            lists = self.by_member.of(group)
            self._entries.revise(entry.with_lists(lists, doubled=self.by_member.doubled(group)))

    def _put_in(self, entry: Entry) -> None:
        self._order.add(entry.name)
        self.by_unique.add(entry.unique, entry.name)
        self.by_display.add(entry.display, entry.name)
        self.by_external.add(entry.external, entry.name)
        self.by_email.move(entry.name, (), entry.emails)
        self.by_number.add(entry.number, entry.name)
        self.by_manager.add(entry.manager, entry.name)

    def _take_out(self, entry: Entry) -> None:
        self._order.remove(entry.name)
        self.by_unique.remove(entry.unique, entry.name)
        self.by_display.remove(entry.display, entry.name)
        self.by_external.remove(entry.external, entry.name)
        self.by_email.move(entry.name, entry.emails, ())
        self.by_number.remove(entry.number, entry.name)
        self.by_manager.remove(entry.manager, entry.name)
