"""A stage per test, as in the other folders that play on one; its client counts the statuses that are written."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any, ClassVar, TypeVar

import pytest
from typing_extensions import override

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, staged
from workteam_cli.tenant.profiles import Profile
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key

R = TypeVar("R", bound=CustomResource)


class CountingCluster(KubernetesCluster):
    """The API server's client, which remembers how often it wrote whose status."""

    writes: ClassVar[Counter[Key]] = Counter()
    """Of all instances: an operator makes one of its own that is behind the fence."""

    @override
    async def apply_status(
        self, resource: R, status: Mapping[str, Any], *, manager: str, resource_version: str | None = None
    ) -> R:
        """Count, and write."""
        self.writes[resource.key] += 1
        return await super().apply_status(resource, status, manager=manager, resource_version=resource_version)


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> Profile:
    """What the stage's Workteam can do; a test may ask for less."""
    return getattr(request, "param", Profile.FULL)


@pytest.fixture
async def stage(
    cluster_access: Access, namespace: str, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stage]:
    """Set up an empty namespace and an empty Workteam tenant."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace, profile=profile) as stage:
        yield stage


@pytest.fixture
async def counted(stage: Stage, cluster_access: Access) -> AsyncIterator[Counter[Key]]:
    """Count the statuses that are written on the stage."""
    async with CountingCluster.connect(str(cluster_access.kubeconfig)) as cluster:
        stage.cluster = cluster
        cluster.writes.clear()
        yield cluster.writes
