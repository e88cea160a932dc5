"""TenantObjects: users and groups of one tenant."""

from workteam_crds.naming import TenantKey
from workteam_scim.cache import Cache
from workteam_scim.group_writes import Groups
from workteam_scim.user_writes import Users
from workteam_scim.writing import Surroundings


class TenantObjects:
    """What a tenant has."""

    def __init__(self, tenant: TenantKey, cache: Cache, around: Surroundings) -> None:
        self.tenant = tenant
        self.users = Users(tenant, cache, around)
        self.groups = Groups(tenant, cache, around)

    def of(self, resource_type: str) -> Users | Groups:
        """Return the objects of a resource type by its name."""
        return self.users if resource_type == "User" else self.groups
