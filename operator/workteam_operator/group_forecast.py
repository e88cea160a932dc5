"""What passes over a group would do, if they did. Rhymes with user_forecast. Pure."""

from dataclasses import replace

from workteam_crds.kinds.progress import Booking, Plan, PlannedAction
from workteam_operator import steps
from workteam_operator.forecast import MOST_STEPS, Draft, without_word
from workteam_operator.group_plan import plan_group
from workteam_operator.group_situation import GroupFacts
from workteam_operator.steps import Leaving, Step


def forecast(facts: GroupFacts, *, adopts: str | None = None) -> Plan | None:
    """Return what would be done in Workteam; None if nothing would.

    ``adopts`` is the team that would be taken first: the facts are then those after that, its members included.
    """
    draft = Draft()
    if adopts is not None:
        draft.adopt(adopts)
    after: GroupFacts | None = facts
    for _ in range(MOST_STEPS):
        if after is None:
            break
        after = _after(after, plan_group(after), draft)
    return draft.plan()


def _after(facts: GroupFacts, step: Step, draft: Draft) -> GroupFacts | None:
    """Write a step down, and return what would be known then; None where the plan ends, or only waits."""
    match step:
        case steps.NoteIntent() | steps.DropWord() | steps.Book():
            return _noted(facts, step)
        case steps.Create():
            draft.say("create", PlannedAction.CREATE)
            draft.change_members(_joining(facts), 0)
        case steps.Forget():
            draft.say("create again", PlannedAction.CREATE)
        case steps.Update(changes):
            draft.update(changes)
            return replace(facts, tried=facts.tried | frozenset(changes))
        case steps.ChangeMembers(_, remove) if facts.group.deleting:
            draft.change_members(0, len(remove))
        case steps.ChangeMembers() | steps.Settled() if not facts.reports:
            draft.change_members(_joining(facts), len(facts.to_remove))
        case steps.Erase():
            draft.say("delete", PlannedAction.DELETE)
        case steps.Release(Leaving.ORPHANED):
            draft.say("let the team go", PlannedAction.LET_GO)
        case _:
            pass  # nothing more, or nothing before something else happens
    return None


def _noted(facts: GroupFacts, step: steps.NoteIntent | steps.DropWord | steps.Book) -> GroupFacts:
    """Return what is known after a step that asks nothing of Workteam."""
    match step:
        case steps.NoteIntent():
            return replace(facts, noted=True)
        case steps.DropWord(annotation):
            return replace(facts, group=without_word(facts.group, annotation))
        case steps.Book(kind):
            booked = Booking(kind=kind, generation=facts.group.metadata.generation or 0)
            return replace(facts, status=facts.status.model_copy(update={"booked": booked}))


def _joining(facts: GroupFacts) -> int:
    """Count who would join: accounts that are there, that would be adopted, and that would be created."""
    held = (facts.team.members if facts.team else None) or frozenset()
    return len((facts.members.accounts | facts.members.planned) - held) + facts.members.creating
