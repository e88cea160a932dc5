"""Our copy of the objects, by key, with the indexes that say who depends on whom. No I/O.

What kopf saw, what a list found and what our own writes returned all come in by ``observe``; out come the keys that
have to be reconciled. Absence removes from this copy and does nothing else (rule A4).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from workteam_crds.cluster.port import Listing
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key, TenantKey
from workteam_operator.census import Census
from workteam_operator.changes import (
    Resource,
    account_changed,
    asks_for_all,
    claims_changed,
    is_settled,
    learned,
    visit_of,
)
from workteam_operator.index import Index
from workteam_operator.mapping import manager_of
from workteam_operator.ownership import Claim, Owner, claims
from workteam_operator.recency import Recency
from workteam_operator.recorded import RecordedIds
from workteam_operator.workqueue import Priority, Visit

R = TypeVar("R", WorkteamTenant, WorkteamUser, WorkteamGroup, WorkteamGroupMembership)
OWNERS = {WorkteamUser.kind, WorkteamGroup.kind}


class Objects:
    """All objects that the operator knows."""

    def __init__(self, gone: Callable[[Owner, WorkteamTenant | None], None] = lambda *_: None) -> None:
        """``gone`` is told of users and groups that are no more, each with its tenant."""
        self._gone = gone
        self._objects: dict[Key, Resource] = {}
        self._unreadable: set[Key] = set()
        self._census = Census()
        self._recency = Recency()
        self._claims: Index[Claim] = Index()
        self._tenants: Index[TenantKey] = Index()
        self._managers: Index[str] = Index()
        self._members: Index[tuple[str, str]] = Index()
        self._lists: Index[Key] = Index()
        self.recorded = RecordedIds()
        """Who has which account or team, across tenants (rule A9)."""

    def __len__(self) -> int:
        return len(self._objects)

    def counts(self) -> Counter[str]:
        """Count the objects by kind."""
        return Counter(key.kind for key in self._objects)

    def to_do(self) -> tuple[Visit, ...]:
        """Return all tenants, and the objects that are not what they should be: what a start, or a takeover, visits."""
        found = (visit_of(None, resource, base=Priority.BACKGROUND) for resource in self._objects.values())
        return tuple(filter(None, found))

    def observe(self, resource: Resource, *, base: Priority = Priority.LIVE) -> tuple[Visit, ...]:
        """Take an object as it is at its resourceVersion, unless ours is newer; return who has to be reconciled."""
        key, old = resource.key, self._objects.get(resource.key)
        if not self._recency.is_news(old, resource):
            return ()
        self._recency.saw(resource)
        self._unreadable.discard(key)
        before = self._claims.terms(key)
        self._objects[key] = resource
        self._census.moved(old, resource)
        self._reindex(resource)
        own = visit_of(old, resource, base=base)
        rivals = self.recorded.put(resource) if isinstance(resource, WorkteamUser | WorkteamGroup) else ()
        woken = (*self._woken(old, resource, before | self._claims.terms(key)), *map(_tenant_visit, rivals))
        return (own, *woken) if own else woken

    def unreadable(self, key: Key) -> None:
        """Note that an object is there and does not parse: nothing is done to it, and it keeps its claims."""
        self._unreadable.add(key)

    def remove(self, key: Key, uid: str | None, *, version: int | None = None) -> tuple[Visit, ...]:
        """Take note that an object is gone; return who has to be reconciled. A successor of the name stays.

        ``version`` is the resourceVersion at which it went, if that is known.
        """
        self._recency.gone(key, uid, version)
        old = self._objects.get(key)
        if old is None or (uid is not None and old.metadata.uid != uid):
            return ()
        before = self._claims.terms(key)
        woken = tuple(self._woken(old, None, before))
        del self._objects[key]
        self._census.moved(old, None)
        self._unreadable.discard(key)
        for index in (self._claims, self._tenants, self._managers, self._members, self._lists):
            index.put(key, ())
        self.recorded.remove(key)
        if isinstance(old, WorkteamUser | WorkteamGroup):
            self._gone(old, self.tenant_of(old.tenant))
        return (*woken, *self._let_go(old.tenant))

    def replace(
        self, kind: type[CustomResource], namespace: str, listing: Listing[Any], *, base: Priority
    ) -> tuple[Visit, ...]:
        """Take a whole list; what it lacks is gone, unless it was written after the list."""
        version = int(listing.resource_version)
        visits = [visit for item in listing.items for visit in self.observe(item, base=base)]
        for key in listing.unreadable:
            self.unreadable(key)
        listed = {item.key for item in listing.items} | set(listing.unreadable)
        for key, held in list(self._objects.items()):
            missing = (key.kind, key.namespace) == (kind.kind, namespace) and key not in listed
            if missing and self._recency.lacked(held, version):
                visits += self.remove(key, held.metadata.uid, version=version)
        self._recency.listed(kind.kind, namespace, version)
        return tuple(visits)

    @property
    def set_back_time(self) -> datetime | None:
        """Return when the cluster was seen to be set back to an earlier state (rule A3); None if it was not."""
        return self._recency.set_back_time

    def newest(self, kind: type[CustomResource]) -> int:
        """Return the highest resourceVersion that was seen of a kind."""
        return self._recency.newest(kind.kind)

    def set_back(self, listing: Listing[Any], now: datetime, *, since: int) -> bool:
        """Say whether a list tells that etcd was restored; if so, everything is taken anew from here on.

        ``since`` is what ``newest`` was before the list was asked for.
        """
        if not self._recency.is_set_back(listing, self.find, since=since):
            return False
        self._recency.begin_anew(self._objects, now)
        return True

    def find(self, key: Key) -> Resource | None:
        """Return an object of any kind, readable or not any more."""
        return self._objects.get(key)

    def user(self, key: Key) -> WorkteamUser | None:
        """Return a user; None if there is none, or none that can be read."""
        return self._typed(WorkteamUser, key)

    def users(self, namespace: str, names: Iterable[str]) -> list[WorkteamUser]:
        """Return those of many users that are there and can be read: a large group asks for all its members."""
        keys = (Key(WorkteamUser.kind, namespace, name) for name in names)
        found = [self._objects.get(key) for key in keys if key not in self._unreadable]
        return [user for user in found if isinstance(user, WorkteamUser)]

    def group(self, key: Key) -> WorkteamGroup | None:
        """Return a group; None if there is none, or none that can be read."""
        return self._typed(WorkteamGroup, key)

    def tenant(self, key: Key) -> WorkteamTenant | None:
        """Return a tenant; None if there is none, or none that can be read."""
        return self._typed(WorkteamTenant, key)

    def tenant_of(self, tenant: TenantKey) -> WorkteamTenant | None:
        """Return the tenant of a name."""
        return self.tenant(Key(WorkteamTenant.kind, tenant.namespace, tenant.name))

    def claims_of(self, key: Key) -> frozenset[Claim]:
        """Return what a pass over an object needs for itself."""
        return self._claims.terms(key)

    def claimants(self, claim: Claim, *, but: Key | None = None) -> tuple[Owner, ...]:
        """Return the objects that have a claim, terminating ones too, but for the one that asks."""
        return tuple(self._owners(self._claims.find(claim), but=but))

    def sharers(self, owner: Owner) -> tuple[Owner, ...]:
        """Return the other objects that share any claim with one."""
        keys = {key for claim in claims(owner) for key in self._claims.find(claim)}
        return tuple(self._owners(keys, but=owner.key))

    def of_tenant(self, tenant: TenantKey) -> Iterator[Owner]:
        """Yield the users and groups of a tenant."""
        return self._owners(self._tenants.find(tenant))

    def count_users(self, tenant: TenantKey) -> int:
        """Count the users of a tenant."""
        return sum(key.kind == WorkteamUser.kind for key in self._tenants.find(tenant))

    def count_referring(self, tenant: TenantKey, *, held: bool = False) -> int:
        """Count the users and groups of a tenant, or those that our finalizer holds."""
        return sum(owner.held or not held for owner in self.of_tenant(tenant))

    def memberships(self, group: WorkteamGroup) -> tuple[WorkteamGroupMembership, ...]:
        """Return the further lists of a group."""
        found = (self._objects[key] for key in self._lists.find(group.key))
        return tuple(item for item in found if isinstance(item, WorkteamGroupMembership) and not item.deleting)

    def groups_listing(self, user: Key) -> frozenset[Key]:
        """Return the groups that have a user in any of their lists."""
        return frozenset(_group_of(self._objects[key]) for key in self._members.find((user.namespace, user.name)))

    def unsettled(self, tenant: TenantKey, *, settled_too: bool = False) -> tuple[Visit, ...]:
        """Return the objects of a tenant that are not what they should be, or all."""
        owners = [owner for owner in self.of_tenant(tenant) if settled_too or not is_settled(owner)]
        return tuple(filter(None, (visit_of(None, owner, base=Priority.BACKGROUND, always=True) for owner in owners)))

    def referring(self, tenant: TenantKey) -> tuple[Visit, ...]:
        """Return the settled objects that name others: all groups, and the users with a manager.

        Their status does not tell whether those still are who they were when it was written.
        """
        owners = (owner for owner in self.of_tenant(tenant) if is_settled(owner))
        naming = (owner for owner in owners if isinstance(owner, WorkteamGroup) or manager_of(owner))
        return tuple(Visit(owner.key, Priority.BACKGROUND) for owner in naming)

    def _typed(self, kind: type[R], key: Key) -> R | None:
        found = self._objects.get(key)
        return found if isinstance(found, kind) and key not in self._unreadable else None

    def _owners(self, keys: Iterable[Key], *, but: Key | None = None) -> Iterator[Owner]:
        for key in sorted(keys):
            found = self._objects[key]
            if key != but and isinstance(found, WorkteamUser | WorkteamGroup):
                yield found

    def _reindex(self, resource: Resource) -> None:
        key = resource.key
        self._tenants.put(key, [resource.tenant])
        match resource:
            case WorkteamUser():
                self._claims.put(key, claims(resource))
                self._managers.put(key, filter(None, [manager_of(resource)]))
            case WorkteamGroup():
                self._claims.put(key, claims(resource))
                self._members.put(key, ((key.namespace, member) for member in resource.spec.members))
            case WorkteamGroupMembership():
                self._members.put(key, ((key.namespace, member) for member in resource.spec.members))
                self._lists.put(key, [_group_of(resource)])
            case WorkteamTenant():
                pass

    def _woken(self, old: Resource | None, new: Resource | None, shared: Iterable[Claim]) -> Iterator[Visit]:
        """Yield who depends on what changed."""
        resource = new or old
        match resource:
            case WorkteamGroupMembership():
                yield Visit(_group_of(resource))
            case WorkteamTenant():
                if old is not None and (new is None or visit_of(old, new) is not None):
                    yield from self.unsettled(resource.tenant, settled_too=asks_for_all(old, new))
                elif isinstance(old, WorkteamTenant) and isinstance(new, WorkteamTenant) and learned(old, new):
                    yield from self.unsettled(resource.tenant, settled_too=True)
            case WorkteamUser() | WorkteamGroup():
                if claims_changed(old, new):
                    yield from self._waiting_for(resource, shared)
                if isinstance(resource, WorkteamUser) and account_changed(old, new):
                    yield from self._dependents(resource.key, settled_too=old is not None and new is not None)

    def _let_go(self, tenant: TenantKey) -> Iterator[Visit]:
        """Yield the tenant if it was deleted, and the last object that referred to it is gone."""
        found = self.tenant_of(tenant)
        if found is not None and found.deleting and not any(k.kind in OWNERS for k in self._tenants.find(tenant)):
            yield _tenant_visit(tenant)

    def _waiting_for(self, resource: Owner, shared: Iterable[Claim]) -> Iterator[Visit]:
        keys = {key for claim in shared for key in self._claims.find(claim)}
        for owner in self._owners(keys, but=resource.key):
            if not is_settled(owner):
                yield Visit(owner.key)

    def _dependents(self, user: Key, *, settled_too: bool) -> Iterator[Visit]:
        """Yield who names the user as manager or member; when it comes or goes, only those that wait for something."""
        managed = {key for key in self._managers.find(user.name) if key.namespace == user.namespace}
        for key in sorted(managed | self.groups_listing(user)):
            owner = self._objects.get(key)
            if isinstance(owner, WorkteamUser | WorkteamGroup) and (settled_too or not is_settled(owner)):
                yield Visit(key)


def _tenant_visit(tenant: TenantKey) -> Visit:
    return Visit(Key(WorkteamTenant.kind, tenant.namespace, tenant.name), Priority.LEAVER)


def _group_of(resource: CustomResource) -> Key:
    if isinstance(resource, WorkteamGroupMembership):
        return Key(WorkteamGroup.kind, resource.metadata.namespace, resource.spec.group_ref.name)
    return resource.key
