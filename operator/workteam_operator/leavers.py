"""How long those who left keep an account without access, and who is never made to leave. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from workteam_crds.durations import read_duration
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.kinds.tenants import Deprovisioning, Retention
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import folded


def grace_left(resource: CustomResource, policy: Deprovisioning, *, now: datetime) -> timedelta:
    """Return how long what is to be deleted stays yet, counted from the deletion; zero if no longer."""
    deleted = resource.metadata.deletion_timestamp
    end = deleted + read_duration(policy.grace_period) if deleted is not None else now
    return max(end - now, timedelta(0))


def is_protected(
    user: WorkteamUser, status: UserStatus, policy: Deprovisioning, *, account_name: str | None = None
) -> bool:
    """Say whether the tenant forbids to take this person's access: by the object's name, or any userName by now."""
    protected = {folded(name) for name in policy.protected}
    own = (user.metadata.name, user.spec.user_name, status.synced_user_name, account_name)
    return any(folded(name) in protected for name in own if name)


def fitting_nobody(policy: Deprovisioning, users: Iterable[WorkteamUser]) -> tuple[str, ...]:
    """Return what is protected and names no user, as one who was renamed since; nothing while there are no users."""
    names = {
        folded(name)
        for user in users
        for name in (user.metadata.name, user.spec.user_name, user.status.synced_user_name)
        if name
    }
    return tuple(name for name in policy.protected if folded(name) not in names) if names else ()


def is_due(user: WorkteamUser, status: UserStatus, retention: Retention, *, now: datetime) -> bool:
    """Say whether somebody left longer ago than the tenant keeps accounts, and the directory never deleted the user."""
    since = status.inactive_since
    stays = user.spec.active is False and not user.deleting
    return stays and since is not None and now >= since + timedelta(days=retention.after_days)
