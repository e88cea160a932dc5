"""What tests use to play people and Workteam around an operator in their process: a stage with everything real."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
import orjson

from workteam_cli.controlplane.access import Access
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.profiles import USER, Profile
from workteam_cli.tenant.request_log import Entry
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.port import Conflict, NotFound
from workteam_crds.conditions import Condition, ConditionType, Reason, find_condition, is_true
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER, CustomResource
from workteam_crds.testing import TENANT, a_tenant
from workteam_operator.__main__ import elected
from workteam_operator.assembly import Operator
from workteam_operator.settings import Settings

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
R = TypeVar("R", bound=CustomResource)
Owner = WorkteamUser | WorkteamGroup

PATIENCE = 20.0
"""Seconds after which what was to come will not come any more."""
POLL = 0.02
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


@asynccontextmanager
async def staged(access: Access, namespace: str, *, profile: Profile = Profile.FULL) -> AsyncIterator["Stage"]:
    """Set a stage up: a namespace that exists already, a Workteam tenant of its own, settings with short waits."""
    with StandIn(profile=profile) as workteam:
        async with KubernetesCluster.connect(str(access.kubeconfig)) as cluster:
            yield Stage(access, cluster, namespace, workteam)


class Stage:
    """One namespace of a cluster and one Workteam tenant, with verbs for whoever acts on them."""

    def __init__(self, access: Access, cluster: KubernetesCluster, namespace: str, workteam: StandIn) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.workteam = workteam
        self.settings = Settings(
            namespace=namespace,
            tenant_namespaces=(namespace,),
            host="127.0.0.1",
            port=free_port(),
            workers=4,
            backoff_first=timedelta(milliseconds=50),
            backoff_longest=timedelta(milliseconds=500),
            group_rest=timedelta(milliseconds=1),
            create_settle=timedelta(seconds=3),
            lease_seconds=30,
        )
        self._access = access

    @asynccontextmanager
    async def operating(self, *, ready: bool = True, ahead: timedelta = timedelta(0)) -> AsyncIterator[Operator]:
        """Run an operator in this process, with kopf in its thread, until the context ends; its tenant is Ready.

        With ``ready`` False nobody waits for that. ``ahead`` is how far its clock is.
        """
        stop = asyncio.Event()
        operator, leadership = elected(self.settings, self.cluster, now=lambda: datetime.now(UTC) + ahead)
        running = asyncio.create_task(operator.run(stop, leadership))
        try:
            await self.until(
                WorkteamTenant, TENANT, lambda found: not ready or is_true(found.status.conditions, ConditionType.READY)
            )
            await quiet(operator)
            yield operator
        finally:
            stop.set()
            await running

    async def add_tenant(self, **spec: Any) -> WorkteamTenant:
        """Create the Secret and the tenant object, connected to the stand-in."""
        await self.store_token(self.workteam.token)
        connection = {
            "baseURL": self.workteam.base_url,
            "tokenSecretRef": {"name": "workteam"},
            "requestsPerSecond": 1000,
        }
        return await self.create(a_tenant(**({"workteam": connection} | spec)))

    async def store_token(self, token: str) -> None:
        """Create or change the Secret; its resourceVersion moves in any case."""
        encoded = base64.b64encode(token.encode()).decode()
        annotations = {"written": str(asyncio.get_running_loop().time())}
        metadata = {"name": "workteam", "namespace": self.namespace, "annotations": annotations}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"token": encoded}}
        await asyncio.to_thread(self._access.apply, secret)

    async def drop_token(self) -> None:
        """Delete the Secret."""
        await asyncio.to_thread(self._access.kubectl, "delete", "secret", "workteam", "-n", self.namespace)

    async def warnings(self) -> list[str]:
        """Return reason and name of the Warnings about objects of this namespace, sorted."""
        found = await asyncio.to_thread(self._access.get, "events", "-n", self.namespace) or {"items": []}
        warnings = [item for item in found["items"] if item["type"] == "Warning"]
        return sorted(f"{item['reason']} {item['involvedObject']['name']}" for item in warnings)

    def accounts(self) -> dict[str, dict[str, Any]]:
        """Return what Workteam holds, by userName."""
        return {account["userName"]: account for account in self._read("/Users")}

    def teams(self) -> dict[str, dict[str, Any]]:
        """Return the teams that Workteam holds, by displayName."""
        return {team["displayName"]: team for team in self._read("/Groups")}

    def members(self, team: str) -> set[str]:
        """Return the ids of a team's members."""
        return {member["value"] for member in self.teams()[team].get("members", [])}

    def in_workteam(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Do something in Workteam itself, as its administrators do."""
        headers = {"Authorization": f"Bearer {self.workteam.token}", "Content-Type": "application/scim+json"}
        content = None if body is None else orjson.dumps(body)
        answer = httpx.request(method, self.workteam.base_url + path, headers=headers, content=content, trust_env=False)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def hire(self, user_name: str, *, external_id: str | None = None, active: bool = True) -> str:
        """Make an account in Workteam itself, and return its id."""
        body = {"schemas": [USER], "userName": user_name, "externalId": external_id, "active": active}
        return str(self.in_workteam("POST", "/Users", {k: v for k, v in body.items() if v is not None})["id"])

    def set_active(self, account_id: str, *, active: bool) -> None:
        """Take or give access in Workteam itself."""
        operation = {"op": "replace", "path": "active", "value": active}
        self.in_workteam("PATCH", f"/Users/{account_id}", {"schemas": [PATCH_OP], "Operations": [operation]})

    def mark(self) -> int:
        """Return where the request log stands."""
        entries = self.workteam.control.log()
        return entries[-1].sequence if entries else 0

    def writes(self, since: int = 0) -> list[Entry]:
        """Return the writes that had an effect, but for the operator's probes."""
        entries = [entry for entry in self.workteam.control.log(since) if entry.method in WRITES and entry.handled]
        return [entry for entry in entries if "probe" not in str(entry.body)]

    def _read(self, path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.in_workteam("GET", f"{path}?count=1000").get("Resources", [])
        return found

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


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
