"""The Events of an API server behind the port: what is told again is counted, not written again."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, NamedTuple

from workteam_crds.cluster.access import JSON_PATCH, Requests
from workteam_crds.cluster.port import NotFound, Severity
from workteam_crds.kinds.custom_resource import API_VERSION, CustomResource
from workteam_crds.part import rfc3339

REMEMBERED = 4096
"""Events of this process that are counted up when they are told again; as many as kubelet and others remember."""


class _Said(NamedTuple):
    uid: str | None
    severity: Severity
    reason: str
    note: str
    component: str


class _Written(NamedTuple):
    name: str
    times: int


class KubernetesEvents:
    """Events of one real API server; see ``port.Cluster.record`` for the promise."""

    def __init__(self, access: Requests) -> None:
        self._access = access
        self._written: OrderedDict[_Said, _Written] = OrderedDict()

    async def record(
        self, about: CustomResource, severity: Severity, reason: str, note: str, *, component: str = "workteam-operator"
    ) -> None:
        """Write a Kubernetes Event about an object, or count it up if it said the same before."""
        said = _Said(about.metadata.uid, severity, reason, note[:1024], component)
        path = f"/api/v1/namespaces/{about.metadata.namespace}/events"
        known = self._written.pop(said, None)
        written = None if known is None else await self._count_up(path, known)
        if written is None:
            answer = await self._access.request("POST", path, body=_event(about, said))
            written = _Written(answer["metadata"]["name"], 1)
        self._written[said] = written
        if len(self._written) > REMEMBERED:
            self._written.popitem(last=False)

    async def _count_up(self, path: str, known: _Written) -> _Written | None:
        """Raise the count of an Event; None if Kubernetes has dropped it, as it does after an hour."""
        counted = _Written(known.name, known.times + 1)
        operations = [
            {"op": "replace", "path": "/count", "value": counted.times},
            {"op": "replace", "path": "/lastTimestamp", "value": rfc3339(datetime.now(UTC))},
        ]
        try:
            await self._access.request("PATCH", f"{path}/{known.name}", body=operations, content_type=JSON_PATCH)
        except NotFound:
            return None
        return counted


def _event(about: CustomResource, said: _Said) -> dict[str, Any]:
    now = rfc3339(datetime.now(UTC))
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{about.metadata.name[:200]}.", "namespace": about.metadata.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": about.kind,
            "namespace": about.metadata.namespace,
            "name": about.metadata.name,
            "uid": said.uid,
        },
        "type": said.severity.value,
        "reason": said.reason,
        "message": said.note,
        "source": {"component": said.component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }
