"""What would be done in Workteam, in mode Plan: each object's ``status.plan``, and what they add up to. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workteam_cli.objects import Subject, TenantObjects, shown_name
from workteam_cli.standing import State, standing_of
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.progress import Plan, PlannedAction

GIVES = frozenset({PlannedAction.CREATE, PlannedAction.ACTIVATE})
TAKES = frozenset({PlannedAction.DEACTIVATE, PlannedAction.DELETE})


@dataclass(frozen=True)
class Entry:
    """What would be done for one object."""

    subject: Subject
    plan: Plan

    @property
    def what(self) -> str:
        """Say it in a few words: the account that is adopted, names of attributes, numbers of members."""
        adopts, members = self.plan.adopts, self.plan.members
        parts = [f"account {adopts}"] if adopts and isinstance(self.subject, WorkteamUser) else []
        parts += [f"team {adopts}"] if adopts and not parts else []
        parts += [", ".join(self.plan.attributes)] if self.plan.attributes else []
        parts += [f"members +{members.add} -{members.remove}"] if members else []
        return "; ".join(parts)

    @property
    def seats(self) -> int:
        """Return how many more people would have access: 1, 0 or -1."""
        user = self.subject
        if not isinstance(user, WorkteamUser):
            return 0
        actions = set(self.plan.actions)
        if actions & TAKES:
            return 0 if user.status.synced_active is False else -1
        wanted = user.spec.active is not False
        return int(bool(actions & GIVES) and wanted)

    @property
    def invites(self) -> bool:
        """Say whether Workteam would invite somebody: it does so when an account with access is made."""
        made = PlannedAction.CREATE in self.plan.actions
        return made and isinstance(self.subject, WorkteamUser) and self.seats > 0

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        subject, plan = self.subject, self.plan
        return {
            "kind": subject.kind,
            "id": subject.metadata.name,
            "name": shown_name(subject),
            "actions": [str(action) for action in plan.actions],
            "attributes": list(plan.attributes),
            "adopts": plan.adopts,
            "members": None if plan.members is None else plan.members.dump(),
            "summary": plan.summary,
        }


@dataclass(frozen=True)
class Planned:
    """Everything that would be done for a tenant."""

    objects: TenantObjects
    entries: tuple[Entry, ...]
    unplanned: int
    """Users and groups that the operator has not looked at yet."""
    stalled: int
    """Users and groups that wait for a person."""

    @property
    def counts(self) -> Mapping[PlannedAction, int]:
        """Count objects by action, in the order of the actions; those that nothing has are left out."""
        found = Counter(action for entry in self.entries for action in set(entry.plan.actions))
        return {action: found[action] for action in PlannedAction if found[action]}

    @property
    def invitations(self) -> int:
        """Return how many people Workteam would invite."""
        return sum(entry.invites for entry in self.entries)

    @property
    def seats(self) -> int:
        """Return how many more people would have access; negative if fewer."""
        return sum(entry.seats for entry in self.entries)

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        namespace, name = self.objects.tenant.tenant
        return {
            "namespace": namespace,
            "tenant": name,
            "entries": [entry.document() for entry in self.entries],
            "counts": {str(action): number for action, number in self.counts.items()},
            "invitations": self.invitations,
            "seats": self.seats,
            "unplanned": self.unplanned,
            "stalled": self.stalled,
        }


def planned(objects: TenantObjects) -> Planned:
    """Collect what would be done."""
    entries = tuple(Entry(s, s.status.plan) for s in objects.subjects if s.status.plan is not None and _is_current(s))
    those = {entry.subject.key for entry in entries}
    states = Counter(standing_of(subject).state for subject in objects.subjects if subject.key not in those)
    return Planned(objects, entries, states[State.PENDING] + states[State.DELETING], states[State.STALLED])


def _is_current(subject: Subject) -> bool:
    """Say whether the plan is one of the object as it is now."""
    synced = find_condition(subject.status.conditions, ConditionType.SYNCED)
    told = synced is not None and synced.reason is Reason.PLANNED
    return told and subject.status.observed_generation == subject.metadata.generation
