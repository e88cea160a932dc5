"""A stage per test, and an operator that plays on it."""

from collections.abc import AsyncIterator

import pytest

from workteam_cli.controlplane.access import Access
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
