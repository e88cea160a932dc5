"""A stage per test, with a Workteam tenant that others change."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, staged
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.tenants import LastFullSweep
from workteam_crds.testing import TENANT


@pytest.fixture
async def stage(cluster_access: Access, namespace: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Set up an empty namespace and an empty Workteam tenant."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace) as stage:
        yield stage


@pytest.fixture
def hurried(stage: Stage) -> Stage:
    """A stage on which a write may be looked at again after a moment."""
    stage.settings = stage.settings.model_copy(update={"create_settle": timedelta(milliseconds=100)})
    return stage


@pytest.fixture
def swept_twice(stage: Stage) -> Callable[[], Awaitable[None]]:
    """What waits until a sweep is over that began after it was called."""

    async def last() -> LastFullSweep:
        return (await stage.get(WorkteamTenant, TENANT)).status.last_full_sweep or LastFullSweep()

    async def twice() -> None:
        for _ in range(2):
            before = (await last()).time
            await stage.until(WorkteamTenant, TENANT, partial(_later, before=before))

    return twice


def _later(tenant: WorkteamTenant, before: object) -> bool:
    sweep = tenant.status.last_full_sweep
    return sweep is not None and sweep.time is not None and sweep.time != before
