"""All shelves, and what feeds them: informers of each kind in each namespace."""

from collections.abc import Callable
from typing import Generic, TypeVar

from workteam_crds.cluster.port import Change, Event, Listing
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import TenantResource
from workteam_crds.naming import TenantKey
from workteam_scim.shelf import Shelf

T = TypeVar("T", bound=TenantResource)


class Cache:
    """All shelves; one comes into being when its tenant is first named."""

    def __init__(self, base_url: Callable[[TenantKey], str]) -> None:
        self._base_url = base_url
        self._users: dict[TenantKey, Shelf[WorkteamUser]] = {}
        self._groups: dict[TenantKey, Shelf[WorkteamGroup]] = {}

    def users(self, tenant: TenantKey) -> Shelf[WorkteamUser]:
        """Return the users of a tenant."""
        return _shelf(self._users, tenant, self._base_url, "userName")

    def groups(self, tenant: TenantKey) -> Shelf[WorkteamGroup]:
        """Return the groups of a tenant."""
        return _shelf(self._groups, tenant, self._base_url, "displayName")

    def named(self, namespace: str) -> set[TenantKey]:
        """Return the tenants of a namespace that were named so far."""
        return {tenant for tenant in (*self._users, *self._groups) if tenant.namespace == namespace}


class Feed(Generic[T]):
    """What the informer of one kind in one namespace feeds: the shelf of each object's tenant."""

    def __init__(self, cache: Cache, shelf: Callable[[TenantKey], Shelf[T]], namespace: str) -> None:
        self._cache = cache
        self._shelf = shelf
        self._namespace = namespace

    def replace(self, listing: Listing[T], *, began: float) -> None:
        """Take a full list; tenants that are not in it have nothing any more."""
        by_tenant: dict[TenantKey, list[T]] = {tenant: [] for tenant in self._cache.named(self._namespace)}
        for resource in listing.items:
            by_tenant.setdefault(resource.tenant, []).append(resource)
        unreadable = frozenset(key.name for key in listing.unreadable)
        for tenant, resources in by_tenant.items():
            self._shelf(tenant).replace(resources, began=began, unreadable=unreadable)

    def observe(self, event: Event[T]) -> None:
        """Take one change; what does not parse changes nothing."""
        resource = event.resource
        if resource is None:
            return
        shelf = self._shelf(resource.tenant)
        if event.change is Change.DELETED:
            shelf.remove(resource.metadata.name, resource.metadata.uid or "")
        else:
            shelf.put(resource)


def _shelf(
    held: dict[TenantKey, Shelf[T]], tenant: TenantKey, base_url: Callable[[TenantKey], str], unique: str
) -> Shelf[T]:
    if tenant not in held:
        held[tenant] = Shelf(base_url(tenant), unique)
    return held[tenant]
