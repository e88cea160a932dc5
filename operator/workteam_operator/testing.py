"""What tests use to play people and the facade on a cluster beside a running operator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from workteam_crds.cluster.port import Cluster, Conflict, NotFound
from workteam_crds.conditions import Condition, ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER, CustomResource
from workteam_operator.__main__ import Operator
from workteam_operator.settings import Settings

R = TypeVar("R", bound=CustomResource)
Owner = WorkteamUser | WorkteamGroup

PATIENCE = 20.0
"""Seconds after which what was to come will not come any more."""
POLL = 0.02


class Stage:
    """One namespace of a cluster, with verbs for whoever acts on it."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace

    async def create(self, resource: R, *, held: bool = False, **annotations: str) -> R:
        """Create an object; ``held`` puts our finalizer on, as the facade does."""
        metadata = resource.metadata.model_copy(
            update={
                "namespace": self.namespace,
                "annotations": {f"workte.am/{name.replace('_', '-')}": value for name, value in annotations.items()},
                "finalizers": (FINALIZER,) if held else (),
            }
        )
        return await self.cluster.create(resource.model_copy(update={"metadata": metadata}), manager="test")

    async def get(self, kind: type[R], name: str) -> R:
        """Read an object. Raises ``NotFound``."""
        return await self.cluster.get(kind, self.namespace, name)

    async def edit(self, kind: type[R], name: str, **spec: Any) -> R:
        """Set fields of a spec, by their names in JSON; None removes one."""
        while True:
            resource = await self.get(kind, name)
            before = resource.manifest()["spec"]
            after = {key: value for key, value in (before | spec).items() if value is not None}
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": resource.metadata.resource_version}
            try:
                return await self.cluster.patch(
                    resource, [test, {"op": "replace", "path": "/spec", "value": after}], manager="test"
                )
            except Conflict:
                continue

    async def annotate(self, kind: type[R], name: str, **annotations: str) -> R:
        """Set annotations of ours: ``grant_access="7"`` is ``workte.am/grant-access: "7"``."""
        resource = await self.get(kind, name)
        both = resource.metadata.annotations | {
            f"workte.am/{key.replace('_', '-')}": value for key, value in annotations.items()
        }
        operation = {"op": "add", "path": "/metadata/annotations", "value": both}
        return await self.cluster.patch(resource, [operation], manager="test")

    async def delete(self, kind: type[CustomResource], name: str) -> None:
        """Delete an object; its finalizers keep it."""
        await self.cluster.delete(await self.get(kind, name))

    async def until(self, kind: type[R], name: str, holds: Callable[[R], object]) -> R:
        """Wait until an object is as it should be. Raises ``AssertionError`` with the last one if it never is."""
        last: R | None = None
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    last = await self.get(kind, name)
                    if holds(last):
                        return last
                    await asyncio.sleep(POLL)
        except (TimeoutError, NotFound) as error:
            raise AssertionError(f"{kind.kind} {name} never became so: {type(error).__name__}, {last!r}") from error

    async def until_gone(self, kind: type[R], name: str) -> None:
        """Wait until an object is gone."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await self.get(kind, name)
                except NotFound:
                    return
                await asyncio.sleep(POLL)

    async def settled(self, kind: type[Owner], name: str) -> Any:
        """Wait until an object's status speaks of its generation and is Ready and Synced."""
        return await self.until(kind, name, is_in_sync)

    async def stalled(self, kind: type[Owner], name: str, reason: Reason) -> Any:
        """Wait until an object stands still for a reason."""
        return await self.until(kind, name, lambda found: reason_of(found, ConditionType.STALLED) is reason)


def is_in_sync(resource: Any) -> bool:
    """Say whether an object's status speaks of its generation and is Ready and Synced."""
    conditions: tuple[Condition, ...] = resource.status.conditions
    good = {c.type for c in conditions if c.status == "True"} == {ConditionType.READY, ConditionType.SYNCED}
    return good and resource.status.observed_generation == resource.metadata.generation


def reason_of(resource: Any, kind: ConditionType) -> Reason | None:
    """Return the reason of one condition."""
    found = find_condition(resource.status.conditions, kind)
    return found.reason if found else None


async def quiet(operator: Operator) -> None:
    """Wait until the operator has nothing to do but what is due later."""
    calm = 0
    async with asyncio.timeout(PATIENCE):
        while calm < 3:  # noqa: PLR2004 - an event may be on its way from kopf's thread
            busy = operator.queue.in_flight or operator.queue.due_now()
            calm = 0 if busy else calm + 1
            await asyncio.sleep(POLL)


@asynccontextmanager
async def running(cluster: Cluster, settings: Settings) -> AsyncIterator[Operator]:
    """Run an operator in this process, with kopf in its thread, until the context ends."""
    stop = asyncio.Event()
    operator = Operator(settings, cluster)
    running = asyncio.create_task(operator.run(stop))
    try:
        yield operator
    finally:
        stop.set()
        await running


async def ready(stage: Stage, tenant: str) -> WorkteamTenant:
    """Wait until a tenant is Ready."""
    return await stage.until(
        WorkteamTenant, tenant, lambda found: reason_of(found, ConditionType.READY) is not None and _is_ready(found)
    )


def _is_ready(tenant: WorkteamTenant) -> bool:
    found = find_condition(tenant.status.conditions, ConditionType.READY)
    return found is not None and found.status == "True"
