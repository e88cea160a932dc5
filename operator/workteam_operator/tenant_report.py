"""What a tenant's status says: its conditions, and what it announced. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from workteam_crds.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    find_condition,
    with_condition,
    without_conditions,
)
from workteam_crds.kinds.custom_resource import ACCEPT_RESTORE, APPROVE_DELETIONS_UNTIL
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Capabilities as Announced
from workteam_crds.kinds.tenants import Endpoint, TenantStatus, WorkteamTenant
from workteam_crds.part import rfc3339
from workteam_operator.backend.port import Capabilities
from workteam_operator.restoration import is_accepted
from workteam_operator.tenant_causes import ABOUT_THE_TOKEN, ANSWERED, NEEDS_A_PERSON, Cause


@dataclass(frozen=True)
class TenantFacts:
    """What one pass found."""

    cause: Cause | None
    """Why the tenant is not ready; None if it is."""
    capabilities: Capabilities | None
    """What it announced; None if it was not asked in this pass."""
    endpoint: Endpoint | None
    """What the probe went to, if it succeeded."""
    latched: tuple[BookingKind, ...]
    """Which budgets are exceeded, and not let go."""
    refusal: Cause | None = None
    """Why a new token is not in use, while the old one serves."""
    rests: bool = False
    """Whether Workteam asked to wait, and the time is not over."""
    protects_nobody: tuple[str, ...] = ()
    """What deprovisioning.protected names, and no user has."""
    referring: int = 0
    """How many objects keep a tenant that was deleted."""


def tenant_status(tenant: WorkteamTenant, facts: TenantFacts, *, now: datetime) -> TenantStatus:
    """Return the status after a pass; equal to the old one if nothing changed. The ledger is another writer's."""
    before = tenant.status
    announced = before.capabilities if facts.capabilities is None else _announced(facts.capabilities)
    ready = facts.cause is None
    first = before.first_ready_time or (now.replace(microsecond=0) if ready else None)
    return before.model_copy(
        update={
            "observed_generation": tenant.metadata.generation,
            "first_ready_time": first,
            "capabilities": announced,
            "endpoint": facts.endpoint or before.endpoint,
            "conditions": _conditions(tenant, facts, now=now),
        }
    )


MOST_NAMES = 5
"""Of those that a sentence lists."""
OF_OTHERS = {"ledger", "lastFullSweep", "restoredTime", "retentionDue"}
"""What of the status has a field manager of its own."""


def written(status: TenantStatus) -> dict[str, Any]:
    """Return what the reconciler writes of a status: all but what has a field manager of its own."""
    return {key: value for key, value in status.dump().items() if key not in OF_OTHERS}


ONLY_WHILE_TRUE = (ConditionType.RECONCILING, ConditionType.STALLED, ConditionType.OWNERSHIP_CONFLICT)


class _Statement(NamedTuple):
    type: ConditionType
    reason: Reason
    message: str
    status: ConditionStatus = ConditionStatus.TRUE


def _conditions(tenant: WorkteamTenant, facts: TenantFacts, *, now: datetime) -> tuple[Condition, ...]:
    before = tenant.status.conditions
    statements = [
        *_restored(tenant, now=now),
        *_readiness(facts, tenant),
        *_pause(facts),
        *_in_use(facts),
        *_circuit(facts),
        *_ownership(facts),
        _budget(facts, tenant),
    ]
    said = {statement.type for statement in statements}
    gone = [kind for kind in ONLY_WHILE_TRUE if kind not in said]
    conditions = without_conditions(before, *gone)
    for kind, reason, message, status in statements:
        new = Condition(
            type=kind,
            status=status,
            reason=reason,
            message=message,
            observed_generation=tenant.metadata.generation,
            last_transition_time=now,
        )
        conditions = with_condition(conditions, new, now=now)
    return conditions


def _readiness(facts: TenantFacts, tenant: WorkteamTenant) -> list[_Statement]:
    """Return Ready, CredentialsValid, and what holds besides."""
    if facts.cause is None:
        fine = (Reason.CREDENTIALS_ACCEPTED, "Workteam answers, and the token may write")
        reason, message = fine
        return [_ready(tenant, reason, message + _unprotected(facts)), _credentials(facts.refusal, fine)]
    reason, message = facts.cause
    found = [_ready(tenant, reason, message, ConditionStatus.FALSE)]
    if reason in ABOUT_THE_TOKEN:
        found.append(_Statement(ConditionType.CREDENTIALS_VALID, reason, message, ConditionStatus.FALSE))
    elif find_condition(tenant.status.conditions, ConditionType.CREDENTIALS_VALID) is None:
        found.append(_Statement(ConditionType.CREDENTIALS_VALID, reason, message, ConditionStatus.UNKNOWN))
    if reason in NEEDS_A_PERSON:
        found.append(_Statement(ConditionType.STALLED, reason, message))
    else:
        found.append(_Statement(ConditionType.RECONCILING, Reason.RETRYING_TRANSIENT, message))
    return found


def _unprotected(facts: TenantFacts) -> str:
    """Say that somebody who is to be protected may not be, as after a rename; nothing if there is no such name."""
    if not (names := facts.protects_nobody):
        return ""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    told = ", ".join(names[:MOST_NAMES]) + more
    return f". deprovisioning.protected names nobody by {told}: the name of an object outlives a new userName"[:1000]


def _restored(tenant: WorkteamTenant, *, now: datetime) -> list[_Statement]:
    """Return that a person has to look, once for all objects; what needs one for another reason is said instead."""
    restored = tenant.status.restored_time
    if restored is None or is_accepted(tenant, restored, now=now):
        return []
    text = (
        f"The cluster was set back to an earlier state before {rfc3339(restored)}: what it held then may be out of "
        "date, so nothing is done about it in Workteam. See what would be done with mode: Plan; then set "
        "workte.am/accept-restore on the tenant to the time that it is now (RFC 3339)"
    )
    return [_Statement(ConditionType.STALLED, Reason.RESTORED_OBJECT, text + _unreadable(tenant, ACCEPT_RESTORE))]


def _unreadable(tenant: WorkteamTenant, annotation: str) -> str:
    """Say that a word is in vain, as it names no moment; nothing if it does, or was not said."""
    if not tenant.is_unreadable(annotation):
        return ""
    return f". What {annotation} says now is no moment of RFC 3339 with its offset, as 2026-11-25T18:00:00Z is"


def _ready(
    tenant: WorkteamTenant, reason: Reason, message: str, status: ConditionStatus = ConditionStatus.TRUE
) -> _Statement:
    """A pause stands before everything else: it is what holds the objects, also when Workteam answers again."""
    if not tenant.paused:
        return _Statement(ConditionType.READY, reason, message, status)
    text = "The annotation workte.am/paused holds all objects of this tenant: nothing is written to Workteam"
    return _Statement(ConditionType.READY, Reason.PAUSED, text, ConditionStatus.FALSE)


def _pause(facts: TenantFacts) -> list[_Statement]:
    text = "Workteam asked to wait (Retry-After): nothing is sent until then"
    return [_Statement(ConditionType.RECONCILING, Reason.RATE_LIMITED, text)] if facts.rests else []


def _in_use(facts: TenantFacts) -> list[_Statement]:
    if not facts.referring:
        return []
    text = (
        f"The tenant was deleted and is held by workte.am/in-use: {facts.referring} users and groups refer to it. "
        "Delete these first; or, if the organisation is gone for good, set spec.decommissioned, which lets them go "
        "without a call"
    )
    return [_Statement(ConditionType.RECONCILING, Reason.DEPROVISION_PENDING, text)]


def _circuit(facts: TenantFacts) -> list[_Statement]:
    """Return whether Workteam is called; nothing new if it was not asked."""
    cause = facts.cause
    if cause is not None and cause.reason is Reason.BACKEND_UNAVAILABLE:
        return [_Statement(ConditionType.CIRCUIT_CLOSED, *cause, ConditionStatus.FALSE)]
    if cause is None or cause.reason in ANSWERED:
        return [_Statement(ConditionType.CIRCUIT_CLOSED, Reason.ANSWERING, "")]
    return []


def _ownership(facts: TenantFacts) -> list[_Statement]:
    if facts.cause is None or facts.cause.reason is not Reason.OWNERSHIP_CONFLICT:
        return []
    return [_Statement(ConditionType.OWNERSHIP_CONFLICT, *facts.cause)]


def _credentials(refusal: Cause | None, fine: tuple[Reason, str]) -> _Statement:
    if refusal is None:
        return _Statement(ConditionType.CREDENTIALS_VALID, *fine)
    reason, message = refusal
    still = f"{message}. The token before it is still in use"
    return _Statement(ConditionType.CREDENTIALS_VALID, reason, still, ConditionStatus.FALSE)


def _budget(facts: TenantFacts, tenant: WorkteamTenant) -> _Statement:
    if not facts.latched:
        return _Statement(ConditionType.DELETION_BUDGET_AVAILABLE, Reason.BUDGET_AVAILABLE, "")
    losses = " and ".join(f"{kind.value.lower()}s" for kind in facts.latched)
    message = (
        f"More {losses} than spec.deprovisioning.budget allows were asked for, so none is done: check them, then raise "
        "the budget, or set workte.am/approve-deletions-until on the tenant, or workte.am/release on an object"
    ) + _unreadable(tenant, APPROVE_DELETIONS_UNTIL)
    reason = Reason.DELETION_BUDGET_EXCEEDED
    return _Statement(ConditionType.DELETION_BUDGET_AVAILABLE, reason, message, ConditionStatus.FALSE)


def _announced(capabilities: Capabilities) -> Announced:
    return Announced(
        patch=capabilities.patch, groups=capabilities.groups, attributes=tuple(sorted(capabilities.attributes))
    )
