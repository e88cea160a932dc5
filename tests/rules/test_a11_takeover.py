"""A11: the next facade answers when nothing of the old one can be stored any more. Two real processes, under load."""

import asyncio
import itertools
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_tenant
from workteam_scim.tokens import NOISE_BYTES, TOKEN_SECRET, entry_for, make_token

LONG, SHORT = 600, 3
"""Seconds of a Lease that no test outlasts, and of one that is waited out."""
REFUSALS = frozenset({503})


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
    async def facade(self, name: str, seconds: int, *, proxied: bool = False) -> AsyncIterator[Facade]:
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


@pytest.fixture
def proxy(cluster_access: Access) -> Iterator[FaultProxy]:
    """Return a proxy before the API server."""
    with FaultProxy() as proxy:
        proxy.serve(cluster_access)
        yield proxy


@pytest.fixture
async def ground(cluster_access: Access, namespace: str, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Ground]:
    """Set up a tenant that is ready, with a token."""
    cluster_access.kubectl("create", "serviceaccount", "facade", "-n", namespace)
    rights = ("--clusterrole=cluster-admin", f"--serviceaccount={namespace}:facade")
    cluster_access.kubectl("create", "clusterrolebinding", f"facade-{namespace}", *rights)
    proxied = cluster_access.kubeconfig_as(namespace, "facade", tmp_path / "proxied", server=proxy.url)
    token = make_token(secrets.token_bytes(NOISE_BYTES))
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        tenant = await cluster.create(a_tenant("acme", namespace=namespace), manager="test")
        await cluster.apply_status(tenant, {"firstReadyTime": "2026-11-24T09:00:00Z"}, manager="test")
        entry = entry_for(token, tenant.tenant, created=datetime.now(UTC)).write()
        path = tmp_path / "entry"
        path.write_bytes(entry)
        cluster_access.kubectl(
            "create", "secret", "generic", TOKEN_SECRET, "-n", namespace, f"--from-file={token.handle}={path}"
        )
        yield Ground(namespace, token.text, cluster_access.kubeconfig, proxied, proxy, cluster)


async def until(condition: Callable[[], Awaitable[bool]], *, within: float = 60) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(within):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


async def load(client: httpx.AsyncClient, word: str, accepted: set[str], statuses: set[int]) -> None:
    """Create users until the connection fails; note what was promised and what was answered."""
    for number in itertools.count(1):
        name = f"{word}.{number}@contoso.example"
        try:
            answer = await client.post("/Users", json={"userName": name})
        except httpx.TransportError:
            return
        statuses.add(answer.status_code)
        if answer.status_code == httpx.codes.CREATED:
            accepted.add(name)
        elif answer.status_code in REFUSALS:
            assert int(answer.headers["Retry-After"]) > 0
            return


async def test_sigterm_hands_over_under_load(ground: Ground) -> None:
    """The second answers long before the Lease of ten minutes expires; nothing that was promised is missing."""
    accepted: set[str] = set()
    statuses: set[int] = set()
    async with ground.facade("first", LONG) as first:
        await until(first.ready)
        async with ground.facade("second", LONG) as second, ground.client(first) as old, ground.client(second) as new:
            await until(lambda: _refuses(new, "Another facade answers"))
            assert not await second.ready()
            loads = [asyncio.create_task(load(old, f"load{n}", accepted, statuses)) for n in range(4)]
            await until(lambda: _so_many(accepted, 20))
            first.child.send_signal(signal.SIGTERM)
            await until(second.ready, within=10)
            await asyncio.gather(*loads)
            assert await asyncio.wait_for(first.child.wait(), timeout=15) == 0
            shown = await new.get("/Users", params={"count": 200})
            assert statuses <= {201, 503}
            assert accepted <= {each["userName"] for each in shown.json()["Resources"]}
            assert set(await ground.stored()) == {each["userName"] for each in shown.json()["Resources"]}


async def test_nothing_of_a_stopped_holder_is_stored(ground: Ground) -> None:
    """SIGSTOP beyond the Lease with a write held on its way, another takes over, SIGCONT: the write is never done."""
    held = ground.proxy.hold(Match("POST", "/workteamusers", "late@contoso.example"), Point.BEFORE)
    async with ground.facade("first", SHORT, proxied=True) as first:
        await until(first.ready)
        async with ground.facade("second", SHORT) as second, ground.client(first) as old, ground.client(second) as new:
            late = asyncio.create_task(old.post("/Users", json={"userName": "late@contoso.example"}))
            request = await asyncio.to_thread(held.next_held)
            first.child.send_signal(signal.SIGSTOP)
            await until(second.ready)
            taken = await new.post("/Users", json={"userName": "late@contoso.example"})
            assert taken.status_code == httpx.codes.CREATED
            first.child.send_signal(signal.SIGCONT)
            answer = await late
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
            await until(lambda: _false(request, "waiting"))
            request.drop()  # as a proxy does whose client is gone
            refused = await old.post("/Users", json={"userName": "more@contoso.example"})
            assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
            assert not await first.ready()
            assert await ground.stored() == ["late@contoso.example"]


async def _refuses(client: httpx.AsyncClient, words: str) -> bool:
    try:
        answer = await client.get("/Users")
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and words in answer.json()["detail"]


async def _so_many(names: set[str], count: int) -> bool:
    return len(names) >= count


async def _false(of: Any, name: str) -> bool:
    return not getattr(of, name)
