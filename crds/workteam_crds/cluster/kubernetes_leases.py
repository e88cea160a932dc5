"""The Leases of an API server behind the port: what of ``kubernetes.py`` no kind of ours needs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from workteam_crds.cluster.access import Requests
from workteam_crds.cluster.port import LeaseRecord

API_VERSION = "coordination.k8s.io/v1"


class KubernetesLeases:
    """Leases of one real API server; see ``port.Leases`` for the promises."""

    def __init__(self, access: Requests) -> None:
        self._access = access

    async def read_lease(self, namespace: str, name: str, *, within: timedelta) -> LeaseRecord:
        """Read one Lease consistently."""
        path = f"{_leases(namespace)}/{name}"
        return _record(await self._access.request("GET", path, within=within))

    async def write_lease(self, record: LeaseRecord, now: datetime, *, within: timedelta) -> LeaseRecord:
        """Create a Lease, or replace it by compare-and-swap."""
        method, path = "POST", _leases(record.namespace)
        if record.resource_version is not None:
            method, path = "PUT", f"{path}/{record.name}"
        body = _manifest(record, now)
        written = await self._access.request(method, path, body=body, within=within)
        return _record(written)

    async def lease_changed(self, record: LeaseRecord, *, within: timedelta) -> None:
        """Watch one Lease until it says something new."""
        query = {
            "watch": "true",
            "fieldSelector": f"metadata.name={record.name}",
            "resourceVersion": record.resource_version or "0",
            "timeoutSeconds": str(max(1, round(within.total_seconds()))),
        }
        try:
            async with asyncio.timeout(within.total_seconds()):
                async with self._access.stream(_leases(record.namespace), query) as lines:
                    await anext(lines, None)
        except TimeoutError:
            return


def _leases(namespace: str) -> str:
    return f"/apis/{API_VERSION}/namespaces/{namespace}/leases"


def _record(raw: Any) -> LeaseRecord:
    metadata, spec = raw["metadata"], raw.get("spec") or {}
    return LeaseRecord(
        namespace=metadata["namespace"],
        name=metadata["name"],
        holder=spec.get("holderIdentity") or "",
        duration=timedelta(seconds=spec.get("leaseDurationSeconds") or 0),
        transitions=spec.get("leaseTransitions") or 0,
        resource_version=metadata["resourceVersion"],
    )


def _manifest(record: LeaseRecord, now: datetime) -> dict[str, Any]:
    metadata = {"namespace": record.namespace, "name": record.name}
    if record.resource_version is not None:
        metadata["resourceVersion"] = record.resource_version
    spec = {
        "holderIdentity": record.holder,
        "leaseDurationSeconds": round(record.duration.total_seconds()),
        "leaseTransitions": record.transitions,
        "renewTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return {"apiVersion": API_VERSION, "kind": "Lease", "metadata": metadata, "spec": spec}
