"""A stage per test, with a Workteam tenant that others change."""

from collections.abc import AsyncIterator

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, staged


@pytest.fixture
async def stage(cluster_access: Access, namespace: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Set up an empty namespace and an empty Workteam tenant."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace) as stage:
        yield stage
