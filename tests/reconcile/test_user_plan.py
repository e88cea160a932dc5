"""The user's plan, branch by branch: facts in, one step out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.progress import BookingKind, Intent
from workteam_crds.kinds.tenants import Adoption, TenantSpec
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import Key
from workteam_crds.testing import a_tenant, a_user
from workteam_operator import steps
from workteam_operator.adoption import Holder
from workteam_operator.backend.port import Account, DesiredAccount
from workteam_operator.ownership import wanted_by
from workteam_operator.steps import Leaving, Stall, Step, Wait
from workteam_operator.user_plan import plan_user
from workteam_operator.user_situation import UserFacts

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "ana@contoso.example"
THERE = Account("7", NAME, "ana", active=True)
GONE = replace(THERE, active=False)
DOUBT = Intent(external_id="ana", user_name=NAME, at=NOW)
OLD = Intent(external_id="ana", user_name=NAME, at=NOW - timedelta(minutes=1))
SEARCHED = {OLD: NOW - timedelta(seconds=30)}
FIRST = Intent(external_id="ana", user_name="anna@contoso.example", at=NOW)
MADE_FIRST = Account("6", "anna@contoso.example", "ana", active=True)
LOOKING = Wait("An earlier create was not answered: looking for its account", timedelta(seconds=10))
LEAVING_LOOKING = Wait("A create was not answered: looking for its account", timedelta(seconds=10), deleting=True)
TEAM = Key("WorkteamGroup", "default", "crew")


def an_object(
    *, deleting: bool = False, finalizers: tuple[str, ...] = ("workte.am/account",), **notes: str
) -> WorkteamUser:
    """Return Ana's object in generation 3, with annotations of ours."""
    user = a_user("ana")
    update: dict[str, Any] = {
        "generation": 3,
        "finalizers": finalizers,
        "annotations": {f"workte.am/{name.replace('_', '-')}": value for name, value in notes.items()},
        "deletion_timestamp": NOW if deleting else None,
    }
    return user.model_copy(update={"metadata": user.metadata.model_copy(update=update)})


def policies(**deprovisioning: Any) -> TenantSpec:
    """Return a tenant's spec."""
    return a_tenant(deprovisioning=deprovisioning).spec


def facts(**changes: Any) -> UserFacts:
    """Return facts about Ana, who is to be active and has nothing yet."""
    base = UserFacts(
        user=an_object(),
        status=UserStatus(),
        policies=policies(),
        desired=DesiredAccount(NAME, "ana", active=True),
        now=NOW,
        settle=timedelta(seconds=30),
    )
    return replace(base, **changes)


def recorded(account: Account | None = THERE, *, active: bool | None = True, **changes: Any) -> UserFacts:
    """Return facts about Ana, who has an account; ``active`` is what was confirmed last."""
    wanted = changes.pop("wanted", True)
    remembered = {"account_id": "7", "synced_active": active, "synced_user_name": NAME, "adopted": False}
    status = UserStatus(**(remembered | changes.pop("remembered", {})))
    desired = DesiredAccount(NAME, "ana", active=wanted)
    return facts(status=status, account=account, desired=desired, **changes)


def booked(kind: BookingKind, generation: int = 3) -> dict[str, Any]:
    """Return a booking as the status remembers it."""
    return {"booked": {"kind": kind, "generation": generation}}


STRANGER = Account("7", "bo@contoso.example", "bo", active=True)
NOT_OURS = Stall(
    Reason.UNIQUENESS_CONFLICT,
    "7 matches neither by userName nor by externalId any more, so it may be another person's: name it by the "
    "annotation workte.am/adopt if it is right",
)
LEAVING: dict[str, Any] = {"user": an_object(deleting=True)}
HEIR = (("next", wanted_by(a_user("next", userName=NAME, externalId="ana"), Adoption.MATCH)),)

LIVE: dict[str, tuple[UserFacts, Step]] = {
    "nobody is there: the intent first": (facts(), steps.NoteIntent()),
    "a terminating object's new account may not show yet": (
        facts(unseen=timedelta(seconds=20)),
        Wait("The account of a terminating object may not show yet", timedelta(seconds=20)),
    ),
    "the intent is written: create": (facts(noted=True, intents=(DOUBT,)), steps.Create()),
    "a create is in doubt: look again in a third of the time": (facts(intents=(DOUBT,)), LOOKING),
    "or in the rest": (
        facts(intents=(DOUBT,), searched={DOUBT: NOW}, now=NOW + timedelta(seconds=25)),
        replace(LOOKING, again_in=timedelta(seconds=5)),
    ),
    "an old create, and we have just begun to look": (facts(intents=(OLD,)), LOOKING),
    "look-ups stayed empty: another intent": (facts(intents=(OLD,), searched=SEARCHED), steps.NoteIntent()),
    "in doubt: another one that matches is not taken": (facts(intents=(FIRST,), found=(THERE,)), LOOKING),
    "in doubt: not even our own beside another in doubt": (
        facts(intents=(FIRST, DOUBT), found=(MADE_FIRST,)),
        LOOKING,
    ),
    "two creates were done: a person is asked": (
        facts(intents=(FIRST, DOUBT), found=(MADE_FIRST, THERE)),
        Stall(Reason.UNIQUENESS_CONFLICT, "6 and 7 both match: name one by the annotation workte.am/adopt"),
    ),
    "one matches: adopt": (facts(found=(THERE,)), steps.Adopt("7", ours=False)),
    "one is ours: adopt as ours": (facts(found=(THERE,), intents=(DOUBT,)), steps.Adopt("7", ours=True)),
    "another live object has it": (
        facts(found=(THERE,), holders={"7": Holder("bo")}),
        Stall(Reason.UNIQUENESS_CONFLICT, "7 belongs to the object bo"),
    ),
    "its holder is being renamed": (
        facts(found=(THERE,), holders={"7": Holder("bo", renaming=True)}),
        Wait("The object bo still has the account"),
    ),
    "its holder is terminating": (
        facts(found=(THERE,), holders={"7": Holder("bo", leaving=True)}),
        steps.Adopt("7", ours=False),
    ),
    "another object has the better right": (
        facts(rival="bo"),
        Stall(Reason.DUPLICATE_USER_NAME, "The object bo has the same userName"),
    ),
    "in sync": (recorded(), steps.Settled()),
    "another name": (recorded(replace(THERE, user_name="x")), steps.Update({"userName": NAME})),
    "the name is in use by one that lets it go": (
        recorded(replace(THERE, user_name="x"), name_in_use="bo"),
        Wait("The object bo still has the userName in Workteam"),
    ),
    "what else changes does not wait for the name": (
        recorded(replace(THERE, user_name="x", external_id=None), name_in_use="bo"),
        steps.Update({"externalId": "ana"}),
    ),
    "objects wait in a circle: a name in between": (
        recorded(replace(THERE, user_name="x"), name_in_use="bo", gives_way=True),
        steps.Update({"userName": f"ana.{NAME}"}),
    ),
    "the name in between is confirmed": (
        recorded(
            replace(THERE, user_name=f"ana.{NAME}"),
            name_in_use="bo",
            gives_way=True,
            remembered={"synced_user_name": f"ana.{NAME}"},
        ),
        Wait("The object bo still has the userName in Workteam"),
    ),
    "Workteam does not take the name in between": (
        recorded(replace(THERE, user_name="x"), name_in_use="bo", gives_way=True, tried=frozenset({"userName"})),
        Wait("The object bo still has the userName in Workteam"),
    ),
    "what was tried is not tried again": (
        recorded(replace(THERE, external_id=None), tried=frozenset({"externalId"})),
        steps.Settled(),
    ),
    "taken away in Workteam: left so": (recorded(GONE), steps.Settled()),
    "taken away by us: given back": (recorded(GONE, active=False), steps.Update({"active": True})),
    "never confirmed: given": (recorded(GONE, active=None), steps.Update({"active": True})),
    "granted by a person": (recorded(GONE, user=an_object(grant_access="7")), steps.Update({"active": True})),
    "granted for another account": (recorded(GONE, user=an_object(grant_access="8")), steps.Settled()),
    "the grant had its effect": (recorded(user=an_object(grant_access="7")), steps.DropWord("workte.am/grant-access")),
    "the adoption had its effect": (recorded(user=an_object(adopt="7")), steps.DropWord("workte.am/adopt")),
    "the adoption had its effect, though another object has the name": (
        recorded(user=an_object(adopt="7"), rival="bo"),
        steps.DropWord("workte.am/adopt"),
    ),
    "a word on another account": (recorded(user=an_object(adopt="8")), steps.Settled()),
    "neither name nor externalId is ours: somebody else": (recorded(STRANGER), NOT_OURS),
    "somebody else is not deactivated": (recorded(STRANGER, wanted=False), NOT_OURS),
    "a person says that it is right": (
        recorded(STRANGER, user=an_object(adopt="7")),
        steps.Update({"userName": NAME, "externalId": "ana"}),
    ),
    "both values are those of an earlier generation": (
        recorded(STRANGER, remembered={"synced_user_name": "BO@contoso.example", "synced_external_id": "bo"}),
        steps.Update({"userName": NAME, "externalId": "ana"}),
    ),
    "another name and no externalId, as it never had one": (
        recorded(replace(STRANGER, external_id=None)),
        steps.Update({"userName": NAME, "externalId": "ana"}),
    ),
    "another name, and the externalId is gone": (
        recorded(replace(STRANGER, external_id=None), remembered={"synced_external_id": "ana"}),
        NOT_OURS,
    ),
    "a leaver: the ledger first": (recorded(wanted=False), steps.Book(BookingKind.DEACTIVATION, released=False)),
    "a leaver let go by a person": (
        recorded(wanted=False, user=an_object(release="3")),
        steps.Book(BookingKind.DEACTIVATION, released=True),
    ),
    "let go for an earlier generation": (
        recorded(wanted=False, user=an_object(release="2")),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "a booked leaver: the call": (
        recorded(wanted=False, remembered=booked(BookingKind.DEACTIVATION)),
        steps.Deactivate("7"),
    ),
    "booked for an earlier generation": (
        recorded(wanted=False, remembered=booked(BookingKind.DEACTIVATION, 2)),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "booked for another kind": (
        recorded(wanted=False, remembered=booked(BookingKind.DELETION)),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "a leaver before a duplicate": (
        recorded(wanted=False, rival="bo"),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "a duplicate that has an account": (
        recorded(rival="bo"),
        Stall(Reason.DUPLICATE_USER_NAME, "The object bo has the same userName"),
    ),
    "a protected leaver": (
        recorded(wanted=False, policies=policies(protected=[NAME.upper()])),
        Stall(Reason.PROTECTED, "deprovisioning.protected forbids to take this account's access"),
    ),
    "protected by the object's name": (
        recorded(replace(THERE, user_name="x"), wanted=False, policies=policies(protected=["Ana"])),
        Stall(Reason.PROTECTED, "deprovisioning.protected forbids to take this account's access"),
    ),
    "Workteam ignores the deactivation": (
        recorded(wanted=False, tried=frozenset({"active"})),
        Stall(Reason.INVALID_ATTRIBUTE, "Workteam took the deactivation and keeps the account active"),
    ),
    "Workteam does not show the deactivation yet": (
        recorded(wanted=False, tried=frozenset({"active"}), late=True),
        Wait("Workteam does not show yet that the access is gone", timedelta(seconds=1), deleting=True),
    ),
    "two objects recorded one account": (
        recorded(holders={"7": Holder("bo")}),
        Stall(Reason.UNIQUENESS_CONFLICT, "The object bo has recorded the same account"),
    ),
    "gone: a person is asked": (
        recorded(None),
        Stall(
            Reason.ACCOUNT_MISSING,
            "The account was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one",
        ),
    ),
    "gone: made again": (recorded(None, policies=policies(missingAccount="Recreate")), steps.Forget()),
    "not there yet": (
        recorded(None, remembered={"last_sync_time": NOW - timedelta(seconds=10)}),
        Wait("Workteam does not show the new account yet", timedelta(seconds=20)),
    ),
}

DEPARTING: dict[str, tuple[UserFacts, Step]] = {
    "nothing recorded, nothing found": (facts(**LEAVING), steps.Release(Leaving.WITHOUT_ACCOUNT)),
    "one may be adopted: its access goes": (facts(**LEAVING, found=(THERE,)), steps.Adopt("7", ours=False)),
    "an inactive one need not be adopted": (
        facts(**LEAVING, found=(GONE,)),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
    "not even to be deleted: it was never the object's": (
        facts(**LEAVING, found=(GONE,), policies=policies(onDelete="Delete")),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
    "or we made it": (facts(**LEAVING, found=(GONE,), intents=(DOUBT,)), steps.Adopt("7", ours=True)),
    "a contradiction is not ours": (
        facts(**LEAVING, found=(replace(THERE, external_id="other"),)),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
    "a create is in doubt": (facts(**LEAVING, intents=(DOUBT,)), LEAVING_LOOKING),
    "in doubt, and what was found belongs to another object": (
        facts(**LEAVING, intents=(FIRST,), found=(THERE,), holders={"7": Holder("bo")}),
        LEAVING_LOOKING,
    ),
    "in doubt, and what was found is not ours to take": (
        facts(**LEAVING, intents=(FIRST,), found=(THERE,)),
        LEAVING_LOOKING,
    ),
    "in doubt, and the one with the name has an account": (
        facts(**LEAVING, rival="next", intents=(DOUBT,)),
        LEAVING_LOOKING,
    ),
    "the one with the name has what we made": (
        facts(**LEAVING, rival="next", intents=(DOUBT,), found=(THERE,), holders={"7": Holder("next")}),
        steps.Release(Leaving.HANDED_OVER),
    ),
    "what we made is taken, in spite of the one with the name": (
        facts(**LEAVING, rival="next", intents=(FIRST,), found=(MADE_FIRST,)),
        steps.Adopt("6", ours=True),
    ),
    "two creates were done: one after the other": (
        facts(**LEAVING, intents=(FIRST, DOUBT), found=(MADE_FIRST, THERE)),
        steps.Adopt("6", ours=True),
    ),
    "the first of two lost its access: the other one": (
        recorded(GONE, **LEAVING, seen=True, intents=(FIRST,)),
        steps.Forget(),
    ),
    "the doubt is over": (
        facts(**LEAVING, intents=(OLD,), searched=SEARCHED),
        steps.Release(Leaving.WITHOUT_ACCOUNT),
    ),
    "a live object has the name": (facts(**LEAVING, rival="next"), steps.Release(Leaving.HANDED_OVER)),
    "it has not taken over the doubt": (
        facts(**LEAVING, rival="next", intents=(DOUBT,), heirs=HEIR),
        Wait("The object next takes over an unanswered create", timedelta(seconds=30), deleting=True),
    ),
    "it has taken over the doubt": (
        facts(**LEAVING, rival="next", intents=(DOUBT,), heirs=((HEIR[0][0], replace(HEIR[0][1], intents=(DOUBT,))),)),
        steps.Release(Leaving.HANDED_OVER),
    ),
    "Orphan needs no account": (
        recorded(**LEAVING, policies=policies(onDelete="Orphan")),
        steps.Release(Leaving.ORPHANED),
    ),
    "Orphan looks for a create in doubt": (
        facts(**LEAVING, policies=policies(onDelete="Orphan"), intents=(DOUBT,)),
        LEAVING_LOOKING,
    ),
    "Orphan with an account leaves at once": (
        recorded(**LEAVING, policies=policies(onDelete="Orphan"), intents=(DOUBT,)),
        steps.Release(Leaving.ORPHANED),
    ),
    "Orphan waits until look-ups show a new account": (
        recorded(**LEAVING, policies=policies(onDelete="Orphan"), remembered={"last_sync_time": NOW}),
        Wait("Workteam may not show the new account yet", timedelta(seconds=30), deleting=True),
    ),
    "another live object has the account": (
        recorded(**LEAVING, holders={"7": Holder("next")}),
        steps.Release(Leaving.HANDED_OVER),
    ),
    "a live object may adopt the account": (
        recorded(**LEAVING, heirs=HEIR),
        Wait("The object next takes over the account", timedelta(seconds=30), deleting=True),
    ),
    "a live object may not adopt it": (
        recorded(replace(THERE, external_id="other"), **LEAVING, heirs=HEIR),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "gone already": (recorded(None, **LEAVING), steps.Release(Leaving.DELETED)),
    "gone, or not there yet": (
        recorded(None, **LEAVING, remembered={"last_sync_time": NOW}),
        Wait("Workteam does not show the new account yet", timedelta(seconds=30), deleting=True),
    ),
    "gone by our own hand": (
        recorded(None, **LEAVING, erased=True, remembered={"last_sync_time": NOW}),
        steps.Release(Leaving.DELETED),
    ),
    "active: the ledger first": (recorded(**LEAVING), steps.Book(BookingKind.DEACTIVATION, released=False)),
    "somebody else by now": (recorded(STRANGER, **LEAVING), NOT_OURS),
    "somebody else by now, and a person says that it is right": (
        recorded(STRANGER, user=an_object(deleting=True, adopt="7")),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "inactive, not seen yet": (recorded(GONE, **LEAVING), steps.Look()),
    "inactive, in teams that lack it": (recorded(GONE, **LEAVING, seen=True, teams=(TEAM,)), steps.LeaveTeams((TEAM,))),
    "inactive, and seen": (recorded(GONE, **LEAVING, seen=True), steps.Release(Leaving.DEACTIVATED)),
    "Delete, active: access first": (
        recorded(**LEAVING, policies=policies(onDelete="Delete")),
        steps.Book(BookingKind.DEACTIVATION, released=False),
    ),
    "Delete, inactive: the ledger": (
        recorded(GONE, **LEAVING, policies=policies(onDelete="Delete")),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "Delete, booked": (
        recorded(GONE, **LEAVING, policies=policies(onDelete="Delete"), remembered=booked(BookingKind.DELETION)),
        steps.Erase("7"),
    ),
    "Delete, protected": (
        recorded(GONE, **LEAVING, policies=policies(onDelete="Delete", protected=[NAME])),
        Stall(Reason.PROTECTED, "deprovisioning.protected forbids to delete this account"),
    ),
    "Delete, and still there": (
        recorded(GONE, **LEAVING, policies=policies(onDelete="Delete"), erased=True),
        Wait("Workteam still shows the deleted account", timedelta(seconds=1), deleting=True),
    ),
    "Delete, what was adopted in its life": (
        recorded(GONE, **LEAVING, policies=policies(onDelete="Delete"), remembered={"adopted": True}),
        steps.Book(BookingKind.DELETION, released=False),
    ),
    "Delete, what was met on the way out: access is all that goes": (
        recorded(GONE, **LEAVING, seen=True, policies=policies(onDelete="Delete"), remembered={"adopted": None}),
        steps.Release(Leaving.DEACTIVATED),
    ),
    "Delete, and a foreign finalizer": (
        recorded(
            GONE,
            user=an_object(deleting=True, finalizers=("workte.am/account", "other/finalizer")),
            policies=policies(onDelete="Delete"),
        ),
        Wait("Another finalizer has to go before the account is deleted", deleting=True),
    ),
}


@pytest.mark.parametrize(("known", "step"), LIVE.values(), ids=LIVE.keys())
def test_live(known: UserFacts, step: Step) -> None:
    """A live object's next step."""
    assert plan_user(known) == step


@pytest.mark.parametrize(("known", "step"), DEPARTING.values(), ids=DEPARTING.keys())
def test_departing(known: UserFacts, step: Step) -> None:
    """A terminating object's next step."""
    assert plan_user(known) == step
