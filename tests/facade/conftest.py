"""A facade on the real API server, a tenant of its own for each test, and clients that speak to it as Entra does."""

import asyncio
import itertools
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from workteam_cli.controlplane.access import Access
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.naming import NOISE_BYTES, TenantKey, uuid7
from workteam_crds.testing import a_tenant
from workteam_scim.app import Facade, create_app
from workteam_scim.settings import Settings
from workteam_scim.tokens import NOISE_BYTES as TOKEN_NOISE
from workteam_scim.tokens import TOKEN_SECRET, entry_for, make_token

EXTERNAL_URL = "https://scim.example"
READY = {"firstReadyTime": "2026-11-24T09:00:00Z"}
TENANTS = itertools.count(1)


async def eventually(condition: Callable[[], Any], *, within: float = 10) -> None:
    """Wait until something holds; a sync or async condition."""
    async with asyncio.timeout(within):
        while True:
            held = condition()
            if await held if isinstance(held, Awaitable) else held:
                return
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Ground:
    """One namespace with tenants and tokens, and the cluster it is in."""

    namespace: str
    access: Access
    cluster: KubernetesCluster

    async def tenant(self, *, ready: bool = True, **spec: Any) -> TenantKey:
        """Make a tenant; the operator has reached ready ones before."""
        made = await self.cluster.create(
            a_tenant(f"tenant-{next(TENANTS)}", namespace=self.namespace, **spec), manager="test"
        )
        if ready:
            await self.cluster.apply_status(made, READY, manager="test")
        return made.tenant

    def token(self, tenant: TenantKey, *, expires: datetime | None = None) -> str:
        """Give out a token."""
        token = make_token(secrets.token_bytes(TOKEN_NOISE))
        entry = entry_for(token, tenant, created=datetime.now(UTC), expires=expires)
        self.patch_tokens({token.handle: entry.write().decode()})
        return token.text

    def patch_tokens(self, values: dict[str, str | None]) -> None:
        """Change keys of the Secret with the tokens; None takes one out."""
        patch = orjson.dumps({"stringData": values}) if None not in values.values() else orjson.dumps({"data": values})
        self.access.kubectl("patch", "secret", TOKEN_SECRET, "-n", self.namespace, "--type=merge", "-p", patch.decode())


@dataclass(frozen=True)
class Running:
    """A facade that answers."""

    facade: Facade
    transport: httpx.ASGITransport

    def client(self, tenant: TenantKey, token: str) -> httpx.AsyncClient:
        """Return a client with the tenant's Base URL and a token."""
        return httpx.AsyncClient(
            transport=self.transport,
            base_url=f"{EXTERNAL_URL}/{tenant.namespace}/{tenant.name}/scim/v2",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json; charset=utf-8"},
        )


RunFacade = Callable[[], Any]


@pytest.fixture
async def ground(cluster_access: Access, namespace: str) -> AsyncIterator[Ground]:
    """A namespace with an empty Secret for tokens."""
    cluster_access.kubectl("create", "secret", "generic", TOKEN_SECRET, "-n", namespace)
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        yield Ground(namespace, cluster_access, cluster)


@pytest.fixture
def run_facade(ground: Ground) -> RunFacade:
    """Start a facade on the ground: ``async with run_facade() as running``; it has read everything then."""

    @asynccontextmanager
    async def run() -> AsyncIterator[Running]:
        settings = Settings(
            external_url=EXTERNAL_URL, tenant_namespaces=(ground.namespace,), namespace=ground.namespace
        )
        facade = Facade(settings, ground.cluster, new_id=new_id, now=now)
        app = create_app(facade, new_id=lambda: str(uuid.uuid4()))
        async with app.router.lifespan_context(app):
            await eventually(lambda: not facade.missing())
            yield Running(facade, httpx.ASGITransport(app))

    return run


@pytest.fixture
async def running(run_facade: RunFacade) -> AsyncIterator[Running]:
    """A facade that answers."""
    async with run_facade() as running:
        yield running


@pytest.fixture
async def tenant(ground: Ground) -> TenantKey:
    """A tenant that the operator reached."""
    return await ground.tenant()


@pytest.fixture
async def entra(ground: Ground, tenant: TenantKey, running: Running) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the tenant; its token is known to the facade."""
    token = ground.token(tenant)
    async with running.client(tenant, token) as client:
        await eventually(lambda: _answers(client))
        yield client


async def _answers(client: httpx.AsyncClient) -> bool:
    return (await client.get("/ServiceProviderConfig")).is_success


def new_id() -> str:
    """Return a name for an object, as the process makes them."""
    return uuid7(now(), secrets.token_bytes(NOISE_BYTES))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
