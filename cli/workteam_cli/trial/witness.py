"""Who watches a trial: every change of both sides is seen at once, and what no operator may do is written down.

A pass decides from what it read a moment before it acts, so an act is judged by what held at any time of the last
``WINDOW`` seconds.
"""

from collections.abc import Callable, Iterable

from workteam_cli.trial.timeline import (
    WINDOW,
    Timeline,
    confirmed_active,
    gives,
    has_recorded,
    held,
    identity,
    is_about,
    is_active,
    is_held,
    is_recorded,
    takes,
    took,
)
from workteam_crds.cluster.port import Change
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT, GRANT_ACCESS, CustomResource
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Deprovisioning, Ledger, OnDelete, OnGroupDelete
from workteam_crds.naming import Key, folded
from workteam_operator.backend.memory import Actor, Effect, Kept, MemoryTenant
from workteam_operator.backend.port import Account, Team
from workteam_operator.budget import page_of
from workteam_operator.ownership import Owner, external_id, recorded_id, wanted_name

HOUR = 3500.0
"""Seconds for which the ledger surely remembers."""


class Witness:
    """Knows what was when, and what must not have been."""

    def __init__(self, tenant: MemoryTenant, policies: Deprovisioning, clock: Callable[[], float]) -> None:
        self._tenant = tenant
        self._policies = policies
        self._clock = clock
        self.past = Timeline(clock)
        """What was when."""
        self._accounts: dict[str, list[Effect]] = {}
        self.deaf = False
        """Whether the operator may not know yet what people said."""
        self.unheld: Key | None = None
        """Whose finalizer a person is taking off."""
        self.wrongs: list[str] = []
        """What must not have been."""
        self._losses: dict[BookingKind, list[float]] = {kind: [] for kind in BookingKind}

    def saw_object(self, change: Change, resource: CustomResource) -> None:
        """Take note of a change of an object, at the moment when it is stored."""
        before = self.past.saw(change, resource)
        lost = before is not None and before.held and not held(change, resource) and before.key != self.unheld
        if lost and isinstance(before, WorkteamUser | WorkteamGroup):
            self._judge_release(before)

    def saw_effect(self, effect: Effect) -> None:
        """Take note of a change in Workteam, at the moment when it has its effect."""
        self._accounts.setdefault(effect.id, []).append(effect)
        if effect.by is not Actor.OPERATOR:
            return
        self._judge_hold(effect)
        match effect.before, effect.after:
            case None, Account() | Team() as made:
                self._judge_create(effect, made)
            case Account() as before, None:
                self._judge_loss(before, deleted=True)
            case Account(active=True) as before, Account(active=False):
                self._judge_loss(before, deleted=False)
            case Account(active=False) as before, Account(active=True):
                self._judge_access(before)
            case Team() as before, None:
                self._judge_team_loss(before)
            case Team() as before, Team() as after:
                self._judge_members(before, after)
            case _:
                pass

    def _judge_create(self, effect: Effect, made: Kept) -> None:
        """A7: nothing is created twice. What was there, and could be seen, counts, whoever made it."""
        for other in self._like(made):
            first = self._accounts[other.id][0]
            visible = first.by is Actor.OPERATOR or effect.at - first.at > WINDOW + self._tenant.lag
            if visible and not self._is_namesakes(other, made):
                self._wrong(f"{made.id} was created beside {other.id}, which has the same externalId")

    def _judge_hold(self, effect: Effect) -> None:
        """What a person holds is left alone: an object, the tenant, or everything in mode Plan."""
        if self.deaf:
            return  # it may not know yet
        for versions in self.past.steadily():
            if all(map(is_held, versions)) and (isinstance(versions[-1], WorkteamTenant) or _had(versions, effect.id)):
                self._wrong(f"{effect.id} was changed although {versions[-1].key} is held")

    def _judge_protection(self, account: Account) -> None:
        """A6: nobody takes access from whom the tenant protects, by a name of the account or of its object."""
        steady = [] if self.deaf else list(self.past.steadily())
        tenants = [one for versions in steady for one in versions if isinstance(one, WorkteamTenant)]
        lists = [{folded(name) for name in one.spec.deprovisioning.protected} for one in tenants]
        holders = {folded(versions[-1].metadata.name) for versions in steady if _had(versions, account.id)}
        if lists and set.intersection(*lists) & {folded(account.user_name), *holders}:
            self._wrong(f"{account.id} lost its access although it is protected")

    def _judge_loss(self, account: Account, *, deleted: bool) -> None:
        """A4, A5: access goes only for an object that says so, and from nobody whom a live object gives it."""
        self._judge_ledger(BookingKind.DELETION if deleted else BookingKind.DEACTIVATION)
        self._judge_protection(account)
        causes = [v for v in self.past.recently() if is_about(v.resource, account) and takes(v.resource)]
        if deleted:
            erases = self._policies.on_delete is OnDelete.DELETE
            causes = [v for v in causes if erases and v.resource.deleting]
            if not self._was_ours(account):
                self._wrong(f"{account.id} was deleted, and no live object ever had it")
        if not causes:
            self._wrong(f"{account.id} lost its access without a cause")
        for version in self.past.long_so():
            user = version.resource
            if has_recorded(user, account.id) and gives(user):
                self._wrong(f"{account.id} lost its access although {user.key} gives it")

    def _was_ours(self, account: Account) -> bool:
        """Say whether an operator made an account, or an object recorded it before it was deleted itself."""
        had = (has_recorded(v.resource, account.id) and not v.resource.deleting for v in self.past.since(0))
        return self._accounts[account.id][0].by is Actor.OPERATOR or any(had)

    def _judge_access(self, account: Account) -> None:
        """A3: what Workteam took away stays so until Entra takes and gives again, or a person says so."""
        taken = next(e for e in reversed(self._accounts[account.id][:-1]) if took(e))
        if taken.by is not Actor.PERSON:
            return
        holders = [v for v in self.past.at(taken.at) if confirmed_active(v.resource, account)]
        since = [v for v in self.past.since(taken.at) if is_about(v.resource, account)]
        named = {GRANT_ACCESS, ADOPT}
        decided = any(
            takes(v.resource) or any(v.resource.metadata.annotations.get(name) == account.id for name in named)
            for v in since
        )
        if holders and not decided:
            self._wrong(f"{account.id} got back the access that Workteam had taken")

    def _judge_team_loss(self, team: Team) -> None:
        """A team goes only with its group, under the policy, and if an object of ours made it."""
        self._judge_ledger(BookingKind.DELETION)
        causes = [v for v in self.past.recently() if is_about(v.resource, team) and v.resource.deleting]
        if not causes or self._policies.on_group_delete is not OnGroupDelete.DELETE:
            self._wrong(f"{team.id} was deleted without a cause")
        if self._accounts[team.id][0].by is not Actor.OPERATOR:
            self._wrong(f"{team.id} was deleted, and was not ours")

    def _judge_members(self, before: Team, after: Team) -> None:
        """A8: nobody is removed who has no object, or whom a list names; nobody is added whom none names."""
        groups = [g for g in self.past.owners() if isinstance(g, WorkteamGroup) and g.status.team_id == before.id]
        lost = (before.members or frozenset()) - (after.members or frozenset())
        for gone in sorted(lost):
            names = {v.resource.metadata.name for v in self.past.recently() if has_recorded(v.resource, gone)}
            if not names:
                self._wrong(f"{gone} was removed from {before.id}, and has no object")
            if any(names <= self.past.always_in(group) for group in groups if not group.deleting and names):
                self._wrong(f"{gone} was removed from {before.id}, whose group lists it")

    def _judge_release(self, owner: Owner) -> None:
        """A5, A7: a finalizer goes when access was seen gone, or another object has what this one had."""
        if not owner.deleting:
            self._wrong(f"{owner.key} lost its finalizer and is not deleted")
        if isinstance(owner, WorkteamUser) and self._policies.on_delete is OnDelete.ORPHAN:
            return
        for kept in self._tenant.accounts.held.values() if isinstance(owner, WorkteamUser) else ():
            mine = kept.id == recorded_id(owner) or (self._is_ours(kept) and kept.external_id == external_id(owner))
            if mine and not self._was_inactive(kept) and not self._is_anothers(kept, owner):
                self._wrong(f"{owner.key} lost its finalizer while {kept.id} has access")
        for team in self._tenant.teams.held.values() if isinstance(owner, WorkteamGroup) else ():
            mine = self._is_ours(team) and team.external_id == external_id(owner)
            kept_by_policy = self._policies.on_group_delete is not OnGroupDelete.DELETE or owner.status.adopted
            if mine and not kept_by_policy and not self._is_anothers(team, owner):
                self._wrong(f"{owner.key} lost its finalizer while {team.id} is there")

    def _judge_ledger(self, kind: BookingKind) -> None:
        """A6: each loss of the last hour is in the ledger before it happens."""
        self._losses[kind].append(self._clock())
        [tenant] = [one for one in self.past.objects() if isinstance(one, WorkteamTenant)]
        booked = sum(minute.count for minute in page_of(tenant.status.ledger or Ledger(), kind).minutes)
        happened = sum(at > self._clock() - HOUR for at in self._losses[kind])
        if booked < happened:
            self._wrong(f"the ledger counts {booked} of {happened} losses ({kind.value})")

    def _is_anothers(self, kept: Kept, owner: Owner) -> bool:
        """Say whether another object has recorded something, or a live one will find it as its own."""
        for other in self.past.owners():
            heir = not other.deleting and other.kind == owner.kind and external_id(other) == kept.external_id
            if other.key != owner.key and (recorded_id(other) == kept.id or heir):
                return True
        return False

    def _is_namesakes(self, other: Kept, made: Kept) -> bool:
        """Say whether a live object has something for itself that shares the externalId alone."""
        holders = [owner for owner in self.past.owners() if recorded_id(owner) == other.id and not owner.deleting]
        return any(folded(wanted_name(holder)) != folded(identity(made)[0]) for holder in holders)

    def _is_ours(self, kept: Kept) -> bool:
        """Say whether an operator made something, and nobody in Workteam gave it another name or externalId since."""
        effects = self._accounts[kept.id]
        others = [e for e in effects if e.by is Actor.PERSON and e.before is not None and e.after is not None]
        renamed = any(identity(e.before) != identity(e.after) for e in others)
        return effects[0].by is Actor.OPERATOR and not renamed

    def _was_inactive(self, account: Account) -> bool:
        """Say whether an account was inactive at any time of late: that is what may have been observed."""
        recent = [e for e in self._accounts[account.id] if e.at >= self._clock() - WINDOW]
        return not all(map(is_active, [account, *(e.before for e in recent if e.before is not None)]))

    def _like(self, made: Kept) -> list[Kept]:
        shelf: Iterable[Kept] = (
            self._tenant.accounts.held.values() if isinstance(made, Account) else self._tenant.teams.held.values()
        )
        return [other for other in shelf if other.id != made.id and other.external_id == made.external_id]

    def _wrong(self, sentence: str) -> None:
        self.wrongs.append(f"at {self._clock():.1f} s: {sentence}")


def _had(versions: Iterable[CustomResource], found: str) -> bool:
    """Say whether an object had an account or team all along."""
    return all(is_recorded(version, found) for version in versions)
