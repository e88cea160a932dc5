"""A tenant on the real API server, its Workteam, and operators as processes, behind a proxy or not."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.facade_processes import until
from workteam_cli.operator_processes import Ground, operator_ground


@pytest.fixture
async def ground(cluster_access: Access, namespace: str, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Ground]:
    """Set up a tenant with its Secret and a Workteam of its own."""
    async with operator_ground(cluster_access, namespace, proxy, tmp_path) as ground:
        yield ground


@pytest.fixture(name="until")
def until_fixture() -> Callable[..., Awaitable[None]]:
    """What waits until a condition holds."""
    return until
