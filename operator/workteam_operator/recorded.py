"""Who recorded which account or team, whatever the tenant (rule A9). No I/O."""

from collections.abc import Iterator

from workteam_crds.kinds import WorkteamTenant
from workteam_crds.naming import Key, TenantKey, folded
from workteam_operator.index import Index
from workteam_operator.ownership import Owner, recorded_id, synced_name


class RecordedIds:
    """The objects that have an account or team, by its id."""

    def __init__(self) -> None:
        self._ids: Index[tuple[str, str]] = Index()
        self._owners: dict[Key, Owner] = {}

    def put(self, owner: Owner) -> frozenset[TenantKey]:
        """Take an object as it is; return the tenants that share an id from now on, its own among them."""
        found, before = recorded_id(owner), self._ids.terms(owner.key)
        if found is None:
            self.remove(owner.key)
            return frozenset()
        self._ids.put(owner.key, [(owner.kind, found)])
        self._owners[owner.key] = owner
        if before == self._ids.terms(owner.key):
            return frozenset()
        others = frozenset(other.tenant for other in self.elsewhere(owner, found))
        return others | {owner.tenant} if others else others

    def remove(self, key: Key) -> None:
        """Forget an object."""
        self._ids.put(key, ())
        self._owners.pop(key, None)

    def of(self, tenant: TenantKey) -> tuple[Owner, ...]:
        """Return the objects of a tenant that have something in Workteam."""
        return tuple(owner for owner in self._owners.values() if owner.tenant == tenant)

    def elsewhere(self, owner: Owner, found: str) -> Iterator[Owner]:
        """Yield the objects of other tenants that recorded an id for the same kind of thing."""
        for key in self._ids.find((owner.kind, found)):
            other = self._owners[key]
            if other.tenant != owner.tenant:
                yield other


def gives_way(tenant: WorkteamTenant, rival: WorkteamTenant | None, name: str | None, other: Owner) -> bool:
    """Say whether a tenant must leave what goes by ``name`` to a rival, whose object ``other`` recorded the same id.

    Two addresses may lead to one organisation: the same id under the same name is then no accident.
    """
    if rival is None or rival.spec.decommissioned or _age(tenant) < _age(rival):
        return False
    held = synced_name(other)
    same_name = name is not None and held is not None and folded(name) == folded(held)
    return same_name or _address(tenant) == _address(rival)


def _address(tenant: WorkteamTenant) -> str:
    return tenant.spec.workteam.base_url.rstrip("/").lower()


def _age(tenant: WorkteamTenant) -> tuple[str, TenantKey]:
    created = tenant.metadata.creation_timestamp
    return created.isoformat() if created else "", tenant.tenant
