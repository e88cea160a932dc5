"""The user's plan where nothing is done yet, or not any more: restored objects, grace period, retention."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import TenantSpec
from workteam_crds.kinds.users import UserStatus
from workteam_crds.testing import a_tenant, a_user
from workteam_operator import steps
from workteam_operator.backend.port import Account, DesiredAccount
from workteam_operator.steps import Leaving, Stall, Step, Wait
from workteam_operator.user_plan import plan_user
from workteam_operator.user_situation import UserFacts

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "ana@contoso.example"
THERE = Account("7", NAME, "ana", active=True)
GONE = replace(THERE, active=False)
LONG_AGO = NOW - timedelta(days=30)
WAITS = Stall(
    Reason.RESTORED_OBJECT,
    "It came back from a backup and may be out of date, so nothing is done in Workteam: see that it is current, then "
    "set workte.am/accept-restore on the tenant to the time that it is now (RFC 3339)",
)


def an_object(*, active: bool = False, deleted: timedelta | None = None, **annotations: str) -> WorkteamUser:
    """Return Ana's object in generation 3, deleted some time ago or not at all."""
    user = a_user("ana", active=active)
    update: dict[str, Any] = {
        "generation": 3,
        "finalizers": ("workte.am/account",),
        "annotations": {f"workte.am/{name}": value for name, value in annotations.items()},
        "deletion_timestamp": None if deleted is None else NOW - deleted,
    }
    return user.model_copy(update={"metadata": user.metadata.model_copy(update=update)})


def policies(**deprovisioning: Any) -> TenantSpec:
    """Return a tenant's spec."""
    return a_tenant(deprovisioning=deprovisioning).spec


KEEPS_30_DAYS = policies(retention={"action": "Delete", "afterDays": 30})
GRACE = policies(onDelete="Delete", gracePeriod="2h")


def ana(
    user: WorkteamUser, account: Account | None = None, *, kept: dict[str, Any] | None = None, **f: Any
) -> UserFacts:
    """Return facts about Ana; ``kept`` is what her status remembers."""
    base = UserFacts(
        user=user,
        status=UserStatus.model_validate(kept or {}),
        policies=policies(),
        desired=DesiredAccount(NAME, "ana", active=user.spec.active),
        account=account,
        now=NOW,
        settle=timedelta(seconds=30),
    )
    return replace(base, **f)


def left(since: datetime | None = LONG_AGO, **more: Any) -> dict[str, Any]:
    """Return what the status of a leaver remembers."""
    base = {"account_id": "7", "synced_active": False, "synced_user_name": NAME, "adopted": False}
    return base | {"inactive_since": since} | more


def booked(generation: int = 3) -> dict[str, Any]:
    """Return a booked deletion as the status remembers it."""
    return {"booked": {"kind": BookingKind.DELETION, "generation": generation}}


RESTORED: dict[str, tuple[UserFacts, Step]] = {
    "nobody is created": (ana(an_object(active=True), restored=True), WAITS),
    "nobody is changed": (ana(an_object(active=True), kept=left(), restored=True), WAITS),
    "a leaver keeps access until a person accepts": (ana(an_object(), kept=left(), restored=True), WAITS),
    "a deleted one too": (ana(an_object(deleted=timedelta(0)), kept=left(), restored=True), WAITS),
    "Orphan asks for no write": (
        ana(an_object(deleted=timedelta(0)), kept=left(), restored=True, policies=policies(onDelete="Orphan")),
        steps.Release(Leaving.ORPHANED),
    ),
}

GRACE_PERIOD: dict[str, tuple[UserFacts, Step]] = {
    "access goes at once": (
        ana(an_object(deleted=timedelta(0)), THERE, kept=left(), policies=GRACE),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "the account stays for two hours": (
        ana(an_object(deleted=timedelta(minutes=30)), GONE, kept=left(), policies=GRACE),
        Wait(
            "The account is kept until deprovisioning.gracePeriod is over",
            timedelta(minutes=90),
            deleting=True,
            grace=True,
        ),
    ),
    "and is deleted then": (
        ana(an_object(deleted=timedelta(hours=2)), GONE, kept=left(), policies=GRACE),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "Deactivate knows no grace": (
        ana(
            an_object(deleted=timedelta(0)),
            GONE,
            kept=left(),
            seen=True,
            policies=policies(onDelete="Deactivate", gracePeriod="2h"),
        ),
        steps.Release(Leaving.DEACTIVATED),
    ),
}

RETENTION: dict[str, tuple[UserFacts, Step]] = {
    "Report deletes nobody": (
        ana(an_object(), GONE, kept=left(), policies=policies(retention={"afterDays": 30})),
        steps.Settled(),
    ),
    "not long enough": (
        ana(an_object(), GONE, kept=left(LONG_AGO + timedelta(seconds=1)), policies=KEEPS_30_DAYS),
        steps.Settled(),
    ),
    "since when is not known": (ana(an_object(), GONE, kept=left(None), policies=KEEPS_30_DAYS), steps.Settled()),
    "who has access is none of its": (
        ana(an_object(active=True), THERE, kept=left(), policies=KEEPS_30_DAYS),
        steps.Settled(),
    ),
    "who has access again, against our wish, loses it first": (
        ana(an_object(), THERE, kept=left(), policies=KEEPS_30_DAYS),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "long enough: the ledger first": (
        ana(an_object(), GONE, kept=left(), policies=KEEPS_30_DAYS),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "let go by a person": (
        ana(an_object(release="3"), GONE, kept=left(), policies=KEEPS_30_DAYS),
        steps.Book(BookingKind.DELETION, released=True),
    ),
    "booked: the call": (ana(an_object(), GONE, kept=left(**booked()), policies=KEEPS_30_DAYS), steps.Erase("7")),
    "booked for an earlier generation": (
        ana(an_object(), GONE, kept=left(**booked(2)), policies=KEEPS_30_DAYS),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "never the protected": (
        ana(
            an_object(),
            GONE,
            kept=left(),
            policies=policies(retention={"action": "Delete", "afterDays": 30}, protected=[NAME]),
        ),
        steps.Settled(),
    ),
    "still there": (
        ana(an_object(), GONE, kept=left(), policies=KEEPS_30_DAYS, erased=True),
        Wait("Workteam still shows the deleted account", timedelta(seconds=1)),
    ),
    "gone: noted": (ana(an_object(), kept=left(), policies=KEEPS_30_DAYS, erased=True), steps.Retire()),
    "gone, and we crashed before we noted it": (
        ana(an_object(), kept=left(**booked()), policies=KEEPS_30_DAYS),
        steps.Retire(),
    ),
    "gone, and access was given meanwhile": (
        ana(an_object(active=True), kept=left(**booked()), policies=KEEPS_30_DAYS),
        steps.Forget(),
    ),
    "gone by another's hand, a deactivation booked": (
        ana(
            an_object(),
            kept=left(booked={"kind": BookingKind.DEACTIVATION, "generation": 3}),
            policies=KEEPS_30_DAYS,
        ),
        steps.Retire(),
    ),
    "retired: no account is made": (ana(an_object(), kept={"retired_time": LONG_AGO}), steps.Settled()),
    "retired, and given access again": (
        ana(an_object(active=True), kept={"retired_time": LONG_AGO}),
        steps.NoteIntent(),
    ),
    "retired, then deleted": (
        ana(an_object(deleted=timedelta(0)), kept={"retired_time": LONG_AGO}),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
    "retired, hired again by hand, then deleted": (
        ana(an_object(deleted=timedelta(0)), kept={"retired_time": LONG_AGO}, found=(THERE,)),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
}


STALLED = Stall(
    Reason.ACCOUNT_MISSING,
    "Workteam took the access away, then the account: active false, then true, asks for a new one",
)
MISSING: dict[str, tuple[UserFacts, Step]] = {
    "a leaver's": (ana(an_object(), kept=left()), steps.Retire()),
    "a leaver's, to be made again": (
        ana(an_object(), kept=left(), policies=policies(missingAccount="Recreate")),
        steps.Retire(),
    ),
    "a leaver's, not shown yet": (
        ana(an_object(), kept=left(last_sync_time=NOW - timedelta(seconds=10))),
        Wait("Workteam does not show the new account yet", timedelta(seconds=20)),
    ),
    "of somebody locked out": (ana(an_object(active=True), kept=left(access_withheld=True)), STALLED),
    "of somebody locked out, to be made again": (
        ana(an_object(active=True), kept=left(access_withheld=True), policies=policies(missingAccount="Recreate")),
        STALLED,
    ),
    "of somebody locked out, who left": (ana(an_object(), kept=left(access_withheld=True)), steps.Retire()),
}


@pytest.mark.parametrize(("known", "step"), RESTORED.values(), ids=RESTORED.keys())
def test_what_came_back_waits_for_a_person(known: UserFacts, step: Step) -> None:
    assert plan_user(known) == step


@pytest.mark.parametrize(("known", "step"), GRACE_PERIOD.values(), ids=GRACE_PERIOD.keys())
def test_the_grace_period_delays_the_deletion_alone(known: UserFacts, step: Step) -> None:
    assert plan_user(known) == step


@pytest.mark.parametrize(("known", "step"), RETENTION.values(), ids=RETENTION.keys())
def test_retention_ends_what_the_directory_keeps(known: UserFacts, step: Step) -> None:
    assert plan_user(known) == step


@pytest.mark.parametrize(("known", "step"), MISSING.values(), ids=MISSING.keys())
def test_no_policy_gives_access_by_a_new_account(known: UserFacts, step: Step) -> None:
    """A leaver needs none, and whom Workteam locked out gets none back."""
    assert plan_user(known) == step
