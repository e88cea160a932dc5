"""What is known of one user when its next step is decided. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import GRANT_ACCESS, RELEASE
from workteam_crds.kinds.progress import BookingKind, Intent
from workteam_crds.kinds.tenants import RetentionAction, TenantSpec
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import Key, folded
from workteam_operator import steps
from workteam_operator.adoption import Adopt, Candidate, Holder, Wanted, decide, not_found, own_creates
from workteam_operator.backend.port import Account, DesiredAccount
from workteam_operator.intents import look_again
from workteam_operator.leavers import grace_left, is_due, is_protected
from workteam_operator.ownership import wanted_by


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
    """Creates whose end is not known; while nothing is recorded, those of predecessors included."""
    searched: Mapping[Intent, datetime] = field(default_factory=dict)
    """Since when look-ups for these have found nothing."""
    unseen: timedelta | None = None
    """How long Workteam may not show the new account of a terminating object yet that shares a claim; None: no more."""
    noted: bool = False
    """Whether this pass wrote down that it is about to create."""
    erased: bool = False
    """Whether this pass deleted the account."""
    late: bool = False
    """Whether Workteam took a deactivation so short a time ago that a look may not show it yet."""
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
    restored: bool = False
    """Whether the object came back from a backup that nobody accepted yet (rule A3)."""
    reports: bool = False
    """Whether what others changed is named, and not set right (``spec.drift.policy: Report``)."""
    gives_way: bool = False
    """Whether objects wait for each other's userNames in a circle, and this one takes a name in between."""

    @property
    def protected(self) -> bool:
        """Say whether the tenant forbids to take this person's access."""
        name = self.account.user_name if self.account else None
        return is_protected(self.user, self.status, self.policies.deprovisioning, account_name=name)

    @property
    def name_between(self) -> str:
        """Return the userName that ends a circle: nobody else has it, as no other object has this one's name."""
        return f"{self.user.metadata.name}.{self.user.spec.user_name}"

    @property
    def grace_left(self) -> timedelta:
        """Return how long a deleted object keeps its account, which has no access any more; zero if no longer."""
        return grace_left(self.user, self.policies.deprovisioning, now=self.now)

    @property
    def retired(self) -> bool:
        """Say whether a leaver's account is gone, and nobody gave access again."""
        return self.status.retired_time is not None and self.desired.active is not True

    @property
    def met_leaving(self) -> bool:
        """Say whether the account was found only on the object's way out, and no create of ours made it."""
        return self.status.account_id is not None and self.status.adopted is None

    @property
    def retention_due(self) -> bool:
        """Say whether a leaver's account is to be deleted now, though the object stays."""
        return is_due(self.user, self.status, self.policies.deprovisioning.retention, now=self.now) and (
            self.policies.deprovisioning.retention.action is RetentionAction.DELETE
        )

    @property
    def granted(self) -> bool:
        """Say whether a person gave access back on this object (rule A3)."""
        return self.account is not None and self.user.metadata.annotations.get(GRANT_ACCESS) == self.account.id

    @property
    def withheld(self) -> bool:
        """Say whether Workteam took away what was confirmed active, and nobody gave it back (rule A3)."""
        inactive = self.account is not None and not self.account.active and self.desired.active is not False
        return inactive and self.status.synced_active is True and not self.granted

    @property
    def is_somebody_else(self) -> bool:
        """Say whether the recorded account has neither the userName nor the externalId that it had, or is to have."""
        if self.account is None:
            return False
        names = (self.desired.user_name, self.status.synced_user_name or "", self.name_between)
        ids = {self.desired.external_id, self.status.synced_external_id}
        known = folded(self.account.user_name) in map(folded, names)
        return not known and self.account.external_id not in ids

    @property
    def confirmed(self) -> bool:
        """Say whether a person named the recorded account by annotation."""
        return self.account is not None and steps.confirmed(self.user) == self.account.id

    @property
    def released(self) -> bool:
        """Say whether a person let this loss of access go, past the budget (rule A6)."""
        return self.user.metadata.annotations.get(RELEASE) == str(self.user.metadata.generation)

    def is_booked(self, kind: BookingKind) -> bool:
        """Say whether the ledger counts a loss of this generation already."""
        booked = self.status.booked
        return booked is not None and booked.kind is kind and booked.generation == self.user.metadata.generation

    def heir_of(self, account: Account) -> str | None:
        """Return the live object that may adopt the account of this terminating one (rule A1)."""
        may = (name for name, wanted in self.heirs if isinstance(decide(wanted, [candidate(account)], {}), Adopt))
        return next(may, None)

    @property
    def look_again(self) -> timedelta | None:
        """Return when to look again for what unanswered creates may have made; None: no more (rule A7)."""
        unfound = not_found(self.intents, self.candidates)
        return look_again(unfound, self.searched, settle=self.settle, now=self.now)

    @property
    def own_creates(self) -> tuple[str, ...]:
        """Return the accounts that unanswered creates made, and no object has recorded."""
        return own_creates(self.intents, self.candidates, self.holders)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Return what was found as the adoption rules see it."""
        return tuple(candidate(account) for account in self.found)


def wanted_of(facts: UserFacts) -> Wanted:
    """Return what the object may take over, the creates of predecessors included."""
    return replace(wanted_by(facts.user, facts.policies.adoption), intents=facts.intents)


def candidate(account: Account) -> Candidate:
    """Return an account as the adoption rules see it."""
    return Candidate(account.id, account.user_name, account.external_id, account.active)
