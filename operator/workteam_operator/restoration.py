"""What came back from a backup, and whether a person said that it is current (rule A3). Pure."""

from datetime import datetime, timedelta
from typing import TypeAlias

from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import ACCEPT_RESTORE, SOURCE_GIT, SOURCE_LABEL
from workteam_crds.naming import uuid7_time

Owner: TypeAlias = WorkteamUser | WorkteamGroup

OLDER = timedelta(minutes=10)
"""How much older than the object its name must be: a create is tried again for five minutes under one name."""
AHEAD = timedelta(minutes=5)
"""How far a person's clock may be ahead: what is later still accepts nothing, or it would accept the next restore."""


def came_from_backup(owner: Owner) -> bool:
    """Say whether an object was made again under its old name, and Workteam confirmed nothing for it since."""
    made, created = uuid7_time(owner.metadata.name), owner.metadata.creation_timestamp
    if made is None or created is None or _is_from_git(owner):
        return False
    return created - made > OLDER and not _has_history(owner)


def restored_at(owner: Owner, set_back: datetime | None) -> datetime | None:
    """Return when an object came back; None if it did not. ``set_back``: when the whole cluster was, if it ever was."""
    created = owner.metadata.creation_timestamp
    if created is None or _is_from_git(owner):
        return None
    if set_back is not None and created <= set_back:
        return set_back
    return created if came_from_backup(owner) else None


def set_back_at(tenant: WorkteamTenant, seen: datetime | None) -> datetime | None:
    """Return when the cluster was last set back, as this process saw it or an earlier one wrote down."""
    return max(filter(None, (tenant.status.restored_time, seen)), default=None)


def is_accepted(tenant: WorkteamTenant, restored: datetime, *, now: datetime) -> bool:
    """Say whether a person said, after something was restored, that it is current."""
    said = tenant.moment(ACCEPT_RESTORE)
    return said is not None and restored < said <= now + AHEAD


def awaits_acceptance(owner: Owner, tenant: WorkteamTenant, seen: datetime | None, *, now: datetime) -> bool:
    """Say whether nothing may be done to an object's account, as it may be out of date."""
    restored = restored_at(owner, set_back_at(tenant, seen))
    return restored is not None and not is_accepted(tenant, restored, now=now)


def _is_from_git(owner: Owner) -> bool:
    """Say whether the object is kept in Git: then it is current by definition."""
    return owner.metadata.labels.get(SOURCE_LABEL) == SOURCE_GIT


def _has_history(owner: Owner) -> bool:
    """Say whether the status tells of Workteam; what was recorded has a time besides."""
    return bool(owner.status.last_sync_time or owner.status.pending_create)
