"""One resource as it is answered: its JSON as bytes, and what a write to it needs to know. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

import orjson

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import LAST_MODIFIED, SOURCE_GIT, SOURCE_LABEL, TenantResource
from workteam_crds.naming import folded
from workteam_scim.mapping import Known, created, known_of, scim_group, scim_user
from workteam_scim.rosters import NO_LISTS, OWN, Lists, MemberList, own_list, version_of


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
    stem: bytes = b""
    """A group's JSON up to what its lists move."""
    created: str = ""
    """When a group was made."""
    memberships: int = 0
    """How many memberships a group says it has."""
    lists: Lists = field(default_factory=lambda: NO_LISTS)
    """The lists of a group's members; never changed."""
    doubled: bool = False
    """Whether somebody stands in more than one of them."""

    def body(self, *, with_members: bool = True) -> bytes:
        """Return the JSON that it is answered with."""
        listed = self._listed() if with_members and self.lists else b""
        return b'%s,"members":[%s]}' % (self.head[:-1], listed) if listed else self.head

    def _listed(self) -> bytes:
        if self.doubled:
            return orjson.dumps([{"value": name} for name in self.members])[1:-1]
        return b",".join([each.fragment for each in self.lists.values() if each.members])

    def attributes(self) -> dict[str, Any]:
        """Return its JSON, parsed, without members."""
        parsed: dict[str, Any] = orjson.loads(self.head)
        return parsed

    @property
    def members(self) -> tuple[str, ...]:
        """Return all members; a large group takes milliseconds for it."""
        return tuple(dict.fromkeys(self._walk()))

    @property
    def count(self) -> int:
        """Return how many members a group has."""
        return len(self.members) if self.doubled else sum(len(each.members) for each in self.lists.values())

    def holds(self, name: str) -> bool:
        """Say whether somebody is a member."""
        return any(name in each.ids for each in self.lists.values())

    def renumbered(self, resource_version: int, written: float) -> Self:
        """Return the same at another resourceVersion, and when a request of ours wrote it."""
        return replace(self, resource_version=resource_version, written=written)

    def with_lists(self, lists: Lists, *, doubled: bool) -> Self:
        """Return the same group with what its lists are by now."""
        version = version_of(lists)
        moments = (each.modified for each in lists.values() if each.modified and not _first_state(each))
        modified = max((self.created, *moments))
        moved = orjson.dumps({"lastModified": modified, "version": version})
        head = b"%s,%s}" % (self.stem, moved[1:])
        return replace(self, lists=lists, doubled=doubled, version=version, head=head)

    def _walk(self) -> Iterator[str]:
        for each in self.lists.values():
            yield from each.members


def _first_state(each: MemberList) -> bool:
    """Say whether a group's own object is as it was made: the time of that is the API server's to tell."""
    return each.name == OWN and each.known.generation == 1


def user_entry(user: WorkteamUser, base_url: str, written: float) -> Entry:
    """Return what is kept of a user."""
    answer, spec = scim_user(user, base_url), user.spec
    work = [email.value for email in spec.emails if email.value and folded(email.type or "") == "work"]
    number = spec.enterprise.employee_number if spec.enterprise else None
    manager = spec.enterprise.manager if spec.enterprise else None
    return Entry(
        **_common(user, written),
        version=answer["meta"]["version"],
        unique=folded(spec.user_name),
        head=orjson.dumps(answer),
        display=None if spec.display_name is None else folded(spec.display_name),
        emails=tuple(map(folded, work)),
        number=None if number is None else folded(number),
        manager=manager.value if manager else None,
    )


def group_entry(group: WorkteamGroup, base_url: str, written: float) -> Entry:
    """Return what is kept of a group, with its own list alone."""
    entry = Entry(
        **_common(group, written),
        version="",
        unique=folded(group.spec.display_name),
        head=b"",
        stem=orjson.dumps(scim_group(group, base_url))[:-2],
        created=created(group),
        memberships=group.spec.memberships or 0,
    )
    return entry.with_lists({OWN: own_list(group)}, doubled=False)


def is_alike(held: Entry, resource: TenantResource) -> bool:
    """Say whether an object is answered as before: the operator's status writes move no answer."""
    labels, annotations = resource.metadata.labels, resource.metadata.annotations
    return (held.known, held.modified, held.from_git) == (
        known_of(resource),
        annotations.get(LAST_MODIFIED),
        labels.get(SOURCE_LABEL) == SOURCE_GIT,
    )


def _common(resource: WorkteamUser | WorkteamGroup, written: float) -> dict[str, Any]:
    metadata = resource.metadata
    return {
        "name": metadata.name,
        "uid": metadata.uid or "",
        "resource_version": int(metadata.resource_version or 0),
        "known": known_of(resource),
        "from_git": metadata.labels.get(SOURCE_LABEL) == SOURCE_GIT,
        "modified": metadata.annotations.get(LAST_MODIFIED),
        "external": resource.spec.external_id,
        "written": written,
    }
