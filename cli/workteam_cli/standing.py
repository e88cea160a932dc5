"""Where one object stands, in one word, and why: read from its conditions. Pure."""

import enum
from dataclasses import dataclass

from workteam_cli.objects import Subject
from workteam_crds.conditions import Condition, ConditionStatus, ConditionType, Reason, find_condition, is_true
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.tenants import Deprovisioning, OnDelete
from workteam_crds.part import rfc3339
from workteam_operator.changes import takes_access


class State(enum.StrEnum):
    """What a person reads first; the order is that of the tables."""

    READY = "Ready"
    """Workteam has what the object says."""
    DEACTIVATED = "Deactivated"
    """The account is inactive, as the object says."""
    RECORDED = "Recorded"
    """Nothing is to be done: the tenant has no groups."""
    PENDING = "Pending"
    """Work is under way or waits for something; it goes on by itself."""
    PLANNED = "Planned"
    """The tenant is in mode Plan: something would be done."""
    PAUSED = "Paused"
    """A person stopped it."""
    WITHHELD = "Withheld"
    """Workteam took the access away, and a person must grant it (rule A3)."""
    DRIFTED = "Drifted"
    """Somebody changed the account or team in Workteam, and the tenant only reports that."""
    STALLED = "Stalled"
    """It does not go on by itself: a person must act."""
    DELETING = "Deleting"
    """The object was deleted; its account is being dealt with."""


IN_SYNC = frozenset({State.READY, State.DEACTIVATED, State.RECORDED})
"""Nothing to do, nothing to wait for."""

OUT_OF_SYNC = {
    Reason.PLANNED: State.PLANNED,
    Reason.RECONCILE_PAUSED: State.PAUSED,
    Reason.PAUSED: State.PAUSED,
    Reason.ACCESS_WITHHELD: State.WITHHELD,
    Reason.DRIFT_DETECTED: State.DRIFTED,
}
AT_REST = {
    Reason.DEACTIVATED: State.DEACTIVATED,
    Reason.GROUPS_UNSUPPORTED: State.RECORDED,
    Reason.OBSERVED: State.RECORDED,
}


@dataclass(frozen=True)
class Standing:
    """One object's state, the reason (a word of the closed list) and the operator's sentence about it."""

    state: State
    reason: Reason
    message: str

    @property
    def in_sync(self) -> bool:
        """Say whether nothing is left to do."""
        return self.state in IN_SYNC


def standing_of(subject: Subject) -> Standing:
    """Read an object's conditions. What the operator has not looked at is Pending, whatever older conditions say."""
    conditions = subject.status.conditions
    synced, ready = (find_condition(conditions, wanted) for wanted in (ConditionType.SYNCED, ConditionType.READY))
    if synced and synced.reason is Reason.RECONCILE_PAUSED:
        return Standing(State.PAUSED, synced.reason, synced.message)
    current = subject.status.observed_generation == subject.metadata.generation
    if current and (stalled := _holding(conditions, ConditionType.STALLED)):
        return Standing(State.STALLED, stalled.reason, stalled.message)
    if subject.deleting and synced and synced.reason is Reason.PLANNED:
        return Standing(State.DELETING, synced.reason, synced.message)
    if subject.deleting:
        return _moving(State.DELETING, conditions, Reason.DELETING)
    if not current:
        return Standing(State.PENDING, Reason.PENDING, "the operator has not looked at the last change yet")
    for condition in (synced, ready):
        if condition is None or condition.status is not ConditionStatus.TRUE:
            reason = condition.reason if condition else Reason.PENDING
            return _moving(OUT_OF_SYNC.get(reason, State.PENDING), conditions, reason)
    assert ready is not None  # noqa: S101 - the loop returned otherwise
    return Standing(AT_REST.get(ready.reason, State.READY), ready.reason, ready.message)


def is_held(subject: Subject) -> bool:
    """Say whether the tenant's budget holds a loss of access of this object (rule A6)."""
    return standing_of(subject).reason is Reason.DELETION_BUDGET_EXCEEDED


def keeps_access(user: WorkteamUser, deprovisioning: Deprovisioning) -> bool:
    """Say whether somebody is to lose access and still has it, as far as the status tells; whatever the cause."""
    left = user.spec.active is False or (user.deleting and deprovisioning.on_delete is not OnDelete.ORPHAN)
    ready, plan = find_condition(user.status.conditions, ConditionType.READY), user.status.plan
    let_in = ready is not None and ready.reason is Reason.CONFLICT and user.status.synced_active is False
    has_account = user.status.account_id is not None or (plan is not None and plan.adopts is not None)
    return left and (let_in or (takes_access(user) and has_account))


def in_words(condition: Condition) -> str:
    """Say a condition in one line: what, since when, why."""
    holds = {ConditionStatus.TRUE: "yes", ConditionStatus.FALSE: "no", ConditionStatus.UNKNOWN: "unknown"}
    since = rfc3339(condition.last_transition_time)
    why = f"{condition.reason}: {condition.message}" if condition.message else str(condition.reason)
    return f"{condition.type}: {holds[condition.status]} since {since} ({why})"


def _holding(conditions: tuple[Condition, ...], wanted: ConditionType) -> Condition | None:
    return find_condition(conditions, wanted) if is_true(conditions, wanted) else None


def _moving(state: State, conditions: tuple[Condition, ...], reason: Reason) -> Standing:
    """Explain something unfinished by what is under way, else by what is not true yet."""
    under_way = _holding(conditions, ConditionType.RECONCILING)
    if under_way and state in (State.PENDING, State.DELETING):
        return Standing(state, under_way.reason, under_way.message)
    told = next((c for c in conditions if c.reason is reason), None)
    return Standing(state, reason, told.message if told else "")
