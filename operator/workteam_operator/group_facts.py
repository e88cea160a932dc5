"""Observing one group: all reads of a pass become one frozen value. Rhymes with user_facts."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.custom_resource import RECONCILE_REQUESTED_AT
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Intent, PlannedAction
from workteam_operator.adoption import Holder, Wanted, not_found
from workteam_operator.backend.port import Team
from workteam_operator.changes import is_retired
from workteam_operator.drift import reports
from workteam_operator.group_situation import GroupFacts, Members
from workteam_operator.intents import too_new
from workteam_operator.ownership import (
    Claim,
    Owner,
    Sort,
    better_rival,
    external_id,
    gives_way,
    holders_of,
    id_claim,
    in_line_for_name,
    name_claim,
    recorded_id,
    unresolved,
)
from workteam_operator.parts import Parts
from workteam_operator.steps import confirmed
from workteam_operator.tenants import Tenant


class GroupEyes:
    """Reads what a group's plan needs."""

    def __init__(self, parts: Parts, tenant: Tenant) -> None:
        self._parts = parts
        self._tenant = tenant

    def glance(self, group: WorkteamGroup, *, now: datetime) -> GroupFacts:
        """Return what our own copy tells, without asking Workteam."""
        objects = self._parts.objects
        sharers = objects.sharers(group)
        line = in_line_for_name(group, objects.sharers)
        rival = better_rival(group, objects.claimants(name_claim(group), but=group.key))
        members = self._members(group)
        return GroupFacts(
            group=group,
            status=group.status,
            policies=self._tenant.spec,
            members=members,
            now=now,
            settle=self._parts.settle,
            intents=self._intents(group, group.status),
            rival=rival.metadata.name if rival else None,
            heirs=self._heirs(group, sharers, now) if group.deleting else (),
            name_in_use=line[1].metadata.name if len(line) > 1 else None,
            gives_way=gives_way(line),
            restored=self._parts.holds_back(group, self._tenant),
            reports=reports(group, self._tenant.spec.drift) and _has_same_members(group, members),
        )

    async def facts(self, group: WorkteamGroup, *, now: datetime) -> GroupFacts:
        """Read everything once; the team only if it is not known already."""
        facts = self.glance(group, now=now)
        if facts.restored:
            return facts  # nothing is asked on behalf of what may be out of date
        if group.status.team_id is None:
            return await self._with_found(facts)
        self._parts.searched.forget(group.key)
        self._parts.known.ask(group.key, group.metadata.annotations.get(RECONCILE_REQUESTED_AT))
        return self.seeing(facts, await self._team(group, group.status.team_id))

    def seeing(self, facts: GroupFacts, team: Team | None) -> GroupFacts:
        """Return the facts about a group that recorded a team, with that as it is."""
        holders = self._holders(facts.group, [facts.status.team_id or ""])
        return self.with_strangers(replace(facts, team=team, holders=holders))

    async def adopted(self, facts: GroupFacts) -> GroupFacts:
        """Read the members of a team that a look-up found."""
        team = await self._team(facts.group, facts.status.team_id or "")
        return self.with_strangers(replace(facts, team=team))

    async def forgotten(self, facts: GroupFacts) -> GroupFacts:
        """Look anew for the team of a group whose recorded one is gone."""
        gone = {
            "team_id": None,
            "synced_display_name": None,
            "synced_external_id": None,
            "adopted": None,
            "booked": None,
        }
        self._parts.known.forget(facts.group.key)
        status = facts.status.model_copy(update=gone)
        intents = self._intents(facts.group, status)
        return await self._with_found(
            replace(facts, status=status, team=None, intents=intents, tried=frozenset(), erased=False)
        )

    def with_strangers(self, facts: GroupFacts) -> GroupFacts:
        """Tell apart the team's members that are nobody's account here; nobody is looked up who is listed."""
        held = facts.team.members or frozenset() if facts.team else frozenset()
        owners = {account_id: self._owners(facts.group, account_id) for account_id in held - facts.members.accounts}
        listed = facts.members.names
        return replace(
            facts,
            strangers=frozenset(account_id for account_id, names in owners.items() if not names),
            unlisted=frozenset(account_id for account_id, names in owners.items() if names and not names & listed),
        )

    def _owners(self, group: WorkteamGroup, account_id: str) -> frozenset[str]:
        """Return the names of the objects that recorded an account, terminating ones too."""
        claim = Claim(group.tenant, Sort.ACCOUNT, account_id)
        owners = self._parts.objects.claimants(claim, but=group.key)
        return frozenset(owner.metadata.name for owner in owners if recorded_id(owner) == account_id)

    async def _team(self, group: WorkteamGroup, team_id: str) -> Team | None:
        known = self._parts.known.get(group.key)
        if known is not None and known.id == team_id:
            return known
        since = self._parts.known.changes(group.key)
        team = await self._tenant.backend.read_team(team_id)
        if team is not None:
            self._parts.known.put(group.key, team, since=since)
        return team

    async def _with_found(self, facts: GroupFacts) -> GroupFacts:
        group, deleting = facts.group, facts.group.deleting
        if (facts.rival is not None or deleting) and not (deleting and facts.intents):
            return facts  # it may adopt nothing
        found = await self._find(group, facts.intents)
        holders = self._holders(group, [team.id for team in found])
        facts = replace(facts, found=found, holders=holders, unseen=self._unseen(facts, found))
        unfound = not_found(facts.intents, facts.candidates)
        return replace(facts, searched=self._parts.searched.saw(group.key, unfound, now=facts.now))

    def _unseen(self, facts: GroupFacts, found: Iterable[Team]) -> timedelta | None:
        """Return how long look-ups may lack a team that a terminating object has, and hands on (rules A1, A7)."""
        seen = {None, *(team.id for team in found)}
        gone = [o for o in self._parts.objects.sharers(facts.group) if isinstance(o, WorkteamGroup) and o.deleting]
        unseen = [other.status.last_sync_time for other in gone if other.status.team_id not in seen]
        waits = (too_new(confirmed_at, facts.settle, facts.now) for confirmed_at in unseen)
        return max(filter(None, waits), default=None)

    def _intents(self, group: WorkteamGroup, status: GroupStatus) -> tuple[Intent, ...]:
        """Return creates that are unresolved: a group that has a team inherits none."""
        sharers = () if status.team_id else self._parts.objects.sharers(group)
        return unresolved(status.pending_create, sharers)

    async def _find(self, group: WorkteamGroup, intents: Iterable[Intent]) -> tuple[Team, ...]:
        """Look up what the object is to have, what unanswered creates were to have, and what a person named."""
        backend = self._tenant.backend
        wanted = {(external_id(group), group.spec.display_name), *((i.external_id, i.user_name) for i in intents)}
        found: dict[str, Team] = {}
        for identity, name in sorted(wanted):
            teams = await backend.find_teams(external_id=identity, display_name=name)
            found |= {team.id: team for team in teams}
        if (named := confirmed(group)) is not None and named not in found:
            team = await backend.read_team(named)
            found |= {team.id: team} if team else {}
        return tuple(found[team_id] for team_id in sorted(found))

    def _members(self, group: WorkteamGroup) -> Members:
        """Resolve the union of all lists (DESIGN 3)."""
        lists = self._parts.objects.memberships(group)
        listed = {*group.spec.members, *(member for item in lists for member in item.spec.members)}
        users = self._parts.objects.users(group.metadata.namespace, listed)
        tenant = group.spec.tenant_ref.name
        known = [user for user in users if user.spec.tenant_ref.name == tenant and not is_retired(user)]
        accounts = frozenset(user.status.account_id for user in known if user.status.account_id is not None)
        waiting = sum(user.status.account_id is None for user in known)
        plans = [user.status.plan for user in known if user.status.account_id is None and user.status.plan]
        return Members(
            frozenset(listed),
            accounts,
            waiting,
            len(listed) - len(known),
            len(lists),
            planned=frozenset(plan.adopts for plan in plans if plan.adopts),
            creating=sum(PlannedAction.CREATE in plan.actions for plan in plans),
        )

    def _holders(self, group: WorkteamGroup, ids: Iterable[str]) -> Mapping[str, Holder]:
        objects = self._parts.objects
        return holders_of({found: objects.claimants(id_claim(group, found), but=group.key) for found in ids})

    def _heirs(self, group: WorkteamGroup, sharers: Iterable[Owner], now: datetime) -> tuple[tuple[str, Wanted], ...]:
        """Return the live, unpaused objects without team that might take over this one's."""
        return self._parts.heirs(group, sharers, self._tenant.spec.adoption, now=now)


def _has_same_members(group: WorkteamGroup, members: Members) -> bool:
    """Say whether the team is to have the same accounts as when it last had them all."""
    return group.status.members is not None and group.status.members.digest == members.digest
