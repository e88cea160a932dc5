"""Whose conflict is over, as the lists of a tenant show it (rule A2).

A Stalled object waits for a person; what that person does in Workteam instead nobody tells but the sweep.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from workteam_crds.conditions import ConditionType, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.naming import Key, folded
from workteam_operator import group_plan, user_plan
from workteam_operator.adoption import Candidate
from workteam_operator.backend.port import Account, Team
from workteam_operator.changes import REFUSED
from workteam_operator.group_facts import GroupEyes
from workteam_operator.ownership import Claim, Owner, Sort, external_id, holders_of, id_claim, recorded_id, wanted_name
from workteam_operator.parts import Parts
from workteam_operator.steps import Stall, Step
from workteam_operator.tenants import Tenant
from workteam_operator.user_facts import UserEyes


class Conflicts:
    """Remembers, while the lists of a tenant are read, what they hold of what conflicts are about."""

    def __init__(self, parts: Parts, tenant: Tenant) -> None:
        self._parts = parts
        self._tenant = tenant
        self._users = UserEyes(parts, tenant)
        self._groups = GroupEyes(parts, tenant)
        self._accounts: dict[Key, dict[str, Account]] = {}
        self._teams: dict[Key, dict[str, Team]] = {}

    def account(self, account: Account) -> None:
        """Take note of an account that somebody's conflict may be about."""
        sorts = (Sort.ACCOUNT, Sort.EXTERNAL_ID, Sort.USER_NAME)
        for key in self._waiting_for(sorts, account.id, account.external_id, account.user_name):
            self._accounts.setdefault(key, {})[account.id] = account

    def team(self, team: Team) -> None:
        """Take note of a team, likewise."""
        sorts = (Sort.TEAM, Sort.TEAM_EXTERNAL_ID, Sort.DISPLAY_NAME)
        for key in self._waiting_for(sorts, team.id, team.external_id, team.display_name):
            self._teams.setdefault(key, {})[team.id] = team

    def over(self, sorts: Collection[Sort]) -> Iterator[Owner]:
        """Yield whose conflict is not what the status says any more, by lists that were read to their ends."""
        for owner in self._parts.objects.of_tenant(self._tenant.key):
            listed = Sort.ACCOUNT if isinstance(owner, WorkteamUser) else Sort.TEAM
            if listed in sorts and _is_refused(owner) and self._is_over(owner):
                yield owner

    def _waiting_for(
        self, sorts: tuple[Sort, Sort, Sort], found: str, identity: str | None, name: str
    ) -> Iterator[Key]:
        for sort, value in zip(sorts, (found, identity, folded(name)), strict=True):
            if value is not None:
                claimants = self._parts.objects.claimants(Claim(self._tenant.key, sort, value))
                yield from (owner.key for owner in claimants if _is_refused(owner))

    def _is_over(self, owner: Owner) -> bool:
        """Say whether a pass would come to something else: nothing is asked of Workteam for it."""
        user, group = self._parts.objects.user(owner.key), self._parts.objects.group(owner.key)
        if user is not None:
            accounts = self._accounts.get(user.key, {})
            there = [Candidate(account.id, account.user_name, account.external_id) for account in accounts.values()]
            return _is_news(user, self._user_step(user, accounts), there)
        if group is not None:
            teams = self._teams.get(group.key, {})
            there = [Candidate(team.id, team.display_name, team.external_id) for team in teams.values()]
            return _is_news(group, self._group_step(group, teams), there)
        return False

    def _user_step(self, user: WorkteamUser, found: dict[str, Account]) -> Step:
        facts = self._users.glance(user, now=self._parts.now())
        recorded = user.status.account_id
        if recorded is not None:
            return user_plan.plan_user(self._users.seeing(facts, found.get(recorded)))
        holders = holders_of({a: self._parts.objects.claimants(id_claim(user, a), but=user.key) for a in found})
        return user_plan.plan_user(replace(facts, found=tuple(found.values()), holders=holders))

    def _group_step(self, group: WorkteamGroup, found: dict[str, Team]) -> Step:
        facts = self._groups.glance(group, now=self._parts.now())
        recorded = group.status.team_id
        if recorded is not None:
            return group_plan.plan_group(self._groups.seeing(facts, found.get(recorded)))
        holders = holders_of({t: self._parts.objects.claimants(id_claim(group, t), but=group.key) for t in found})
        return group_plan.plan_group(replace(facts, found=tuple(found.values()), holders=holders))


def _is_refused(owner: Owner) -> bool:
    """Say whether something in Workteam stands in the way of an object."""
    stalled = find_condition(owner.status.conditions, ConditionType.STALLED)
    return stalled is not None and stalled.reason in REFUSED


def _is_news(owner: Owner, step: Step, there: Iterable[Candidate]) -> bool:
    """Say whether a step is another than the one that the object stands still at.

    One that has its account, and waits for a name, does so as long as another has that.
    """
    if isinstance(step, Stall):
        stalled = find_condition(owner.status.conditions, ConditionType.STALLED)
        return stalled is None or (stalled.reason, stalled.message) != (step.reason, step.message)
    return recorded_id(owner) is None or not any(_has_what_is_wanted(owner, candidate) for candidate in there)


def _has_what_is_wanted(owner: Owner, other: Candidate) -> bool:
    wanted = folded(other.name) == folded(wanted_name(owner)) or other.external_id == external_id(owner)
    return wanted and other.id != recorded_id(owner)
