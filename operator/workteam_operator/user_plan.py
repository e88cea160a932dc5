"""The next step for one user's account, decided from what was observed (DESIGN 12, OPERATOR 5). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import GRANT_ACCESS, RELEASE
from workteam_crds.kinds.tenants import MissingAccount, OnDelete, TenantSpec
from workteam_crds.kinds.users import BookingKind, Intent, UserStatus
from workteam_crds.naming import Key, folded
from workteam_operator import steps
from workteam_operator.adoption import Adopt, Await, Candidate, Holder, Refuse, Wanted, decide
from workteam_operator.backend.port import Account, DesiredAccount
from workteam_operator.intents import too_new
from workteam_operator.mapping import differences
from workteam_operator.ownership import wanted_by
from workteam_operator.steps import Leaving, Stall, Step, Wait


@dataclass(frozen=True)
class UserFacts:
    """Everything that a step is decided from. ``status`` and ``account`` follow what the pass does."""

    user: WorkteamUser
    status: UserStatus
    policies: TenantSpec
    desired: DesiredAccount
    now: datetime
    settle: timedelta
    account: Account | None = None
    """The recorded account; None if it is not there, or none is recorded."""
    seen: bool = False
    """Whether the account was read after our last write to it."""
    found: tuple[Account, ...] = ()
    """What the look-ups found, if none is recorded."""
    intents: tuple[Intent, ...] = ()
    """Creates whose end is not known, those of predecessors included."""
    noted: bool = False
    """Whether this pass wrote down that it is about to create."""
    erased: bool = False
    """Whether this pass deleted the account."""
    holders: Mapping[str, Holder] = field(default_factory=dict)
    """Other objects by the account that they recorded."""
    rival: str | None = None
    """The live object that has a better right to the userName."""
    heirs: tuple[tuple[str, Wanted], ...] = ()
    """Live, unpaused objects without account that share a claim."""
    manager_waits: bool = False
    """Whether the manager's object has no account yet."""
    teams: tuple[Key, ...] = ()
    """Teams that have the account while their group's lists lack the user."""
    tried: frozenset[str] = frozenset()
    """Paths that this pass wrote already: what still differs Workteam does not keep."""
    name_in_use: str | None = None
    """An object that still has the wanted userName in Workteam, and is to be renamed or is terminating."""

    @property
    def protected(self) -> bool:
        """Say whether the tenant forbids to take this person's access."""
        names = {folded(name) for name in self.policies.deprovisioning.protected}
        own = [self.user.spec.user_name, self.status.synced_user_name, self.account.user_name if self.account else None]
        return any(folded(name) in names for name in own if name)

    @property
    def granted(self) -> bool:
        """Say whether a person gave access back on this object (rule A3)."""
        return self.account is not None and self.user.metadata.annotations.get(GRANT_ACCESS) == self.account.id

    @property
    def withheld(self) -> bool:
        """Say whether Workteam took away what was confirmed active, and nobody gave it back (rule A3)."""
        inactive = self.account is not None and not self.account.active
        return inactive and self.status.synced_active is True and not self.granted

    @property
    def settled_at(self) -> datetime | None:
        """Return until when look-ups must stay empty; None if no create is unresolved (rule A7)."""
        latest = max((intent.at for intent in self.intents), default=None)
        return None if latest is None else latest + self.settle


def plan_user(facts: UserFacts) -> Step:
    """Return the one step that brings the account closer to the object."""
    if facts.user.deleting:
        return _plan_departure(facts)
    if facts.status.account_id is None:
        return _plan_arrival(facts)
    return _plan_upkeep(facts)


def wanted_of(facts: UserFacts) -> Wanted:
    """Return what the object may take over, the creates of predecessors included."""
    return replace(wanted_by(facts.user, facts.policies.adoption), intents=facts.intents)


def candidate(account: Account) -> Candidate:
    """Return an account as the adoption rules see it."""
    return Candidate(account.id, account.user_name, account.external_id, account.active)


def changes_of(facts: UserFacts, account: Account) -> Mapping[str, Any]:
    """Return what must change on an account, but for access that Workteam took away."""
    changes = differences(account, facts.desired, synced=facts.status.synced_attributes)
    return {path: value for path, value in changes.items() if path != "active" or not facts.withheld}


def _plan_arrival(facts: UserFacts) -> Step:
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_USER_NAME, f"The object {facts.rival} has the same userName")
    match decide(wanted_of(facts), [candidate(a) for a in facts.found], facts.holders):
        case Adopt(chosen, ours):
            return steps.Adopt(chosen.id, ours=ours)
        case Refuse(reason, message):
            return Stall(reason, message)
        case Await(holder):
            return Wait(f"The object {holder} still has the account")
        case _:
            return _plan_create(facts)


def _plan_create(facts: UserFacts) -> Step:
    if facts.noted:
        return steps.Create()
    if (until := facts.settled_at) is not None and facts.now < until:
        return Wait("An earlier create was not answered: looking for its account", until - facts.now)
    return steps.NoteIntent()


def _plan_upkeep(facts: UserFacts) -> Step:
    account = facts.account
    if (holder := facts.holders.get(facts.status.account_id or "")) is not None and not holder.leaving:
        return Stall(Reason.UNIQUENESS_CONFLICT, f"The object {holder.name} has recorded the same account")
    if account is None:
        return _plan_missing(facts)
    if facts.desired.active is False and account.active:
        return _plan_deactivation(facts, account)
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_USER_NAME, f"The object {facts.rival} has the same userName")
    changes = changes_of(facts, account)
    if "userName" in changes and facts.name_in_use is not None:
        return Wait(f"The object {facts.name_in_use} still has the userName in Workteam")
    if not changes.keys() <= facts.tried:
        return steps.Update(changes)
    if facts.granted and account.active:
        return steps.DropGrant()
    return steps.Settled()


def _plan_missing(facts: UserFacts) -> Step:
    if (wait := too_new(facts.status.last_sync_time, facts.settle, facts.now)) is not None:
        return Wait("Workteam does not show the new account yet", wait)
    if facts.policies.deprovisioning.missing_account is MissingAccount.RECREATE:
        return steps.Forget()
    text = "The account was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one"
    return Stall(Reason.ACCOUNT_MISSING, text)


def _plan_deactivation(facts: UserFacts, account: Account) -> Step:
    """Rules A5 and A6: the ledger, then the object's own note, then a request of its own."""
    if facts.protected:
        return Stall(Reason.PROTECTED, "deprovisioning.protected forbids to take this account's access")
    if "active" in facts.tried:
        return Stall(Reason.INVALID_ATTRIBUTE, "Workteam took the deactivation and keeps the account active")
    if not _is_booked(facts, BookingKind.DEACTIVATION):
        return steps.Book(BookingKind.DEACTIVATION, released=_released(facts.user))
    return steps.Deactivate(account.id)


def _plan_departure(facts: UserFacts) -> Step:
    if facts.policies.deprovisioning.on_delete is OnDelete.ORPHAN and not facts.intents:
        return steps.Release(Leaving.ORPHANED)
    if facts.status.account_id is None:
        return _plan_departure_without_account(facts)
    return _plan_departure_with_account(facts)


def _plan_departure_without_account(facts: UserFacts) -> Step:
    """An object that recorded no account and may adopt none is released without a call (rule A5)."""
    if facts.rival is not None:
        return steps.Release(Leaving.HANDED_OVER) if not facts.intents else _plan_inheritance(facts)
    decision = decide(wanted_of(facts), [candidate(a) for a in facts.found], facts.holders)
    erases = facts.policies.deprovisioning.on_delete is OnDelete.DELETE
    if isinstance(decision, Adopt) and (decision.candidate.active or erases or decision.ours):
        return steps.Adopt(decision.candidate.id, ours=decision.ours)
    if (until := facts.settled_at) is not None and facts.now < until and decision is None:
        return Wait("A create was not answered: looking for its account", until - facts.now, deleting=True)
    return steps.Release(Leaving.WITHOUT_ACCOUNT)


def _plan_inheritance(facts: UserFacts) -> Step:
    """A successor takes over the creates that are not resolved, and only then the predecessor goes (rule A7)."""
    known = {(intent.external_id, intent.user_name) for _, heir in facts.heirs for intent in heir.intents}
    if facts.heirs and any((i.external_id, i.user_name) not in known for i in facts.intents):
        return Wait(f"The object {facts.rival} takes over an unanswered create", deleting=True)
    return steps.Release(Leaving.HANDED_OVER)


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
    if (heir := _heir(facts, account)) is not None:
        return Wait(f"The object {heir} takes over the account", deleting=True)
    if account.active:
        return _plan_deactivation(facts, account)
    if facts.policies.deprovisioning.on_delete is OnDelete.DELETE:
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
    if not _is_booked(facts, BookingKind.DELETION):
        return steps.Book(BookingKind.DELETION, released=_released(facts.user))
    return steps.Erase(account.id)


def _heir(facts: UserFacts, account: Account) -> str | None:
    """Return the live object that may adopt the account of this terminating one (rule A1)."""
    for name, wanted in facts.heirs:
        if isinstance(decide(wanted, [candidate(account)], {}), Adopt):
            return name
    return None


def _is_booked(facts: UserFacts, kind: BookingKind) -> bool:
    booked = facts.status.booked
    return booked is not None and booked.kind is kind and booked.generation == facts.user.metadata.generation


def _released(user: WorkteamUser) -> bool:
    return user.metadata.annotations.get(RELEASE) == str(user.metadata.generation)
