"""What counts as another's change, what is only named, and what is left alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_crds.conditions import Condition, ConditionStatus, ConditionType, Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.users import UserStatus
from workteam_crds.testing import a_group, a_tenant, a_user
from workteam_operator import group_plan, group_report, steps, user_plan, user_report
from workteam_operator.backend.port import Account, DesiredAccount, Team
from workteam_operator.drift import attribute_class, is_confirmed, is_ignored, reports, was_written
from workteam_operator.group_situation import GroupFacts, Members
from workteam_operator.steps import Settled, Stall, Step
from workteam_operator.user_situation import UserFacts

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "ana@contoso.example"
DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
MANAGER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"
THERE = Account("7", NAME, "ana", active=True, attributes={"title": "Lead"})


@pytest.mark.parametrize(
    ("path", "ignored", "so"),
    [
        ("title", ["title"], True),
        ("title", ["Title"], True),
        ("title", [], False),
        ("name.givenName", ["name"], True),
        ("name.givenName", ["name.familyName"], False),
        ("nameless", ["name"], False),
        (DEPARTMENT, ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"], True),
        ("userName", ["userName"], False),
        ("externalId", ["externalId"], False),
        ("active", ["active"], False),
    ],
)
def test_attributes_are_left_alone_by_name(path: str, ignored: list[str], *, so: bool) -> None:
    """A name stands for its parts too; who somebody is, and whether with access, cannot be ignored."""
    assert is_ignored(path, ignored) is so


@pytest.mark.parametrize(
    ("path", "synced", "so"),
    [
        ("title", ["title"], True),
        ("title", ["name.givenName"], False),
        ("emails", ['emails[type eq "work"]'], True),
        ("userName", [], True),
        (MANAGER, [], False),
    ],
)
def test_only_what_we_wrote_can_be_changed_by_others(path: str, synced: list[str], *, so: bool) -> None:
    """A manager who came only now, or an attribute that the tenant learned, was not ours before."""
    assert was_written(path, synced) is so


@pytest.mark.parametrize(
    ("path", "sort"),
    [
        ("userName", "identity"),
        ("externalId", "identity"),
        ("active", "active"),
        ("members", "members"),
        ("missing", "missing"),
        ("displayName", "attribute"),
        ("emails", "attribute"),
    ],
)
def test_figures_know_a_few_sorts_of_attribute(path: str, sort: str) -> None:
    """However many attributes there are."""
    assert attribute_class(path) == sort


def said(kind: ConditionType, reason: Reason, *, holds: bool) -> Condition:
    status = ConditionStatus.TRUE if holds else ConditionStatus.FALSE
    return Condition(type=kind, status=status, reason=reason, last_transition_time=NOW)


IN_SYNC = said(ConditionType.SYNCED, Reason.IN_SYNC, holds=True)
PENDING = said(ConditionType.SYNCED, Reason.PENDING, holds=False)
DRIFTED = said(ConditionType.SYNCED, Reason.DRIFT_DETECTED, holds=False)
WITHHELD = said(ConditionType.SYNCED, Reason.ACCESS_WITHHELD, holds=False)
FAILED = said(ConditionType.SYNCED, Reason.RECONCILE_ERROR, holds=False)
MISSING = said(ConditionType.STALLED, Reason.ACCOUNT_MISSING, holds=True)
INVALID = said(ConditionType.STALLED, Reason.INVALID_ATTRIBUTE, holds=True)


def ana(*conditions: Condition, observed: int = 3, granted: bool = False) -> WorkteamUser:
    """Return Ana's object in generation 3, with what its status says."""
    user = a_user("ana")
    annotations = {"workte.am/grant-access": "7"} if granted else {}
    metadata = user.metadata.model_copy(update={"generation": 3, "annotations": annotations})
    status = UserStatus(observed_generation=observed, conditions=conditions)
    return user.model_copy(update={"metadata": metadata, "status": status})


@pytest.mark.parametrize(
    ("user", "so"),
    [
        (ana(IN_SYNC), True),
        (ana(DRIFTED), True),
        (ana(WITHHELD), True),
        (ana(FAILED, MISSING), True),
        (ana(PENDING), False),
        (ana(FAILED, INVALID), False),
        (ana(), False),
        (ana(IN_SYNC, observed=2), False),
    ],
    ids=["in sync", "drifted", "withheld", "missing", "pending", "stalled", "new", "edited"],
)
def test_workteam_had_the_object_once(user: WorkteamUser, *, so: bool) -> None:
    """Only then somebody else has changed it; an edit that waits is ours to write."""
    assert is_confirmed(user) is so
    assert reports(user, a_tenant(drift={"policy": "Report"}).spec.drift) is so
    assert reports(user, a_tenant().spec.drift) is False


def facts(account: Account | None, *, title: str = "Lead", ignore: tuple[str, ...] = (), **changes: Any) -> UserFacts:
    """Return facts about Ana, whose account was as desired when Workteam was last seen."""
    status = UserStatus(
        account_id="7",
        synced_active=True,
        synced_user_name=NAME,
        synced_external_id="ana",
        synced_attributes=("title",),
    )
    base = UserFacts(
        user=ana(IN_SYNC),
        status=status,
        policies=a_tenant(drift={"policy": "Report", "ignore": list(ignore)}).spec,
        desired=DesiredAccount(NAME, "ana", active=True, attributes={"title": title}),
        now=NOW,
        settle=timedelta(seconds=30),
        account=account,
        reports=True,
    )
    return replace(base, **changes)


LEFT = DesiredAccount(NAME, "ana", active=False)
GRANT = ana(IN_SYNC, granted=True)
AGAIN = a_tenant(drift={"policy": "Report"}, deprovisioning={"missingAccount": "Recreate"}).spec
STALLED = Stall(
    Reason.ACCOUNT_MISSING,
    "The account was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one",
)
USERS: dict[str, tuple[UserFacts, Step]] = {
    "another title": (facts(replace(THERE, attributes={"title": "Boss"})), Settled()),
    "another title, to be set right": (
        facts(replace(THERE, attributes={"title": "Boss"}), reports=False),
        steps.Update({"title": "Lead"}),
    ),
    "another title, to be left alone": (
        facts(replace(THERE, attributes={"title": "Boss"}), ignore=("title",), reports=False),
        Settled(),
    ),
    "a manager who came only now": (
        facts(THERE, desired=DesiredAccount(NAME, "ana", active=True, attributes={"title": "Lead", MANAGER: "8"})),
        steps.Update({MANAGER: "8"}),
    ),
    "a leaver who was let in again": (facts(THERE, desired=LEFT), Settled()),
    "a leaver who was let in again, and is to be out": (
        facts(THERE, desired=LEFT, reports=False),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "a person gives access": (facts(replace(THERE, active=False), user=GRANT), steps.Update({"active": True})),
    "gone": (facts(None, policies=AGAIN), STALLED),
    "a leaver's is gone: there is nothing to set right": (facts(None, desired=LEFT, policies=AGAIN), steps.Retire()),
    "gone, to be made again": (facts(None, policies=AGAIN, reports=False), steps.Forget()),
}


@pytest.mark.parametrize("case", USERS)
def test_what_is_reported_is_not_written(case: str) -> None:
    """Under policy Report a difference in what we wrote is left; what is new, and a person's word, is not."""
    known, step = USERS[case]
    assert user_plan.plan_user(known) == step


def test_a_report_names_attributes_and_no_values() -> None:
    """The names are sorted; the account that is there is what Ready speaks of."""
    changed = replace(THERE, user_name="x@contoso.example", attributes={"title": "Boss"})
    _, verdict = user_report.settled(facts(changed))
    assert (verdict.ready, verdict.synced) == (
        (True, Reason.PROVISIONED, ""),
        (False, Reason.DRIFT_DETECTED, "Others changed title, userName in Workteam"),
    )


def test_a_leaver_who_was_let_in_again_is_not_as_it_should_be() -> None:
    """Access is there that is to be gone: nothing is done about it, and nobody is told that all is well."""
    _, verdict = user_report.settled(facts(replace(THERE, attributes={}), desired=LEFT))
    assert (verdict.ready, verdict.synced) == (
        (False, Reason.CONFLICT, "Others gave access in Workteam to somebody who is to have none"),
        (False, Reason.DRIFT_DETECTED, "Others changed active in Workteam"),
    )


CREW = Team("7", "crew", "b0", frozenset({"1", "2"}))
BOTH = Members(frozenset({"ana", "bo"}), frozenset({"1", "2"}))


def crew(team: Team | None, *, reports: bool = True) -> GroupFacts:
    """Return facts about a crew of two."""
    return GroupFacts(
        group=a_group("crew", "ana", "bo", externalId="b0"),
        status=GroupStatus(team_id="7", adopted=False, synced_display_name="crew"),
        policies=AGAIN,
        members=BOTH,
        now=NOW,
        settle=timedelta(seconds=30),
        team=team,
        unlisted=frozenset({"3"}),
        reports=reports,
    )


GROUPS: dict[str, tuple[GroupFacts, Step]] = {
    "as it was": (crew(CREW), Settled()),
    "another name": (crew(replace(CREW, display_name="gang")), Settled()),
    "another name, to be set right": (
        crew(replace(CREW, display_name="gang"), reports=False),
        steps.Update({"displayName": "crew"}),
    ),
    "one more": (crew(replace(CREW, members=frozenset({"1", "2", "3"}))), Settled()),
    "one less": (crew(replace(CREW, members=frozenset({"1"}))), Settled()),
    "one less, to be set right": (
        crew(replace(CREW, members=frozenset({"1"})), reports=False),
        steps.ChangeMembers(frozenset({"2"}), frozenset()),
    ),
    "gone, to be made again": (crew(None, reports=False), steps.Forget()),
}


@pytest.mark.parametrize("case", GROUPS)
def test_what_is_reported_of_a_team_is_not_written(case: str) -> None:
    """As with users."""
    known, step = GROUPS[case]
    assert group_plan.plan_group(known) == step


def test_a_missing_team_is_not_made_again_under_report() -> None:
    """Making it is a write too."""
    step = group_plan.plan_group(crew(None))
    assert isinstance(step, Stall)
    assert step.reason is Reason.ACCOUNT_MISSING


def test_a_report_of_a_team_names_members_as_such() -> None:
    """Not who they are."""
    _, verdict = group_report.settled(crew(replace(CREW, display_name="gang", members=frozenset({"1", "3"}))))
    assert verdict.synced == (False, Reason.DRIFT_DETECTED, "Others changed displayName, members in Workteam")


def test_what_was_settled_is_told_from_what_came_since() -> None:
    """The digest of the accounts moves with them, and is kept while a pass is not through."""
    status, _ = group_report.settled(crew(CREW, reports=False))
    assert status.members is not None
    assert status.members.digest == BOTH.digest
    more = replace(BOTH, accounts=frozenset({"1", "2", "3"}))
    counted = group_report.counted(status, more)
    assert counted.members is not None
    assert counted.members.digest == BOTH.digest != more.digest
