"""One trial: a cluster and a Workteam tenant in memory, people who change both, and an operator that may die any time.

The operator is the real one, put together as in production; only kopf's part, telling it of changes, is played here.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar

from workteam_cli.trial.fate import Fate, mortal_backend, mortal_cluster
from workteam_cli.trial.witness import Witness
from workteam_crds.cluster.memory import MemoryCluster
from workteam_crds.kinds import KINDS
from workteam_crds.kinds.custom_resource import FINALIZER, CustomResource
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_tenant
from workteam_operator.assembly import Operator
from workteam_operator.backend.memory import MemoryBackend, MemoryTenant
from workteam_operator.backend.port import Backend
from workteam_operator.backend.wire import MANAGER
from workteam_operator.ownership import Owner
from workteam_operator.settings import Settings
from workteam_operator.workqueue import Priority, Visit

R = TypeVar("R", bound=CustomResource)

BEGIN = datetime(2026, 11, 25, 9, tzinfo=UTC)
NAMESPACE = "trial"
SECRET = "acme-workteam"  # noqa: S105 - its name
ATTRIBUTES = frozenset({"title", MANAGER})
"""What the tenant's schema knows."""
NO_LIMIT = {"perHour": 100_000, "percentPerHour": 100, "always": 100_000}
DOWN = 3.0
"""Seconds from a death to the next life."""
LATE = 0.5
"""Seconds until the operator hears of a change at most."""
PERSON = "people"


class World:
    """Everything in one trial. Its methods run on a ``VirtualLoop``; only ``live`` lets time pass."""

    def __init__(self, dice: Random, **deprovisioning: Any) -> None:
        """``deprovisioning`` are fields of the tenant's policy, as in JSON; the budget stands in nobody's way."""
        self._dice = dice
        self._loop = asyncio.get_running_loop()
        self.tenant = MemoryTenant(self._loop.time)
        self.cluster = MemoryCluster(self.now)
        budget = {"deactivations": NO_LIMIT, "deletions": NO_LIMIT}
        self.resource = a_tenant(namespace=NAMESPACE, deprovisioning={"budget": budget, **deprovisioning})
        self.witness = Witness(self.tenant, self.resource.spec.deprovisioning, self._loop.time)
        self.tenant.told = self.witness.saw_effect
        self.cluster.told = self.witness.saw_object
        self.fate = Fate(dice)
        self.deaths = 0
        self.deaf = False
        """Whether the operator hears of no change: only its own lists tell it."""
        self.operator: Operator | None = None
        self._running: asyncio.Task[None] | None = None
        self.settings = Settings(
            namespace="release",
            tenant_namespaces=(NAMESPACE,),
            workers=4,
            backoff_longest=timedelta(seconds=30),
            probe_interval=timedelta(minutes=1),
        )

    def now(self) -> datetime:
        """Return the moment that it is in the trial."""
        return BEGIN + timedelta(seconds=self._loop.time())

    async def begin(self) -> None:
        """Set the tenant up, and let the operator live."""
        await self.cluster.put_secret(NAMESPACE, SECRET, {"token": b"secret"})
        await self.cluster.create(self.resource, manager=PERSON)
        self._give_birth()

    async def live(self, seconds: float) -> None:
        """Let time pass; an operator that dies meanwhile is followed by another one."""
        end = self._loop.time() + seconds
        while (left := end - self._loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await self._death()
            except TimeoutError:
                return
            await self.kill()
            await asyncio.sleep(DOWN)
            self._give_birth()

    async def kill(self) -> None:
        """End the operator where it stands."""
        self.deaths += 1
        self.fate.dead.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._running = None

    async def restart(self) -> None:
        """End the operator, and begin a life without faults: the next one knows only what is stored."""
        await self.kill()
        self._give_birth()

    async def visit_all(self) -> None:
        """Have every object looked at, as a person's resync does."""
        assert self.operator is not None  # noqa: S101 - the trial has begun
        for owner in self.witness.past.owners():
            self.operator.queue.add(Visit(owner.key, Priority.BACKGROUND, fresh=True))

    def doom(self, after: int, *, has_effect: bool) -> None:
        """Let a coming call be the operator's last: the first one is 1."""
        self.fate.last = self.fate.calls + after, has_effect

    async def create(self, resource: R, *, held: bool, name: str | None = None) -> R:
        """Create an object; ``held`` puts our finalizer on, as the facade does."""
        changes: dict[str, Any] = {"namespace": NAMESPACE, "finalizers": (FINALIZER,) if held else ()}
        metadata = resource.metadata.model_copy(update=changes | ({"name": name} if name else {}))
        return await self.cluster.create(resource.model_copy(update={"metadata": metadata}), manager=PERSON)

    async def edit(self, resource: CustomResource, **spec: Any) -> None:
        """Set fields of a spec, by their names in JSON; None removes one."""
        before = (await self.cluster.get(type(resource), NAMESPACE, resource.metadata.name)).manifest()["spec"]
        after = {key: value for key, value in (before | spec).items() if value is not None}
        await self.cluster.patch(resource, [{"op": "replace", "path": "/spec", "value": after}], manager=PERSON)

    async def annotate(self, resource: CustomResource, name: str, value: str) -> None:
        """Set an annotation, by its whole name."""
        found = await self.cluster.get(type(resource), NAMESPACE, resource.metadata.name)
        both = found.metadata.annotations | {name: value}
        operation = {"op": "add", "path": "/metadata/annotations", "value": both}
        await self.cluster.patch(found, [operation], manager=PERSON)

    async def unhold(self, resource: Owner) -> None:
        """Take the finalizers off, as somebody does who replaces an object by its document."""
        self.witness.unheld = resource.key
        found = await self.cluster.get(type(resource), NAMESPACE, resource.metadata.name)
        if found.held:
            await self.cluster.patch(found, [{"op": "remove", "path": "/metadata/finalizers"}], manager=PERSON)
        self.witness.unheld = None

    async def set_policy(self, **deprovisioning: Any) -> None:
        """Set fields of the tenant's policy, by their names in JSON."""
        found = (await self.cluster.get(type(self.resource), NAMESPACE, self.resource.metadata.name)).manifest()
        await self.edit(self.resource, deprovisioning=found["spec"]["deprovisioning"] | deprovisioning)

    async def delete(self, resource: CustomResource) -> None:
        """Delete an object; its finalizers keep it."""
        await self.cluster.delete(resource)

    async def end(self) -> None:
        """Let nothing run any more."""
        await self.kill()

    def set_deaf(self, *, deaf: bool) -> None:
        """Let the operator hear of no change, or of all from now on; what it missed its next list tells."""
        self.deaf = deaf
        self.witness.deaf = self.witness.deaf or deaf

    def _give_birth(self) -> None:
        self.witness.deaf = self.deaf
        self.fate = Fate(self._dice)
        self._running = asyncio.create_task(self._life(self.fate))

    async def _life(self, fate: Fate) -> None:
        def connect(base_url: str, token: str, tenant: TenantKey) -> Backend:  # noqa: ARG001 - there is one tenant
            return mortal_backend(MemoryBackend(self.tenant, ATTRIBUTES), fate)

        cluster = mortal_cluster(self.cluster, fate)
        operator = self.operator = Operator(self.settings, cluster, connect=connect, now=self.now)
        since = str(self.cluster.version)
        async with operator.working():
            await asyncio.gather(*(self._tell(operator, kind, since) for kind in KINDS))

    async def _tell(self, operator: Operator, kind: type[CustomResource], since: str) -> None:
        """Tell the operator of changes of a kind, as kopf does."""
        async for event in self.cluster.watch(kind, NAMESPACE, since):
            await asyncio.sleep(self._dice.uniform(0, LATE))
            if event.resource is not None and event.change is not None and not self.deaf:
                operator.observe(kind, event.change.value, event.resource.manifest())

    async def _death(self) -> None:
        """Wait until the operator dies of its fate. Raises what it died of otherwise."""
        assert self._running is not None  # noqa: S101 - the trial has begun
        dying = asyncio.create_task(self.fate.dead.wait())
        try:
            await asyncio.wait({dying, self._running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            dying.cancel()
        if not self.fate.dead.is_set():
            await self._running
