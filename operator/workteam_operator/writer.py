"""Every write to an object of ours, and how what it returned gets into our copy at once."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from workteam_crds.cluster.port import Cluster, Conflict, NotFound, Operation
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_operator.losses import Losses
from workteam_operator.objects import Objects
from workteam_operator.workqueue import WorkQueue

R = TypeVar("R", WorkteamUser, WorkteamGroup)

MANAGER = "workteam-operator"


class ObjectWriter:
    """Writes status, finalizer and spent annotations; never a spec."""

    def __init__(self, cluster: Cluster, objects: Objects, queue: WorkQueue, losses: Losses) -> None:
        self._cluster = cluster
        self._objects = objects
        self._queue = queue
        self._losses = losses

    async def apply(self, resource: R, status: dict[str, Any], *, if_unchanged: bool = False) -> R:
        """Write the whole status; ``if_unchanged`` makes it fail if anybody wrote the object in between."""
        version = resource.metadata.resource_version if if_unchanged else None
        newest = resource if if_unchanged else self._newest(resource)
        return await self._written(
            resource, lambda: self._cluster.apply_status(newest, status, manager=MANAGER, resource_version=version)
        )

    async def hold(self, resource: R) -> R:
        """Put our finalizer on: before the first call outwards."""
        self._losses.hold(resource)
        value = [*resource.metadata.finalizers, FINALIZER]
        add = {"op": "add", "path": "/metadata/finalizers", "value": value}
        return await self._patched(resource, [_is_unchanged(resource), add])

    async def release(self, resource: R) -> None:
        """Take our finalizer off."""
        self._losses.let_go(resource)
        place = resource.metadata.finalizers.index(FINALIZER)
        path = f"/metadata/finalizers/{place}"
        released = await self._patched(
            resource, [{"op": "test", "path": path, "value": FINALIZER}, {"op": "remove", "path": path}]
        )
        if released.deleting and not released.metadata.finalizers:
            self._queue_all(self._objects.remove(resource.key, resource.metadata.uid))

    async def drop_annotation(self, resource: R, name: str) -> R:
        """Remove an annotation that had its effect, unless it says something new by now."""
        path = "/metadata/annotations/" + name.replace("~", "~0").replace("/", "~1")
        test = {"op": "test", "path": path, "value": resource.metadata.annotations[name]}
        return await self._patched(resource, [test, {"op": "remove", "path": path}])

    def _newest(self, resource: R) -> R:
        """Return the object at the version that our copy has by now: a write on an older one is only refused."""
        found = self._objects.find(resource.key)
        if found is None or found.metadata.uid != resource.metadata.uid:
            return resource
        return resource.model_copy(update={"metadata": found.metadata})

    async def _patched(self, resource: R, operations: list[Operation]) -> R:
        return await self._written(resource, lambda: self._cluster.patch(resource, operations, manager=MANAGER))

    async def _written(self, resource: R, write: Callable[[], Awaitable[R]]) -> R:
        """Send a write; after a conflict, or if the object is gone, our copy is made true before the error goes on."""
        try:
            written = await write()
        except NotFound:
            self._queue_all(self._objects.remove(resource.key, resource.metadata.uid))
            raise
        except Conflict:
            await self._refresh(resource)
            raise
        self._queue_all(self._objects.observe(written))
        return written

    async def _refresh(self, resource: R) -> None:
        key = resource.key
        try:
            fresh = await self._cluster.get(type(resource), key.namespace, key.name)
        except NotFound:
            self._queue_all(self._objects.remove(key, resource.metadata.uid))
        else:
            if fresh.metadata.uid != resource.metadata.uid:
                self._queue_all(self._objects.remove(key, resource.metadata.uid))
            self._queue_all(self._objects.observe(fresh))

    def _queue_all(self, visits: tuple[Any, ...]) -> None:
        for visit in visits:
            self._queue.add(visit)


def _is_unchanged(resource: WorkteamUser | WorkteamGroup) -> Operation:
    return {"op": "test", "path": "/metadata/resourceVersion", "value": resource.metadata.resource_version}
