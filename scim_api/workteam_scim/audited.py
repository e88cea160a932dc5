"""Audited: a cluster whose writes are noted for the audit, and carry the id of the request that they come from."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from workteam_crds.cluster.port import ObjectStore, Operation
from workteam_crds.kinds import WorkteamGroupMembership
from workteam_crds.kinds.custom_resource import REQUEST_ID, CustomResource
from workteam_scim import audit

R = TypeVar("R", bound=CustomResource)

ANNOTATIONS = "/metadata/annotations"
SPEC = "/spec/"
OURS = frozenset({"tenantRef", "memberships"})
"""What no client names."""


def audited(cluster: ObjectStore) -> ObjectStore:
    """Return a cluster that notes what is written to another one."""
    return cast("ObjectStore", Audited(cluster))


class Audited:
    """Hands everything on; what is written is noted first, so that a write whose answer is lost is known too."""

    def __init__(self, cluster: ObjectStore) -> None:
        self._cluster = cluster

    def __getattr__(self, name: str) -> Any:
        """Return what is none of our business."""
        return getattr(self._cluster, name)

    async def create(self, resource: R, **options: Any) -> R:
        """Create an object; the request's id goes with it."""
        _note(resource, resource.dump()["spec"])
        if (request_id := audit.request_id()) is not None:
            annotations = {**resource.metadata.annotations, REQUEST_ID: request_id}
            metadata = resource.metadata.model_copy(update={"annotations": annotations})
            resource = resource.model_copy(update={"metadata": metadata})
        return await self._cluster.create(resource, **options)

    async def patch(self, resource: R, operations: Sequence[Operation], **options: Any) -> R:
        """Change an object; where its annotations are written the request's id goes with them."""
        paths = [operation["path"] for operation in operations if operation["op"] != "test"]
        _note(resource, (path.split("/")[2] for path in paths if path.startswith(SPEC)))
        request_id = audit.request_id()
        if request_id is not None and any(path.startswith(ANNOTATIONS) for path in paths):
            path = f"{ANNOTATIONS}/{REQUEST_ID.replace('/', '~1')}"
            operations = [*operations, {"op": "add", "path": path, "value": request_id}]
        return await self._cluster.patch(resource, operations, **options)

    async def delete(self, resource: CustomResource, **options: Any) -> None:
        """Delete an object."""
        _note(resource, ())
        await self._cluster.delete(resource, **options)


def _note(resource: CustomResource, attributes: Any) -> None:
    """Note names in spec; a list of further members is a part of its group."""
    if isinstance(resource, WorkteamGroupMembership):
        audit.wrote(None, ["members"])
    else:
        audit.wrote(resource.metadata.name, (name for name in attributes if name not in OURS))
