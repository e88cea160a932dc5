"""What the reconcilers of users and groups work with, and what both do before and after a pass."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from workteam_crds.cluster.port import Severity
from workteam_crds.conditions import Condition, ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT, GRANT_ACCESS, RECONCILE_REQUESTED_AT, RELEASE
from workteam_crds.kinds.progress import BookingKind, Intent
from workteam_crds.kinds.tenants import Adoption, Mode
from workteam_crds.naming import Key, TenantKey
from workteam_operator import verdicts
from workteam_operator.adoption import Wanted
from workteam_operator.backend.port import BackendDenied, BackendError, BackendRejected, BackendUnavailable
from workteam_operator.changelog import ChangeLog
from workteam_operator.changes import is_refused_adoption, takes_access
from workteam_operator.events import Announcer, Happening
from workteam_operator.known_teams import KnownTeams
from workteam_operator.objects import Objects
from workteam_operator.ownership import Owner, better_rival, name_claim, recorded_id, wanted_by
from workteam_operator.recorded import gives_way
from workteam_operator.refusals import for_the_status
from workteam_operator.restoration import awaits_acceptance, came_from_backup
from workteam_operator.since import Since
from workteam_operator.steps import Stall
from workteam_operator.tenant_causes import NOT_ASKED
from workteam_operator.tenants import Tenant, Tenants
from workteam_operator.verdicts import Verdict
from workteam_operator.workqueue import DONE, Outcome, Visit, WorkQueue
from workteam_operator.writer import ObjectWriter

log = logging.getLogger(__name__)

MOST_STEPS = 12
"""A pass that needs more goes on in the next one."""

Ending: TypeAlias = tuple[Verdict | None, Outcome]
"""What a pass says at its end, and when the next one is due."""

R = TypeVar("R", WorkteamUser, WorkteamGroup)

SOON = Outcome(again_in=timedelta(seconds=1))


@dataclass(frozen=True)
class Parts:
    """The rest of the operator, as far as a reconciler sees it."""

    objects: Objects
    queue: WorkQueue
    tenants: Tenants
    writer: ObjectWriter
    known: KnownTeams
    events: Announcer
    now: Callable[[], datetime]
    settle: timedelta
    terminates: Callable[[str], Awaitable[bool]]
    """Says whether a namespace is being deleted."""
    changes: ChangeLog = field(default_factory=ChangeLog)
    """What was done in Workteam, for whoever has to know later."""
    searched: Since[Intent] = field(default_factory=Since)
    """Since when look-ups for unanswered creates have found nothing."""
    taken: Since[str] = field(default_factory=Since)
    """Since when Workteam has said that somebody else has a name, by what was asked for."""
    taking: Since[str] = field(default_factory=Since)
    """Since when access has been taken for one generation of an object."""
    stuck: Since[Key] = field(default_factory=Since)
    """Since when a terminating object has met heirs that may not adopt."""
    erased: Since[str] = field(default_factory=Since)
    """When the account or team of an object was deleted that Workteam may still show."""

    def gate(self, owner: Owner) -> Tenant | Verdict | Outcome:
        """Return the tenant to work with, or why nothing may be done: with a verdict, or with the next visit."""
        if (found := self.objects.tenant_of(owner.tenant)) is not None and found.spec.decommissioned:
            return verdicts.DECOMMISSIONED
        if (paused := self.paused(owner)) is not None:
            return paused
        tenant = self.tenants.get(owner.tenant)
        if tenant is None:
            return verdicts.TENANT_MISSING if found is None else Outcome(failed=True)
        if tenant.cause is not None:
            not_asked = tenant.cause == NOT_ASKED  # its first answer wakes the objects, whatever it is
            return DONE if not_asked else verdicts.tenant_not_ready(tenant.cause.reason, deleting=owner.deleting)
        if (pause := tenant.paused_for()) > timedelta(0):
            return Outcome(again_in=pause)
        return tenant

    def paused(self, owner: Owner) -> Verdict | None:
        """Return that a person holds an object or its tenant, as our copy has them by now; None if nobody does."""
        newest, tenant = self.objects.find(owner.key) or owner, self.objects.tenant_of(owner.tenant)
        if not newest.paused and (tenant is None or not tenant.paused):
            return None
        return verdicts.paused(tenant=not newest.paused, leaves=is_leaving(owner) and recorded_id(owner) is not None)

    async def let_go(self, owner: R, verdict: Verdict) -> bool:
        """Release an object without a call if its tenant is decommissioned; True if it is gone by that."""
        if verdict is not verdicts.DECOMMISSIONED or not owner.held:
            return False
        await self.writer.release(owner)
        self.forget(owner.key)
        text = "The tenant is decommissioned: released without a call"
        self.events.tell(owner, Happening.ORPHANED, text, severity=Severity.WARNING)
        return owner.deleting

    async def still_held(self, owner: R, verdict: Verdict) -> R:
        """Put our finalizer back on a paused object that has something in Workteam, should somebody take it off.

        Deleted without it, it would be gone before it is resumed, and nobody would know of its account.
        """
        paused = verdict.synced.reason is Reason.RECONCILE_PAUSED
        if not paused or owner.deleting or owner.held or recorded_id(owner) is None:
            return owner
        return await self.writer.hold(owner)

    def disowns(self, owner: Owner) -> bool:
        """Say whether what the objects of a tenant recorded is to be forgotten (rule A9)."""
        tenant = self.tenants.get(owner.tenant)
        return tenant is not None and tenant.disowning

    def leaves_to_another(self, owner: Owner, found: str, name: str) -> bool:
        """Say whether an older tenant has what is about to be adopted: then this one pauses (rule A9)."""
        own = self.objects.tenant_of(owner.tenant)
        others = self.objects.recorded.elsewhere(owner, found)
        return own is not None and any(gives_way(own, self.objects.tenant_of(o.tenant), name, o) for o in others)

    def holds_back(self, owner: Owner, tenant: Tenant) -> bool:
        """Say whether an object came back from a backup that nobody accepted yet (rule A3).

        In mode Plan nothing is held back: what would be done is how a person sees whether it is current.
        """
        if tenant.spec.mode is Mode.PLAN:
            return False
        found = self.objects.tenant_of(owner.tenant) or tenant.resource
        return awaits_acceptance(owner, found, self.objects.set_back_time, now=self.now())

    async def without_old_words(self, owner: R) -> R:
        """Take off what a person said about an object before it came back from a backup, when it is first seen.

        It would take, or give, an account by a decision of another day (rule A3); what is said from now on counts.
        """
        if came_from_backup(owner) and owner.status.observed_generation is None:
            for word in (ADOPT, GRANT_ACCESS, RELEASE):
                if word in owner.metadata.annotations:
                    owner = await self.writer.drop_annotation(owner, word)
        return owner

    async def let_go_with_namespace(self, owner: R) -> bool:
        """Let a deleted object go as it is if its whole namespace is being deleted (rule A4).

        That is no decision about accounts, and Secret and tenant may be gone already. Events are refused there, so
        each is logged.
        """
        if not (owner.deleting and await self.terminates(owner.metadata.namespace)):
            return False
        await self.writer.release(owner)
        self.forget(owner.key)
        self.known.forget(owner.key)
        log.warning("Orphaned: the namespace is being deleted, nothing was done", extra={"key": str(owner.key)})
        return True

    def erased_lately(self, key: Key, found: str | None, now: datetime) -> bool:
        """Say whether an account or team was deleted so short a time ago that it may still show."""
        at = self.erased.seen(key, found) if found else None
        return at is not None and now < at + self.settle

    async def failed(
        self, tenant: Tenant, owner: Owner, error: BackendError, *, in_doubt: bool, nobody: bool = False
    ) -> tuple[Verdict | None, Outcome]:
        """Turn what Workteam said, or did not say, into a verdict and the next visit.

        ``in_doubt``: an earlier create may have been done, so that what was refused is looked for on and on (rule A7).
        ``nobody``: look-ups found nobody, so that a leaver loses nothing by what was refused.
        """
        leaves = is_leaving(owner) and not nobody
        if isinstance(error, BackendDenied):
            await tenant.denied(error)
        if tenant.cause is not None:
            return verdicts.tenant_not_ready(tenant.cause.reason, deleting=owner.deleting), DONE
        if isinstance(error, BackendDenied):  # the tenant's, perhaps, and over by now: a leaver must not wait for ever
            return verdicts.refused(error, again=leaves), Outcome(failed=True)
        if not isinstance(error, BackendUnavailable):
            told = for_the_status(error, owner) if isinstance(error, BackendRejected) else error
            return verdicts.refused(told, again=leaves), Outcome(failed=leaves or in_doubt or self.is_taken(owner))
        wait = max(tenant.paused_for(), error.retry_after or timedelta(0))
        verdict = None if error.undone else verdicts.unavailable(deleting=owner.deleting)
        return verdict, Outcome(again_in=wait, failed=True)

    def shows_late(self, owner: Owner, *, now: datetime) -> bool:
        """Say whether access was taken so short a time ago that Workteam may still show it (eventual consistency)."""
        wish = str(owner.metadata.generation)
        return now < self.taking.saw(owner.key, (wish,), now=now)[wish] + self.settle

    def found_taken(self, owner: Owner, error: BackendError) -> None:
        """Note that Workteam refused to create what somebody else has: for a while that is looked for (rule A2)."""
        if isinstance(error, BackendRejected) and error.uniqueness:
            self.taken.saw(owner.key, (_asked(owner),), now=self.now())

    def is_taken(self, owner: Owner) -> bool:
        """Say whether it was refused so short a time ago that a search may not show yet who has the name."""
        since = self.taken.seen(owner.key, _asked(owner))
        return since is not None and self.now() < since + self.settle

    def heirs(
        self, owner: Owner, sharers: Iterable[Owner], policy: Adoption, *, now: datetime
    ) -> tuple[tuple[str, Wanted], ...]:
        """Return the live, unpaused objects that have nothing yet and might take over a terminating one's (rule A1).

        For one that may not adopt as things are, it is waited no longer than for a look-up to settle.
        """
        heirs = [other for other in sharers if other.kind == owner.kind and self._may_inherit(other)]
        stuck = self.stuck.saw(owner.key, (other.key for other in heirs if is_refused_adoption(other)), now=now)
        return tuple(
            (other.metadata.name, wanted_by(other, policy))
            for other in heirs
            if now < stuck.get(other.key, now) + self.settle
        )

    def _may_inherit(self, other: Owner) -> bool:
        readable = self.objects.user(other.key) or self.objects.group(other.key)
        if readable is None or other.deleting or other.paused or recorded_id(other) is not None:
            return False
        tenant = self.tenants.get(other.tenant)
        if tenant is not None and self.holds_back(other, tenant):
            return False
        return better_rival(other, self.objects.claimants(name_claim(other), but=other.key)) is None

    def forget(self, key: Key) -> None:
        """Forget what was waited for on behalf of an object that goes."""
        self.searched.forget(key)
        self.taken.forget(key)
        self.taking.forget(key)
        self.erased.forget(key)
        self.stuck.forget(key)

    def wake_teams(self, tenant: TenantKey, account_id: str) -> None:
        """Queue the groups whose teams may have an account that has an object only now (rule A8)."""
        unread = (o.key for o in self.objects.of_tenant(tenant) if isinstance(o, WorkteamGroup) and o.status.team_id)
        for key in {*self.known.having(account_id), *(key for key in unread if self.known.get(key) is None)}:
            self.queue.add(Visit(key))

    def tell_stalled(self, owner: Owner, conditions: tuple[Condition, ...]) -> None:
        """Tell when an object newly needs a person, or needs one for another reason."""
        before = find_condition(owner.status.conditions, ConditionType.STALLED)
        after = find_condition(conditions, ConditionType.STALLED)
        if after is not None and (before is None or before.reason is not after.reason):
            self.events.tell(owner, Happening.STALLED, f"{after.reason}: see the status", severity=Severity.WARNING)


def is_leaving(owner: Owner) -> bool:
    """Say whether an object takes something away that Workteam may still have: a refusal is not the end of it (A5)."""
    return owner.deleting or takes_access(owner)


def still_as_decided(decided: R, stored: R) -> R:
    """Return the object with what was just stored, but with the spec and generation that the pass decides from.

    Somebody may have changed the spec in between: that is for the next pass.
    """
    metadata = stored.metadata.model_copy(update={"generation": decided.metadata.generation})
    return decided.model_copy(update={"metadata": metadata, "status": stored.status})


def _asked(owner: Owner) -> str:
    return f"{owner.metadata.generation} {owner.metadata.annotations.get(RECONCILE_REQUESTED_AT)}"


def budget_exceeded(kind: BookingKind) -> Stall:
    """Say that the tenant's budget holds this loss of access (rule A6)."""
    text = f"The tenant's budget of {kind.value.lower()}s is used up: raise it, or let this one go by workte.am/release"
    return Stall(Reason.DELETION_BUDGET_EXCEEDED, text)
