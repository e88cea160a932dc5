"""``workteam dev``: brought up, reused, repaired, taken down; killed in between, it leaves nothing running."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.bringing import states, take_down
from workteam_cli.controlplane.ports import LOOPBACK
from workteam_cli.output import Exit

BARE = ("--without", "facade", "--without", "operator")


def command(home: Path, *words: str) -> list[str]:
    """Write a ``workteam dev`` command for a home."""
    return [sys.executable, "-m", "workteam_cli", "dev", words[0], "--home", str(home), *words[1:]]


def run(home: Path, *words: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a ``workteam dev`` command."""
    around = {**os.environ, **(env or {})}
    return subprocess.run(command(home, *words), capture_output=True, text=True, check=False, env=around)


def up(home: Path, *words: str, env: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Bring a stack up, and return the object that it prints."""
    done = run(home, "up", "-o", "json", *words, env=env)
    assert done.returncode == 0, done.stderr
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def kept(home: Path) -> dict[str, Any]:
    """Read what the last ``up`` of a home printed."""
    printed: dict[str, Any] = json.loads((home / "stack.json").read_text())
    return printed


def eventually(holds: Callable[[], bool], seconds: float = 60) -> bool:
    """Poll until something holds; False if it does not within the time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def alive(home: Path) -> list[str]:
    """Name the processes of a home that run."""
    return [state.name for state in states(home) if state.running]


def port(home: Path, name: str) -> int:
    """Read where a process of a home listens."""
    (found,) = [state.port for state in states(home) if state.name == name]
    return found


def mode(path: Path) -> int:
    """Read the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
    """Name a home where nothing was brought up; whatever is, is taken down."""
    yield tmp_path / "dev"
    take_down(tmp_path / "dev")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Bring up a control plane with a tenant and its stand-in, without facade and operator."""
    folder = tmp_path_factory.mktemp("dev")
    up(folder, *BARE)
    yield folder
    take_down(folder)


def test_what_is_printed(home: Path) -> None:
    """``-o json`` is one object, which is kept as well; nothing that holds a token is readable by others."""
    printed = up(home, *BARE)
    assert list(printed) == [
        "kubeconfig",
        "baseURL",
        "token",
        "namespace",
        "tenant",
        "workteam",
        "pids",
        "logs",
        "home",
    ]
    assert list(printed["pids"]) == list(printed["logs"]) == ["facade", "operator", "apiserver", "etcd", "workteam"]
    assert (printed["namespace"], printed["tenant"], printed["home"]) == ("workteam", "acme", str(home))
    assert printed["baseURL"].endswith("/workteam/acme/scim/v2")
    assert json.loads((home / "stack.json").read_text()) == printed
    private = [home / "stack.json", home / "kubeconfig", *(home / "tokens").iterdir(), home / "pki" / "tokens.csv"]
    assert {mode(path) for path in private} == {0o600}
    assert len(private) == 5


def test_stand_in_answers(home: Path) -> None:
    """The printed Workteam endpoint takes the printed token, and no other."""
    workteam = kept(home)["workteam"]
    url = f"{workteam['baseURL']}/Users"
    assert httpx.get(url, headers={"Authorization": f"Bearer {workteam['token']}"}).status_code == httpx.codes.OK
    assert httpx.get(url, headers={"Authorization": "Bearer other"}).status_code == httpx.codes.UNAUTHORIZED


def test_second_up_reuses_and_repairs(home: Path) -> None:
    """What runs is left alone; what died comes back on its port, and only that."""
    before = kept(home)
    assert up(home, *BARE) == before
    was = port(home, "workteam")
    os.kill(before["pids"]["workteam"], signal.SIGKILL)
    assert eventually(lambda: "workteam" not in alive(home))
    assert run(home, "status").returncode == Exit.FAILED
    after = up(home, *BARE)
    assert port(home, "workteam") == was
    assert after["pids"].pop("workteam") != before["pids"].pop("workteam")
    assert after == before
    assert run(home, "status").returncode == Exit.OK


def test_two_ups_at_once(home: Path) -> None:
    """One waits for the other, and both print the same stack."""
    words = command(home, "up", "-o", "json", *BARE)
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    (first, _), (second, _) = [each.communicate() for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert json.loads(first) == json.loads(second)


def test_kubeconfig_of_the_environment_is_never_used(home: Path, tmp_path: Path) -> None:
    """A KUBECONFIG in the environment, were it production's, changes nothing."""
    before = kept(home)
    (tmp_path / "production").write_text("no kubeconfig at all")
    assert up(home, *BARE, env={"KUBECONFIG": str(tmp_path / "production")}) == before


def test_existing_cluster(home: Path, new_home: Path) -> None:
    """``--kubeconfig`` uses a cluster that runs; the home then belongs to it, and ``down`` leaves the cluster alone."""
    cluster = ("--kubeconfig", str(home / "kubeconfig"))
    printed = up(new_home, *BARE, *cluster)
    assert printed["kubeconfig"] == str(home / "kubeconfig")
    assert (printed["pids"]["apiserver"], printed["pids"]["etcd"]) == (None, None)
    refused = run(new_home, "up", *BARE)
    assert refused.returncode == Exit.USAGE
    assert "was brought up with the cluster of" in refused.stderr
    assert json.loads(run(new_home, "down", "-o", "json").stdout) == {"ended": ["workteam"]}
    assert alive(home) == ["etcd", "apiserver", "workteam"]
    up(home, *BARE)  # its own tenant again


def test_no_such_kubeconfig(new_home: Path) -> None:
    """A kubeconfig that does not exist is one sentence, and nothing is started."""
    refused = run(new_home, "up", "--kubeconfig", "/nonexistent/config")
    assert refused.returncode == Exit.NO_INPUT
    assert refused.stderr == (
        "error: The kubeconfig /nonexistent/config does not exist: name the file of the cluster to use.\n"
    )
    assert not new_home.exists()


def test_unreachable_cluster(new_home: Path, tmp_path: Path) -> None:
    """A cluster that does not answer is one sentence; the home is not bound to it."""
    cluster = {"name": "gone", "cluster": {"server": f"https://{LOOPBACK}:1"}}
    context = {"name": "gone", "context": {"cluster": "gone", "user": ""}}
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context]}
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps({**config, "current-context": "gone"}))
    refused = run(new_home, "up", "--kubeconfig", str(path))
    assert refused.returncode == Exit.UNAVAILABLE
    assert f"error: The cluster of {path} cannot be reached: " in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (new_home / "cluster.json").exists()


def test_status_of_nothing(new_home: Path) -> None:
    """A home without a stack is said to be one."""
    refused = run(new_home, "status")
    assert refused.returncode == Exit.NO_INPUT
    assert "start one with `workteam dev up`" in refused.stderr


def test_down_and_up_again(new_home: Path) -> None:
    """``down`` ends all of it and keeps data and tokens; a port that was taken meanwhile is one sentence."""
    before = up(new_home, *BARE)
    down = json.loads(run(new_home, "down", "-o", "json").stdout)
    assert down == {"ended": ["workteam", "apiserver", "etcd"]}
    assert alive(new_home) == []
    assert json.loads(run(new_home, "down", "-o", "json").stdout) == {"ended": []}
    with socket.create_server((LOOPBACK, port(new_home, "workteam"))):
        refused = run(new_home, "up", *BARE)
        assert refused.returncode == Exit.BUSY
        assert "in use by another program" in refused.stderr
        assert alive(new_home) == []
    after = up(new_home, *BARE)
    pids = (before.pop("pids"), after.pop("pids"))
    assert after == before
    assert not set(pids[0].values()) & set(pids[1].values()) - {None}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda number: number.name)
def test_interrupted_up_leaves_nothing_running(new_home: Path, number: int) -> None:
    """An ``up`` that is ended half-way takes along what it started; the next one works."""
    starting = subprocess.Popen(
        command(new_home, "up", *BARE),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - a job in the background ignores it
    )
    assert eventually(lambda: "apiserver" in alive(new_home))
    starting.send_signal(number)
    starting.wait()
    assert eventually(lambda: alive(new_home) == [])
    assert not (new_home / "stack.json").exists()
    assert up(new_home, *BARE)["pids"]["workteam"]


def test_whole_stack(new_home: Path) -> None:
    """Facade and operator are ready when ``up`` returns, and Entra's Test Connection succeeds with what it printed."""
    printed = up(new_home)
    assert all(printed["pids"].values())
    assert sorted(alive(new_home)) == ["apiserver", "etcd", "facade", "operator", "workteam"]
    bearer = {"Authorization": f"Bearer {printed['token']}"}
    search = f'{printed["baseURL"]}/Users?filter=userName eq "8daa2a3e-9e1a-4f1c-9c8a-3a1d1a2b3c4d"'
    tested = httpx.get(search, headers=bearer)
    assert (tested.status_code, tested.json()["totalResults"]) == (httpx.codes.OK, 0)
    os.kill(printed["pids"]["facade"], signal.SIGKILL)
    assert eventually(lambda: "facade" not in alive(new_home))
    repaired = up(new_home)
    assert repaired["pids"].pop("facade") != printed["pids"].pop("facade")
    assert repaired == printed
    assert httpx.get(search, headers=bearer).status_code == httpx.codes.OK
