"""``workteam demo``, as ``make demo`` runs it: twice in one home, and what stays up afterwards."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A folder for the demo; what stays up in it is ended with the test."""
    path = tmp_path / "demo"
    yield path
    workteam("dev", "down", "--home", str(path))


def workteam(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a person would, without a stack or a cluster of the environment."""
    foreign = ("WORKTEAM_", "KUBECONFIG")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    command = [sys.executable, "-m", "workteam_cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=kept | environment)


def kubectl(stack: dict[str, Any], *arguments: str) -> str:
    program = Path(sys.executable).with_name("kubectl")
    where = ("--kubeconfig", stack["kubeconfig"], "-n", stack["namespace"])
    done = subprocess.run([str(program), *where, *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_demo_works_and_works_again(home: Path) -> None:
    """Twice exit 0 in one home; the figures of the sample directory; the stack stays up with everybody Ready."""
    first = workteam("demo", "--home", str(home))
    assert (first.returncode, first.stderr.count("Traceback")) == (0, 0), first.stderr
    assert "Initial cycle: 47 users, 44 managers, 6 groups, 53 memberships" in first.stdout
    assert "Jordan Miller" in first.stdout
    again = workteam("demo", "--home", str(home), "-o", "json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert [cycle["cycle"] for cycle in told["cycles"]] == [f"E{number:02}" for number in range(1, 16)]
    assert {cycle["cycle"]: cycle["left"] for cycle in told["cycles"] if cycle["left"]} == {
        "E02": ["IsaiahL@contoso.com"],
        "E05": ["ReneG@contoso.com"],
        "E07": ["a0000000000040008000000000000004PradeepG@contoso.com"],
        "E09": ["a0000000000040008000000000000020IsaiahL@contoso.com"],
        "E14": ["MeganB@contoso.com"],
    }
    users = json.loads(kubectl(told["stack"], "get", "workteamusers", "-o", "json"))["items"]
    ready = [
        each for each in users for c in each["status"]["conditions"] if (c["type"], c["status"]) == ("Ready", "True")
    ]
    assert (len(users), len(ready)) == (49, 49)
    assert workteam("status", WORKTEAM_DEV_HOME=str(home)).returncode == 0


def test_the_demo_spares_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """A folder with other things in it is refused in one sentence, and left as it is."""
    (tmp_path / "letters.txt").write_text("dear")
    ran = workteam("demo", "--home", str(tmp_path))
    assert (ran.returncode, ran.stdout) == (73, "")
    assert ran.stderr.strip() == (
        f"error: {tmp_path} holds something that no demo made: name an empty folder with --home."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]
