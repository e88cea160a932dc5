"""What happened to one user or group, from Entra's request to the account in Workteam. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from workteam_cli.asked import Asked, in_words
from workteam_cli.objects import Subject, TenantObjects, shown_name
from workteam_cli.remedies import way_out
from workteam_cli.standing import standing_of
from workteam_crds.cluster.people import Told
from workteam_crds.conditions import Condition, ConditionStatus
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import GROUP, LAST_MODIFIED, REQUEST_ID, SOURCE_GIT, SOURCE_LABEL
from workteam_crds.part import rfc3339

LISTED = 10
"""How many of those who are gone are named."""


class Moment(NamedTuple):
    """One thing that happened."""

    at: str
    """RFC 3339, UTC."""
    what: str
    """request, object, event or condition."""
    text: str


@dataclass(frozen=True)
class Story:
    """All that is known of one object, which may be gone."""

    name: str
    """Its metadata.name."""
    objects: TenantObjects
    subject: Subject | None
    asked: Asked
    events: Sequence[Told]

    def moments(self) -> list[Moment]:
        """Return what happened, the oldest first; within a second a request comes before what followed from it."""
        told = [*self._requests(), *self._object(), *self._events(), *self._conditions()]
        return sorted(told, key=lambda moment: moment.at)

    def document(self) -> dict[str, Any]:
        """Return the story as JSON values."""
        namespace, tenant = self.objects.tenant.tenant
        return {
            "namespace": namespace,
            "tenant": tenant,
            "id": self.name,
            **({"gone": True} if self.subject is None else self._now(self.subject)),
            "happened": [moment._asdict() for moment in self.moments()],
            "requestsUnknown": self.asked.unknown,
            "requestsSince": self.asked.since,
        }

    def _now(self, subject: Subject) -> dict[str, Any]:
        standing, metadata = standing_of(subject), subject.metadata
        return {
            "kind": subject.kind,
            "name": shown_name(subject),
            "state": str(standing.state),
            "reason": str(standing.reason),
            "message": standing.message,
            "remedy": None if standing.in_sync else way_out(standing.reason),
            "source": "Git" if metadata.labels.get(SOURCE_LABEL) == SOURCE_GIT else "Entra",
            "requestId": metadata.annotations.get(REQUEST_ID),
            "generation": metadata.generation,
            "observedGeneration": subject.status.observed_generation,
            "decided": dict(_decided(metadata.annotations)),
            "finalizers": list(metadata.finalizers),
            "workteam": _in_workteam(subject),
            "waitsFor": list(self._waits_for(subject)),
            "conditions": [{**c.dump(), "remedy": way_out(c.reason)} for c in subject.status.conditions],
        }

    def _waits_for(self, subject: Subject) -> Iterator[str]:
        """Name what else must come first."""
        if isinstance(subject, WorkteamUser):
            enterprise = subject.spec.enterprise
            wanted = enterprise.manager.value if enterprise and enterprise.manager else None
            manager = next((user for user in self.objects.users if user.metadata.name == wanted), None)
            if manager is not None and manager.status.account_id is None:
                standing = standing_of(manager)
                yield f"the manager {shown_name(manager)}, who has no account yet: {standing.state}, {standing.reason}"
        elif subject.status.members is not None and subject.status.members.unresolved:
            counts = subject.status.members
            yield f"the accounts of {counts.unresolved} of {counts.listed} members"

    def _requests(self) -> Iterator[Moment]:
        for request in self.asked.about(self.name):
            yield Moment(str(request["at"]), "request", in_words(request))

    def _object(self) -> Iterator[Moment]:
        metadata = self.subject.metadata if self.subject else None
        if metadata is not None and metadata.creation_timestamp is not None:
            yield Moment(rfc3339(metadata.creation_timestamp), "object", "created")
        if metadata is not None and metadata.deletion_timestamp is not None:
            held = ", ".join(metadata.finalizers) or "nothing"
            yield Moment(rfc3339(metadata.deletion_timestamp), "object", f"deleted, and held by {held}")

    def _events(self) -> Iterator[Moment]:
        for event in self.events:
            times = f", {event.count} times" if event.count > 1 else ""
            yield Moment(rfc3339(event.at), "event", f"{event.reason}: {event.message} ({event.by}{times})")

    def _conditions(self) -> Iterator[Moment]:
        for condition in self.subject.status.conditions if self.subject else ():
            yield Moment(rfc3339(condition.last_transition_time), "condition", _held(condition))


def gone_lately(objects: TenantObjects, asked: Asked, farewells: Mapping[str, str]) -> str:
    """Return a sentence with the ids of objects that went lately, the last first; ``farewells`` are moments by id."""
    there = {subject.metadata.name for subject in objects.subjects}
    deleted = {
        str(request["object"]): str(request["at"])
        for request in reversed(asked.requests)
        if request["op"] == "delete" and request["outcome"] == "done" and request.get("object")
    }
    gone = {name: at for name, at in {**farewells, **deleted}.items() if name not in there}
    if not gone:
        return ""
    last = sorted(gone, key=lambda name: gone[name], reverse=True)
    some = ", ".join(f"{name} at {gone[name]}" for name in last[:LISTED])
    more = f" and {len(last) - LISTED} more" if len(last) > LISTED else ""
    return (
        " If the one you mean is gone, only the id is known: these went lately from this namespace: "
        f"{some}{more}. `workteam explain ID` tells what is left of one."
    )


def _held(condition: Condition) -> str:
    holds = {ConditionStatus.TRUE: "became true", ConditionStatus.FALSE: "became false"}
    return f"{condition.type} {holds.get(condition.status, 'became unknown')}, now {condition.reason}"


def _decided(annotations: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return what people said by annotation."""
    for name, value in sorted(annotations.items()):
        if name.startswith(f"{GROUP}/") and name not in {LAST_MODIFIED, REQUEST_ID}:
            yield name, value


def _in_workteam(subject: Subject) -> dict[str, Any]:
    status = subject.status
    known: dict[str, Any] = {"id": subject.status.team_id} if not isinstance(subject, WorkteamUser) else {}
    if isinstance(subject, WorkteamUser):
        known = {"id": subject.status.account_id, "active": subject.status.synced_active}
    return {
        **known,
        "adopted": bool(status.adopted),
        "lastSync": None if status.last_sync_time is None else rfc3339(status.last_sync_time),
        "createsInDoubt": len(status.pending_create),
        "booked": None if status.booked is None else str(status.booked.kind),
        "planned": None if status.plan is None else status.plan.summary,
    }
