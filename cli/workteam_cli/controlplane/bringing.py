"""Bring a stack up so that it stays, see how it is, and take it down. One of these at a time works on a home."""

import json
from dataclasses import dataclass
from pathlib import Path

from workteam_cli.controlplane.files import locked, on_disk, write_private
from workteam_cli.controlplane.processes import Processes
from workteam_cli.controlplane.reporting import Report, silent
from workteam_cli.controlplane.settings import APISERVER, ETCD, FACADE, OPERATOR, StackSettings
from workteam_cli.controlplane.stack import Stack
from workteam_cli.dev_stack import FILE, StackInfo
from workteam_cli.output import Exit, Problem

LAST = (APISERVER, ETCD)
FIRST = (OPERATOR, FACADE)
CLUSTER = "cluster.json"


@dataclass(frozen=True)
class ProcessState:
    """One process of a home as it is now."""

    name: str
    pid: int
    port: int
    running: bool
    log: str


def bring_up(settings: StackSettings, report: Report = silent) -> StackInfo:
    """Start what does not run of a stack and leave it running; if this fails or is killed, what it started ends."""
    home = settings.home.absolute()
    with on_disk(home):
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(home / "lock", lambda: report("waiting for another workteam dev")), Processes(home) as processes:
        _hold_to_one_cluster(home, settings.kubeconfig)
        info = Stack(settings, processes, report).start()
        write_private(home / FILE, json.dumps(info.document(), indent=2) + "\n")
        write_private(home / CLUSTER, json.dumps({"kubeconfig": _absolute(settings.kubeconfig)}))
        processes.release()
    return info


def take_down(home: Path, report: Report = silent) -> list[str]:
    """End the processes of a home, in order, and return the names of those that ran. Data and tokens stay."""
    home = home.absolute()
    if not home.is_dir():
        return []
    with locked(home / "lock", lambda: report("waiting for another workteam dev")):
        processes = Processes(home)
        running = [state.name for state in states(home) if state.running]
        between = [name for name in running if name not in (*FIRST, *LAST)]
        order = [name for name in (*FIRST, *between, *LAST) if name in running]
        for name in order:
            report(f"ending {name}")
            processes.end(name)
        (home / FILE).unlink(missing_ok=True)
    return order


def states(home: Path) -> list[ProcessState]:
    """Tell of every process that was ever started in a home, in the order of their first start."""
    processes = Processes(home)
    return [
        ProcessState(name, record.pid, record.port, record.process.alive, str(processes.log(name)))
        for name, record in processes.records().items()
    ]


def _hold_to_one_cluster(home: Path, kubeconfig: Path | None) -> None:
    """Refuse to use a home for two clusters in turn: its tokens and records would be those of the other."""
    try:
        before = json.loads((home / CLUSTER).read_text(encoding="utf-8"))["kubeconfig"]
    except FileNotFoundError:
        return
    if before != _absolute(kubeconfig):
        raise Problem(
            f"{home} was brought up with {_named(before)}, not with {_named(_absolute(kubeconfig))}: name another home "
            f"with WORKTEAM_DEV_HOME.",
            Exit.USAGE,
        )


def _absolute(kubeconfig: Path | None) -> str | None:
    return str(kubeconfig.absolute()) if kubeconfig else None


def _named(kubeconfig: str | None) -> str:
    return f"the cluster of {kubeconfig}" if kubeconfig else "a control plane of its own"
