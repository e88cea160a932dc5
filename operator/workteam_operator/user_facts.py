"""Observing one user: all reads of a pass, from our copy and from Workteam, become one frozen value."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.tenants import OnDelete
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import Key
from workteam_operator.adoption import Holder, Wanted, not_found
from workteam_operator.backend.port import Account, DesiredAccount
from workteam_operator.changes import is_retired, is_settled
from workteam_operator.drift import reports
from workteam_operator.intents import too_new
from workteam_operator.mapping import desired_account, manager_of
from workteam_operator.ownership import (
    Owner,
    better_rival,
    external_id,
    gives_way,
    holders_of,
    id_claim,
    in_line_for_name,
    name_claim,
    unresolved,
)
from workteam_operator.parts import Parts
from workteam_operator.refusals import still_refused, without
from workteam_operator.steps import confirmed
from workteam_operator.tenants import Tenant
from workteam_operator.user_progress import noting_withheld
from workteam_operator.user_situation import UserFacts


class UserEyes:
    """Reads what a user's plan needs."""

    def __init__(self, parts: Parts, tenant: Tenant) -> None:
        self._parts = parts
        self._tenant = tenant

    def wanted(self, user: WorkteamUser) -> DesiredAccount:
        """Return the account that the object asks for, whatever Workteam refuses of it."""
        manager = self._manager(user)
        account_id = manager.status.account_id if manager else None
        return desired_account(user, self._tenant.capabilities, manager=account_id)

    def glance(self, user: WorkteamUser, *, now: datetime) -> UserFacts:
        """Return what our own copy tells, without asking Workteam."""
        objects = self._parts.objects
        sharers = objects.sharers(user)
        manager = self._manager(user)
        line = in_line_for_name(user, objects.sharers)
        rival = better_rival(user, objects.claimants(name_claim(user), but=user.key))
        wanted = self.wanted(user)
        refused = still_refused(user.status.refused, wanted)
        return UserFacts(
            user=user,
            status=user.status.model_copy(update={"refused": refused}),
            policies=self._tenant.spec,
            desired=without(wanted, refused),
            now=now,
            settle=self._parts.settle,
            intents=self._intents(user, user.status),
            rival=rival.metadata.name if rival else None,
            heirs=self._heirs(user, sharers, now) if user.deleting else (),
            name_in_use=line[1].metadata.name if len(line) > 1 else None,
            gives_way=gives_way(line),
            manager_waits=manager is not None and manager.status.account_id is None and not is_retired(manager),
            restored=self._parts.holds_back(user, self._tenant),
            reports=reports(user, self._tenant.spec.drift),
        )

    async def facts(self, user: WorkteamUser, *, now: datetime) -> UserFacts:
        """Read everything once."""
        facts = self.glance(user, now=now)
        if facts.restored:
            return facts  # nothing is asked on behalf of what may be out of date
        if user.status.account_id is None:
            return await self._with_found(facts)
        self._parts.searched.forget(user.key)
        return self.seeing(facts, await self._tenant.backend.read_account(user.status.account_id))

    def seeing(self, facts: UserFacts, account: Account | None) -> UserFacts:
        """Return the facts about a user that recorded an account, with that as it is."""
        user, recorded = facts.user, facts.status.account_id or ""
        teams = self._teams_to_leave(user, recorded) if user.deleting else ()
        holders = self._holders(user, [recorded])
        return noting_withheld(replace(facts, account=account, seen=True, holders=holders, teams=teams))

    async def forgotten(self, facts: UserFacts) -> UserFacts:
        """Look anew for the account of a user whose recorded one is gone."""
        gone = {"account_id": None, "synced_active": None, "synced_user_name": None, "synced_external_id": None}
        status = facts.status.model_copy(
            update=gone | {"synced_attributes": (), "adopted": None, "booked": None, "access_withheld": None}
        )
        intents = self._intents(facts.user, status)
        return await self._with_found(
            replace(facts, status=status, account=None, intents=intents, tried=frozenset(), erased=False)
        )

    async def _with_found(self, facts: UserFacts) -> UserFacts:
        user, deleting = facts.user, facts.user.deleting
        leaves_all = deleting and facts.policies.deprovisioning.on_delete is OnDelete.ORPHAN
        if (facts.rival is not None or leaves_all or facts.retired) and not (deleting and facts.intents):
            return facts  # it may adopt nothing
        found = await self._find(user, facts.intents)
        holders = self._holders(user, [account.id for account in found])
        facts = replace(facts, found=found, holders=holders, unseen=self._unseen(facts, found))
        unfound = not_found(facts.intents, facts.candidates)
        return replace(facts, searched=self._parts.searched.saw(user.key, unfound, now=facts.now))

    def _unseen(self, facts: UserFacts, found: Iterable[Account]) -> timedelta | None:
        """Return how long look-ups may lack an account that a terminating object has, and hands on (rules A1, A7)."""
        seen = {None, *(account.id for account in found)}
        gone = [o for o in self._parts.objects.sharers(facts.user) if isinstance(o, WorkteamUser) and o.deleting]
        unseen = [other.status.last_sync_time for other in gone if other.status.account_id not in seen]
        waits = (too_new(confirmed, facts.settle, facts.now) for confirmed in unseen)
        return max(filter(None, waits), default=None)

    def _intents(self, user: WorkteamUser, status: UserStatus) -> tuple[Intent, ...]:
        """Return creates that are unresolved: a user that has an account inherits none."""
        sharers = () if status.account_id else self._parts.objects.sharers(user)
        return unresolved(status.pending_create, sharers)

    async def _find(self, user: WorkteamUser, intents: Iterable[Intent]) -> tuple[Account, ...]:
        """Look up what the object is to have, what unanswered creates were to have, and what a person named."""
        backend = self._tenant.backend
        wanted = {(external_id(user), user.spec.user_name), *((i.external_id, i.user_name) for i in intents)}
        found: dict[str, Account] = {}
        for identity, name in sorted(wanted):
            accounts = await backend.find_accounts(external_id=identity, user_name=name)
            found |= {account.id: account for account in accounts}
        if (named := confirmed(user)) is not None and named not in found:
            account = await backend.read_account(named)
            found |= {account.id: account} if account else {}
        return tuple(found[account_id] for account_id in sorted(found))

    def _holders(self, user: WorkteamUser, ids: Iterable[str]) -> Mapping[str, Holder]:
        objects = self._parts.objects
        return holders_of({found: objects.claimants(id_claim(user, found), but=user.key) for found in ids})

    def _heirs(self, user: WorkteamUser, sharers: Iterable[Owner], now: datetime) -> tuple[tuple[str, Wanted], ...]:
        """Return the live, unpaused objects without account that might take over this one's."""
        return self._parts.heirs(user, sharers, self._tenant.spec.adoption, now=now)

    def _manager(self, user: WorkteamUser) -> WorkteamUser | None:
        """Return the manager's object; None if there is none, or it points at nobody in this tenant."""
        name = manager_of(user)
        found = self._parts.objects.user(Key(user.kind, user.metadata.namespace, name)) if name else None
        return found if found is not None and found.tenant == user.tenant else None

    def _teams_to_leave(self, user: WorkteamUser, account_id: str) -> tuple[Key, ...]:
        """Return the teams that have, or may have, the account while their groups' lists lack the user (rule A8)."""
        objects, known = self._parts.objects, self._parts.known
        if not self._tenant.capabilities.groups:
            return ()
        listing, having = objects.groups_listing(user.key), known.having(account_id)
        unsure = {o.key for o in objects.of_tenant(user.tenant) if known.get(o.key) is None and not is_settled(o)}
        groups = [objects.group(key) for key in sorted((having | unsure) - listing)]
        return tuple(group.key for group in groups if group and group.status.team_id and not group.paused)
