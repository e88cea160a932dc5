"""A tenant's reconciler on the real API server, with a stand-in tenant, and without the rest of the operator."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.tenant.application import StandIn
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.conditions import ConditionType, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.naming import TenantKey
from workteam_operator import metrics
from workteam_operator.backend.port import Backend
from workteam_operator.backend.scim import ScimBackend
from workteam_operator.neighbours import Neighbours
from workteam_operator.settings import Settings
from workteam_operator.tenant_identity import Custody
from workteam_operator.tenant_life import TenantReconciler
from workteam_operator.tenants import Tenant, Tenants

LONGEST = 15.0
"""Seconds until a condition that does not come about fails a test."""


class Desk:
    """Plays what surrounds a tenant's reconciler, and changes the cluster as an administrator does."""

    def __init__(self, cluster: KubernetesCluster, access: Access, namespace: str, stand_in: StandIn) -> None:
        self.cluster = cluster
        self.access = access
        self.stand_in = stand_in
        self.key = TenantKey(namespace, "acme")
        self.users = 1_000
        self.woken: list[TenantKey] = []
        """Tenants whose own pass was asked for."""
        self.was_woken = asyncio.Event()
        self.wakes: list[TenantKey] = []
        """Tenants whose objects were woken."""
        self.looks: list[TenantKey] = []
        """Tenants whose settled objects were woken too, as far as they name others."""
        self.all: list[TenantKey] = []
        """Tenants all of whose objects were woken."""
        self.recorded: list[WorkteamUser | WorkteamGroup] = []
        """The objects that have an account."""
        self.forgotten: list[TenantKey] = []
        """Tenants whose objects were asked to forget theirs."""
        self.older: TenantKey | None = None
        """An older tenant that has recorded the same accounts."""
        self.referring = 0
        self.busy = False
        self.tenants = Tenants()
        self._seen: dict[TenantKey, WorkteamTenant] = {}
        settings = Settings(
            namespace="system",
            tenant_namespaces=(namespace,),
            backoff_first=timedelta(milliseconds=1),
            backoff_longest=timedelta(milliseconds=10),
            outage_failures=3,
        )
        neighbours = Neighbours(
            find=self._seen.get,
            remember=self._remember,
            count_users=lambda _: self.users,
            users=lambda _: (),
            count_referring=self._count_referring,
            custody=Custody(
                recorded=lambda _: self.recorded,
                older_sharer=lambda _: self.older,
                busy=lambda _: self.busy,
                wake_recorded=self.forgotten.append,
            ),
            wake_tenant=self._wake,
            wake_objects=self.wakes.append,
            wake_all=self.all.append,
            wake_referring=self.looks.append,
        )
        self.reconciler = TenantReconciler(cluster, self.tenants, neighbours, _connect, settings)

    @property
    def tenant(self) -> Tenant:
        """The tenant at work."""
        found = self.tenants.get(self.key)
        assert found is not None
        return found

    def create_tenant(self, **spec: Any) -> None:
        """Create the WorkteamTenant, pointing at the stand-in."""
        connection = {"baseURL": self.stand_in.base_url, "tokenSecretRef": {"name": "acme-workteam"}}
        wanted = {
            "apiVersion": "workte.am/v1alpha1",
            "kind": "WorkteamTenant",
            "metadata": {"name": "acme", "namespace": self.key.namespace},
            "spec": {"workteam": connection, **spec},
        }
        self.access.kubectl("apply", "-f", "-", stdin=json.dumps(wanted))

    def store_token(self, token: str) -> None:
        """Create or change the Secret."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "acme-workteam", "namespace": self.key.namespace},
            "data": {"token": base64.b64encode(token.encode()).decode()},
        }
        self.access.kubectl("apply", "-f", "-", stdin=json.dumps(secret))

    def change(self, patch: dict[str, Any]) -> None:
        """Change the WorkteamTenant by a merge patch."""
        namespace = self.key.namespace
        self.access.kubectl("patch", "wtt", "acme", "-n", namespace, "--type=merge", "-p", json.dumps(patch))

    def events(self) -> list[str]:
        """Return type and reason of the Events about the tenant, oldest first."""
        found = self.access.get("events", "-n", self.key.namespace, "--sort-by=.firstTimestamp") or {"items": []}
        return [f"{item['type']} {item['reason']}" for item in found["items"]]

    async def reconcile(self) -> WorkteamTenant:
        """Show the reconciler the object as it is, make a pass, and return the object after it."""
        self._seen[self.key] = await self.cluster.get(WorkteamTenant, self.key.namespace, "acme")
        await self.reconciler.reconcile(self.key)
        return await self.cluster.get(WorkteamTenant, self.key.namespace, "acme")

    async def until(self, holds: Callable[[WorkteamTenant], bool]) -> WorkteamTenant:
        """Make passes until the object is as it should be; fail if it never is."""
        async with asyncio.timeout(LONGEST):
            while not holds(tenant := await self.reconcile()):  # noqa: ASYNC110 - it is the pass that brings it about
                await asyncio.sleep(0.01)
        return tenant

    def said(self, tenant: WorkteamTenant) -> dict[str, str]:
        """Return status and reason of each condition."""
        return {c.type.value: f"{c.status.value} {c.reason.value}" for c in tenant.status.conditions}

    def message(self, tenant: WorkteamTenant) -> str:
        """Return the message of Ready."""
        ready = find_condition(tenant.status.conditions, ConditionType.READY)
        assert ready is not None
        return ready.message

    def forget_object(self) -> None:
        """Let the object be gone."""
        self._seen.clear()

    def _count_referring(self, tenant: TenantKey, *, held: bool = False) -> int:
        return self.referring

    def _wake(self, key: TenantKey) -> None:
        self.woken.append(key)
        self.was_woken.set()

    def _remember(self, tenant: WorkteamTenant) -> None:
        self._seen[tenant.tenant] = tenant


def _connect(base_url: str, token: str, tenant: TenantKey) -> Backend:
    return ScimBackend.connect(base_url, token, metrics.meter(str(tenant)))


@pytest.fixture(scope="session")
def session_stand_in() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
async def desk(cluster_access: Access, namespace: str, session_stand_in: StandIn) -> AsyncIterator[Desk]:
    """A reconciler, an empty stand-in, and nothing in the cluster yet."""
    session_stand_in.control.reset()
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        desk = Desk(cluster, cluster_access, namespace, session_stand_in)
        yield desk
        await desk.reconciler.close()


@pytest.fixture
async def ready(desk: Desk) -> Desk:
    """A tenant that is ready."""
    desk.store_token(desk.stand_in.token)
    desk.create_tenant()
    await desk.reconcile()
    assert desk.tenant.ready
    return desk
