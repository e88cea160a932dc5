"""What passes over a user would do, if they did: the user's plan, played to its end without a call. Pure."""

from dataclasses import replace

from workteam_crds.kinds.progress import Booking, Plan, PlannedAction
from workteam_operator import steps
from workteam_operator.forecast import MOST_STEPS, Draft, without_word
from workteam_operator.steps import Leaving, Step
from workteam_operator.user_plan import plan_user
from workteam_operator.user_progress import with_account
from workteam_operator.user_situation import UserFacts


def forecast(facts: UserFacts) -> Plan | None:
    """Return what would be done in Workteam; None if nothing would."""
    draft = Draft()
    after: UserFacts | None = facts
    for _ in range(MOST_STEPS):
        if after is None:
            break
        after = _after(after, plan_user(after), draft)
    return draft.plan()


def _after(facts: UserFacts, step: Step, draft: Draft) -> UserFacts | None:
    """Write a step down, and return what would be known then; None where the plan ends, or only waits."""
    match step:
        case steps.Adopt(found, ours):
            draft.adopt(found)
            account = next(account for account in facts.found if account.id == found)
            return with_account(facts, account, facts.now, adopted=not ours)
        case steps.NoteIntent():
            return replace(facts, noted=True)
        case steps.Create():
            draft.say("create", PlannedAction.CREATE)
        case steps.Forget():
            draft.say("create again", PlannedAction.CREATE)
        case steps.DropWord(annotation):
            return replace(facts, user=without_word(facts.user, annotation))
        case steps.Update(changes):
            draft.update(changes, activates=changes.get("active") is True)
            return replace(facts, tried=facts.tried | frozenset(changes))
        case _:
            return _after_loss(facts, step, draft)
    return None


def _after_loss(facts: UserFacts, step: Step, draft: Draft) -> UserFacts | None:
    """Write a step down that takes something, as ``_after`` does."""
    match step:
        case steps.Book(kind):
            booked = Booking(kind=kind, generation=facts.user.metadata.generation or 0)
            return replace(facts, status=facts.status.model_copy(update={"booked": booked}))
        case steps.Deactivate() if facts.account is not None:
            draft.say("deactivate", PlannedAction.DEACTIVATE)
            inactive = replace(facts.account, active=False)
            status = facts.status.model_copy(update={"booked": None, "synced_active": False})
            return replace(facts, account=inactive, status=status, seen=True, tried=frozenset({"active"}))
        case steps.LeaveTeams(groups):
            draft.say(f"leave {len(groups)} teams", PlannedAction.CHANGE_MEMBERS)
            return replace(facts, teams=())
        case steps.Look():
            return replace(facts, seen=True)
        case steps.Erase():
            draft.say("delete", PlannedAction.DELETE)
        case steps.Release(Leaving.ORPHANED) if facts.status.account_id is not None:
            draft.say("let the account go", PlannedAction.LET_GO)
        case _:
            pass  # nothing more, or nothing before something else happens
    return None
