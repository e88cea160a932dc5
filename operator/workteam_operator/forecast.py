"""What a plan would come to, step after step, as ``status.plan`` tells it: names and numbers, never values. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.progress import Plan, PlannedAction, PlannedMembers

R = TypeVar("R", WorkteamUser, WorkteamGroup)

MOST_STEPS = 20
LONGEST = 1024


def without_word(owner: R, annotation: str) -> R:
    """Return an object as it is once an annotation had its effect."""
    kept = {name: value for name, value in owner.metadata.annotations.items() if name != annotation}
    return owner.model_copy(update={"metadata": owner.metadata.model_copy(update={"annotations": kept})})


@dataclass
class Draft:
    """A plan that is being written down."""

    sentences: list[str] = field(default_factory=list)
    actions: list[PlannedAction] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)
    adopts: str | None = None
    members: PlannedMembers | None = None

    def say(self, sentence: str, action: PlannedAction) -> None:
        """Add a step."""
        self.sentences.append(sentence)
        self.actions.append(action)

    def adopt(self, found: str) -> None:
        """Add that an account or team is taken."""
        self.adopts = found
        self.say(f"adopt {found}", PlannedAction.ADOPT)

    def update(self, paths: Iterable[str], *, activates: bool = False) -> None:
        """Add that attributes change; access that is given is a step of its own for whoever reads it."""
        if activates:
            self.say("activate", PlannedAction.ACTIVATE)
        if names := sorted(set(paths) - ({"active"} if activates else set())):
            self.attributes.update(names)
            self.say(f"change {', '.join(names)}", PlannedAction.UPDATE)

    def change_members(self, add: int, remove: int) -> None:
        """Add that members come and go, if any do."""
        if add or remove:
            self.members = PlannedMembers(add=add, remove=remove)
            self.say(f"members +{add} -{remove}", PlannedAction.CHANGE_MEMBERS)

    def plan(self) -> Plan | None:
        """Return what was written down; None if that is nothing."""
        if not self.sentences:
            return None
        summary = ", ".join(self.sentences)
        digest = hashlib.sha256(summary.encode()).hexdigest()[:16]
        return Plan(
            hash=digest,
            summary=summary if len(summary) <= LONGEST else f"{summary[: LONGEST - 1]}…",
            actions=tuple(self.actions[:10]),
            attributes=tuple(sorted(self.attributes)[:200]),
            adopts=self.adopts,
            members=self.members,
        )
