"""A facade on the real API server, a tenant of its own for each test, and clients that speak to it as Entra does."""

import asyncio
import base64
import itertools
import secrets
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import pytest_asyncio

from workteam_cli.controlplane.access import Access
from workteam_cli.facade_processes import until
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.kinds import WorkteamUser
from workteam_crds.naming import NOISE_BYTES, TenantKey, uuid7
from workteam_crds.testing import a_tenant
from workteam_scim.app import Facade, create_app
from workteam_scim.settings import Settings
from workteam_scim.tokens import BEARER, CLIENT_SECRET, TOKEN_SECRET, TokenEntry, entry_for, make_token
from workteam_scim.tokens import NOISE_BYTES as TOKEN_NOISE

EXTERNAL_URL = "https://scim.example"
READY = {"firstReadyTime": "2026-11-24T09:00:00Z"}
TENANTS, NAMESPACES, LEASES = itertools.count(1), itertools.count(1), itertools.count(1)
CLIENTS = itertools.count(1)


wait_until = partial(until, within=10)
"""Wait until something holds; a sync or async condition."""


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

    async def token(self, tenant: TenantKey, *, expires: datetime | None = None, client: str | None = None) -> str:
        """Give out a token, or a secret of an OAuth client."""
        token = make_token(secrets.token_bytes(TOKEN_NOISE), BEARER if client is None else CLIENT_SECRET)
        entry = entry_for(token, tenant, created=now(), expires=expires, client=client)
        await self.change_tokens({"op": "add", "path": f"/data/{token.handle}", "value": base64_of(entry.write())})
        return token.text

    async def change_tokens(self, *operations: dict[str, str]) -> None:
        """Change the Secret with the tokens."""
        await self.cluster.patch_secret(await self.cluster.read_secret(self.namespace, TOKEN_SECRET), operations)

    async def entry(self, token: str) -> TokenEntry | None:
        """Return what the Secret holds of a token."""
        secret = await self.cluster.read_secret(self.namespace, TOKEN_SECRET)
        return TokenEntry.read(secret.data[token.split("_")[1]])


@dataclass(frozen=True)
class Running:
    """A facade that answers."""

    facade: Facade
    transport: httpx.ASGITransport

    def client(self, tenant: TenantKey, token: str) -> httpx.AsyncClient:
        """Return a client with the tenant's Base URL, a token, and an address of its own."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.transport.app, client=(f"client-{next(CLIENTS)}", 1)),
            base_url=f"{EXTERNAL_URL}/{tenant.namespace}/{tenant.name}/scim/v2",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json; charset=utf-8"},
        )


class Watched:
    """The real cluster; says how often each method was called, and can be made deaf or dumb."""

    def __init__(self, cluster: KubernetesCluster) -> None:
        self._cluster = cluster
        self.calls: Counter[str] = Counter()
        self.deaf = False
        """Watches yield nothing any more."""
        self.failures: dict[str, Exception] = {}
        """What a method raises instead of doing anything."""
        self.before: dict[str, Callable[[], Awaitable[object]]] = {}
        """What a method waits for before it does anything."""

    def __getattr__(self, name: str) -> Any:
        """Return a method of the cluster that is counted."""
        method = getattr(self._cluster, name)

        async def counted(*positional: Any, **named: Any) -> Any:
            self.calls[name] += 1
            if name in self.failures:
                raise self.failures[name]
            if name in self.before:
                await self.before[name]()
            return await method(*positional, **named)

        return counted

    async def pages(self, kind: Any, namespace: str) -> AsyncIterator[Any]:
        """Read a list page by page, and count it as one."""
        self.calls["list"] += 1
        async for page in self._cluster.pages(kind, namespace):
            yield page

    async def watch(self, kind: Any, namespace: str, since: str) -> AsyncIterator[Any]:
        """Follow the cluster as long as it is not deaf."""
        async for event in self._cluster.watch(kind, namespace, since):
            if self.deaf:
                await asyncio.Event().wait()
            yield event

    async def watch_secret(self, namespace: str, name: str, since: str) -> AsyncIterator[Any]:
        """Follow the Secret."""
        if "watch_secret" in self.failures:
            raise self.failures["watch_secret"]
        async for secret in self._cluster.watch_secret(namespace, name, since):
            yield secret


@dataclass(frozen=True)
class Lasting:
    """A facade that all tests of a module share, and its ground. Such tests run in the module's event loop."""

    ground: Ground
    running: Running
    watched: Watched

    @asynccontextmanager
    async def client(self, **spec: Any) -> AsyncIterator[tuple[TenantKey, httpx.AsyncClient]]:
        """Return a new tenant and a client of it; its token is known to the facade."""
        tenant = await self.ground.tenant(**spec)
        async with self.running.client(tenant, await self.ground.token(tenant)) as client:
            await wait_until(lambda: _answers(client))
            yield tenant, client


Listed = Callable[[], Awaitable[dict[str, WorkteamUser]]]
RunFacade = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture(scope="module")
def facade_namespace(cluster_access: Access) -> str:
    """A namespace for the tests of one module, with a Secret for tokens that holds none."""
    name = f"facade-{next(NAMESPACES)}"
    cluster_access.kubectl("create", "namespace", name)
    cluster_access.kubectl("create", "secret", "generic", TOKEN_SECRET, "-n", name, "--from-literal=none=none")
    return name


@pytest.fixture
async def ground(cluster_access: Access, facade_namespace: str) -> AsyncIterator[Ground]:
    """The module's namespace, and a connection to its cluster."""
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        yield Ground(facade_namespace, cluster_access, cluster)


@pytest.fixture
def run_facade(ground: Ground) -> RunFacade:
    """What starts a facade on the ground; inside its block everything is read."""
    return partial(facade_on, ground)


@asynccontextmanager
async def facade_on(ground: Ground, cluster: Any = None, **times: Any) -> AsyncIterator[Running]:
    """Run a facade on a ground until the block ends."""
    settings = Settings(
        external_url=EXTERNAL_URL,
        tenant_namespaces=(ground.namespace,),
        namespace=ground.namespace,
        lease=f"facade-{next(LEASES)}",  # so that several may answer at once, as if each were the only one
    )
    facade = Facade(settings, cluster or ground.cluster, **{"new_id": new_id, "now": now, **times})
    app = create_app(facade, new_id=lambda: str(uuid.uuid4()))
    async with app.router.lifespan_context(app):
        await wait_until(lambda: not facade.missing())
        yield Running(facade, httpx.ASGITransport(app))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting(cluster_access: Access, facade_namespace: str) -> AsyncIterator[Lasting]:
    """A facade for the whole module: a test costs a tenant then, and no facade."""
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        ground, watched = Ground(facade_namespace, cluster_access, cluster), Watched(cluster)
        async with facade_on(ground, watched) as running:
            yield Lasting(ground, running, watched)


@pytest.fixture
def watched(ground: Ground) -> Watched:
    """The real cluster, for a facade whose requests to it are counted or fail."""
    return Watched(ground.cluster)


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
    token = await ground.token(tenant)
    async with running.client(tenant, token) as client:
        await wait_until(lambda: _answers(client))
        yield client


@pytest.fixture
def users(ground: Ground, tenant: TenantKey) -> Listed:
    """What the cluster holds of the tenant's users, by userName."""

    async def listed() -> dict[str, WorkteamUser]:
        found = await ground.cluster.list(WorkteamUser, ground.namespace)
        return {user.spec.user_name: user for user in found.items if user.tenant == tenant and not user.deleting}

    return listed


def base64_of(value: bytes) -> str:
    """Return a value as a Secret's data has it."""
    return base64.b64encode(value).decode()


async def _answers(client: httpx.AsyncClient) -> bool:
    return (await client.get("/ServiceProviderConfig")).is_success


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Awaitable[None]]:
    """What waits until a condition holds."""
    return wait_until


@pytest.fixture(name="now")
def now_fixture() -> Callable[[], datetime]:
    """What tells the time."""
    return now


def new_id() -> str:
    """Return a name for an object, as the process makes them."""
    return uuid7(now(), secrets.token_bytes(NOISE_BYTES))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
