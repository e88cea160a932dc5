"""Processes are known exactly, and end when their starter does, however that ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workteam_cli.controlplane.known import Known, end_all
from workteam_cli.controlplane.ports import LOOPBACK, free_port
from workteam_cli.controlplane.processes import Processes
from workteam_cli.output import Exit, Problem

SLEEP = ("sleep", "600")
STARTER = """
import sys, time
from pathlib import Path
from workteam_cli.controlplane.processes import Processes
with Processes(Path(sys.argv[1])) as processes:
    print(processes.start("sleeper", ["sleep", "600"]).pid, flush=True)
    if "release" in sys.argv:
        processes.release()
        print("released", flush=True)
    time.sleep(600)
"""


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    """Poll until something holds; False if it does not within the time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], Known]]]:
    """Start a process that starts a sleeper; both are gone after the test."""
    started: list[tuple[subprocess.Popen[str], Known]] = []

    def start(*words: str) -> tuple[subprocess.Popen[str], Known]:
        command = [sys.executable, "-c", STARTER, str(tmp_path), *words]
        parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert parent.stdout is not None
        sleeper = Known.of(int(parent.stdout.readline()))
        if words:
            assert parent.stdout.readline() == f"{words[0]}d\n"
        started.append((parent, sleeper))
        return parent, sleeper

    yield start
    for parent, sleeper in started:
        parent.kill()
        parent.communicate()
        end_all([sleeper], grace=5)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_ends_with_its_starter(starter: Callable[..., tuple[subprocess.Popen[str], Known]], number: int) -> None:
    """Whatever ends the starter ends what it started."""
    parent, sleeper = starter()
    assert sleeper.alive
    parent.send_signal(number)
    parent.wait()
    assert eventually(lambda: not sleeper.alive)


def test_released_outlives_its_starter(starter: Callable[..., tuple[subprocess.Popen[str], Known]]) -> None:
    """What was released runs on after its starter was killed and its guard ended."""
    parent, sleeper = starter("release")
    parent.kill()
    parent.wait()
    assert not eventually(lambda: not sleeper.alive, seconds=1)


def test_another_process_with_the_pid(tmp_path: Path) -> None:
    """A pid that was used again is neither taken for the process nor signalled."""
    with Processes(tmp_path) as processes:
        record = processes.start("sleeper", SLEEP)
        earlier = Known(record.pid, record.started + "0")
        assert not earlier.alive
        assert earlier.send(signal.SIGKILL) is False
        assert record.process.alive


def test_deaf_process_is_killed(tmp_path: Path) -> None:
    """A process that ignores SIGTERM ends all the same."""
    deaf = (
        sys.executable,
        "-c",
        "import signal,time; signal.signal(15, signal.SIG_IGN); print(1,flush=True); time.sleep(600)",
    )
    with Processes(tmp_path) as processes:
        record = processes.start("deaf", deaf)
        assert eventually(lambda: processes.log("deaf").read_text() == "1\n")
        processes.end("deaf", grace=0.1)
        assert not record.process.alive


def test_what_runs_and_what_does_not(tmp_path: Path) -> None:
    """A record stays after its process ended, and names the port for the next one."""
    with Processes(tmp_path) as processes:
        record = processes.start("sleeper", SLEEP)
        assert processes.running("sleeper") == record
        processes.end("sleeper")
        assert processes.running("sleeper") is None
    assert Processes(tmp_path).port("sleeper") == record.port


def test_port_taken_meanwhile(tmp_path: Path) -> None:
    """A port that another program took while the process was down is one sentence."""
    with Processes(tmp_path) as processes:
        port = processes.port("sleeper")
        with socket.create_server((LOOPBACK, port)), pytest.raises(Problem) as refused:
            processes.start("sleeper", SLEEP)
    assert refused.value.code is Exit.BUSY
    assert str(refused.value) == (
        f"Port {port} of sleeper is in use by another program: end that program, or choose another home with "
        f"WORKTEAM_DEV_HOME."
    )


def test_free_ports_stay_clear_of_outgoing_connections() -> None:
    """A chosen port is free, and below those that the system gives to connections."""
    port = free_port()
    assert 20_000 <= port < 32_000
    with socket.create_server((LOOPBACK, port)):
        pass


def test_environment(tmp_path: Path) -> None:
    """A process gets its surroundings and, over them, what it is told; its log takes both outputs."""
    script = "import os,sys; print(os.environ['A'], os.environ['B']); print('err', file=sys.stderr)"
    with Processes(tmp_path) as processes:
        around = {"A": "around", "B": "around", "PATH": os.environ["PATH"]}
        processes.start("p", (sys.executable, "-c", script), env={"B": "told"}, surroundings=around)
        assert eventually(lambda: sorted(processes.log("p").read_text().splitlines()) == ["around told", "err"])
