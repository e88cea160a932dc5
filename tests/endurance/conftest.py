"""A namespace with 10,000 users, and facades as processes on it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.facade_processes import Ground, facade_ground
from workteam_crds.testing import a_group, a_user

PEOPLE = 10_000
AT_ONCE = 16


@pytest.fixture
async def ground(cluster_access: Access, namespace: str, proxy: FaultProxy, tmp_path: Path) -> AsyncIterator[Ground]:
    """Set up a tenant with 10,000 users that may be asked 200 times a second."""
    scim = {"requestsPerSecond": 200}
    async with facade_ground(cluster_access, namespace, proxy, tmp_path, scim=scim) as ground:
        numbers = iter(range(PEOPLE))

        async def create() -> None:
            for number in numbers:
                user = a_user(f"u{number:05}", namespace=namespace, userName=f"u{number:05}@contoso.example")
                await ground.cluster.create(user, manager="workteam-scim")

        await ground.cluster.create(a_group("crew", namespace=namespace), manager="workteam-scim")
        await asyncio.gather(*(create() for _ in range(AT_ONCE)))
        yield ground
