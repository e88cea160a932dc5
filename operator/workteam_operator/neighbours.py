"""What a tenant's life needs of the rest of the operator, as functions: a test plays them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.tenants import WorkteamTenant
from workteam_crds.naming import TenantKey
from workteam_operator.in_use import CountReferring
from workteam_operator.tenant_identity import Custody


@dataclass(frozen=True)
class Neighbours:
    """Finds, counts and wakes."""

    find: Callable[[TenantKey], WorkteamTenant | None]
    """Returns the tenant's object as it was last seen."""
    remember: Callable[[WorkteamTenant], None]
    """Takes what a write returned into our copy."""
    count_users: Callable[[TenantKey], int]
    """Counts the users of a tenant."""
    users: Callable[[TenantKey], Iterable[WorkteamUser]]
    """Returns the users of a tenant."""
    count_referring: CountReferring
    """Counts the users and groups of a tenant."""
    custody: Custody
    """Knows who recorded which account."""
    wake_tenant: Callable[[TenantKey], None]
    """Queues the tenant itself."""
    wake_objects: Callable[[TenantKey], None]
    """Queues its users and groups that are not settled: what held them is gone."""
    wake_all: Callable[[TenantKey], None]
    """Queues all its users and groups."""
    wake_referring: Callable[[TenantKey], None]
    """Queues those that are and name others: a wake-up may have been lost before this process began."""
