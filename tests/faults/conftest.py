"""A proxy before the real API server; clients and facades that reach the cluster through it.

A facade in this process takes a watch for half open after two seconds of silence and answers from its cache for six,
where a real one waits for 70 seconds and for five minutes: the same code, with less to wait for.
"""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.facade_processes import Ground, facade_ground, until
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.naming import NOISE_BYTES, uuid7
from workteam_scim.app import Facade, create_app
from workteam_scim.settings import Settings

EXTERNAL_URL = "https://scim.example"
SILENCE = timedelta(seconds=2)


@pytest.fixture(scope="session")
def credentials(cluster_access: Access) -> Access:
    """Give the account ``default/default`` all rights: a caller whose token works through a proxy as well."""
    binding = ("create", "clusterrolebinding", "fault-tests", "--clusterrole=cluster-admin")
    cluster_access.kubectl("create", "serviceaccount", "fault-tests", "-n", "default")
    cluster_access.kubectl(*binding, "--serviceaccount=default:fault-tests")
    return cluster_access


@pytest_asyncio.fixture
async def client(credentials: Access, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[KubernetesCluster]:
    """Connect by the proxy, as the facade and the operator do when a stack is told so."""
    path = credentials.kubeconfig_as("default", "fault-tests", tmp_path / "kubeconfig", server=proxy.url)
    async with KubernetesCluster.connect(str(path)) as cluster:
        yield cluster


@pytest_asyncio.fixture
async def direct(cluster_access: Access) -> AsyncIterator[KubernetesCluster]:
    """Connect to the API server itself."""
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        yield cluster


@dataclass(frozen=True)
class Running:
    """A facade in this process, and a client of its tenant."""

    facade: Facade
    app: Any
    entra: httpx.AsyncClient

    def staleness(self) -> float:
        """Return how old the oldest news are that it answers from, in seconds."""
        lines = self.facade.metrics.text().decode().splitlines()
        return max(float(line.rpartition(" ")[2]) for line in lines if line.startswith("scim_cache_staleness_seconds{"))


RunFacade = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
async def ground(cluster_access: Access, namespace: str, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Ground]:
    """Set up a tenant that is ready, with a token."""
    fast = {"requestsPerSecond": 100_000}
    async with facade_ground(cluster_access, namespace, proxy, tmp_path, scim=fast) as ground:
        yield ground


@pytest.fixture
def run_facade(ground: Ground) -> RunFacade:
    """What runs a facade behind the proxy."""
    return partial(running, ground)


@pytest.fixture(name="running_at")
def running_at_fixture() -> RunFacade:
    """What runs a facade on a ground."""
    return running


@asynccontextmanager
async def running(
    ground: Ground, *, lease: int = 15, stale: int = 6, ready: bool = True, silence: timedelta = SILENCE
) -> AsyncIterator[Running]:
    """Run a facade until the block ends; it is ready when the block begins, if so wanted."""
    settings = Settings(
        external_url=EXTERNAL_URL,
        tenant_namespaces=(ground.namespace,),
        namespace=ground.namespace,
        lease_seconds=lease,
    ).model_copy(update={"stale_seconds": stale})  # below what a process may be told
    async with KubernetesCluster.connect(str(ground.proxied), silence=silence) as cluster:
        facade = Facade(settings, cluster, new_id=new_id, now=now)
        app = create_app(facade, new_id=lambda: str(uuid.uuid4()))
        entra = httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url=f"{EXTERNAL_URL}/{ground.namespace}/acme/scim/v2",
            headers={"Authorization": f"Bearer {ground.token}", "Content-Type": "application/scim+json"},
        )
        async with app.router.lifespan_context(app), entra:
            if ready:
                await until(lambda: not facade.missing())
            yield Running(facade, app, entra)


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Awaitable[None]]:
    """What waits until a condition holds."""
    return until


@pytest.fixture(name="done")
def done_fixture() -> Callable[..., Awaitable[httpx.Response]]:
    """What sends a request until it is answered otherwise than with 503."""
    return done


async def done(entra: httpx.AsyncClient, method: str, path: str, json: Any = None) -> httpx.Response:
    """Send a request until it is not refused with 503: the API server has just come back."""
    async with asyncio.timeout(60):
        while True:
            answer = await entra.request(method, path, json=json)
            if not (answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and unavailable(answer)):
                assert answer.is_success, answer.text
                return answer
            await asyncio.sleep(0.05)


@pytest.fixture(name="unavailable")
def unavailable_fixture() -> Callable[[httpx.Response], bool]:
    """What says whether an answer is 503 as SCIM has it, with a time to come again."""
    return unavailable


def unavailable(answer: httpx.Response) -> bool:
    """Say whether an answer is 503 as SCIM has it, with a time to come again."""
    return (
        answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        and int(answer.headers["Retry-After"]) > 0
        and answer.headers["Content-Type"].startswith("application/scim+json")
        and answer.json()["status"] == "503"
    )


def new_id() -> str:
    """Return a name for an object, as the process makes them."""
    return uuid7(now(), secrets.token_bytes(NOISE_BYTES))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)
