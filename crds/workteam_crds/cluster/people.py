"""Who speaks to an API server, and what it was told about an object: for commands that people run."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workteam_crds.cluster.access import Access
from workteam_crds.cluster.port import ClusterError
from workteam_crds.kinds.custom_resource import API_VERSION

REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
UNNAMED = "somebody whom the API server does not name"


@dataclass(frozen=True)
class Told:
    """One Kubernetes Event about an object."""

    at: datetime
    """When it was last seen."""
    reason: str
    message: str
    count: int
    by: str
    """The program that reported it."""


async def user_name(access: Access) -> str:
    """Return the name that the API server knows the caller by (SelfSubjectReview, Kubernetes ≥ 1.28).

    Anybody may ask; if the server does not answer this, the name is unknown, and that is what is returned.
    """
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = await access.request("POST", REVIEWS, body=review)
    except ClusterError:
        return UNNAMED
    return str(answer["status"]["userInfo"].get("username") or UNNAMED)


async def events_about(access: Access, namespace: str, name: str) -> tuple[Told, ...]:
    """Read the Events about the objects of ours of one name, the oldest first; also when they are gone.

    Kubernetes keeps Events for an hour. Raises ``ClusterError``.
    """
    path = f"/api/v1/namespaces/{namespace}/events"
    found = await access.request("GET", path, query={"fieldSelector": f"involvedObject.name={name}"})
    ours = [event for event in found["items"] if event["involvedObject"].get("apiVersion") == API_VERSION]
    return tuple(sorted((_told(event) for event in ours), key=lambda told: told.at))


async def objects_with_event(access: Access, namespace: str, reason: str) -> dict[str, datetime]:
    """Return when an Event of one reason was last seen, by the names of our objects; also of gone ones.

    Raises ``ClusterError``.
    """
    selector = f"reason={reason},involvedObject.apiVersion={API_VERSION}"
    path = f"/api/v1/namespaces/{namespace}/events"
    found = await access.request("GET", path, query={"fieldSelector": selector})
    told = sorted((_told(event).at, str(event["involvedObject"]["name"])) for event in found["items"])
    return {name: at for at, name in told}


def _told(event: dict[str, Any]) -> Told:
    at = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    series: dict[str, Any] = event.get("series") or {}
    return Told(
        at=datetime.fromisoformat(at),
        reason=str(event.get("reason") or ""),
        message=str(event.get("message") or ""),
        count=int(series.get("count") or event.get("count") or 1),
        by=str((event.get("source") or {}).get("component") or event.get("reportingComponent") or ""),
    )
