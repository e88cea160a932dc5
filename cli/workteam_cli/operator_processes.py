"""Operators as processes on a real API server, with one Workteam tenant: what the tests of taking turns share."""

import asyncio
import base64
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.controlplane.ports import free_port
from workteam_cli.tenant.application import StandIn
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.testing import TENANT, a_tenant

SHORT_WAITS = {"BACKOFF_FIRST": "0.1", "BACKOFF_LONGEST": "1", "CREATE_SETTLE": "2", "GROUP_REST": "0.1"}


@dataclass(frozen=True)
class OperatorProcess:
    """A running operator."""

    child: asyncio.subprocess.Process
    url: str

    async def probe(self, path: str) -> httpx.Response | None:
        """Ask ``/healthz``, ``/readyz`` or ``/metrics``; None while nobody answers."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            try:
                return await client.get(self.url + path)
            except httpx.TransportError:
                return None

    async def ready(self) -> bool:
        """Say whether it is ready."""
        answer = await self.probe("/readyz")
        return answer is not None and answer.is_success

    async def figure(self, name: str) -> float:
        """Return a metric, summed over its labels."""
        answer = await self.probe("/metrics")
        families = [] if answer is None else text_string_to_metric_families(answer.text)
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    async def leads(self) -> bool:
        """Say whether it holds the Lease."""
        return await self.figure("workteam_leader") == 1


@dataclass(frozen=True)
class Ground:
    """A namespace with a tenant, its Workteam, and a proxy for those who are told to use it."""

    namespace: str
    kubeconfig: Path
    proxied: Path
    proxy: FaultProxy
    cluster: KubernetesCluster
    workteam: StandIn

    @asynccontextmanager
    async def operator(
        self, name: str, seconds: int, *, proxied: bool = False, **settings: str
    ) -> AsyncIterator[OperatorProcess]:
        """Run an operator until the block ends."""
        port = free_port()
        given = SHORT_WAITS | settings
        given |= {
            "TENANT_NAMESPACES": self.namespace,
            "NAMESPACE": self.namespace,
            "IDENTITY": name,
            "LEASE_SECONDS": str(seconds),
            "HOST": "127.0.0.1",
            "PORT": str(port),
        }
        environment = {f"WORKTEAM_OPERATOR_{key}": value for key, value in given.items()}
        environment["KUBECONFIG"] = str(self.proxied if proxied else self.kubeconfig)
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workteam_operator", env=os.environ | environment, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            yield OperatorProcess(child, f"http://127.0.0.1:{port}")
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    def asked(self, since: int = 0) -> Sequence[Any]:
        """Return what Workteam was asked after an entry of its log."""
        return self.workteam.control.log(since)

    def mark(self) -> int:
        """Return where Workteam's log stands."""
        return max((entry.sequence for entry in self.asked()), default=0)


@asynccontextmanager
async def operator_ground(access: Access, namespace: str, proxy: FaultProxy, folder: Path) -> AsyncIterator[Ground]:
    """Set up a tenant with its Secret and a Workteam of its own; files go to a folder."""
    access.kubectl("create", "serviceaccount", "operator", "-n", namespace)
    rights = ("--clusterrole=cluster-admin", f"--serviceaccount={namespace}:operator")
    access.kubectl("create", "clusterrolebinding", f"operator-{namespace}", *rights)
    proxied = access.kubeconfig_as(namespace, "operator", folder / "proxied", server=proxy.url)
    with StandIn() as workteam:
        token = base64.b64encode(workteam.token.encode()).decode()
        metadata = {"name": "workteam", "namespace": namespace}
        access.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"token": token}})
        connection = {"baseURL": workteam.base_url, "tokenSecretRef": {"name": "workteam"}, "requestsPerSecond": 1000}
        async with KubernetesCluster.connect(str(access.kubeconfig)) as cluster:
            await cluster.create(a_tenant(TENANT, namespace=namespace, workteam=connection), manager="test")
            yield Ground(namespace, access.kubeconfig, proxied, proxy, cluster, workteam)
