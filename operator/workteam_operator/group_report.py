"""What a group's status says after a pass. Rhymes with user_report. Pure."""

from datetime import datetime

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.groups import GroupStatus, MemberCounts
from workteam_operator.drift import told
from workteam_operator.group_plan import changes_of, drift_of
from workteam_operator.group_situation import GroupFacts, Members
from workteam_operator.verdicts import Statement, Verdict, conditions

UNSUPPORTED = Verdict(
    Statement(True, Reason.GROUPS_UNSUPPORTED, "The tenant has no groups: this one is recorded here only"),
    Statement(True, Reason.GROUPS_UNSUPPORTED),
)


def group_status(group: WorkteamGroup, progress: GroupStatus, verdict: Verdict | None, *, now: datetime) -> GroupStatus:
    """Return the whole status; without a verdict the conditions stay as they are."""
    if verdict is None:
        return progress.model_copy(update={"conditions": group.status.conditions})
    said = conditions(group.status.conditions, verdict, generation=group.metadata.generation, now=now)
    generation = group.metadata.generation if verdict.observed else group.status.observed_generation
    plan = progress.plan if verdict.synced.reason is Reason.PLANNED else None
    return progress.model_copy(update={"conditions": said, "observed_generation": generation, "plan": plan})


def counted(status: GroupStatus, members: Members) -> GroupStatus:
    """Note how many members are listed, and how many of these have no account."""
    before = status.members.digest if status.members else None
    counts = MemberCounts(listed=members.listed, unresolved=members.unresolved, digest=before)
    return status.model_copy(update={"members": counts})


def settled(facts: GroupFacts) -> tuple[GroupStatus, Verdict]:
    """Return what to remember and to say of a group whose team is as it should be, as far as Workteam goes."""
    team = facts.team
    assert team is not None  # noqa: S101 - nothing is settled without a team
    update = {
        "synced_display_name": team.display_name,
        "synced_external_id": team.external_id,
        "booked": None,
        "last_sync_time": facts.status.last_sync_time or facts.now,
        "members": MemberCounts(
            listed=facts.members.listed, unresolved=facts.members.unresolved, digest=facts.members.digest
        ),
    }
    status = facts.status.model_copy(update=update)
    return status, Verdict(Statement(True, Reason.PROVISIONED), _synced(facts))


def _synced(facts: GroupFacts) -> Statement:
    team, members = facts.team, facts.members
    assert team is not None  # noqa: S101 - see settled
    if drift := drift_of(facts, team):
        return Statement(False, Reason.DRIFT_DETECTED, told(drift))
    if members.waiting:
        return Statement(False, Reason.PENDING, f"{members.waiting} of {members.listed} members have no account yet")
    lacking = sorted({*changes_of(facts, team), *(["members"] if facts.to_add or facts.to_remove else [])})
    if lacking:
        return Statement(True, Reason.ATTRIBUTE_UNSUPPORTED, f"Workteam does not keep {', '.join(lacking)}")
    notes = [
        f"{members.nobody} listed members are nobody here" if members.nobody else "",
        f"{len(facts.strangers)} members of the team have no object and were left alone" if facts.strangers else "",
    ]
    message = "; ".join(note for note in notes if note)
    return Statement(True, Reason.ADOPTED if facts.status.adopted else Reason.IN_SYNC, message)
