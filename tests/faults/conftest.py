"""A proxy before the real API server, and clients that reach the cluster through it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.cluster.kubernetes import KubernetesCluster


@pytest.fixture
def proxy(cluster_access: Access) -> Iterator[FaultProxy]:
    """Return a proxy that passes everything until a test says otherwise."""
    with FaultProxy() as proxy:
        proxy.serve(cluster_access)
        yield proxy


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
