"""The next step for one group's team, decided from what was observed (DESIGN 12). Rhymes with user_plan. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.custom_resource import RELEASE
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.tenants import MissingAccount, OnGroupDelete, TenantSpec
from workteam_crds.kinds.users import BookingKind, Intent
from workteam_operator import steps
from workteam_operator.adoption import Adopt, Await, Candidate, Holder, Refuse, Wanted, decide
from workteam_operator.backend.port import Team
from workteam_operator.intents import too_new
from workteam_operator.ownership import external_id, wanted_by
from workteam_operator.steps import Leaving, Stall, Step, Wait


@dataclass(frozen=True)
class Members:
    """A group's lists, resolved to accounts as far as its users have some."""

    names: frozenset[str] = frozenset()
    """Ids in the lists."""
    accounts: frozenset[str] = frozenset()
    """Accounts of the listed users."""
    waiting: int = 0
    """Listed users without account."""
    nobody: int = 0
    """Listed ids without object."""
    lists: int = 0
    """Further lists that were found."""

    @property
    def listed(self) -> int:
        """How many ids the lists hold."""
        return len(self.names)

    @property
    def unresolved(self) -> int:
        """How many listed ids have no account."""
        return self.waiting + self.nobody


@dataclass(frozen=True)
class GroupFacts:
    """Everything that a step is decided from. ``status`` and ``team`` follow what the pass does."""

    group: WorkteamGroup
    status: GroupStatus
    policies: TenantSpec
    members: Members
    now: datetime
    settle: timedelta
    team: Team | None = None
    """The recorded team with its members; None if it is not there, or none is recorded."""
    strangers: frozenset[str] = frozenset()
    """Members of the team whose accounts are no object's: counted, never removed."""
    unlisted: frozenset[str] = frozenset()
    """Members of the team whose accounts are objects', and none of these is in any list."""
    found: tuple[Team, ...] = ()
    """What the look-ups found, if none is recorded."""
    intents: tuple[Intent, ...] = ()
    """Creates whose end is not known, those of predecessors included."""
    noted: bool = False
    """Whether this pass wrote down that it is about to create."""
    erased: bool = False
    """Whether this pass deleted the team."""
    tried: frozenset[str] = frozenset()
    """Paths that this pass wrote already: what still differs Workteam does not keep."""
    holders: Mapping[str, Holder] = field(default_factory=dict)
    """Other objects by the team that they recorded."""
    rival: str | None = None
    """The live object that has a better right to the displayName."""
    heirs: tuple[tuple[str, Wanted], ...] = ()
    """Live, unpaused objects without team that share a claim."""

    @property
    def settled_at(self) -> datetime | None:
        """Return until when look-ups must stay empty; None if no create is unresolved (rule A7)."""
        latest = max((intent.at for intent in self.intents), default=None)
        return None if latest is None else latest + self.settle

    @property
    def to_add(self) -> frozenset[str]:
        """Return the accounts that the team lacks."""
        return self.members.accounts - (self.team.members or frozenset() if self.team else frozenset())

    @property
    def to_remove(self) -> frozenset[str]:
        """Return the accounts that are objects' and stand in none of the lists (rule A8)."""
        held = self.team.members or frozenset() if self.team else frozenset()
        return held & self.unlisted


def plan_group(facts: GroupFacts) -> Step:
    """Return the one step that brings the team closer to the object."""
    if facts.group.deleting:
        return _plan_departure(facts)
    if facts.members.lists < (facts.group.spec.memberships or 0):
        wanted = facts.group.spec.memberships
        return Wait(f"Only {facts.members.lists} of {wanted} further lists of members are here yet")
    if facts.status.team_id is None:
        return _plan_arrival(facts)
    return _plan_upkeep(facts)


def wanted_of(facts: GroupFacts) -> Wanted:
    """Return what the object may take over, the creates of predecessors included."""
    return replace(wanted_by(facts.group, facts.policies.adoption), intents=facts.intents)


def candidate(team: Team) -> Candidate:
    """Return a team as the adoption rules see it."""
    return Candidate(team.id, team.display_name, team.external_id)


def changes_of(facts: GroupFacts, team: Team) -> Mapping[str, str]:
    """Return what must change on a team, but for its members."""
    wanted = {"displayName": facts.group.spec.display_name, "externalId": external_id(facts.group)}
    held = {"displayName": team.display_name, "externalId": team.external_id}
    return {path: value for path, value in wanted.items() if held[path] != value}


def _plan_arrival(facts: GroupFacts) -> Step:
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_DISPLAY_NAME, f"The object {facts.rival} has the same displayName")
    match decide(wanted_of(facts), [candidate(team) for team in facts.found], facts.holders):
        case Adopt(chosen, ours):
            return steps.Adopt(chosen.id, ours=ours)
        case Refuse(reason, message):
            return Stall(reason, message)
        case Await(holder):
            return Wait(f"The object {holder} still has the team")
        case _:
            return _plan_create(facts)


def _plan_create(facts: GroupFacts) -> Step:
    if facts.noted:
        return steps.Create()
    if (until := facts.settled_at) is not None and facts.now < until:
        return Wait("An earlier create was not answered: looking for its team", until - facts.now)
    return steps.NoteIntent()


def _plan_upkeep(facts: GroupFacts) -> Step:
    team = facts.team
    if (holder := facts.holders.get(facts.status.team_id or "")) is not None and not holder.leaving:
        return Stall(Reason.UNIQUENESS_CONFLICT, f"The object {holder.name} has recorded the same team")
    if team is None:
        return _plan_missing(facts)
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_DISPLAY_NAME, f"The object {facts.rival} has the same displayName")
    changes = changes_of(facts, team)
    if not changes.keys() <= facts.tried:
        return steps.Update(changes)
    if (facts.to_add or facts.to_remove) and "members" not in facts.tried:
        return steps.ChangeMembers(facts.to_add, facts.to_remove)
    return steps.Settled()


def _plan_missing(facts: GroupFacts) -> Step:
    if (wait := too_new(facts.status.last_sync_time, facts.settle, facts.now)) is not None:
        return Wait("Workteam does not show the new team yet", wait)
    if facts.policies.deprovisioning.missing_account is MissingAccount.RECREATE:
        return steps.Forget()
    text = "The team was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one"
    return Stall(Reason.ACCOUNT_MISSING, text)


def _plan_departure(facts: GroupFacts) -> Step:
    if facts.members.lists:
        return Wait(f"{facts.members.lists} further lists of members have to go first", deleting=True)
    if facts.status.team_id is None:
        return _plan_departure_without_team(facts)
    holder = facts.holders.get(facts.status.team_id)
    if holder is not None and not holder.leaving:
        return steps.Release(Leaving.HANDED_OVER)
    policy = facts.policies.deprovisioning.on_group_delete
    if facts.status.adopted or policy is OnGroupDelete.ORPHAN:
        return steps.Release(Leaving.ORPHANED)
    return _plan_departure_with_team(facts, empties=policy is OnGroupDelete.EMPTY)


def _plan_departure_without_team(facts: GroupFacts) -> Step:
    """Only a team that an unanswered create of ours may have made is looked for: another one would be left alone."""
    if facts.rival is not None:
        return steps.Release(Leaving.HANDED_OVER) if not facts.intents else _plan_inheritance(facts)
    decision = decide(wanted_of(facts), [candidate(team) for team in facts.found], facts.holders)
    if isinstance(decision, Adopt) and decision.ours:
        return steps.Adopt(decision.candidate.id, ours=True)
    if (until := facts.settled_at) is not None and facts.now < until and decision is None:
        return Wait("A create was not answered: looking for its team", until - facts.now, deleting=True)
    return steps.Release(Leaving.WITHOUT_ACCOUNT)


def _plan_inheritance(facts: GroupFacts) -> Step:
    """A successor takes over the creates that are not resolved, and only then the predecessor goes (rule A7)."""
    known = {(intent.external_id, intent.user_name) for _, heir in facts.heirs for intent in heir.intents}
    if facts.heirs and any((i.external_id, i.user_name) not in known for i in facts.intents):
        return Wait(f"The object {facts.rival} takes over an unanswered create", deleting=True)
    return steps.Release(Leaving.HANDED_OVER)


def _plan_departure_with_team(facts: GroupFacts, *, empties: bool) -> Step:
    team = facts.team
    if team is None:
        wait = None if facts.erased else too_new(facts.status.last_sync_time, facts.settle, facts.now)
        if wait is not None:
            return Wait("Workteam does not show the new team yet", wait, deleting=True)
        return steps.Release(Leaving.DELETED)
    if (heir := _heir(facts, team)) is not None:
        return Wait(f"The object {heir} takes over the team", deleting=True)
    losing = (team.members or frozenset()) - facts.strangers
    if empties and (not losing or "members" in facts.tried):
        return steps.Release(Leaving.EMPTIED)
    if facts.erased:
        return Wait("Workteam still shows the deleted team", timedelta(seconds=1), deleting=True)
    if len(facts.group.metadata.finalizers) > 1:
        return Wait("Another finalizer has to go before the team does", deleting=True)
    if not _is_booked(facts):
        return steps.Book(BookingKind.DELETION, released=_released(facts.group))
    return steps.ChangeMembers(frozenset(), losing) if empties else steps.Erase(team.id)


def _heir(facts: GroupFacts, team: Team) -> str | None:
    """Return the live object that may adopt the team of this terminating one (rule A1)."""
    for name, wanted in facts.heirs:
        if isinstance(decide(wanted, [candidate(team)], {}), Adopt):
            return name
    return None


def _is_booked(facts: GroupFacts) -> bool:
    booked = facts.status.booked
    return booked is not None and booked.generation == facts.group.metadata.generation


def _released(group: WorkteamGroup) -> bool:
    return group.metadata.annotations.get(RELEASE) == str(group.metadata.generation)
