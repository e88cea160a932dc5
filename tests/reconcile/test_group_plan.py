"""The group's plan, branch by branch: facts in, one step out. Rhymes with test_user_plan."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Booking, BookingKind, Intent
from workteam_crds.kinds.tenants import Adoption, TenantSpec
from workteam_crds.testing import a_group, a_tenant
from workteam_operator import steps
from workteam_operator.adoption import Holder
from workteam_operator.backend.port import Team
from workteam_operator.group_plan import plan_group
from workteam_operator.group_situation import GroupFacts, Members
from workteam_operator.ownership import wanted_by
from workteam_operator.steps import Leaving, Stall, Step, Wait

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
THERE = Team("7", "crew", "b0", frozenset({"1", "2"}))
BOTH = Members(frozenset({"ana", "bo"}), frozenset({"1", "2"}))
DOUBT = Intent(external_id="b0", user_name="crew", at=NOW)
OLD = Intent(external_id="b0", user_name="crew", at=NOW - timedelta(minutes=1))
FIRST = Intent(external_id="b0", user_name="gang", at=NOW)
MADE_FIRST = Team("6", "gang", "b0")
LOOKING = Wait("An earlier create was not answered: looking for its team", timedelta(seconds=10))
LEAVING_LOOKING = Wait("A create was not answered: looking for its team", timedelta(seconds=10), deleting=True)
NAME_IN_USE = Wait("The object gang still has the displayName in Workteam")
HEIR = (("next", wanted_by(a_group("next", displayName="crew", externalId="b0"), Adoption.MATCH)),)


def an_object(
    *,
    deleting: bool = False,
    lists: int | None = None,
    finalizers: tuple[str, ...] = ("workte.am/account",),
    adopt: str | None = None,
) -> WorkteamGroup:
    """Return the crew's object in generation 3, with a person's word or without."""
    further: dict[str, Any] = {} if lists is None else {"memberships": lists}
    group = a_group("crew", "ana", "bo", externalId="b0", **further)
    update: dict[str, Any] = {
        "generation": 3,
        "finalizers": finalizers,
        "annotations": {"workte.am/adopt": adopt} if adopt else {},
        "deletion_timestamp": NOW if deleting else None,
    }
    return group.model_copy(update={"metadata": group.metadata.model_copy(update=update)})


def policies(**deprovisioning: Any) -> TenantSpec:
    """Return a tenant's spec."""
    return a_tenant(deprovisioning=deprovisioning).spec


def facts(**changes: Any) -> GroupFacts:
    """Return facts about the crew, which has nothing yet."""
    base = GroupFacts(
        group=an_object(),
        status=GroupStatus(),
        policies=policies(),
        members=BOTH,
        now=NOW,
        settle=timedelta(seconds=30),
    )
    return replace(base, **changes)


def recorded(team: Team | None = THERE, **changes: Any) -> GroupFacts:
    """Return facts about the crew, which has a team that we made."""
    remembered = {"team_id": "7", "adopted": False, "synced_display_name": "crew", **changes.pop("remembered", {})}
    return facts(status=GroupStatus(**remembered), team=team, **changes)


LEAVING: dict[str, Any] = {"group": an_object(deleting=True)}
BOOKED: dict[str, Any] = {"booked": Booking(kind=BookingKind.DELETION, generation=3)}

LIVE: dict[str, tuple[GroupFacts, Step]] = {
    "nothing is there: the intent first": (facts(), steps.NoteIntent()),
    "a terminating object's new team may not show yet": (
        facts(unseen=timedelta(seconds=20)),
        Wait("The team of a terminating object may not show yet", timedelta(seconds=20)),
    ),
    "the intent is written: create": (facts(noted=True, intents=(DOUBT,)), steps.Create()),
    "a list of members is missing": (
        facts(group=an_object(lists=2), members=replace(BOTH, lists=1)),
        Wait("Only 1 of 2 further lists of members are here yet"),
    ),
    "a create is in doubt": (facts(intents=(DOUBT,)), LOOKING),
    "an old create, and we have just begun to look": (facts(intents=(OLD,)), LOOKING),
    "look-ups stayed empty: another intent": (
        facts(intents=(OLD,), searched={OLD: NOW - timedelta(seconds=30)}),
        steps.NoteIntent(),
    ),
    "in doubt: another one that matches is not taken": (facts(intents=(FIRST,), found=(THERE,)), LOOKING),
    "one matches: adopt": (facts(found=(THERE,)), steps.Adopt("7", ours=False)),
    "one is ours: adopt as ours": (facts(found=(THERE,), intents=(DOUBT,)), steps.Adopt("7", ours=True)),
    "one that leaves made it: as ours": (
        facts(found=(THERE,), holders={"7": Holder("old", leaving=True, created=True)}),
        steps.Adopt("7", ours=True),
    ),
    "another live object has it": (
        facts(found=(THERE,), holders={"7": Holder("gang")}),
        Stall(Reason.UNIQUENESS_CONFLICT, "7 belongs to the object gang"),
    ),
    "its holder is being renamed": (
        facts(found=(THERE,), holders={"7": Holder("gang", renaming=True)}),
        Wait("The object gang still has the team"),
    ),
    "another object has the better right": (
        facts(rival="gang"),
        Stall(Reason.DUPLICATE_DISPLAY_NAME, "The object gang has the same displayName"),
    ),
    "in sync": (recorded(), steps.Settled()),
    "the adoption had its effect": (recorded(group=an_object(adopt="7")), steps.DropWord("workte.am/adopt")),
    "a word on another team": (recorded(group=an_object(adopt="8")), steps.Settled()),
    "another name": (recorded(replace(THERE, display_name="x")), steps.Update({"displayName": "crew"})),
    "its name is in use: the rest first": (
        recorded(Team("7", "x", "x", THERE.members), name_in_use="gang"),
        steps.Update({"externalId": "b0"}),
    ),
    "its name is in use: members too": (
        recorded(Team("7", "x", "b0", frozenset({"1"})), name_in_use="gang"),
        steps.ChangeMembers(frozenset({"2"}), frozenset()),
    ),
    "its name is in use: then it waits": (recorded(replace(THERE, display_name="x"), name_in_use="gang"), NAME_IN_USE),
    "two swap, and it gives way": (
        recorded(replace(THERE, display_name="x"), name_in_use="gang", gives_way=True),
        steps.Update({"displayName": "crew (crew)"}),
    ),
    "it has given way": (
        recorded(
            replace(THERE, display_name="crew (crew)"),
            remembered={"synced_display_name": "crew (crew)"},
            name_in_use="gang",
            gives_way=True,
        ),
        NAME_IN_USE,
    ),
    "what was tried is not tried again": (
        recorded(replace(THERE, external_id=None), tried=frozenset({"externalId"})),
        steps.Settled(),
    ),
    "members come and go": (
        recorded(replace(THERE, members=frozenset({"1", "3", "4"})), unlisted=frozenset({"3"})),
        steps.ChangeMembers(frozenset({"2"}), frozenset({"3"})),
    ),
    "members that were tried are not tried again": (
        recorded(replace(THERE, members=frozenset()), tried=frozenset({"members"})),
        steps.Settled(),
    ),
    "two objects recorded one team": (
        recorded(holders={"7": Holder("gang")}),
        Stall(Reason.UNIQUENESS_CONFLICT, "The object gang has recorded the same team"),
    ),
    "a duplicate that has a team": (
        recorded(rival="gang"),
        Stall(Reason.DUPLICATE_DISPLAY_NAME, "The object gang has the same displayName"),
    ),
    "gone: a person is asked": (
        recorded(None),
        Stall(
            Reason.ACCOUNT_MISSING,
            "The team was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one",
        ),
    ),
    "gone: made again": (recorded(None, policies=policies(missingAccount="Recreate")), steps.Forget()),
    "not there yet": (
        recorded(None, remembered={"last_sync_time": NOW - timedelta(seconds=10)}),
        Wait("Workteam does not show the new team yet", timedelta(seconds=20)),
    ),
}

LIVE |= {
    "from a backup: nothing is done": (facts(restored=True), steps.RESTORED),
    "from a backup, with a team": (recorded(restored=True), steps.RESTORED),
}

DEPARTING: dict[str, tuple[GroupFacts, Step]] = {
    "lists of members go first": (
        facts(**LEAVING, members=replace(BOTH, lists=2)),
        Wait("2 further lists of members have to go first", deleting=True),
    ),
    "nothing recorded": (facts(**LEAVING), steps.Release(Leaving.WITHOUT_ACCOUNT)),
    "a create is in doubt": (facts(**LEAVING, intents=(DOUBT,)), LEAVING_LOOKING),
    "in doubt, and what was found is not ours": (facts(**LEAVING, intents=(FIRST,), found=(THERE,)), LEAVING_LOOKING),
    "what we made is taken": (facts(**LEAVING, intents=(DOUBT,), found=(THERE,)), steps.Adopt("7", ours=True)),
    "the first of two went: the other one": (recorded(None, **LEAVING, intents=(FIRST,)), steps.Forget()),
    "the doubt is over": (
        facts(**LEAVING, intents=(OLD,), searched={OLD: NOW - timedelta(seconds=30)}),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
    "a live object has the name": (facts(**LEAVING, rival="next"), steps.Release(Leaving.HANDED_OVER)),
    "in doubt, and the one with the name has a team": (
        facts(**LEAVING, rival="next", intents=(FIRST,)),
        LEAVING_LOOKING,
    ),
    "it has not taken over the doubt": (
        facts(**LEAVING, rival="next", intents=(DOUBT,), heirs=HEIR),
        Wait("The object next takes over an unanswered create", timedelta(seconds=30), deleting=True),
    ),
    "it has taken over the doubt": (
        facts(**LEAVING, rival="next", intents=(DOUBT,), heirs=((HEIR[0][0], replace(HEIR[0][1], intents=(DOUBT,))),)),
        steps.Release(Leaving.HANDED_OVER),
    ),
    "another live object has the team": (
        recorded(**LEAVING, holders={"7": Holder("next")}),
        steps.Release(Leaving.HANDED_OVER),
    ),
    "an adopted team is left alone": (
        recorded(**LEAVING, remembered={"adopted": True}),
        steps.Release(Leaving.ORPHANED),
    ),
    "Orphan": (recorded(**LEAVING, policies=policies(onGroupDelete="Orphan")), steps.Release(Leaving.ORPHANED)),
    "a live object may adopt the team": (
        recorded(**LEAVING, heirs=HEIR),
        Wait("The object next takes over the team", timedelta(seconds=30), deleting=True),
    ),
    "a live object may not adopt it": (
        recorded(replace(THERE, external_id="other"), **LEAVING, heirs=HEIR),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "gone already": (recorded(None, **LEAVING), steps.Release(Leaving.DELETED)),
    "gone, or not there yet": (
        recorded(None, **LEAVING, remembered={"last_sync_time": NOW}),
        Wait("Workteam does not show the new team yet", timedelta(seconds=30), deleting=True),
    ),
    "gone by our own hand": (
        recorded(None, **LEAVING, erased=True, remembered={"last_sync_time": NOW}),
        steps.Release(Leaving.DELETED),
    ),
    "the ledger first": (recorded(**LEAVING), steps.Book(BookingKind.DELETION, released=False)),
    "booked: the call": (recorded(**LEAVING, remembered=BOOKED), steps.Erase("7")),
    "still there": (
        recorded(**LEAVING, erased=True),
        Wait("Workteam still shows the deleted team", timedelta(seconds=1), deleting=True),
    ),
    "a foreign finalizer": (
        recorded(group=an_object(deleting=True, finalizers=("workte.am/account", "other/finalizer"))),
        Wait("Another finalizer has to go before the team does", deleting=True),
    ),
    "kept for a while": (
        recorded(**LEAVING, policies=policies(gracePeriod="2h")),
        Wait(
            "The team is kept until deprovisioning.gracePeriod is over", timedelta(hours=2), deleting=True, grace=True
        ),
    ),
    "the while is over": (
        recorded(**LEAVING, policies=policies(gracePeriod="2h"), now=NOW + timedelta(hours=2)),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "Empty waits for nothing": (
        recorded(**LEAVING, policies=policies(onGroupDelete="Empty", gracePeriod="2h")),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "from a backup": (recorded(**LEAVING, restored=True), steps.RESTORED),
    "from a backup, without team": (facts(**LEAVING, restored=True), steps.RESTORED),
    "from a backup, adopted: no write is asked for": (
        recorded(**LEAVING, restored=True, remembered={"adopted": True}),
        steps.Release(Leaving.ORPHANED),
    ),
    "Empty: strangers stay": (
        recorded(**LEAVING, policies=policies(onGroupDelete="Empty"), remembered=BOOKED, strangers=frozenset({"2"})),
        steps.ChangeMembers(frozenset(), frozenset({"1"})),
    ),
    "Empty, and empty": (
        recorded(replace(THERE, members=frozenset()), **LEAVING, policies=policies(onGroupDelete="Empty")),
        steps.Release(Leaving.EMPTIED),
    ),
    "Empty, and tried": (
        recorded(**LEAVING, policies=policies(onGroupDelete="Empty"), tried=frozenset({"members"})),
        steps.Release(Leaving.EMPTIED),
    ),
}


@pytest.mark.parametrize(("known", "step"), LIVE.values(), ids=LIVE.keys())
def test_live(known: GroupFacts, step: Step) -> None:
    """A live object's next step."""
    assert plan_group(known) == step


@pytest.mark.parametrize(("known", "step"), DEPARTING.values(), ids=DEPARTING.keys())
def test_departing(known: GroupFacts, step: Step) -> None:
    """A terminating object's next step."""
    assert plan_group(known) == step
