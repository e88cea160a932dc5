"""What a user's status says after a pass. Pure."""

from datetime import datetime

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.users import UserStatus
from workteam_operator.backend.port import Account
from workteam_operator.backend.wire import MANAGER
from workteam_operator.drift import told
from workteam_operator.mapping import synced_attributes
from workteam_operator.user_plan import changes_of, drift_of
from workteam_operator.user_progress import active_if_agreed
from workteam_operator.user_situation import UserFacts
from workteam_operator.verdicts import Statement, Verdict, conditions


def user_status(user: WorkteamUser, progress: UserStatus, verdict: Verdict | None, *, now: datetime) -> UserStatus:
    """Return the whole status; without a verdict the conditions stay as they are."""
    if verdict is None:
        return progress.model_copy(update={"conditions": user.status.conditions})
    said = conditions(user.status.conditions, verdict, generation=user.metadata.generation, now=now)
    generation = user.metadata.generation if verdict.observed else user.status.observed_generation
    plan = progress.plan if verdict.synced.reason is Reason.PLANNED else None
    return progress.model_copy(update={"conditions": said, "observed_generation": generation, "plan": plan})


def settled(facts: UserFacts) -> tuple[UserStatus, Verdict]:
    """Return what to remember and to say of a user whose account is as it should be, as far as Workteam goes."""
    account = facts.account
    if account is None:  # only who is retired is settled without an account
        text = "The account is gone, and a leaver needs none"
        return facts.status, Verdict(Statement(True, Reason.DEACTIVATED, text), Statement(True, Reason.IN_SYNC))
    left = facts.desired.active is False and not account.active
    status = facts.status.model_copy(
        update={
            "synced_user_name": account.user_name,
            "synced_external_id": account.external_id,
            "synced_active": active_if_agreed(facts, account, before=facts.status.synced_active),
            "synced_attributes": synced_attributes(facts.desired, facts.status.synced_attributes),
            "access_withheld": facts.withheld or None,
            "booked": None,
            "last_sync_time": facts.status.last_sync_time or facts.now,
            "inactive_since": (facts.status.inactive_since or facts.now) if left else None,
        }
    )
    return status, Verdict(_ready(facts, account), _synced(facts))


def _ready(facts: UserFacts, account: Account) -> Statement:
    """Say whether somebody has access who is to have it; only under policy Report others may let a leaver in again."""
    if facts.desired.active is False and account.active:
        return Statement(False, Reason.CONFLICT, "Others gave access in Workteam to somebody who is to have none")
    return Statement(True, Reason.PROVISIONED if account.active else Reason.DEACTIVATED)


def _synced(facts: UserFacts) -> Statement:
    account = facts.account
    assert account is not None  # noqa: S101 - see settled
    if drift := drift_of(facts, account):
        return Statement(False, Reason.DRIFT_DETECTED, told(drift))
    if facts.withheld:
        text = f"Workteam took the access away; workte.am/grant-access: {account.id} gives it back"
        return Statement(False, Reason.ACCESS_WITHHELD, text)
    if facts.manager_waits:
        return Statement(False, Reason.PENDING, "The manager has no account yet")
    if lacking := sorted({*facts.desired.unsupported, *changes_of(facts, account)}):
        return Statement(True, Reason.ATTRIBUTE_UNSUPPORTED, f"Workteam does not keep {', '.join(lacking)}"[:1024])
    nobody = "The manager is nobody here" if MANAGER in facts.desired.undecided else ""
    return Statement(True, Reason.ADOPTED if facts.status.adopted else Reason.IN_SYNC, nobody)
