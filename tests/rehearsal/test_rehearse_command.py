"""``workteam rehearse`` as a person runs it: files, state, sentences and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from workteam_cli.__main__ import main
from workteam_cli.dev_stack import Endpoint, StackInfo
from workteam_cli.output import Exit
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Answer

BASE = "https://scim.example/v2"


def run(*arguments: str) -> int:
    """Run the command as a shell does, and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["rehearse", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No stack, no token: a folder of the test's own."""
    monkeypatch.setenv("WORKTEAM_DEV_HOME", str(tmp_path))
    for name in ("WORKTEAM_TOKEN", "WORKTEAM_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_dry_run_shows_every_request_and_sends_none(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without any service: the literal requests of the first cycle, and no state file."""
    state = environment / "state.json"
    assert run("--dry-run", "--state", str(state), "-o", "json") == Exit.OK
    shown = json.loads(capsys.readouterr().out)
    [cycle] = shown["cycles"]
    assert (cycle["created"], cycle["managers"], cycle["membershipsAdded"]) == (47, 44, 53)
    assert len(shown["requests"]) == 207
    assert shown["requests"][2] == {
        "method": "GET",
        "url": "https://scim.invalid/scim/v2/Users?filter=userName+eq+%22PattiF%40contoso.com%22",
        "body": None,
    }
    assert not state.exists()


def test_the_running_stack_gives_base_url_and_token(
    environment: Path, stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the name of the command is needed when `dev up` recorded its stack."""
    scim, none = Endpoint(stand_in.base_url, stand_in.token), Endpoint("", "")
    stack = StackInfo("", scim, "workteam", "acme", none, pids={}, logs={}, home=str(environment))
    (environment / "stack.json").write_text(json.dumps(stack.document()), encoding="utf-8")
    assert run("--test-connection") == Exit.OK
    assert capsys.readouterr().out == "Test Connection: the service answers as Entra expects.\n"


def test_cycles_go_on_where_the_state_file_ends(
    environment: Path, stand_in: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    """Initial cycle and E01; then E02 alone; then nothing; without --changes the file is not misread."""
    target = ["--base-url", stand_in.base_url, "--token", stand_in.token, "--rate", "0"]
    target += ["--mapping", "workteam", "--dialect", "compliant", "--state", str(environment / "s.json"), "-o", "json"]
    changes = [*target, "--changes", "sample", "--until"]

    def cycles(*arguments: str) -> Any:
        assert run(*arguments) == Exit.OK
        return [
            (cycle["cycle"], sum(cycle["requests"].values())) for cycle in json.loads(capsys.readouterr().out)["cycles"]
        ]

    assert cycles(*changes, "E01") == [("initial", 140), ("E01", 3)]
    assert cycles(*changes, "E02") == [("E02", 1)]
    assert cycles(*changes, "E02") == [("incremental", 0)]
    assert run(*target) == Exit.USAGE
    assert "has played change sets that are not given (E01, E02); name the same --changes" in _error(capsys)


def test_some_failures_are_exit_1(environment: Path, stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """The table says how many failed; the log is the owner's alone."""
    stand_in.control.add(Answer(method="POST", status=400, body="PattiF@contoso.com"))
    target = ["--base-url", stand_in.base_url, "--token", stand_in.token, "--rate", "0", "--mapping", "workteam"]
    log = environment / "log.jsonl"
    assert run(*target, "--dialect", "compliant", "--log", str(log)) == Exit.FAILED
    assert "failed and will be tried again in the next cycle" in capsys.readouterr().out
    assert log.stat().st_mode & 0o777 == 0o600
    assert stand_in.token not in log.read_text(encoding="utf-8")


def _error(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("arguments", "sentence", "code"),
    [
        pytest.param([], "No --base-url is given, and no stack runs in", Exit.USAGE, id="no stack"),
        pytest.param(["--base-url", BASE], "No token is given; use --token-file FILE", Exit.USAGE, id="no token"),
        pytest.param(
            ["--base-url", "scim.example", "--token", "t"],
            "'scim.example' is no Base URL; give one such as https://",
            Exit.USAGE,
            id="no scheme",
        ),
        pytest.param(
            ["--base-url", BASE, "--token", "a b"],
            "The token has characters that no Bearer Token has",
            Exit.USAGE,
            id="odd",
        ),
        pytest.param(["nowhere.json", "--dry-run"], "There is no file nowhere.json", Exit.NO_INPUT, id="no directory"),
        pytest.param(["--mapping", "nix", "--dry-run"], "There is no mapping file nix", Exit.NO_INPUT, id="no mapping"),
        pytest.param(["--token-file", "nix"], "The token file nix cannot be read", Exit.NO_INPUT, id="no token file"),
        pytest.param(
            ["--dry-run", "--changes", "sample", "--until", "E99"],
            "There is no change set E99; known are E01, E02,",
            Exit.USAGE,
            id="unknown set",
        ),
        pytest.param(
            ["--base-url", "http://127.0.0.1:9/scim/v2", "--token", "t", "--test-connection"],
            "http://127.0.0.1:9/scim/v2 cannot be reached (ConnectError)",
            Exit.UNAVAILABLE,
            id="unreachable",
        ),
    ],
)
def test_one_sentence_and_an_exit_code(
    arguments: list[str], sentence: str, code: Exit, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == code
    assert sentence in _error(capsys)


def test_a_tls_error_is_told_apart(environment: Path, stand_in: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    """TLS to a service that speaks http."""
    url = stand_in.base_url.replace("http:", "https:")
    assert run("--base-url", url, "--token", "t", "--test-connection") == Exit.UNAVAILABLE
    assert "has no certificate that can be trusted" in _error(capsys)


@pytest.mark.parametrize("content", ["{", '{"users": 1}', "[]"])
def test_a_damaged_state_file_is_left_alone(
    content: str, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 65, and the file is as it was."""
    state = environment / "s.json"
    state.write_text(content, encoding="utf-8")
    assert run("--base-url", BASE, "--token", "t", "--state", str(state)) == Exit.BAD_FILE
    assert "is no state file of workteam rehearse; give another --state FILE" in _error(capsys)
    assert state.read_text(encoding="utf-8") == content
