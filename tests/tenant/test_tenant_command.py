"""``workteam tenant``: what a person sees of a stand-in."""

import json
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import yaml

from workteam_cli.__main__ import main
from workteam_cli.dev_stack import Endpoint, StackInfo
from workteam_cli.output import Exit
from workteam_cli.tenant.application import StandIn

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

NAMES = {
    "a@x.test": "\u05d0\u05d1\u05e8\u05d4\u05dd \u05d1\u05df-\u05d3\u05d5\u05d3",
    "b@x.test": "\u738b\u5c0f\u660e\u7684\u540d\u5b57\u5f88\u957f " * 6,
    "c@x.test": "Zoe\u0308 A\u030angstro\u0308m",
    "d@x.test": "[bold]not markup[/] " + "long" * 40,
    "e@x.test": "\u0645\u0631\u062d\u0628\u0627 \U0001f469\u200d\U0001f4bb",
}
"""Right-to-left, wide, decomposed, marked up, and longer than a terminal is wide."""


class Answer(NamedTuple):
    """What one call of the command left behind."""

    code: int
    stdout: str
    stderr: str


class Command:
    """Calls ``workteam tenant`` as a person does in an 80 column terminal's pipe."""

    def __init__(self, capture: pytest.CaptureFixture[str], token_file: Path, base_url: str) -> None:
        self.capture = capture
        self.where = ["--base-url", base_url, "--token-file", str(token_file)]

    def bare(self, *arguments: str) -> Answer:
        """Call it without saying where the tenant is."""
        with pytest.raises(SystemExit) as ended:
            main(["tenant", *arguments])
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, *self.capture.readouterr())

    def __call__(self, *arguments: str) -> Answer:
        """Call it on the stand-in of the test."""
        return self.bare(*arguments, *self.where)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a dev stack that is not there."""
    monkeypatch.setenv("WORKTEAM_DEV_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def workteam(home: Path, stand_in: StandIn, token_file: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command on a stand-in of profile full."""
    return Command(capsys, token_file, stand_in.base_url)


def create(scim: httpx.Client, name: str, display_name: str) -> str:
    """Create an account, and return its id."""
    resource = {"schemas": [USER, ENTERPRISE], "userName": name, "displayName": display_name, "active": True}
    created = scim.post("/Users", json=resource | {ENTERPRISE: {"department": "R&D"}})
    identity: str = created.json()["id"]
    return identity


def test_every_name_survives_the_table(workteam: Command, scim: httpx.Client) -> None:
    """One line per account, ordered by user, each name whole and as it was sent."""
    ids = {name: create(scim, name, display_name) for name, display_name in NAMES.items()}
    listed = workteam("ls")
    heading, *lines = listed.stdout.splitlines()
    assert (listed.code, listed.stderr) == (0, "")
    assert heading.split() == ["USER", "NAME", "ACTIVE", "EXTERNAL-ID", "TITLE", "DEPARTMENT", "MANAGER", "ID"]
    for line, (name, display_name) in zip(lines, NAMES.items(), strict=True):
        assert line.startswith(f"{name}  {display_name.rstrip()}")
        assert line.split()[-3:] == ["true", "R&D", ids[name]]


@pytest.mark.parametrize(("output", "read"), [("json", json.loads), ("yaml", yaml.safe_load)])
def test_documents_hold_what_the_tenant_answered(
    workteam: Command, scim: httpx.Client, output: str, read: object
) -> None:
    """More than one page of accounts, all attributes, nothing changed."""
    for number in range(101):
        create(scim, f"{number:03}@x.test", NAMES["c@x.test"])
    listed = workteam("ls", "-o", output)
    assert callable(read)
    accounts = read(listed.stdout)
    expected = [(f"{number:03}@x.test", NAMES["c@x.test"]) for number in range(101)]
    assert [(account["userName"], account["displayName"]) for account in accounts] == expected


def test_teams_are_listed_with_the_number_of_their_members(workteam: Command, scim: httpx.Client) -> None:
    for name, size in (("sg-Sales", 2), ("sg-Empty", 0)):
        members = [{"value": f"m{number}"} for number in range(size)]
        scim.post("/Groups", json={"schemas": [GROUP], "displayName": name, "externalId": "x", "members": members})
    listed = workteam("ls", "--groups")
    rows = [line.split()[:3] for line in listed.stdout.splitlines()]
    assert rows == [["GROUP", "MEMBERS", "EXTERNAL-ID"], ["sg-Empty", "0", "x"], ["sg-Sales", "2", "x"]]


def test_a_tenant_without_groups_says_so(small_tenant: StandIn, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token_file = home / "token"
    token_file.write_text(small_tenant.token)
    listed = Command(capsys, token_file, small_tenant.base_url)("ls", "--groups")
    sentence = "error: the tenant has no /Groups: its profile knows users only\n"
    assert (listed.code, listed.stderr) == (Exit.NO_INPUT, sentence)


def test_the_log_is_shown(workteam: Command, scim: httpx.Client) -> None:
    create(scim, "ana@x.test", "Ana")
    shown = workteam("log")
    assert [line.split()[-4:] for line in shown.stdout.splitlines()[1:]] == [["POST", "/Users", "201", "answered"]]
    documents = json.loads(workteam("log", "-o", "json").stdout)
    assert [entry["body"]["userName"] for entry in documents] == ["ana@x.test"]


def test_the_dev_stacks_tenant_is_the_usual_one(
    workteam: Command, stand_in: StandIn, scim: httpx.Client, home: Path
) -> None:
    """Without options, the tenant that ``workteam dev up`` recorded."""
    create(scim, "ana@x.test", "Ana")
    tenant, none = Endpoint(stand_in.base_url, stand_in.token), Endpoint("", "")
    stack = StackInfo("", none, "workteam", "acme", tenant, pids={}, logs={}, home=str(home))
    (home / "stack.json").write_text(json.dumps(stack.document()))
    listed = workteam.bare("ls", "--users")
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["USER", "ana@x.test"]


def test_each_fault_is_one_sentence(workteam: Command, stand_in: StandIn, home: Path) -> None:
    """No stack, half an address, a wrong token, nobody there, no token file: cause, way out, exit code."""
    wrong, missing = home / "wrong", home / "missing"
    wrong.write_text("wrong")
    here = ["--base-url", stand_in.base_url]
    nowhere = "http://127.0.0.1:1/scim/v2"
    answers = [
        workteam.bare("ls"),
        workteam.bare("ls", *here),
        workteam.bare("ls", *here, "--token-file", str(wrong)),
        workteam.bare("log", *here, "--token-file", str(wrong)),
        workteam.bare("ls", "--base-url", nowhere, "--token-file", str(wrong)),
        workteam.bare("log", "--base-url", nowhere, "--token-file", str(wrong)),
        workteam.bare("ls", *here, "--token-file", str(missing)),
    ]
    assert [(answer.code, answer.stderr) for answer in answers] == [
        (
            Exit.NO_INPUT,
            (
                "error: no dev stack is running here: start one with `workteam dev up`, or give --base-url and "
                "--token-file\n"
            ),
        ),
        (
            Exit.USAGE,
            "error: --base-url and --token-file belong together: give both, or neither for the dev stack\n",
        ),
        (Exit.DENIED, "error: the tenant refuses this token (401)\n"),
        (Exit.DENIED, "error: the stand-in tenant refused GET /log: this needs the administrator's token\n"),
        (Exit.UNAVAILABLE, f"error: no tenant answers at {nowhere}: ConnectError; is it running?\n"),
        (Exit.UNAVAILABLE, "error: no stand-in tenant answers at http://127.0.0.1:1/: is it running?\n"),
        (Exit.NO_INPUT, f"error: cannot read the token file {missing}: No such file or directory\n"),
    ]
