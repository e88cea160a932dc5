"""What a group's facts and status become by a step that succeeded. Rhymes with user_progress. Pure."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Plan
from workteam_operator.adoption import not_found
from workteam_operator.backend.port import Team
from workteam_operator.group_situation import GroupFacts, candidate


def with_team(facts: GroupFacts, team: Team, now: datetime, *, adopted: bool) -> GroupFacts:
    """Record a team that was created or adopted.

    A terminating object takes one after the other of what its unanswered creates made; a live one has waited them out.
    """
    unresolved = not_found(facts.intents, [candidate(team)]) if facts.group.deleting else ()
    update: dict[str, Any] = {
        "team_id": team.id,
        "adopted": adopted,
        "synced_display_name": team.display_name,
        "synced_external_id": team.external_id,
        "pending_create": unresolved,
        "last_sync_time": now,
    }
    return replace(facts, status=facts.status.model_copy(update=update), team=team, found=(), intents=unresolved)


def renamed(facts: GroupFacts, team: Team, now: datetime) -> GroupFacts:
    """Note that Workteam took a change of attributes; the members are those that were known."""
    members = facts.team.members if facts.team else None
    update = {
        "synced_display_name": team.display_name,
        "synced_external_id": team.external_id,
        "last_sync_time": now,
    }
    status = facts.status.model_copy(update=update)
    return replace(facts, status=status, team=replace(team, members=members))


def with_members(facts: GroupFacts, now: datetime, *, add: frozenset[str], remove: frozenset[str]) -> GroupFacts:
    """Note that members came and went."""
    team = facts.team
    if team is None:
        return facts
    status = facts.status.model_copy(update={"last_sync_time": now, "booked": None})
    changed = replace(team, members=(team.members or frozenset()) - remove | add)
    return replace(facts, status=status, team=changed, tried=facts.tried | {"members"})


def disowned(status: GroupStatus) -> GroupStatus:
    """Forget the team: it is another organisation's (rule A9)."""
    kept = {"observed_generation", "conditions", "plan", "members"}
    return GroupStatus(**{name: getattr(status, name) for name in kept})


def with_plan(status: GroupStatus, plan: Plan) -> GroupStatus:
    """Note what would be done."""
    return status.model_copy(update={"plan": plan})
