"""Facades as processes on a real API server: what the tests of takeovers and of endurance share."""

import asyncio
import os
import secrets
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_tenant
from workteam_scim.tokens import NOISE_BYTES, TOKEN_SECRET, entry_for, make_token


@dataclass(frozen=True)
class Facade:
    """A running facade."""

    child: asyncio.subprocess.Process
    url: str

    async def ready(self) -> bool:
        """Say whether it is ready."""
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                return (await client.get(f"{self.url}/readyz")).is_success
            except httpx.TransportError:
                return False


@dataclass(frozen=True)
class Ground:
    """A tenant, its token, the cluster, and a proxy for those who are told to use it."""

    namespace: str
    token: str
    kubeconfig: Path
    proxied: Path
    proxy: FaultProxy
    cluster: KubernetesCluster

    @asynccontextmanager
    async def facade(
        self, name: str, seconds: int, *, proxied: bool = False, lease: str = "workteam-scim"
    ) -> AsyncIterator[Facade]:
        """Run a facade until the block ends."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {
            "KUBECONFIG": str(self.proxied if proxied else self.kubeconfig),
            "WORKTEAM_SCIM_EXTERNAL_URL": "https://scim.example",
            "WORKTEAM_SCIM_TENANT_NAMESPACES": self.namespace,
            "WORKTEAM_SCIM_NAMESPACE": self.namespace,
            "WORKTEAM_SCIM_IDENTITY": name,
            "WORKTEAM_SCIM_LEASE": lease,
            "WORKTEAM_SCIM_LEASE_SECONDS": str(seconds),
            "WORKTEAM_SCIM_HOST": "127.0.0.1",
            "WORKTEAM_SCIM_PORT": str(port),
        }
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workteam_scim", env=os.environ | settings, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            yield Facade(child, f"http://127.0.0.1:{port}")
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    def client(self, facade: Facade) -> httpx.AsyncClient:
        """Return a client of the tenant at one facade."""
        return httpx.AsyncClient(
            base_url=f"{facade.url}/{self.namespace}/acme/scim/v2",
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"},
            trust_env=False,
            timeout=30,
        )

    async def stored(self) -> list[str]:
        """Return the userNames that the cluster holds."""
        return sorted(user.spec.user_name for user in (await self.cluster.list(WorkteamUser, self.namespace)).items)


@asynccontextmanager
async def facade_ground(
    cluster_access: Access, namespace: str, proxy: FaultProxy, folder: Path, **spec: Any
) -> AsyncIterator[Ground]:
    """Set up a tenant that is ready, with a token; files go to a folder."""
    cluster_access.kubectl("create", "serviceaccount", "facade", "-n", namespace)
    rights = ("--clusterrole=cluster-admin", f"--serviceaccount={namespace}:facade")
    cluster_access.kubectl("create", "clusterrolebinding", f"facade-{namespace}", *rights)
    proxied = cluster_access.kubeconfig_as(namespace, "facade", folder / "proxied", server=proxy.url)
    token = make_token(secrets.token_bytes(NOISE_BYTES))
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        tenant = await cluster.create(a_tenant("acme", namespace=namespace, **spec), manager="test")
        await cluster.apply_status(tenant, {"firstReadyTime": "2026-11-24T09:00:00Z"}, manager="test")
        entry = entry_for(token, tenant.tenant, created=datetime.now(UTC)).write()
        path = folder / "entry"
        path.write_bytes(entry)
        cluster_access.kubectl(
            "create", "secret", "generic", TOKEN_SECRET, "-n", namespace, f"--from-file={token.handle}={path}"
        )
        yield Ground(namespace, token.text, cluster_access.kubeconfig, proxied, proxy, cluster)


async def until(condition: Callable[[], Any], *, within: float = 60) -> None:
    """Wait until something holds; a sync or async condition."""
    async with asyncio.timeout(within):
        while True:
            held = condition()
            if await held if isinstance(held, Awaitable) else held:
                return
            await asyncio.sleep(0.01)
