from datetime import UTC, datetime, timedelta

from workteam_crds.conditions import (
    Condition,
    ConditionStatus,
    ConditionType,
    Reason,
    find_condition,
    is_true,
    with_condition,
    without_conditions,
)

NINE = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)


def ready(status: ConditionStatus, reason: Reason, message: str = "") -> Condition:
    return Condition(type=ConditionType.READY, status=status, reason=reason, message=message, last_transition_time=TEN)


def test_the_first_condition_of_a_type_begins_now() -> None:
    """Nothing was there before, so the transition is this moment, in whole seconds."""
    [found] = with_condition((), ready(ConditionStatus.FALSE, Reason.CREATING), now=NINE + timedelta(milliseconds=7))
    assert (found.status, found.reason, found.last_transition_time) == (ConditionStatus.FALSE, Reason.CREATING, NINE)


def test_a_new_reason_alone_does_not_move_the_time() -> None:
    before = with_condition((), ready(ConditionStatus.FALSE, Reason.CREATING), now=NINE)
    [after] = with_condition(before, ready(ConditionStatus.FALSE, Reason.BACKEND_UNAVAILABLE, "try later"), now=TEN)
    assert (after.reason, after.message, after.last_transition_time) == (
        Reason.BACKEND_UNAVAILABLE,
        "try later",
        NINE,
    )


def test_a_new_status_moves_the_time() -> None:
    before = with_condition((), ready(ConditionStatus.FALSE, Reason.CREATING), now=NINE)
    [after] = with_condition(before, ready(ConditionStatus.TRUE, Reason.PROVISIONED), now=TEN)
    assert after.last_transition_time == TEN


def test_conditions_are_sorted_so_that_equal_states_are_equal() -> None:
    stalled = Condition(
        type=ConditionType.STALLED, status=ConditionStatus.TRUE, reason=Reason.PROTECTED, last_transition_time=NINE
    )
    one = with_condition(with_condition((), stalled, now=NINE), ready(ConditionStatus.TRUE, Reason.OBSERVED), now=NINE)
    two = with_condition(with_condition((), ready(ConditionStatus.TRUE, Reason.OBSERVED), now=NINE), stalled, now=NINE)
    assert one == two
    assert [c.type for c in one] == ["Ready", "Stalled"]


def test_what_holds_no_longer_is_left_out() -> None:
    conditions = with_condition((), ready(ConditionStatus.TRUE, Reason.PROVISIONED), now=NINE)
    assert is_true(conditions, ConditionType.READY)
    assert without_conditions(conditions, ConditionType.READY) == ()
    assert find_condition((), ConditionType.READY) is None
    assert not is_true((), ConditionType.READY)
