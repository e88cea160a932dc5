"""What became of a pass, as conditions: one verdict per outcome, for users and groups alike. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from workteam_crds.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    find_condition,
    with_condition,
    without_conditions,
)
from workteam_operator.backend.port import BackendDenied, BackendError, BackendRejected
from workteam_operator.steps import Stall, Wait

CONFLICTS = {
    Reason.UNIQUENESS_CONFLICT,
    Reason.DUPLICATE_USER_NAME,
    Reason.DUPLICATE_DISPLAY_NAME,
    Reason.DUPLICATE_EXTERNAL_ID,
}
"""Another account, team or object stands in the way."""

TOO_LARGE = 413
MESSAGE = 1024
"""Characters of a condition's message."""
AGAIN = "; it is tried again by itself until it is done"


class Statement(NamedTuple):
    """One condition's content."""

    holds: bool
    reason: Reason
    message: str = ""


@dataclass(frozen=True)
class Verdict:
    """All conditions of an object after a pass. None: there is no such condition, or Ready stays as it is."""

    ready: Statement | None
    synced: Statement
    reconciling: Statement | None = None
    stalled: Statement | None = None
    observed: bool = True
    """Whether the pass looked at this generation at all."""


CREATING = Verdict(
    Statement(False, Reason.CREATING),
    Statement(False, Reason.PENDING),
    Statement(True, Reason.PROGRESSING, "The create is about to be sent"),
)
DELETING = Verdict(
    Statement(False, Reason.DELETING),
    Statement(False, Reason.PENDING),
    Statement(True, Reason.DEPROVISION_PENDING, "Access is about to be taken"),
)
TENANT_MISSING = Verdict(
    Statement(False, Reason.TENANT_NOT_READY),
    Statement(False, Reason.PENDING),
    stalled=Statement(True, Reason.TENANT_MISSING, "There is no WorkteamTenant of the name in spec.tenantRef"),
)
DECOMMISSIONED = Verdict(
    Statement(False, Reason.TENANT_NOT_READY),
    Statement(False, Reason.PENDING),
    stalled=Statement(True, Reason.TENANT_DECOMMISSIONED, "The tenant is decommissioned: nothing is asked of Workteam"),
)


def paused(*, tenant: bool, leaves: bool) -> Verdict:
    """A person holds the object, or all of its tenant; ``leaves``: something that is to be taken stays meanwhile."""
    what = "on the tenant holds all its objects" if tenant else "holds this object"
    stays = ": what is to be taken in Workteam stays there" if leaves else ""
    text = f"The annotation workte.am/paused {what}{stays}"
    return Verdict(None, Statement(False, Reason.RECONCILE_PAUSED, text), observed=False)


def unavailable(*, deleting: bool) -> Verdict:
    """Workteam does not answer: the same words for who met it and for who waits, so that an outage is told once."""
    return _waits(
        Reason.BACKEND_UNAVAILABLE,
        Reason.DEPROVISION_PENDING if deleting else Reason.BACKEND_UNAVAILABLE,
        "Workteam does not answer as it should: it is tried again by itself",
    )


def tenant_not_ready(reason: Reason, *, deleting: bool) -> Verdict:
    """The tenant says why: it is not told once more for each of its objects."""
    if reason is Reason.BACKEND_UNAVAILABLE:
        return unavailable(deleting=deleting)
    waits = Reason.DEPROVISION_PENDING if deleting else Reason.PROGRESSING
    return _waits(Reason.TENANT_NOT_READY, waits, "Waits for the tenant: see its conditions")


def _waits(ready: Reason, why: Reason, message: str) -> Verdict:
    return Verdict(Statement(False, ready), Statement(False, Reason.PENDING), Statement(True, why, message))


def waiting(step: Wait) -> Verdict:
    """Something is to happen by itself."""
    if step.deleting:
        ready, why = Reason.DELETING, Reason.GRACE_PERIOD if step.grace else Reason.DEPROVISION_PENDING
    else:
        ready, why = Reason.CREATING, Reason.PROGRESSING
    synced = Statement(False, Reason.PENDING, step.message)
    return Verdict(Statement(False, ready), synced, Statement(True, why, step.message))


def stalled(step: Stall, *, again: bool = False) -> Verdict:
    """A person has to act; ``again``: it is tried again all the same, as access, or the account, is to go (rule A5)."""
    ready = Reason.CONFLICT if step.reason in CONFLICTS else Reason.INVALID
    message = f"{step.message[: MESSAGE - len(AGAIN)]}{AGAIN}" if again else step.message
    return Verdict(
        Statement(False, ready),
        Statement(False, Reason.RECONCILE_ERROR, message),
        stalled=Statement(True, step.reason, message),
    )


TAKEN = stalled(Stall(Reason.UNIQUENESS_CONFLICT, "Workteam has another one with this name or externalId"))


def planned(summary: str) -> Verdict:
    """The tenant is in mode Plan."""
    return Verdict(Statement(True, Reason.OBSERVED), Statement(False, Reason.PLANNED, f"Would be done: {summary}"))


def refused(error: BackendError, *, again: bool = False) -> Verdict | None:
    """What Workteam said; None if trying again is all there is to it. ``again``: see ``stalled``."""
    match error:
        case BackendRejected(uniqueness=True):
            return TAKEN
        case BackendRejected(status=status) if status == TOO_LARGE:
            step = Stall(Reason.SIZE_LIMIT, f"Workteam takes nothing of this size ({error})")
        case BackendRejected():
            detail = f"{error}: {error.detail}" if error.detail else str(error)
            step = Stall(Reason.INVALID_ATTRIBUTE, f"Workteam refuses this: {detail}"[:MESSAGE])
        case BackendDenied():
            step = Stall(Reason.UNAUTHORIZED, f"Workteam denies this for this object alone ({error})")
        case _:
            return None
    return stalled(step, again=again)


def conditions(
    old: Sequence[Condition], verdict: Verdict, *, generation: int | None, now: datetime
) -> tuple[Condition, ...]:
    """Return the conditions after a pass. ``Reconciling`` and ``Stalled`` exist only while they are true."""
    ready = verdict.ready
    if ready is None and find_condition(old, ConditionType.READY) is None:
        ready = Statement(False, Reason.PAUSED)
    result = tuple(old)
    for kind, statement in (
        (ConditionType.READY, ready),
        (ConditionType.SYNCED, verdict.synced),
        (ConditionType.RECONCILING, verdict.reconciling),
        (ConditionType.STALLED, verdict.stalled),
    ):
        if statement is not None:
            result = with_condition(result, _condition(kind, statement, generation, now), now=now)
        elif kind is not ConditionType.READY:
            result = without_conditions(result, kind)
    return result


def _condition(kind: ConditionType, statement: Statement, generation: int | None, now: datetime) -> Condition:
    return Condition(
        type=kind,
        status=ConditionStatus.TRUE if statement.holds else ConditionStatus.FALSE,
        reason=statement.reason,
        message=statement.message,
        observed_generation=generation,
        last_transition_time=now,
    )
