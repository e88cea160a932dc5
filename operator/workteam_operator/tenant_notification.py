"""Who is told when a tenant needs a person: ``spec.notification``, for an Event and a metric's label. Pure."""

from collections.abc import Sequence

from workteam_crds.conditions import Condition, ConditionStatus, ConditionType, Reason, find_condition, is_true
from workteam_crds.kinds.tenants import TenantSpec

DUE = "NotificationDue"
"""The Event's reason."""


def address(spec: TenantSpec) -> str | None:
    """Return who is told of failures; None if nobody is."""
    told = spec.notification
    return told.email if told is not None and told.on_failure else None


def newly_due(before: Sequence[Condition], after: Sequence[Condition]) -> Reason | None:
    """Return why a person has to act now who had not to before, or for another reason; None if nothing is new."""
    known = set(_failures(before))
    return next((reason for reason in _failures(after) if reason not in known), None)


def _failures(conditions: Sequence[Condition]) -> list[Reason]:
    """Return why a person has to act: what stands still, and a budget that was exceeded."""
    stalled = find_condition(conditions, ConditionType.STALLED)
    budget = find_condition(conditions, ConditionType.DELETION_BUDGET_AVAILABLE)
    found = [stalled.reason] if stalled is not None and is_true(conditions, ConditionType.STALLED) else []
    if budget is not None and budget.status is ConditionStatus.FALSE:
        found.append(budget.reason)
    return found
