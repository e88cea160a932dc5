"""What a change of an object means for the queue. Pure."""

from collections.abc import Mapping
from typing import TypeAlias

from workteam_crds.conditions import Condition, ConditionType, Reason, find_condition, is_true
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import ACCEPT_RESTORE, ADOPT, LAST_MODIFIED, RECONCILE_REQUESTED_AT
from workteam_crds.kinds.progress import PlannedAction
from workteam_operator.ownership import Owner, claims, recorded_id
from workteam_operator.workqueue import Priority, Visit

REFUSED = {Reason.UNIQUENESS_CONFLICT, Reason.CONFIRM_ADOPTION, Reason.DUPLICATE_EXTERNAL_ID}
"""Why an object may not adopt what it finds."""

Resource: TypeAlias = WorkteamTenant | WorkteamUser | WorkteamGroup | WorkteamGroupMembership


def visit_of(
    old: Resource | None, new: Resource, *, base: Priority = Priority.LIVE, always: bool = False
) -> Visit | None:
    """Return the visit that an object needs after a change; None if nothing but its status changed."""
    if isinstance(new, WorkteamGroupMembership):
        return None  # its group is woken
    if old is None:
        if not always and isinstance(new, WorkteamUser | WorkteamGroup) and is_settled(new):
            return None
    elif not _is_news(old, new):
        return None
    fresh = old is not None and old.metadata.generation != new.metadata.generation
    return Visit(new.key, Priority.LEAVER if takes_access(new) else base, fresh)


def takes_access(resource: Resource) -> bool:
    """Say whether somebody is to lose access, and Workteam has not confirmed it yet."""
    if isinstance(resource, WorkteamUser):
        leaving = resource.deleting or resource.spec.active is False
        return leaving and resource.status.synced_active is not False
    return False


def is_retired(user: WorkteamUser) -> bool:
    """Say whether a leaver's account is gone: then the user is nobody to groups and reports."""
    return user.status.retired_time is not None


def is_settled(owner: Owner) -> bool:
    """Say whether Workteam has all that the object says, as far as the object's status tells."""
    status = owner.status
    conditions: tuple[Condition, ...] = status.conditions
    waits = (
        isinstance(owner, WorkteamGroup) and (owner.spec.memberships or 0) > 0
    )  # its lists have no generation of ours
    return (
        not owner.deleting
        and owner.held
        and not waits
        and status.observed_generation == owner.metadata.generation
        and status.plan is None
        and is_true(conditions, ConditionType.READY)
        and is_true(conditions, ConditionType.SYNCED)
        and find_condition(conditions, ConditionType.STALLED) is None
    )


def is_refused_adoption(owner: Owner) -> bool:
    """Say whether an object, as it is, waits for a person's word on what it may adopt (rule A2)."""
    stalled = find_condition(owner.status.conditions, ConditionType.STALLED)
    refused = stalled is not None and stalled.reason in REFUSED
    decided = owner.status.observed_generation == owner.metadata.generation
    return refused and decided and not owner.metadata.annotations.get(ADOPT)


def claims_changed(old: Resource | None, new: Resource | None) -> bool:
    """Say whether another object may now have a name, an account or a team, or not any more."""
    if not isinstance(old, WorkteamUser | WorkteamGroup) or not isinstance(new, WorkteamUser | WorkteamGroup):
        return True
    return (
        old.metadata.uid != new.metadata.uid
        or old.deleting != new.deleting
        or old.paused != new.paused
        or recorded_id(old) != recorded_id(new)
        or old.status.pending_create != new.status.pending_create
        or claims(old) != claims(new)
    )


def account_changed(old: Resource | None, new: Resource | None) -> bool:
    """Say whether a user has another account than before, or would get another one."""
    return _account(old) != _account(new)


def _account(resource: Resource | None) -> tuple[str | None, str | None, bool]:
    """Return the account that a user has, would adopt, and whether it would get a new one."""
    if not isinstance(resource, WorkteamUser):
        return None, None, False
    plan = resource.status.plan
    creates = plan is not None and PlannedAction.CREATE in plan.actions
    return resource.status.account_id, plan.adopts if plan else None, creates


def asks_for_all(old: Resource, new: Resource | None) -> bool:
    """Say whether a person asked that everything of a tenant be looked at, or said that what came back is current."""
    said = new.metadata.annotations if new is not None else {}
    words = (said.get(name) != old.metadata.annotations.get(name) for name in (RECONCILE_REQUESTED_AT, ACCEPT_RESTORE))
    return new is not None and any(words)


def learned(old: WorkteamTenant, new: WorkteamTenant) -> bool:
    """Say whether a tenant announces something else than before."""
    before, after = old.status.capabilities, new.status.capabilities
    return before is not None and before != after


def _is_news(old: Resource, new: Resource) -> bool:
    return (
        old.metadata.uid != new.metadata.uid
        or old.metadata.generation != new.metadata.generation
        or old.deleting != new.deleting
        or (old.held and not new.held)  # a deletion would not wait for us: it is put back
        or (new.deleting and old.metadata.finalizers != new.metadata.finalizers)  # one may wait until it is the last
        or _said(old.metadata.annotations) != _said(new.metadata.annotations)
    )


def _said(annotations: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in annotations.items() if name != LAST_MODIFIED}
