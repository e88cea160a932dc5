"""One pass over a group: observe → plan → act → report. Rhymes with user_life."""

from collections.abc import Mapping
from dataclasses import replace

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Booking, BookingKind, Intent, Plan
from workteam_crds.kinds.tenants import Mode
from workteam_crds.naming import Key
from workteam_operator import steps, verdicts
from workteam_operator.backend.port import BackendError, Team
from workteam_operator.events import Happening
from workteam_operator.group_facts import GroupEyes
from workteam_operator.group_forecast import forecast
from workteam_operator.group_plan import plan_group
from workteam_operator.group_progress import disowned, renamed, with_members, with_plan, with_team
from workteam_operator.group_report import UNSUPPORTED, counted, settled
from workteam_operator.group_situation import GroupFacts
from workteam_operator.intents import after_failure, with_intent
from workteam_operator.ownership import external_id, id_claim
from workteam_operator.parts import MOST_STEPS, SOON, Ending, Parts, budget_exceeded
from workteam_operator.reporting import report_on_group
from workteam_operator.steps import Stall, Wait
from workteam_operator.tenants import Tenant
from workteam_operator.verdicts import Verdict
from workteam_operator.workqueue import DONE, Outcome


class GroupReconciler:
    """Brings teams in line with their objects."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def reconcile(self, key: Key) -> Outcome:
        """Make one pass. Raises ``ClusterError``."""
        group = self._parts.objects.group(key)
        if group is None or (group.deleting and not group.held):
            return DONE  # gone from our copy says nothing about Workteam
        if await self._parts.let_go_with_namespace(group):
            return DONE
        match self._parts.gate(group):
            case Verdict() as verdict:
                if not await self._parts.let_go(group, verdict):
                    group = await self._parts.still_held(group, verdict)
                    status = disowned(group.status) if self._parts.disowns(group) else group.status
                    await report_on_group(self._parts, group).write(status, verdict)
                return DONE
            case Outcome() as outcome:
                return outcome
            case Tenant() as tenant:
                return await _GroupPass(self._parts, tenant, group).run()


class _GroupPass:
    """What one pass knows and did so far; its progress survives a failure, so that it is always reported."""

    _progress: GroupStatus | None
    """What the pass did so far; None once the object was let go."""

    def __init__(self, parts: Parts, tenant: Tenant, group: WorkteamGroup) -> None:
        self._parts = parts
        self._tenant = tenant
        self._group = group
        self._eyes = GroupEyes(parts, tenant)
        self._since = parts.known.changes(group.key)
        self._before: tuple[Intent, ...] = ()
        """Creates that were in doubt before this pass noted one more."""

    async def run(self) -> Outcome:
        """Go from step to step, then report."""
        if not (self._group.held or self._group.deleting):
            self._group = await self._parts.writer.hold(self._group)
        self._group = await self._parts.without_old_words(self._group)
        self._report = report_on_group(self._parts, self._group)
        self._progress = self._group.status
        try:
            verdict, outcome = await self._steps()
        except BackendError as error:
            self._parts.known.forget(self._group.key)
            in_doubt = self._progress is not None and bool(self._progress.pending_create)
            verdict, outcome = await self._parts.failed(self._tenant, self._group, error, in_doubt=in_doubt)
        if self._progress is not None:
            await self._report.write(self._progress, verdict)
        return outcome

    async def _steps(self) -> Ending:
        recorded_only = not self._tenant.capabilities.groups and self._group.status.team_id is None
        if recorded_only and not self._group.deleting:  # a departure needs no call, unless a create is unresolved
            return UNSUPPORTED, DONE
        facts = await self._eyes.facts(self._group, now=self._report.now)
        erased = self._parts.erased_lately(self._group.key, facts.status.team_id, facts.now)
        facts = replace(facts, erased=erased)
        for _ in range(MOST_STEPS):
            self._progress = counted(facts.status, facts.members)
            if (paused := self._parts.paused(self._group)) is not None:
                return paused, DONE
            step = plan_group(facts)
            plan = await self._forecast(facts, step) if self._tenant.spec.mode is Mode.PLAN else None
            if plan is not None:
                self._progress = with_plan(self._progress, plan)
                return verdicts.planned(plan.summary), DONE
            if (ending := await self._end(facts, step)) is not None:
                return ending
            facts = await self._parts.changes.told(step, facts, self._act(facts, step))
        return None, SOON

    async def _forecast(self, facts: GroupFacts, step: steps.Step) -> Plan | None:
        """Return what would be done; the members of a team that would be adopted are read for it."""
        if not isinstance(step, steps.Adopt):
            return forecast(facts)
        team = next(team for team in facts.found if team.id == step.id)
        adopted = await self._eyes.adopted(with_team(facts, team, self._report.now, adopted=not step.ours))
        self._parts.known.forget(self._group.key)
        return forecast(adopted, adopts=team.id)

    async def _end(self, facts: GroupFacts, step: steps.Step) -> Ending | None:
        """Return how the pass ends with a step; None if it goes on."""
        match step:
            case steps.Settled():
                status, verdict = settled(facts)
                self._progress = counted(status, facts.members)
                return verdict, DONE
            case Wait():
                self._progress = counted(facts.status, facts.members).model_copy(
                    update={"pending_create": facts.intents}
                )
                return verdicts.waiting(step), Outcome(again_in=step.again_in, failed=facts.erased)
            case Stall():
                self._progress = counted(facts.status, facts.members).model_copy(
                    update={"pending_create": facts.intents}
                )
                return verdicts.stalled(step), DONE
            case steps.Release(how):
                return await self._release(how)
            case steps.Book(kind, released) if not await self._tenant.ledger.book(kind, released=released):
                return verdicts.stalled(budget_exceeded(kind)), DONE
            case steps.Adopt(found, _) if not self._parts.queue.claim(self._group.key, id_claim(self._group, found)):
                return verdicts.waiting(Wait("Another object is about to record the team")), SOON
            case steps.NoteIntent() if self._parts.is_taken(self._group):
                self._progress = facts.status.model_copy(update={"pending_create": facts.intents})
                return verdicts.TAKEN, Outcome(failed=True)
            case steps.Adopt(found, ours) if self._parts.leaves_to_another(self._group, found, _name(facts, found)):
                taken = with_team(facts, _chosen(facts, found), self._report.now, adopted=not ours)
                self._progress = taken.status
                return verdicts.tenant_not_ready(Reason.OWNERSHIP_CONFLICT, deleting=self._group.deleting), DONE
            case _:
                return None

    async def _release(self, how: steps.Leaving) -> Ending:
        await self._parts.writer.release(self._report.resource)
        self._parts.forget(self._group.key)
        self._parts.known.forget(self._group.key)
        self._parts.events.tell(self._group, Happening(how.value), "The object lets its team go")
        self._progress = None
        return None, DONE

    async def _act(self, facts: GroupFacts, step: steps.Step) -> GroupFacts:
        """Do one step, and return what is known then."""
        match step:
            case steps.Adopt(found, ours):
                return await self._adopt(facts, _chosen(facts, found), ours=ours)
            case steps.NoteIntent():
                return await self._note(facts)
            case steps.Create():
                return await self._create(facts)
            case steps.Update(changes):
                return await self._update(facts, changes)
            case steps.ChangeMembers(add, remove):
                return await self._change_members(facts, add=add, remove=remove)
            case steps.Book(kind):
                return await self._book(facts, kind)
            case steps.Erase(team_id):
                return await self._erase(facts, team_id)
            case steps.Forget():
                return await self._eyes.forgotten(facts)
            case steps.DropWord(annotation):
                await self._report.write(counted(facts.status, facts.members), None)
                return replace(facts, group=await self._report.without(annotation))
            case _:
                raise AssertionError(f"no step of a group: {type(step).__name__}")

    async def _adopt(self, facts: GroupFacts, team: Team, *, ours: bool) -> GroupFacts:
        happening = Happening.CREATED if ours else Happening.ADOPTED
        self._parts.events.tell(self._group, happening, f"The team {team.id} was found")
        return await self._eyes.adopted(with_team(facts, team, self._report.now, adopted=not ours))

    async def _note(self, facts: GroupFacts) -> GroupFacts:
        """Write the intent down with uid and resourceVersion: nobody else decides about this object now (rule A7)."""
        group = facts.group
        intents = with_intent(facts.intents, external_id(group), group.spec.display_name, now=self._report.now)
        self._before = facts.intents
        status = facts.status.model_copy(update={"pending_create": intents})
        await self._report.write(status, verdicts.CREATING, if_unchanged=True)
        return replace(facts, status=status, intents=intents, noted=True)

    async def _create(self, facts: GroupFacts) -> GroupFacts:
        group, status = facts.group, facts.status
        try:
            team = await self._tenant.backend.create_team(
                group.spec.display_name, external_id(group), facts.members.accounts
            )
        except BackendError as error:
            self._progress = after_failure(status, self._before, error, now=self._parts.now())
            self._parts.found_taken(group, error)
            raise
        self._parts.events.tell(group, Happening.CREATED, f"The team {team.id} was created")
        self._parts.known.put(group.key, team, since=self._since)
        return with_team(facts, team, self._report.now, adopted=False)

    async def _update(self, facts: GroupFacts, changes: Mapping[str, str]) -> GroupFacts:
        updated = await self._tenant.backend.update_team(facts.status.team_id or "", changes)
        if updated is None:
            return self._gone(facts)
        facts = renamed(replace(facts, tried=facts.tried | frozenset(changes)), updated, self._report.now)
        self._keep(facts)
        return facts

    async def _change_members(self, facts: GroupFacts, *, add: frozenset[str], remove: frozenset[str]) -> GroupFacts:
        team_id = facts.status.team_id or ""
        if not await self._tenant.backend.change_members(team_id, add=add, remove=remove):
            return self._gone(facts)
        facts = with_members(facts, self._report.now, add=add, remove=remove)
        self._keep(facts)
        return facts

    async def _book(self, facts: GroupFacts, kind: BookingKind) -> GroupFacts:
        """Note on the object what the ledger counts already (rule A6)."""
        booking = Booking(kind=kind, generation=facts.group.metadata.generation or 0)
        status = facts.status.model_copy(update={"booked": booking})
        await self._report.write(status, verdicts.DELETING)
        return replace(facts, status=status)

    async def _erase(self, facts: GroupFacts, team_id: str) -> GroupFacts:
        self._parts.known.forget(facts.group.key)
        await self._tenant.backend.delete_team(team_id)
        self._parts.erased.forget(self._group.key)
        self._parts.erased.saw(self._group.key, (team_id,), now=self._report.now)
        team = await self._tenant.backend.read_team(team_id)
        return replace(facts, team=team, erased=True)

    def _gone(self, facts: GroupFacts) -> GroupFacts:
        self._parts.known.forget(facts.group.key)
        return replace(facts, team=None)

    def _keep(self, facts: GroupFacts) -> None:
        if facts.team is not None:
            self._parts.known.put(facts.group.key, facts.team, since=self._since)


def _chosen(facts: GroupFacts, found: str) -> Team:
    return next(team for team in facts.found if team.id == found)


def _name(facts: GroupFacts, found: str) -> str:
    return _chosen(facts, found).display_name
