"""All shelves, and what feeds them: informers of each kind in each namespace."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from workteam_crds.cluster.port import Change, Event, Listing
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.kinds.custom_resource import TenantResource
from workteam_crds.naming import TenantKey
from workteam_scim.rosters import MemberList
from workteam_scim.shelf import Shelf
from workteam_scim.versions import Seen, Versions

T = TypeVar("T", bound=TenantResource)
T_contra = TypeVar("T_contra", bound=TenantResource, contravariant=True)


class Store(Protocol[T_contra]):
    """What takes the objects of one kind of one tenant."""

    def put(self, resource: T_contra, /) -> object:
        """Take a state of an object."""

    def seen(self, resource: T_contra, /) -> Seen[Any]:
        """Return what is kept of an object of a list."""

    def remove(self, name: str, uid: str, /) -> None:
        """Take out an object that is deleted."""

    def replace(self, found: Iterable[Seen[Any]], /, *, began: float, unreadable: frozenset[str]) -> None:
        """Become a full list."""


class Cache:
    """All shelves; one comes into being when its tenant is first named."""

    def __init__(self, base_url: Callable[[TenantKey], str]) -> None:
        self._base_url = base_url
        self._users: dict[TenantKey, Shelf[WorkteamUser]] = {}
        self._groups: dict[TenantKey, Shelf[WorkteamGroup]] = {}
        self.departed = asyncio.Event()
        """Set when a group was deleted whose memberships are still there."""

    def users(self, tenant: TenantKey) -> Shelf[WorkteamUser]:
        """Return the users of a tenant."""
        if tenant not in self._users:
            self._users[tenant] = Shelf(self._base_url(tenant), "userName")
        return self._users[tenant]

    def groups(self, tenant: TenantKey) -> Shelf[WorkteamGroup]:
        """Return the groups of a tenant."""
        if tenant not in self._groups:
            self._groups[tenant] = Shelf(self._base_url(tenant), "displayName", self.departed.set)
        return self._groups[tenant]

    def lists(self, tenant: TenantKey) -> Versions[WorkteamGroupMembership, MemberList]:
        """Return the further lists of a tenant's groups."""
        return self.groups(tenant).lists

    def left_over(self) -> list[tuple[TenantKey, MemberList]]:
        """Return the lists of all groups that were deleted."""
        return [(tenant, each) for tenant, shelf in self._groups.items() for each in shelf.left_over()]

    def named(self, namespace: str) -> set[TenantKey]:
        """Return the tenants of a namespace that were named so far."""
        return {tenant for tenant in (*self._users, *self._groups) if tenant.namespace == namespace}


class Feed(Generic[T]):
    """What the informer of one kind in one namespace feeds: what is kept of each object's tenant."""

    def __init__(self, cache: Cache, store: Callable[[TenantKey], Store[T]], namespace: str) -> None:
        self._cache = cache
        self._store = store
        self._namespace = namespace

    def keep(self, resource: T) -> tuple[TenantKey, Seen[Any]]:
        """Return whose an object is, and what is kept of it: thousands of whole objects would be held at once."""
        return resource.tenant, self._store(resource.tenant).seen(resource)

    def replace(self, listing: Listing[tuple[TenantKey, Seen[Any]]], *, began: float) -> None:
        """Take a full list; tenants that are not in it have nothing any more."""
        by_tenant: dict[TenantKey, list[Seen[Any]]] = {tenant: [] for tenant in self._cache.named(self._namespace)}
        for tenant, seen in listing.items:
            by_tenant.setdefault(tenant, []).append(seen)
        unreadable = frozenset(key.name for key in listing.unreadable)
        for tenant, found in by_tenant.items():
            self._store(tenant).replace(found, began=began, unreadable=unreadable)

    def observe(self, event: Event[T]) -> None:
        """Take one change; what does not parse changes nothing."""
        resource = event.resource
        if resource is None:
            return
        store = self._store(resource.tenant)
        if event.change is Change.DELETED:
            store.remove(resource.metadata.name, resource.metadata.uid or "")
        else:
            store.put(resource)
