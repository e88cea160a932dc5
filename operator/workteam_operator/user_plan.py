"""The next step for one user's account, decided from what was observed (DESIGN 12, OPERATOR 5). Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from workteam_crds.conditions import Reason
from workteam_crds.kinds.custom_resource import ADOPT, GRANT_ACCESS
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import MissingAccount, OnDelete
from workteam_crds.naming import folded
from workteam_operator import steps
from workteam_operator.adoption import Adopt, Await, Refuse, decide
from workteam_operator.backend.port import Account
from workteam_operator.drift import is_ignored, was_written
from workteam_operator.intents import too_new
from workteam_operator.mapping import differences
from workteam_operator.steps import Leaving, Stall, Step, Wait
from workteam_operator.user_situation import UserFacts, wanted_of


def plan_user(facts: UserFacts) -> Step:
    """Return the one step that brings the account closer to the object."""
    if facts.user.deleting:
        return _plan_departure(facts)
    if facts.restored:
        return steps.RESTORED
    if facts.status.account_id is None:
        return steps.Settled() if facts.retired else _plan_arrival(facts)
    return _plan_upkeep(facts)


def changes_of(facts: UserFacts, account: Account) -> Mapping[str, Any]:
    """Return what must change on an account, but for what is only reported."""
    reported = drift_of(facts, account)
    return {path: value for path, value in _differing(facts, account).items() if path not in reported}


def drift_of(facts: UserFacts, account: Account) -> frozenset[str]:
    """Return what others changed, where that is only reported; a person's word on access is more than a report."""
    if not facts.reports:
        return frozenset()
    written = [p for p in _differing(facts, account) if was_written(p, facts.status.synced_attributes)]
    return frozenset(path for path in written if path != "active" or not facts.granted)


def _differing(facts: UserFacts, account: Account) -> Mapping[str, Any]:
    """Return what differs, but for access that Workteam took away, and what is left alone."""
    changes = differences(account, facts.desired, synced=facts.status.synced_attributes)
    ours = {path: value for path, value in changes.items() if not is_ignored(path, facts.policies.drift.ignore)}
    return {path: value for path, value in ours.items() if path != "active" or not facts.withheld}


def _plan_arrival(facts: UserFacts) -> Step:
    """While a create is in doubt nothing is taken but what it made, and nothing is created (rule A7)."""
    if facts.noted:
        return steps.Create()
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_USER_NAME, f"The object {facts.rival} has the same userName")
    if (again_in := facts.look_again) is not None:
        return Wait("An earlier create was not answered: looking for its account", again_in)
    match decide(wanted_of(facts), facts.candidates, facts.holders):
        case Adopt(chosen, ours):
            return steps.Adopt(chosen.id, ours=ours)
        case Refuse(reason, message):
            return Stall(reason, message)
        case Await(holder):
            return Wait(f"The object {holder} still has the account")
        case _ if facts.unseen is not None:
            return Wait("The account of a terminating object may not show yet", facts.unseen)
        case _:
            return steps.NoteIntent()


def _plan_upkeep(facts: UserFacts) -> Step:
    account = facts.account
    if (holder := facts.holders.get(facts.status.account_id or "")) is not None and not holder.leaving:
        return Stall(Reason.UNIQUENESS_CONFLICT, f"The object {holder.name} has recorded the same account")
    if account is None:
        return _plan_end_of_retention(facts) if _was_retention(facts) else _plan_missing(facts)
    if facts.is_somebody_else and not facts.confirmed:
        return steps.handed_on(account.id)
    if facts.desired.active is False and account.active and "active" not in drift_of(facts, account):
        return _plan_deactivation(facts, account)
    if facts.confirmed and not facts.is_somebody_else:
        return steps.DropWord(ADOPT)
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_USER_NAME, f"The object {facts.rival} has the same userName")
    return _plan_changes(facts, account)


def _plan_changes(facts: UserFacts, account: Account) -> Step:
    changes = changes_of(facts, account)
    if "userName" in changes and facts.name_in_use is not None:
        return _plan_blocked_rename(facts, changes)
    if not changes.keys() <= facts.tried:
        return steps.Update(changes)
    if facts.granted and account.active:
        return steps.DropWord(GRANT_ACCESS)
    if facts.retention_due and not account.active and not facts.protected:
        return _plan_retention(facts, account)
    return steps.Settled()


def _plan_retention(facts: UserFacts, account: Account) -> Step:
    """The directory keeps a leaver for ever, the tenant does not: rule A6 holds as for any deletion."""
    if facts.erased:
        return Wait("Workteam still shows the deleted account", timedelta(seconds=1))
    if not facts.is_booked(BookingKind.DELETION):
        return steps.Book(BookingKind.DELETION, released=facts.released)
    return steps.Erase(account.id)


def _was_retention(facts: UserFacts) -> bool:
    """Say whether the account is gone by our own hand, in this pass or in one that ended before it could say so."""
    booked = facts.status.booked
    return facts.erased or (booked is not None and booked.kind is BookingKind.DELETION)


def _plan_end_of_retention(facts: UserFacts) -> Step:
    """Who was given access meanwhile gets a new account."""
    return steps.Forget() if facts.desired.active is True else steps.Retire()


def _plan_blocked_rename(facts: UserFacts, changes: Mapping[str, Any]) -> Step:
    """All but the userName is changed already; objects that swap names would wait for each other for ever."""
    others = {path: value for path, value in changes.items() if path != "userName"}
    if not others.keys() <= facts.tried:
        return steps.Update(others)
    between = folded(facts.status.synced_user_name or "") == folded(facts.name_between)
    if facts.gives_way and not between and "userName" not in facts.tried:
        return steps.Update({"userName": facts.name_between})
    return Wait(f"The object {facts.name_in_use} still has the userName in Workteam")


def _plan_missing(facts: UserFacts) -> Step:
    """A leaver needs no account, and who was locked out in Workteam gets none back by a policy (rule A3)."""
    if (wait := too_new(facts.status.last_sync_time, facts.settle, facts.now)) is not None:
        return Wait("Workteam does not show the new account yet", wait)
    if facts.desired.active is False:
        return steps.Retire()
    if facts.status.access_withheld:
        text = "Workteam took the access away, then the account: active false, then true, asks for a new one"
        return Stall(Reason.ACCOUNT_MISSING, text)
    if facts.policies.deprovisioning.missing_account is MissingAccount.RECREATE and not facts.reports:
        return steps.Forget()
    text = "The account was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one"
    return Stall(Reason.ACCOUNT_MISSING, text)


def _plan_deactivation(facts: UserFacts, account: Account) -> Step:
    """Rules A5 and A6: the ledger, then the object's own note, then a request of its own."""
    if facts.protected:
        return Stall(Reason.PROTECTED, "deprovisioning.protected forbids to take this account's access")
    if "active" in facts.tried and facts.late:
        return Wait("Workteam does not show yet that the access is gone", timedelta(seconds=1), deleting=True)
    if "active" in facts.tried:
        return Stall(Reason.INVALID_ATTRIBUTE, "Workteam took the deactivation and keeps the account active")
    if not facts.is_booked(BookingKind.DEACTIVATION):
        return steps.Book(BookingKind.DEACTIVATION, released=facts.released)
    return steps.Deactivate(account.id)


def _plan_departure(facts: UserFacts) -> Step:
    recorded = facts.status.account_id is not None
    if facts.policies.deprovisioning.on_delete is OnDelete.ORPHAN and (recorded or not facts.intents):
        return _plan_orphaning(facts)
    if facts.restored:
        return steps.RESTORED
    step = _plan_departure_with_account(facts) if recorded else _plan_departure_without_account(facts)
    if recorded and facts.intents and isinstance(step, steps.Release):
        return steps.Forget()  # another create is unresolved: what it made has to lose its access too
    return step


def _plan_orphaning(facts: UserFacts) -> Step:
    """A new account is let go only when look-ups show it: else who comes next makes a second one (rule A7)."""
    if (wait := too_new(facts.status.last_sync_time, facts.settle, facts.now)) is not None:
        return Wait("Workteam may not show the new account yet", wait, deleting=True)
    return steps.Release(Leaving.ORPHANED)


def _plan_departure_without_account(facts: UserFacts) -> Step:
    """An object that recorded no account and may adopt none is released without a call (rule A5).

    What it may adopt, and we did not make, it never had: that loses its access, and is never deleted.
    """
    if (step := _plan_doubtful_departure(facts)) is not None:
        return step
    if facts.rival is not None:
        return steps.Release(Leaving.HANDED_OVER)
    if facts.retired:
        return steps.Release(Leaving.WITHOUT_ACCOUNT)  # who has one since then has it from somebody else
    decision = decide(wanted_of(facts), facts.candidates, facts.holders)
    if isinstance(decision, Adopt) and decision.candidate.active:
        return steps.Adopt(decision.candidate.id, ours=decision.ours)
    return steps.Release(Leaving.WITHOUT_ACCOUNT)


def _plan_doubtful_departure(facts: UserFacts) -> Step | None:
    """Return what unanswered creates ask for (rule A7): a successor takes them over, else what they made is found."""
    known = {(intent.external_id, intent.user_name) for _, heir in facts.heirs for intent in heir.intents}
    if facts.rival is not None and facts.heirs:
        if any((i.external_id, i.user_name) not in known for i in facts.intents):
            return Wait(f"The object {facts.rival} takes over an unanswered create", facts.settle, deleting=True)
        return None
    if facts.own_creates:
        return steps.Adopt(facts.own_creates[0], ours=True)
    if (again_in := facts.look_again) is not None:
        return Wait("A create was not answered: looking for its account", again_in, deleting=True)
    return None


def _plan_departure_with_account(facts: UserFacts) -> Step:
    account = facts.account
    holder = facts.holders.get(facts.status.account_id or "")
    if holder is not None and not holder.leaving:
        return steps.Release(Leaving.HANDED_OVER)
    if account is None:
        wait = None if facts.erased else too_new(facts.status.last_sync_time, facts.settle, facts.now)
        if wait is not None:
            return Wait("Workteam does not show the new account yet", wait, deleting=True)
        return steps.Release(Leaving.DELETED)
    if facts.is_somebody_else and not facts.confirmed:
        return steps.handed_on(account.id)
    if (heir := facts.heir_of(account)) is not None:
        return Wait(f"The object {heir} takes over the account", facts.settle, deleting=True)
    if account.active:
        return _plan_deactivation(facts, account)
    if facts.policies.deprovisioning.on_delete is OnDelete.DELETE and not facts.met_leaving:
        return _plan_erasure(facts, account)
    if not facts.seen:
        return steps.Look()
    return steps.LeaveTeams(facts.teams) if facts.teams else steps.Release(Leaving.DEACTIVATED)


def _plan_erasure(facts: UserFacts, account: Account) -> Step:
    if facts.protected:
        return Stall(Reason.PROTECTED, "deprovisioning.protected forbids to delete this account")
    if facts.erased:
        return Wait("Workteam still shows the deleted account", timedelta(seconds=1), deleting=True)
    if len(facts.user.metadata.finalizers) > 1:
        return Wait("Another finalizer has to go before the account is deleted", deleting=True)
    if (left := facts.grace_left) > timedelta(0):
        return Wait("The account is kept until deprovisioning.gracePeriod is over", left, deleting=True, grace=True)
    if not facts.is_booked(BookingKind.DELETION):
        return steps.Book(BookingKind.DELETION, released=facts.released)
    return steps.Erase(account.id)
