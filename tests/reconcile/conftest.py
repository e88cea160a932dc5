"""A stand-in tenant, a namespace with a tenant object, and a running operator: each test plays on its own stage."""

import base64
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.tenant.application import StandIn
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.testing import TENANT, a_tenant
from workteam_operator.__main__ import Operator
from workteam_operator.settings import Settings
from workteam_operator.testing import Stage, ready, running

Start = Callable[[], AbstractAsyncContextManager[Operator]]


@pytest.fixture
def workteam() -> Iterator[StandIn]:
    """An empty Workteam tenant with a request log."""
    with StandIn() as tenant:
        yield tenant


@pytest.fixture
async def stage(cluster_access: Access, namespace: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """The namespace of this test."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        yield Stage(cluster, namespace)


@pytest.fixture
def settings(namespace: str) -> Settings:
    """Short waiting times."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Settings(
        namespace=namespace,
        tenant_namespaces=(namespace,),
        host="127.0.0.1",
        port=port,
        workers=4,
        backoff_first=timedelta(milliseconds=50),
        backoff_longest=timedelta(milliseconds=500),
        create_settle=timedelta(seconds=3),
    )


@pytest.fixture
def start(stage: Stage, settings: Settings) -> Start:
    """Start an operator, as often as a test likes."""
    return partial(running, stage.cluster, settings)


@pytest.fixture
async def tenant(cluster_access: Access, stage: Stage, workteam: StandIn) -> WorkteamTenant:
    """The tenant object, connected to the stand-in."""
    return await make_tenant(cluster_access, stage, workteam)


@pytest.fixture
async def operator(start: Start, stage: Stage, tenant: WorkteamTenant) -> AsyncIterator[Operator]:
    """A running operator whose tenant is Ready."""
    async with start() as operator:
        await ready(stage, TENANT)
        yield operator


async def make_tenant(access: Access, stage: Stage, workteam: StandIn, **spec: Any) -> WorkteamTenant:
    """Create the Secret and the tenant object."""
    token = base64.b64encode(workteam.token.encode()).decode()
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "workteam", "namespace": stage.namespace},
        "data": {"token": token},
    }
    access.kubectl("apply", "--server-side", "-f", "-", stdin=orjson.dumps(secret).decode())
    connection = {
        "baseURL": workteam.base_url,
        "tokenSecretRef": {"name": "workteam"},
        "requestsPerSecond": 1000,
    }
    return await stage.create(a_tenant(workteam=connection, **spec))
