"""The figures of OPERATOR 7 that follow our copy of the objects."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from workteam_crds.conditions import Condition, ConditionStatus, ConditionType, Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.users import UserStatus
from workteam_crds.testing import a_membership, a_user
from workteam_operator.census import Census

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def census() -> Census:
    """One that has seen nothing, at noon."""
    return Census(now=lambda: NOON)


def user(name: str, tenant: str, *conditions: tuple[ConditionType, ConditionStatus], **changes: Any) -> WorkteamUser:
    """Return a user who was created a quarter of a minute before noon."""
    said = tuple(
        Condition(type=kind, status=status, reason=Reason.PENDING, last_transition_time=NOON)
        for kind, status in conditions
    )
    status = UserStatus(conditions=said, **changes.pop("status", {}))
    metadata = {"creation_timestamp": NOON - timedelta(seconds=15), **changes.pop("metadata", {})}
    found = a_user(name, tenant=tenant, **changes)
    return found.model_copy(update={"metadata": found.metadata.model_copy(update=metadata), "status": status})


def objects(tenant: str, condition: str, status: str) -> float | None:
    """Return how many users are counted there; None if there is no such series."""
    labels = {"kind": "WorkteamUser", "tenant": f"default/{tenant}", "condition": condition, "status": status}
    return REGISTRY.get_sample_value("workteam_objects", labels)


READY = (ConditionType.READY, ConditionStatus.TRUE)
NOT_READY = (ConditionType.READY, ConditionStatus.FALSE)
STALLED = (ConditionType.STALLED, ConditionStatus.TRUE)


def test_objects_are_counted_by_condition(census: Census) -> None:
    """They move from one series to another, and a series without objects goes."""
    census.moved(None, user("ana", "counted"))
    census.moved(None, user("bo", "counted", READY))
    assert (objects("counted", "Ready", "Unknown"), objects("counted", "Ready", "True")) == (1, 1)
    census.moved(user("ana", "counted"), user("ana", "counted", READY))
    assert (objects("counted", "Ready", "Unknown"), objects("counted", "Ready", "True")) == (None, 2)
    census.moved(user("bo", "counted", READY), user("bo", "counted", NOT_READY, STALLED))
    census.moved(user("ana", "counted", READY), None)
    assert (objects("counted", "Ready", "True"), objects("counted", "Stalled", "True")) == (None, 1)


def test_lists_of_members_are_none_of_it(census: Census) -> None:
    """They have no conditions."""
    before = len(list(REGISTRY.collect()))
    census.moved(None, a_membership("crew", "ana"))
    assert len(list(REGISTRY.collect())) == before


def observed(name: str, **labels: str) -> tuple[float, float]:
    """Return how often and how long in all."""
    count = REGISTRY.get_sample_value(f"{name}_count", labels) or 0
    return count, REGISTRY.get_sample_value(f"{name}_sum", labels) or 0


def since(before: tuple[float, float], after: tuple[float, float]) -> tuple[float, float]:
    return after[0] - before[0], after[1] - before[1]


def test_the_first_account_ends_the_wait(census: Census) -> None:
    """From the creation of the object; later accounts, and those recorded before this process, do not count."""
    name, kind = "workteam_time_to_first_sync_seconds", "WorkteamUser"
    before = observed(name, kind=kind)
    census.moved(None, user("ana", "first", status={"account_id": "7"}))
    census.moved(user("ana", "first"), user("ana", "first", status={"account_id": "7"}))
    census.moved(user("ana", "first", status={"account_id": "7"}), user("ana", "first", status={"account_id": "8"}))
    assert since(before, observed(name, kind=kind)) == (1, 15)


ACTIVE = {"account_id": "7", "synced_active": True}
INACTIVE = {"account_id": "7", "synced_active": False}
GOING = {"metadata": {"deletion_timestamp": NOON - timedelta(seconds=40)}}


def test_a_leaver_is_followed_until_access_is_seen_to_be_gone() -> None:
    """By an edit or a deletion; one who is let in again meanwhile is none."""
    moments = [NOON]
    census = Census(now=lambda: moments[0])
    before = observed("workteam_deprovision_duration_seconds")
    for name in ("ana", "bo"):
        census.moved(user(name, "left", status=ACTIVE), user(name, "left", active=False, status=ACTIVE))
    moments[0] = NOON + timedelta(seconds=3)
    census.moved(user("ana", "left", active=False, status=ACTIVE), user("ana", "left", active=False, status=INACTIVE))
    census.moved(user("bo", "left", active=False, status=ACTIVE), user("bo", "left", status=ACTIVE))
    assert since(before, observed("workteam_deprovision_duration_seconds")) == (1, 3)
    moments[0] = NOON
    census.moved(user("cy", "left", status=ACTIVE), user("cy", "left", status=ACTIVE, **GOING))
    census.moved(user("cy", "left", status=ACTIVE, **GOING), None)
    assert since(before, observed("workteam_deprovision_duration_seconds")) == (2, 43)
