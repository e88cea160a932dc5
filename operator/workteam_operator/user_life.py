"""One pass over a user: observe → plan → act → report, one step after the other until nothing is left to do."""

from dataclasses import replace
from typing import Any

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.progress import Booking, BookingKind, Intent
from workteam_crds.kinds.tenants import Mode
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import Key
from workteam_operator import steps, verdicts
from workteam_operator.backend.port import Account, BackendError, BackendRejected
from workteam_operator.events import Happening
from workteam_operator.intents import after_failure, with_intent
from workteam_operator.ownership import id_claim
from workteam_operator.parts import MOST_STEPS, SOON, Ending, Parts, budget_exceeded, is_leaving
from workteam_operator.refusals import refused_by
from workteam_operator.reporting import report_on_user
from workteam_operator.steps import Stall, Wait
from workteam_operator.tenants import Tenant
from workteam_operator.user_facts import UserEyes
from workteam_operator.user_forecast import forecast
from workteam_operator.user_plan import plan_user
from workteam_operator.user_progress import (
    about_to_write,
    confirmed,
    deactivated,
    disowned,
    leaving_out,
    retired,
    with_account,
    with_plan,
)
from workteam_operator.user_report import settled
from workteam_operator.user_situation import UserFacts
from workteam_operator.verdicts import Verdict
from workteam_operator.workqueue import DONE, Outcome


class UserReconciler:
    """Brings accounts in line with their objects."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def reconcile(self, key: Key) -> Outcome:
        """Make one pass. Raises ``ClusterError``."""
        user = self._parts.objects.user(key)
        if user is None or (user.deleting and not user.held):
            return DONE  # gone from our copy says nothing about Workteam
        if await self._parts.let_go_with_namespace(user):
            return DONE
        match self._parts.gate(user):
            case Verdict() as verdict:
                if not await self._parts.let_go(user, verdict):
                    user = await self._parts.still_held(user, verdict)
                    status = disowned(user.status) if self._parts.disowns(user) else user.status
                    await report_on_user(self._parts, user).write(status, verdict)
                return DONE
            case Outcome() as outcome:
                return outcome
            case Tenant() as tenant:
                return await _UserPass(self._parts, tenant, user).run()


class _UserPass:
    """What one pass knows and did so far; its progress survives a failure, so that it is always reported."""

    _progress: UserStatus | None
    """What the pass did so far; None once the object was let go."""

    def __init__(self, parts: Parts, tenant: Tenant, user: WorkteamUser) -> None:
        self._parts = parts
        self._tenant = tenant
        self._user = user
        self._eyes = UserEyes(parts, tenant)
        self._adopted_id: str | None = None
        self._before: tuple[Intent, ...] = ()
        """Creates that were in doubt before this pass noted one more."""
        self._nobody = False
        """Whether look-ups found nobody, and the account was about to be made."""

    async def run(self) -> Outcome:
        """Go from step to step, then report."""
        if not (self._user.held or self._user.deleting):
            self._user = await self._parts.writer.hold(self._user)
        self._user = await self._parts.without_old_words(self._user)
        self._report = report_on_user(self._parts, self._user)
        self._progress = self._user.status
        try:
            verdict, outcome = await self._steps()
        except BackendError as error:
            verdict, outcome = await self._failed(error)
        if self._progress is not None:
            await self._report.write(self._progress, verdict)
        if self._adopted_id is not None:
            self._parts.wake_teams(self._user.tenant, self._adopted_id)
        return outcome

    async def _failed(self, error: BackendError) -> Ending:
        """Return how the pass ends with a failure; it counts as far as it came."""
        progress = self._progress
        user = self._user if progress is None else self._user.model_copy(update={"status": progress})
        in_doubt = bool(user.status.pending_create) and progress is not None
        return await self._parts.failed(self._tenant, user, error, in_doubt=in_doubt, nobody=self._nobody)

    async def _steps(self) -> Ending:
        facts = await self._eyes.facts(self._user, now=self._report.now)
        erased = self._parts.erased_lately(self._user.key, facts.status.account_id, facts.now)
        facts = replace(facts, erased=erased)
        for _ in range(MOST_STEPS):
            self._progress = facts.status
            if (paused := self._parts.paused(self._user)) is not None:
                return paused, DONE  # what is under way when a person says so is ended, and nothing more begun
            step = plan_user(facts)
            plan = forecast(facts) if self._tenant.spec.mode is Mode.PLAN else None
            if plan is not None:
                self._progress = with_plan(facts.status, plan)
                return verdicts.planned(plan.summary), DONE
            if (ending := await self._end(facts, step)) is not None:
                return ending
            facts = await self._parts.changes.told(step, facts, self._act(facts, step))
        self._progress = facts.status
        return None, SOON

    async def _end(self, facts: UserFacts, step: steps.Step) -> Ending | None:
        """Return how the pass ends with a step; None if it goes on."""
        match step:
            case steps.Settled():
                self._progress, verdict = settled(facts)
                return verdict, DONE
            case Wait():
                self._progress = facts.status.model_copy(update={"pending_create": facts.intents})
                return verdicts.waiting(step), Outcome(again_in=step.again_in, failed=facts.erased)
            case Stall():
                self._progress = facts.status.model_copy(update={"pending_create": facts.intents})
                again = step.reason is Reason.INVALID_ATTRIBUTE and is_leaving(self._user)
                return verdicts.stalled(step, again=again), Outcome(failed=again)
            case steps.Release(how):
                await self._parts.writer.release(self._report.resource)
                self._parts.forget(self._user.key)
                self._parts.events.tell(self._user, Happening(how.value), "The object lets its account go")
                self._progress = None
                return None, DONE
            case steps.Book(kind, released) if not await self._tenant.ledger.book(kind, released=released):
                return verdicts.stalled(budget_exceeded(kind)), DONE
            case steps.Adopt(found, _) if not self._parts.queue.claim(self._user.key, id_claim(self._user, found)):
                return verdicts.waiting(Wait("Another object is about to record the account")), SOON
            case steps.NoteIntent() if self._parts.is_taken(self._user):
                self._progress = facts.status.model_copy(update={"pending_create": facts.intents})
                return verdicts.TAKEN, Outcome(failed=True)
            case steps.Adopt(found, ours) if self._parts.leaves_to_another(self._user, found, _name(facts, found)):
                taken = with_account(facts, _chosen(facts, found), self._report.now, adopted=not ours)
                self._progress = taken.status
                return verdicts.tenant_not_ready(Reason.OWNERSHIP_CONFLICT, deleting=self._user.deleting), DONE
            case _:
                return None

    async def _act(self, facts: UserFacts, step: steps.Step) -> UserFacts:  # noqa: C901, PLR0912 - one line a step
        """Do one step, and return what is known then."""
        match step:
            case steps.Adopt(found, ours):
                return self._adopted(facts, _chosen(facts, found), ours=ours)
            case steps.NoteIntent():
                return await self._note(facts)
            case steps.Create():
                return await self._create(facts)
            case steps.Update(changes):
                return await self._update(facts, changes)
            case steps.Book(kind):
                return await self._booked(facts, kind)
            case steps.Deactivate():
                return await self._deactivate(facts)
            case steps.Erase(account_id):
                return await self._erase(facts, account_id)
            case steps.Look():
                account = await self._tenant.backend.read_account(facts.status.account_id or "")
                return replace(facts, account=account, seen=True)
            case steps.LeaveTeams(groups):
                return await self._leave(facts, groups)
            case steps.Forget():
                return await self._eyes.forgotten(facts)
            case steps.Retire():
                return retired(facts, self._report.now)
            case steps.DropWord(annotation):
                await self._report.write(facts.status, None)  # what the word led to, before the word goes
                return replace(facts, user=await self._report.without(annotation))
            case _:
                raise AssertionError(f"no step of a user: {type(step).__name__}")

    def _adopted(self, facts: UserFacts, account: Account, *, ours: bool) -> UserFacts:
        happening = Happening.CREATED if ours else Happening.ADOPTED
        self._parts.events.tell(self._user, happening, f"The account {account.id} was found")
        self._adopted_id = account.id
        return with_account(facts, account, self._report.now, adopted=not ours)

    async def _note(self, facts: UserFacts) -> UserFacts:
        """Write the intent down with uid and resourceVersion: nobody else decides about this object now (rule A7)."""
        intents = with_intent(facts.intents, facts.desired.external_id, facts.desired.user_name, now=self._report.now)
        self._before = facts.intents
        written = {"pending_create": intents, "synced_attributes": about_to_write(facts)}
        status = facts.status.model_copy(update=written)
        await self._report.write(status, verdicts.CREATING, if_unchanged=True)
        return replace(facts, status=status, intents=intents, noted=True)

    async def _create(self, facts: UserFacts) -> UserFacts:
        self._nobody = True
        try:
            account = await self._tenant.backend.create_account(facts.desired)
        except BackendError as error:
            if refused := refused_by(error, facts.desired.attributes):
                return leaving_out(facts, refused)
            self._progress = after_failure(facts.status, self._before, error, now=self._parts.now())
            self._parts.found_taken(self._user, error)
            raise
        self._parts.events.tell(self._user, Happening.CREATED, f"The account {account.id} was created")
        return with_account(facts, account, self._report.now, adopted=False)

    async def _update(self, facts: UserFacts, changes: Any) -> UserFacts:
        account = facts.account
        assert account is not None  # noqa: S101 - the plan names an update only for an account that was read
        facts = await self._foretold(facts)
        try:
            updated = await self._tenant.backend.update_account(account, changes)
        except BackendRejected as error:
            if refused := refused_by(error, {path: facts.desired.attributes.get(path) for path in changes}):
                return leaving_out(facts, refused)
            raise
        if updated is None:
            return replace(facts, account=None)
        if changes.get("active") is True:
            self._parts.events.tell(self._user, Happening.ACTIVATED, f"The account {updated.id} has access again")
        return confirmed(
            replace(facts, account=updated, seen=False, tried=facts.tried | frozenset(changes)), self._report.now
        )

    async def _foretold(self, facts: UserFacts) -> UserFacts:
        """Note which attributes become ours, before they do."""
        status = facts.status.model_copy(update={"synced_attributes": about_to_write(facts)})
        if status != facts.status:
            await self._report.write(status, None)
        self._progress = status
        return replace(facts, status=status)

    async def _booked(self, facts: UserFacts, kind: BookingKind) -> UserFacts:
        """Note on the object what the ledger counts already. Our own act is then not mistaken for Workteam's (A3)."""
        update: dict[str, Any] = {"booked": Booking(kind=kind, generation=self._user.metadata.generation or 0)}
        if kind is BookingKind.DEACTIVATION:
            update["synced_active"] = None
        status = facts.status.model_copy(update=update)
        await self._report.write(status, verdicts.DELETING if self._user.deleting else None)
        return replace(facts, status=status)

    async def _deactivate(self, facts: UserFacts) -> UserFacts:
        account = facts.account
        assert account is not None  # noqa: S101 - the plan names a deactivation only for an account that was read
        updated = await self._tenant.backend.update_account(account, {"active": False})
        late = self._parts.shows_late(self._user, now=self._report.now)
        facts = replace(facts, account=updated, seen=False, tried=frozenset({"active"}), late=late)
        if updated is None or updated.active:
            return facts
        if not self._user.deleting:
            self._parts.events.tell(self._user, Happening.DEACTIVATED, f"The account {updated.id} lost its access")
        return deactivated(facts, self._report.now)

    async def _erase(self, facts: UserFacts, account_id: str) -> UserFacts:
        await self._tenant.backend.delete_account(account_id)
        self._parts.erased.forget(self._user.key)
        self._parts.erased.saw(self._user.key, (account_id,), now=self._report.now)
        account = await self._tenant.backend.read_account(account_id)
        if account is None and not self._user.deleting:
            self._parts.events.tell(self._user, Happening.DELETED, f"The account {account_id} was kept long enough")
        status = facts.status if account else facts.status.model_copy(update={"booked": None})
        return replace(facts, account=account, status=status, erased=True, seen=True)

    async def _leave(self, facts: UserFacts, groups: tuple[Key, ...]) -> UserFacts:
        gone = frozenset({facts.status.account_id or ""})
        for key in groups:
            group = self._parts.objects.group(key)
            if group is not None and group.status.team_id is not None:
                await self._tenant.backend.change_members(group.status.team_id, add=frozenset(), remove=gone)
                self._parts.known.changed(key, remove=gone)
        return replace(facts, teams=())


def _chosen(facts: UserFacts, found: str) -> Account:
    return next(account for account in facts.found if account.id == found)


def _name(facts: UserFacts, found: str) -> str:
    return _chosen(facts, found).user_name
