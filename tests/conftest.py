"""What tests on the real API server share.

One etcd and one kube-apiserver serve the whole session, with the chart installed, started by the code that
``workteam dev up`` uses; they end with pytest however it ends. Tests isolate by namespace (``namespace``) or by tenant
(``tenant``): a deleted namespace would stay Terminating, as no controller-manager runs. From cheap to dear:

* ``cluster_access``: kubectl and helm as administrator; ``.kubeconfig`` is the path that a client takes.
* ``namespace``: a new and empty namespace, which no process of ours watches.
* ``stack``: facade and operator as processes, with the tenant ``workteam/acme`` on a stand-in. See ``Stack``.
* ``tenant``: a new tenant on that stack with a stand-in of its own: Ready, and without objects.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.binaries import find_binaries
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.controlplane.plane import ControlPlane
from workteam_cli.controlplane.processes import Processes
from workteam_cli.controlplane.settings import StackSettings, TenantSettings
from workteam_cli.controlplane.stack import RunningTenant, Stack

SHORT_WAITS = {"BACKOFF_FIRST": 0.1, "BACKOFF_LONGEST": 2, "CREATE_SETTLE": 2, "GROUP_REST": 0.1}
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def prepared_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a control plane and install the chart; neither facade nor operator run."""
    home = tmp_path_factory.mktemp("stack")
    with Processes(home) as processes:
        stack = Stack(StackSettings(home, operator_settings=SHORT_WAITS, durable=False), processes)
        stack.prepare()
        yield stack


@pytest.fixture(scope="session")
def cluster_access(prepared_stack: Stack) -> Access:
    """Reach the cluster as its administrator; the four kinds are served."""
    return prepared_stack.access


@pytest.fixture
def proxy(cluster_access: Access) -> Iterator[FaultProxy]:
    """Return a proxy before the API server that passes everything until a test says otherwise."""
    with FaultProxy() as proxy:
        proxy.serve(cluster_access)
        yield proxy


@pytest.fixture
def namespace(cluster_access: Access) -> str:
    """Name a new and empty namespace for one test."""
    name = f"test-{next(NUMBERS)}"
    cluster_access.kubectl("create", "namespace", name)
    return name


@pytest.fixture(scope="session")
def stack(prepared_stack: Stack) -> Stack:
    """Run facade and operator, ready; the tenant is ``workteam/acme``. A test that ends one starts it again."""
    prepared_stack.start()
    return prepared_stack


@pytest.fixture
def tenant(stack: Stack) -> Iterator[RunningTenant]:
    """Add a tenant for one test, with a stand-in of its own; it is Ready, and has no objects."""
    settings = TenantSettings(f"tenant-{next(NUMBERS)}")
    running = stack.add_tenant(settings)
    stack.await_tenant(settings)
    yield running
    stack.end_tenant(settings)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes: with two workers the rest then runs beside it, and nobody waits at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture
def plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """A control plane of one test's own, with our kinds and a namespace: its etcd is to be set back."""
    with Processes(tmp_path / "plane") as processes:
        plane = ControlPlane(processes.home, find_binaries(), processes, durable=False)
        access = plane.start()
        access.kubectl("apply", "--server-side", "-f", str(Path(__file__).parents[1] / "crds"))
        access.kubectl("wait", "--for=condition=Established", "customresourcedefinitions", "--all")
        access.kubectl("create", "namespace", "restored")
        yield plane
