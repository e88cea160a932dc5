"""What the lists of a tenant show of its objects: who has to be looked at, and what no object has. Decides nothing.

Each object is compared by its own plan: where a pass over what the list shows would do nothing, and say nothing that
the status does not say already, there is nothing to look at.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import GRANT_ACCESS
from workteam_crds.kinds.tenants import DriftPolicy, Mode
from workteam_crds.naming import Key
from workteam_operator import group_forecast, group_plan, group_report, user_forecast, user_plan, user_report
from workteam_operator.backend.port import Account, Team
from workteam_operator.conflicts import Conflicts
from workteam_operator.drift import TOLD
from workteam_operator.group_facts import GroupEyes
from workteam_operator.mapping import differences
from workteam_operator.ownership import Claim, Owner, Sort, recorded_id
from workteam_operator.parts import Parts
from workteam_operator.steps import Settled
from workteam_operator.tenants import Tenant
from workteam_operator.user_facts import UserEyes

IN_SYNC = (Reason.IN_SYNC, Reason.ADOPTED)
AT_ONCE = 10
"""Accounts that are compared while everything else waits: a few milliseconds."""
SECOND = timedelta(seconds=1)
"""A status tells its moments in whole seconds."""


class Comparison:
    """One comparison of a whole tenant; it counts if its lists were read to their ends."""

    def __init__(self, parts: Parts, tenant: Tenant) -> None:
        self._parts = parts
        self._tenant = tenant
        self._users = UserEyes(parts, tenant)
        self._groups = GroupEyes(parts, tenant)
        self._conflicts = Conflicts(parts, tenant)
        self._began = parts.now()
        self._plans = tenant.spec.mode is Mode.PLAN
        self._seen: dict[Sort, set[str]] = {Sort.ACCOUNT: set(), Sort.TEAM: set()}
        self.compared = 0
        self.to_visit = dict[Key, frozenset[str]]()
        """Objects to look at, each with the attributes that differ; ``missing`` if it is not in the list.

        None differs where a conflict is over.
        """
        self.told = 0
        """Objects whose status names what differs already."""

    async def accounts(self, page: Sequence[Account], *, asked_at: datetime) -> None:
        """Compare accounts; ``asked_at`` is when the page was asked for. The loop has a turn now and then."""
        for number, account in enumerate(page):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            self._seen[Sort.ACCOUNT].add(account.id)
            self._conflicts.account(account)
            user = self._recorder(Sort.ACCOUNT, account.id)
            if not isinstance(user, WorkteamUser) or not self._is_at_rest(user, asked_at):
                continue
            if _goes_on(user):
                self.compared += 1
                self._note(user, self._differing_account(user, account))
            elif self._has_access_again(user, account):
                self._note(user, frozenset({"active"}))

    async def teams(self, page: Sequence[Team], *, asked_at: datetime) -> None:
        """Compare teams; ``asked_at`` is when the page was asked for."""
        for team in page:
            await asyncio.sleep(0)
            self._seen[Sort.TEAM].add(team.id)
            self._conflicts.team(team)
            group = self._recorder(Sort.TEAM, team.id)
            if isinstance(group, WorkteamGroup) and self._is_at_rest(group, asked_at) and _goes_on(group):
                self.compared += 1
                self._note(group, self._differing_team(group, team))

    def finish(self, sorts: Collection[Sort]) -> int:
        """Note whose account or team the lists lack, to look it up by id; return how many accounts no object has."""
        for owner in self._conflicts.over(sorts):
            if self._is_at_rest(owner, self._began):
                self.to_visit[owner.key] = frozenset()
        for owner in self._parts.objects.of_tenant(self._tenant.key):
            sort = Sort.ACCOUNT if isinstance(owner, WorkteamUser) else Sort.TEAM
            found = recorded_id(owner)
            lacks = sort in sorts and found and found not in self._seen[sort]
            if lacks and self._is_at_rest(owner, self._began) and _goes_on(owner):
                self._note(owner, None if _is_said_to_be_missing(owner) else frozenset({"missing"}))
        return sum(self._recorder(sort, found) is None for sort in sorts for found in self._seen[sort])

    def _note(self, owner: Owner, differing: frozenset[str] | None) -> None:
        """None: there is nothing that the status does not say."""
        if differing is not None:
            self.to_visit[owner.key] = differing
        elif _is_said_to_differ(owner) or _is_said_to_be_missing(owner):
            self.told += 1

    def _recorder(self, sort: Sort, found: str) -> Owner | None:
        claimants = self._parts.objects.claimants(Claim(self._tenant.key, sort, found))
        recorders = [owner for owner in claimants if recorded_id(owner) == found]
        return min(recorders, key=lambda owner: owner.deleting, default=None)

    def _is_at_rest(self, owner: Owner, asked_at: datetime) -> bool:
        """Say whether nobody works on the object, and the list was read after our last write had time to show."""
        if owner.deleting or owner.paused or self._parts.queue.is_busy(owner.key):
            return False
        if owner.status.observed_generation != owner.metadata.generation:
            return False
        written = owner.status.last_sync_time
        return written is None or written + SECOND + self._parts.settle <= asked_at

    def _has_access_again(self, user: WorkteamUser, account: Account) -> bool:
        """Say whether a leaver whose access was seen gone has it back: that is taken in spite of Stalled (rule A5)."""
        enforces = self._tenant.spec.drift.policy is DriftPolicy.ENFORCE
        return enforces and user.spec.active is False and user.status.synced_active is False and account.active

    def _differing_account(self, user: WorkteamUser, account: Account) -> frozenset[str] | None:
        readable = self._parts.objects.user(user.key)
        if readable is None or self._is_as_said(readable, account):
            return None
        now = self._parts.now()
        facts = self._users.seeing(self._users.glance(readable, now=now), account)
        if self._plans and user.status.plan is not None and user_forecast.forecast(facts) == user.status.plan:
            return None
        changes, drift = user_plan.changes_of(facts, account), user_plan.drift_of(facts, account)
        facts = replace(facts, tried=frozenset(changes))
        if isinstance(user_plan.plan_user(facts), Settled):
            status = user_report.user_status(user, *user_report.settled(facts), now=now)
            if status == user.status:
                return None
        return frozenset(changes) | drift | ({"active"} if facts.withheld else set())

    def _is_as_said(self, user: WorkteamUser, account: Account) -> bool:
        """Say cheaply that nothing differs of a user in sync, as with most of them; else its plan has to be asked."""
        status = user.status
        said = {(condition.type, condition.reason) for condition in status.conditions}
        ready = Reason.PROVISIONED if account.active else Reason.DEACTIVATED
        in_sync = any(said == {(ConditionType.READY, ready), (ConditionType.SYNCED, reason)} for reason in IN_SYNC)
        if not in_sync or status.refused or user.metadata.annotations.get(GRANT_ACCESS):
            return False
        if (account.user_name, account.external_id) != (status.synced_user_name, status.synced_external_id):
            return False
        return not differences(account, self._users.wanted(user), synced=status.synced_attributes)

    def _differing_team(self, group: WorkteamGroup, team: Team) -> frozenset[str] | None:
        readable = self._parts.objects.group(group.key)
        if readable is None:
            return None
        now = self._parts.now()
        facts = self._groups.seeing(self._groups.glance(readable, now=now), team)
        if self._plans and group.status.plan is not None and group_forecast.forecast(facts) == group.status.plan:
            return None
        changes = frozenset(group_plan.changes_of(facts, team))
        changes |= {"members"} if facts.to_add or facts.to_remove else set()
        facts = replace(facts, tried=changes)
        if isinstance(group_plan.plan_group(facts), Settled):
            status = group_report.group_status(group, *group_report.settled(facts), now=now)
            if status == group.status:
                return None
        return changes


def _goes_on(owner: Owner) -> bool:
    """Say whether an object is compared: one that stands still is not what it should be anyway."""
    return find_condition(owner.status.conditions, ConditionType.STALLED) is None or _is_said_to_be_missing(owner)


def _is_said_to_differ(owner: Owner) -> bool:
    synced = find_condition(owner.status.conditions, ConditionType.SYNCED)
    return synced is not None and synced.reason in TOLD


def _is_said_to_be_missing(owner: Owner) -> bool:
    stalled = find_condition(owner.status.conditions, ConditionType.STALLED)
    return stalled is not None and stalled.reason is Reason.ACCOUNT_MISSING
