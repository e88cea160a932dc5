"""What is known of one group when its next step is decided. Rhymes with user_situation. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.tenants import TenantSpec
from workteam_operator.adoption import Candidate, Holder, Wanted, not_found, own_creates
from workteam_operator.backend.port import Team
from workteam_operator.intents import look_again
from workteam_operator.ownership import wanted_by


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
    planned: frozenset[str] = frozenset()
    """Accounts that listed users would adopt, in mode Plan."""
    creating: int = 0
    """Listed users who would get a new account, in mode Plan."""

    @property
    def listed(self) -> int:
        """How many ids the lists hold."""
        return len(self.names)

    @property
    def digest(self) -> str:
        """Return what changes when the accounts do."""
        return hashlib.sha256("\n".join(sorted(self.accounts)).encode()).hexdigest()[:16]

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
    """Creates whose end is not known; while nothing is recorded, those of predecessors included."""
    searched: Mapping[Intent, datetime] = field(default_factory=dict)
    """Since when look-ups for these have found nothing."""
    unseen: timedelta | None = None
    """How long Workteam may not show the new team of a terminating object yet that shares a claim; None: no more."""
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
    name_in_use: str | None = None
    """An object that still has the wanted displayName in Workteam, and is to be renamed or is terminating."""
    reports: bool = False
    """Whether what others changed is named, and not set right (``spec.drift.policy: Report``)."""
    restored: bool = False
    """Whether the object came back from a backup that nobody accepted yet (rule A3)."""
    gives_way: bool = False
    """Whether objects wait for each other's displayNames in a circle, and this one takes a name in between."""

    @property
    def name_between(self) -> str:
        """Return the displayName that ends a circle: nobody else has it, as no other object has this one's name."""
        return f"{self.group.spec.display_name} ({self.group.metadata.name})"

    @property
    def look_again(self) -> timedelta | None:
        """Return when to look again for what unanswered creates may have made; None: no more (rule A7)."""
        unfound = not_found(self.intents, self.candidates)
        return look_again(unfound, self.searched, settle=self.settle, now=self.now)

    @property
    def own_creates(self) -> tuple[str, ...]:
        """Return the teams that unanswered creates made, and no object has recorded."""
        return own_creates(self.intents, self.candidates, self.holders)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Return what was found as the adoption rules see it."""
        return tuple(candidate(team) for team in self.found)

    @property
    def to_add(self) -> frozenset[str]:
        """Return the accounts that the team lacks."""
        return self.members.accounts - (self.team.members or frozenset() if self.team else frozenset())

    @property
    def to_remove(self) -> frozenset[str]:
        """Return the accounts that are objects' and stand in none of the lists (rule A8)."""
        held = self.team.members or frozenset() if self.team else frozenset()
        return held & self.unlisted


def wanted_of(facts: GroupFacts) -> Wanted:
    """Return what the object may take over, the creates of predecessors included."""
    return replace(wanted_by(facts.group, facts.policies.adoption), intents=facts.intents)


def candidate(team: Team) -> Candidate:
    """Return a team as the adoption rules see it."""
    return Candidate(team.id, team.display_name, team.external_id)
