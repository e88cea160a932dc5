"""The next step for one group's team, decided from what was observed (DESIGN 12). Rhymes with user_plan. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.kinds.custom_resource import ADOPT, RELEASE
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import MissingAccount, OnGroupDelete
from workteam_crds.naming import folded
from workteam_operator import steps
from workteam_operator.adoption import Adopt, Await, Refuse, decide
from workteam_operator.backend.port import Team
from workteam_operator.group_situation import GroupFacts, candidate, wanted_of
from workteam_operator.intents import too_new
from workteam_operator.leavers import grace_left
from workteam_operator.ownership import external_id
from workteam_operator.steps import Leaving, Stall, Step, Wait


def plan_group(facts: GroupFacts) -> Step:
    """Return the one step that brings the team closer to the object."""
    if facts.group.deleting:
        return _plan_departure(facts)
    if facts.restored:
        return steps.RESTORED
    if facts.members.lists < (facts.group.spec.memberships or 0):
        wanted = facts.group.spec.memberships
        return Wait(f"Only {facts.members.lists} of {wanted} further lists of members are here yet")
    if facts.status.team_id is None:
        return _plan_arrival(facts)
    return _plan_upkeep(facts)


def changes_of(facts: GroupFacts, team: Team) -> Mapping[str, str]:
    """Return what must change on a team, but for its members."""
    wanted = {"displayName": facts.group.spec.display_name, "externalId": external_id(facts.group)}
    held = {"displayName": team.display_name, "externalId": team.external_id}
    return {path: value for path, value in wanted.items() if held[path] != value}


def drift_of(facts: GroupFacts, team: Team) -> frozenset[str]:
    """Return what others changed, where that is only reported."""
    if not facts.reports:
        return frozenset()
    return frozenset(changes_of(facts, team)) | ({"members"} if facts.to_add or facts.to_remove else set())


def _plan_arrival(facts: GroupFacts) -> Step:
    """While a create is in doubt nothing is taken but what it made, and nothing is created (rule A7)."""
    if facts.noted:
        return steps.Create()
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_DISPLAY_NAME, f"The object {facts.rival} has the same displayName")
    if (again_in := facts.look_again) is not None:
        return Wait("An earlier create was not answered: looking for its team", again_in)
    match decide(wanted_of(facts), facts.candidates, facts.holders):
        case Adopt(chosen, ours):
            return steps.Adopt(chosen.id, ours=ours)
        case Refuse(reason, message):
            return Stall(reason, message)
        case Await(holder):
            return Wait(f"The object {holder} still has the team")
        case _ if facts.unseen is not None:
            return Wait("The team of a terminating object may not show yet", facts.unseen)
        case _:
            return steps.NoteIntent()


def _plan_upkeep(facts: GroupFacts) -> Step:
    team = facts.team
    if (holder := facts.holders.get(facts.status.team_id or "")) is not None and not holder.leaving:
        return Stall(Reason.UNIQUENESS_CONFLICT, f"The object {holder.name} has recorded the same team")
    if team is None:
        return _plan_missing(facts)
    if steps.confirmed(facts.group) == team.id:
        return steps.DropWord(ADOPT)
    if facts.rival is not None:
        return Stall(Reason.DUPLICATE_DISPLAY_NAME, f"The object {facts.rival} has the same displayName")
    if drift_of(facts, team):
        return steps.Settled()
    changes = changes_of(facts, team)
    blocked = "displayName" in changes and facts.name_in_use is not None
    possible = {path: value for path, value in changes.items() if path != "displayName" or not blocked}
    if not possible.keys() <= facts.tried:
        return steps.Update(possible)
    if (facts.to_add or facts.to_remove) and "members" not in facts.tried:
        return steps.ChangeMembers(facts.to_add, facts.to_remove)
    return _plan_blocked_rename(facts) if blocked else steps.Settled()


def _plan_blocked_rename(facts: GroupFacts) -> Step:
    """All but the displayName is changed already; objects that swap names would wait for each other for ever."""
    between = folded(facts.status.synced_display_name or "") == folded(facts.name_between)
    if facts.gives_way and not between and "displayName" not in facts.tried:
        return steps.Update({"displayName": facts.name_between})
    return Wait(f"The object {facts.name_in_use} still has the displayName in Workteam")


def _plan_missing(facts: GroupFacts) -> Step:
    if (wait := too_new(facts.status.last_sync_time, facts.settle, facts.now)) is not None:
        return Wait("Workteam does not show the new team yet", wait)
    if facts.policies.deprovisioning.missing_account is MissingAccount.RECREATE and not facts.reports:
        return steps.Forget()
    text = "The team was deleted in Workteam; deprovisioning.missingAccount: Recreate makes a new one"
    return Stall(Reason.ACCOUNT_MISSING, text)


def _plan_departure(facts: GroupFacts) -> Step:
    if facts.members.lists:
        return Wait(f"{facts.members.lists} further lists of members have to go first", deleting=True)
    if facts.restored and not _is_left_alone(facts):
        return steps.RESTORED
    if facts.status.team_id is None:
        return _plan_departure_without_team(facts)
    step = _plan_departure_with_team(facts)
    if facts.intents and isinstance(step, steps.Release):
        return steps.Forget()  # another create is unresolved: what it made has to go too
    return step


def _plan_departure_without_team(facts: GroupFacts) -> Step:
    """Only a team that an unanswered create of ours may have made is looked for: another one would be left alone."""
    if (step := _plan_doubtful_departure(facts)) is not None:
        return step
    return steps.Release(Leaving.WITHOUT_ACCOUNT if facts.rival is None else Leaving.HANDED_OVER)


def _plan_doubtful_departure(facts: GroupFacts) -> Step | None:
    """Return what unanswered creates ask for (rule A7): a successor takes them over, else what they made is found."""
    known = {(intent.external_id, intent.user_name) for _, heir in facts.heirs for intent in heir.intents}
    if facts.rival is not None and facts.heirs:
        if any((i.external_id, i.user_name) not in known for i in facts.intents):
            return Wait(f"The object {facts.rival} takes over an unanswered create", facts.settle, deleting=True)
        return None
    if facts.own_creates:
        return steps.Adopt(facts.own_creates[0], ours=True)
    if (again_in := facts.look_again) is not None:
        return Wait("A create was not answered: looking for its team", again_in, deleting=True)
    return None


def _plan_departure_with_team(facts: GroupFacts) -> Step:
    holder = facts.holders.get(facts.status.team_id or "")
    if holder is not None and not holder.leaving:
        return steps.Release(Leaving.HANDED_OVER)
    if _is_left_alone(facts):
        return steps.Release(Leaving.ORPHANED)
    return _plan_loss(facts, empties=facts.policies.deprovisioning.on_group_delete is OnGroupDelete.EMPTY)


def _is_left_alone(facts: GroupFacts) -> bool:
    """Say whether a team that the group has stays as it is when the group goes."""
    orphans = facts.policies.deprovisioning.on_group_delete is OnGroupDelete.ORPHAN
    return facts.status.team_id is not None and (orphans or facts.status.adopted is True)


def _plan_loss(facts: GroupFacts, *, empties: bool) -> Step:
    team = facts.team
    if team is None:
        wait = None if facts.erased else too_new(facts.status.last_sync_time, facts.settle, facts.now)
        if wait is not None:
            return Wait("Workteam does not show the new team yet", wait, deleting=True)
        return steps.Release(Leaving.DELETED)
    if (heir := _heir(facts, team)) is not None:
        return Wait(f"The object {heir} takes over the team", facts.settle, deleting=True)
    losing = (team.members or frozenset()) - facts.strangers
    if empties and (not losing or "members" in facts.tried):
        return steps.Release(Leaving.EMPTIED)
    if facts.erased:
        return Wait("Workteam still shows the deleted team", timedelta(seconds=1), deleting=True)
    if len(facts.group.metadata.finalizers) > 1:
        return Wait("Another finalizer has to go before the team does", deleting=True)
    left = timedelta(0) if empties else grace_left(facts.group, facts.policies.deprovisioning, now=facts.now)
    if left > timedelta(0):
        return Wait("The team is kept until deprovisioning.gracePeriod is over", left, deleting=True, grace=True)
    if not _is_booked(facts):
        return steps.Book(BookingKind.DELETION, released=_released(facts.group))
    return steps.ChangeMembers(frozenset(), losing) if empties else steps.Erase(team.id)


def _heir(facts: GroupFacts, team: Team) -> str | None:
    """Return the live object that may adopt the team of this terminating one (rule A1)."""
    for name, wanted in facts.heirs:
        if isinstance(decide(wanted, [candidate(team)], {}), Adopt):
            return name
    return None


def _is_booked(facts: GroupFacts) -> bool:
    booked = facts.status.booked
    return booked is not None and booked.generation == facts.group.metadata.generation


def _released(group: WorkteamGroup) -> bool:
    return group.metadata.annotations.get(RELEASE) == str(group.metadata.generation)
