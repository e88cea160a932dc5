"""What ``status.plan`` says in mode Plan: every step to the end, names and numbers, no values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Plan, PlannedAction, PlannedMembers
from workteam_crds.kinds.tenants import TenantSpec
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import Key
from workteam_crds.testing import a_group, a_tenant, a_user
from workteam_operator import group_forecast, user_forecast
from workteam_operator.backend.port import Account, DesiredAccount, Team
from workteam_operator.forecast import Draft
from workteam_operator.group_situation import GroupFacts, Members
from workteam_operator.user_situation import UserFacts

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "ana@contoso.example"
THERE = Account("7", NAME, "ana", active=True, attributes={"title": "Boss"})
SAME = replace(THERE, attributes={"title": "Lead"})
TEAM = Key("WorkteamGroup", "default", "crew")


def policies(**deprovisioning: Any) -> TenantSpec:
    """Return the spec of a tenant in mode Plan."""
    return a_tenant(mode="Plan", deprovisioning=deprovisioning).spec


def ana(*, deleting: bool = False, recorded: bool = False, wanted: bool = True, **changes: Any) -> UserFacts:
    """Return facts about Ana, who is to be a Lead."""
    user = a_user("ana")
    update = {"generation": 3, "finalizers": ("workte.am/account",), "deletion_timestamp": NOW if deleting else None}
    user = user.model_copy(update={"metadata": user.metadata.model_copy(update=update)})
    remembered = UserStatus(account_id="7", synced_active=True, synced_user_name=NAME, adopted=False)
    status = remembered if recorded else UserStatus()
    desired = DesiredAccount(NAME, "ana", active=wanted, attributes={"title": "Lead"})
    base = UserFacts(user, status, policies(), desired, NOW, timedelta(seconds=30))
    return replace(base, **changes)


NAMED = ana().user.model_copy(
    update={"metadata": ana().user.metadata.model_copy(update={"annotations": {"workte.am/adopt": "7"}})}
)
USERS: dict[str, tuple[UserFacts, str, list[PlannedAction]]] = {
    "nobody is there": (ana(), "create", [PlannedAction.CREATE]),
    "one that is the same": (ana(found=(SAME,)), "adopt 7", [PlannedAction.ADOPT]),
    "one that differs": (
        ana(found=(THERE,)),
        "adopt 7, change title",
        [PlannedAction.ADOPT, PlannedAction.UPDATE],
    ),
    "one that is to be inactive": (
        ana(found=(SAME,), wanted=False),
        "adopt 7, deactivate",
        [PlannedAction.ADOPT, PlannedAction.DEACTIVATE],
    ),
    "an edit": (ana(recorded=True, account=THERE), "change title", [PlannedAction.UPDATE]),
    "an edit that gives access back": (
        ana(
            recorded=True,
            account=replace(THERE, active=False),
            status=UserStatus(account_id="7", synced_active=False, synced_user_name=NAME),
        ),
        "activate, change title",
        [PlannedAction.ACTIVATE, PlannedAction.UPDATE],
    ),
    "a leaver": (
        ana(recorded=True, account=THERE, wanted=False),
        "deactivate, change title",
        [PlannedAction.DEACTIVATE, PlannedAction.UPDATE],
    ),
    "gone, to be made again": (
        ana(recorded=True, policies=policies(missingAccount="Recreate")),
        "create again",
        [PlannedAction.CREATE],
    ),
    "deleted": (ana(recorded=True, deleting=True, account=THERE), "deactivate", [PlannedAction.DEACTIVATE]),
    "deleted, in teams": (
        ana(recorded=True, deleting=True, account=replace(THERE, active=False), teams=(TEAM,)),
        "leave 1 teams",
        [PlannedAction.CHANGE_MEMBERS],
    ),
    "deleted, policy Delete": (
        ana(recorded=True, deleting=True, account=THERE, policies=policies(onDelete="Delete")),
        "deactivate, delete",
        [PlannedAction.DEACTIVATE, PlannedAction.DELETE],
    ),
    "deleted, before it had the account, policy Delete": (
        ana(found=(THERE,), deleting=True, policies=policies(onDelete="Delete")),
        "adopt 7, deactivate",
        [PlannedAction.ADOPT, PlannedAction.DEACTIVATE],
    ),
    "one that a person named": (
        ana(found=(replace(THERE, external_id="other"),), user=NAMED),
        "adopt 7, change externalId, title",
        [PlannedAction.ADOPT, PlannedAction.UPDATE],
    ),
    "deleted, policy Orphan": (
        ana(recorded=True, deleting=True, account=THERE, policies=policies(onDelete="Orphan")),
        "let the account go",
        [PlannedAction.LET_GO],
    ),
}


@pytest.mark.parametrize("case", USERS)
def test_all_that_would_be_done_for_a_user_is_told(case: str) -> None:
    """In the order in which it would be done."""
    facts, summary, actions = USERS[case]
    plan = user_forecast.forecast(facts)
    assert plan is not None
    assert (plan.summary, list(plan.actions)) == (summary, actions)


def test_an_adoption_names_the_account_and_the_attributes() -> None:
    """Without their values."""
    plan = user_forecast.forecast(ana(found=(THERE,)))
    assert plan is not None
    assert (plan.adopts, plan.attributes, plan.members) == ("7", ("title",), None)


@pytest.mark.parametrize(
    "facts",
    [
        ana(recorded=True, account=SAME),
        ana(rival="bo"),
        ana(recorded=True, deleting=True, account=replace(SAME, active=False), seen=True),
        ana(recorded=True, deleting=True),
        ana(deleting=True, policies=policies(onDelete="Orphan")),
    ],
    ids=["in sync", "stalled", "inactive already", "gone already", "never had one"],
)
def test_where_nothing_would_be_done_there_is_no_plan(facts: UserFacts) -> None:
    """What only waits, stands still, or ends here without a call."""
    assert user_forecast.forecast(facts) is None


CREW = Team("9", "crew", "crew", frozenset({"1", "2"}))
OWN = Members(frozenset({"ana", "bo"}), frozenset({"1", "2"}))


def crew(*, deleting: bool = False, members: Members = OWN, team: Team | None = CREW, **changes: Any) -> GroupFacts:
    """Return facts about a crew whose team we made."""
    group = a_group("crew", "ana", "bo")
    update = {"generation": 3, "finalizers": ("workte.am/account",), "deletion_timestamp": NOW if deleting else None}
    group = group.model_copy(update={"metadata": group.metadata.model_copy(update=update)})
    status = GroupStatus(team_id="9", adopted=False, synced_display_name="crew")
    base = GroupFacts(group, status, policies(), members, NOW, timedelta(seconds=30), team=team)
    return replace(base, **changes)


NAMED_TEAM = crew().group.model_copy(
    update={"metadata": crew().group.metadata.model_copy(update={"annotations": {"workte.am/adopt": "9"}})}
)
SOON = replace(OWN, accounts=frozenset({"1"}), planned=frozenset({"2"}), creating=3, waiting=4)
GROUPS: dict[str, tuple[GroupFacts, str, PlannedMembers | None]] = {
    "nothing is there, two have accounts": (
        crew(team=None, status=GroupStatus()),
        "create, members +2 -0",
        PlannedMembers(add=2, remove=0),
    ),
    "nothing is there, and nobody": (crew(team=None, status=GroupStatus(), members=Members()), "create", None),
    "one to be adopted, three to be created": (
        crew(team=None, status=GroupStatus(), members=SOON),
        "create, members +5 -0",
        PlannedMembers(add=5, remove=0),
    ),
    "three will join whose accounts are to be made": (
        crew(members=SOON),
        "members +3 -0",
        PlannedMembers(add=3, remove=0),
    ),
    "one that a person named, three will join": (
        crew(group=NAMED_TEAM, members=SOON),
        "members +3 -0",
        PlannedMembers(add=3, remove=0),
    ),
    "one too many, one too few": (
        crew(team=replace(CREW, members=frozenset({"1", "3"})), unlisted=frozenset({"3"})),
        "members +1 -1",
        PlannedMembers(add=1, remove=1),
    ),
    "another name, and one too few": (
        crew(team=replace(CREW, display_name="gang", members=frozenset({"1"}))),
        "change displayName, members +1 -0",
        PlannedMembers(add=1, remove=0),
    ),
    "gone, to be made again": (crew(team=None, policies=policies(missingAccount="Recreate")), "create again", None),
    "deleted": (crew(deleting=True, members=Members()), "delete", None),
    "deleted, policy Empty": (
        crew(deleting=True, members=Members(), policies=policies(onGroupDelete="Empty")),
        "members +0 -2",
        PlannedMembers(add=0, remove=2),
    ),
    "deleted, policy Orphan": (
        crew(deleting=True, members=Members(), policies=policies(onGroupDelete="Orphan")),
        "let the team go",
        None,
    ),
}


@pytest.mark.parametrize("case", GROUPS)
def test_all_that_would_be_done_for_a_group_is_told(case: str) -> None:
    """Members are numbers, those included whose accounts are only planned."""
    facts, summary, members = GROUPS[case]
    plan = group_forecast.forecast(facts)
    assert plan is not None
    assert (plan.summary, plan.members) == (summary, members)


def test_the_team_that_would_be_adopted_is_named_first() -> None:
    """The facts are then those after the adoption."""
    plan = group_forecast.forecast(crew(team=replace(CREW, display_name="gang")), adopts="9")
    assert plan is not None
    assert (plan.summary, plan.adopts) == ("adopt 9, change displayName", "9")


def test_a_group_in_sync_has_no_plan() -> None:
    """Nor has one whose drift is only reported."""
    assert group_forecast.forecast(crew()) is None
    assert group_forecast.forecast(crew(team=replace(CREW, members=frozenset({"1"})), reports=True)) is None


def test_a_plan_fits_its_field_and_its_hash_moves_with_it() -> None:
    """However many attributes it names."""
    draft = Draft()
    draft.update(f"attribute{number}" for number in range(300))
    plan = draft.plan()
    assert isinstance(plan, Plan)
    assert (len(plan.summary), plan.summary[-1], len(plan.attributes)) == (1024, "…", 200)
    other = Draft()
    other.update(f"attribute{number}" for number in range(301))
    changed = other.plan()
    assert changed is not None
    assert changed.hash != plan.hash
