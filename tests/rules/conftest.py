"""A stage per test and an operator that plays on it; facades as processes, behind a proxy or not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.facade_processes import Ground, facade_ground, until
from workteam_cli.staging import Stage, staged
from workteam_operator.assembly import Operator


@pytest.fixture
async def stage(cluster_access: Access, namespace: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Set up an empty namespace and an empty Workteam tenant."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace) as stage:
        yield stage


@pytest.fixture
async def operator(stage: Stage) -> AsyncIterator[Operator]:
    """Run an operator whose tenant is Ready."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        yield operator


@pytest.fixture
async def ground(cluster_access: Access, namespace: str, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Ground]:
    """Set up a tenant that is ready, with a token."""
    async with facade_ground(cluster_access, namespace, proxy, tmp_path) as ground:
        yield ground


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Awaitable[None]]:
    """What waits until a condition holds."""
    return until
