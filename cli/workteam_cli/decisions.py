"""What a person decides about an object: an annotation of it, and an Event that says who decided what.

The operator acts on the annotation, whenever it runs next. What the decision was taken on is tested as it is written:
an object that was changed in between is left alone.
"""

import asyncio
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from workteam_cli.objects import Subject, shown_name
from workteam_crds.cluster.port import Cluster, ClusterError, Conflict, NotFound, Operation, Severity
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.custom_resource import Metadata

ATTEMPTS = 5
"""How often a decision is written again because only the status had moved."""
AT_ONCE = 20
"""Objects that are written at a time."""
MANAGER = "workteam"
"""The field manager, and the component of the Events."""

Resource: TypeAlias = Subject | WorkteamTenant


class Deed(enum.StrEnum):
    """What a person did; the reason of the Event."""

    CONFIRMED_ADOPTION = "AdoptionConfirmed"
    GRANTED = "AccessGranted"
    RELEASED = "LossOfAccessReleased"
    PAUSED = "PauseRequested"
    RESUMED = "ResumeRequested"
    RESYNC = "ResyncRequested"
    ABANDONED = "Abandoned"


@dataclass(frozen=True)
class Decision:
    """One annotation of one object."""

    about: Resource
    deed: Deed
    annotation: str
    value: str | None
    """None removes the annotation."""
    drops: str | None = None
    """A finalizer that goes in the same write."""


@dataclass(frozen=True)
class Outcome:
    """What became of a decision."""

    decision: Decision
    failure: str | None = None
    """Why it is not written; None if it is."""
    remark: str | None = None
    """What went wrong besides."""

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        about, why = self.decision.about, self.failure or self.remark
        return {
            "kind": about.kind,
            "id": about.metadata.name,
            "name": name_of(about),
            "annotation": self.decision.annotation,
            "value": self.decision.value,
            "done": self.failure is None,
            **({} if why is None else {"message": why}),
        }


def name_of(resource: Resource) -> str:
    """Return the name that a person knows it by."""
    return resource.metadata.name if isinstance(resource, WorkteamTenant) else shown_name(resource)


async def carry_out(cluster: Cluster, decisions: Sequence[Decision], *, who: str) -> list[Outcome]:
    """Write decisions and tell of them, several at a time; a decision that came too late is an outcome of its own.

    ``who`` is the person that the Events name. Raises ``ClusterError``.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(decision: Decision) -> Outcome:
        async with gate:
            failure = await _write(cluster, decision)
            return Outcome(decision, failure, None if failure else await _tell(cluster, decision, who))

    return list(await asyncio.gather(*(one(decision) for decision in decisions)))


async def _write(cluster: Cluster, decision: Decision) -> str | None:
    """Write one decision; return why it cannot be written, or None. What was to be let go may be gone already."""
    about: Resource = decision.about
    gone = None if decision.drops else "it is gone"
    for _ in range(ATTEMPTS):
        try:
            await cluster.patch(about, list(_operations(about.metadata, decision)), manager=MANAGER)
        except Conflict:
            try:
                about = await cluster.get(type(about), about.metadata.namespace, about.metadata.name)
            except NotFound:
                return gone
            if not _still_holds(decision, about.metadata):
                return "it was changed in between: look at it again"
        except NotFound:
            return gone
        else:
            return None
    return "it is being changed all the time: try again"


def _still_holds(decision: Decision, now: Metadata) -> bool:
    """Say whether a decision is still about the object: a status never counts, and to letting go no edit does."""
    then = decision.about.metadata
    return now.uid == then.uid and (decision.drops is not None or now.generation == then.generation)


def _operations(metadata: Metadata, decision: Decision) -> Iterator[Operation]:
    yield {"op": "test", "path": "/metadata/resourceVersion", "value": metadata.resource_version}
    path = f"/metadata/annotations/{decision.annotation.replace('/', '~1')}"
    if decision.value is None:
        yield {"op": "remove", "path": path}
    elif metadata.annotations:
        yield {"op": "add", "path": path, "value": decision.value}
    else:
        yield {"op": "add", "path": "/metadata/annotations", "value": {decision.annotation: decision.value}}
    if decision.drops in metadata.finalizers:
        yield {"op": "remove", "path": f"/metadata/finalizers/{metadata.finalizers.index(decision.drops)}"}


async def _tell(cluster: Cluster, decision: Decision, who: str) -> str | None:
    """Write the Event. The change is made by then: that somebody may not write Events is only a remark."""
    severity = Severity.WARNING if decision.drops else Severity.NORMAL
    what = "removed" if decision.value is None else decision.value
    note = f"{decision.annotation}: {what} (by {who})"
    try:
        await cluster.record(decision.about, severity, decision.deed, note, component=MANAGER)
    except ClusterError as error:
        return f"no Event tells of it: {error}"
    return None
