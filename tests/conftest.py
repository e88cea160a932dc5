"""What tests on the real API server share.

One etcd and one kube-apiserver serve the whole session, started by the code that `workteam dev up` uses; they end with
pytest however it ends. Tests isolate by namespace (of their own data) or by tenant name: a namespace that was deleted
would stay Terminating, as no controller-manager runs.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.binaries import find_binaries
from workteam_cli.controlplane.plane import ControlPlane
from workteam_cli.controlplane.processes import Processes

ROOT = Path(__file__).parent.parent
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running etcd and kube-apiserver of this session, without anything of ours in it."""
    home = tmp_path_factory.mktemp("controlplane")
    with Processes(home) as processes:
        plane = ControlPlane(home, find_binaries(), processes, durable=False)
        plane.start()
        yield plane


@pytest.fixture(scope="session")
def cluster_access(control_plane: ControlPlane) -> Access:
    """kubectl and helm as administrator; the four kinds are served. ``.kubeconfig`` is the path for a client."""
    access = control_plane.access
    access.kubectl("apply", "--server-side", "-f", str(ROOT / "crds"))
    access.kubectl("wait", "--for=condition=Established", "-f", str(ROOT / "crds"), "--timeout=30s")
    return access


@pytest.fixture
def namespace(cluster_access: Access) -> str:
    """The name of a new and empty namespace for one test."""
    name = f"test-{next(NUMBERS)}"
    cluster_access.kubectl("create", "namespace", name)
    return name
