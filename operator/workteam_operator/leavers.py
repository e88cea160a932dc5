"""How long those who left keep an account that has no access any more: grace period and retention. Pure."""

from datetime import datetime, timedelta

from workteam_crds.durations import read_duration
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.kinds.tenants import Deprovisioning, Retention
from workteam_crds.kinds.users import UserStatus


def grace_left(resource: CustomResource, policy: Deprovisioning, *, now: datetime) -> timedelta:
    """Return how long what is to be deleted stays yet, counted from the deletion; zero if no longer."""
    deleted = resource.metadata.deletion_timestamp
    end = deleted + read_duration(policy.grace_period) if deleted is not None else now
    return max(end - now, timedelta(0))


def is_due(user: WorkteamUser, status: UserStatus, retention: Retention, *, now: datetime) -> bool:
    """Say whether somebody left longer ago than the tenant keeps accounts, and the directory never deleted the user."""
    since = status.inactive_since
    stays = user.spec.active is False and not user.deleting
    return stays and since is not None and now >= since + timedelta(days=retention.after_days)
