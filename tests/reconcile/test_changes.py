"""Which change of an object makes a visit."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from workteam_crds.conditions import Condition, ConditionStatus, ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup
from workteam_crds.testing import a_group
from workteam_operator.changes import is_refused_adoption, visit_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
OURS, OTHER = "workte.am/account", "example.com/other"


def crew(**metadata: Any) -> WorkteamGroup:
    """Return a group in generation 1 with our finalizer, and what else its metadata has."""
    group = a_group("crew")
    update = {"uid": "u-1", "generation": 1, "finalizers": (OURS,), "resource_version": "1", **metadata}
    return group.model_copy(update={"metadata": group.metadata.model_copy(update=update)})


@dataclass(frozen=True)
class Change:
    """Metadata before and after, and whether it makes a visit."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    visit: bool = True


CASES: dict[str, Change] = {
    "nothing but the version": Change(after={"resource_version": "2"}, visit=False),
    "another object of the name": Change(after={"uid": "u-2"}),
    "another generation": Change(after={"generation": 2}),
    "deleted": Change(after={"deletion_timestamp": NOW}),
    "an annotation": Change(after={"annotations": {"workte.am/paused": "true"}}),
    "only the time of the last change": Change(after={"annotations": {"workte.am/last-modified": "x"}}, visit=False),
    "a finalizer comes": Change(after={"finalizers": (OURS, OTHER)}, visit=False),
    "our finalizer goes": Change(after={"finalizers": ()}),
    "another's finalizer goes": Change(before={"finalizers": (OURS, OTHER)}, visit=False),
    "a finalizer goes while the object terminates": Change(
        before={"deletion_timestamp": NOW, "finalizers": (OURS, OTHER)},
        after={"deletion_timestamp": NOW, "finalizers": (OURS,)},
    ),
}


@pytest.mark.parametrize("change", CASES.values(), ids=CASES.keys())
def test_visit(change: Change) -> None:
    """What changed, and whether the object is visited for it."""
    assert (visit_of(crew(**change.before), crew(**change.after)) is not None) is change.visit


def stalled(reason: Reason, *, generation: int = 1, **annotations: str) -> WorkteamGroup:
    """Return a group in generation 1 that stands still, as decided for a generation."""
    condition = Condition(
        type=ConditionType.STALLED,
        status=ConditionStatus.TRUE,
        reason=reason,
        message="",
        observed_generation=generation,
        last_transition_time=NOW,
    )
    group = crew(annotations={f"workte.am/{name}": value for name, value in annotations.items()})
    status = group.status.model_copy(update={"observed_generation": generation, "conditions": (condition,)})
    return group.model_copy(update={"status": status})


REFUSALS: dict[str, tuple[WorkteamGroup, bool]] = {
    "nothing was decided yet": (crew(), False),
    "a contradiction": (stalled(Reason.UNIQUENESS_CONFLICT), True),
    "one that a person has to confirm": (stalled(Reason.CONFIRM_ADOPTION), True),
    "another reason": (stalled(Reason.DUPLICATE_DISPLAY_NAME), False),
    "decided for an earlier generation": (stalled(Reason.UNIQUENESS_CONFLICT, generation=0), False),
    "a person named one since": (stalled(Reason.UNIQUENESS_CONFLICT, adopt="7"), False),
}


@pytest.mark.parametrize(("group", "refused"), REFUSALS.values(), ids=REFUSALS.keys())
def test_refused_adoption(group: WorkteamGroup, refused: bool) -> None:  # noqa: FBT001
    """Whether an object waits for a person's word on what it may adopt."""
    assert is_refused_adoption(group) is refused
