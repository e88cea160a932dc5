"""Malformed input: a sentence with file, place and cure, exit 65 or 66, and nothing half-written."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.changes import apply, load_changes
from workteam_cli.rehearsal.directory import SAMPLE, Directory

PATTI = "a0000000-0000-4000-8000-000000000001"
CONTOSO: dict[str, Any] = json.loads((SAMPLE / "contoso.json").read_text(encoding="utf-8"))


def _without(*keys: Any) -> Callable[[dict[str, Any]], None]:
    def edit(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return edit


def _with(value: Any, *keys: Any) -> Callable[[dict[str, Any]], None]:
    def edit(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        pytest.param(
            _without("users"), "d.json: users: is missing or no list; export it, empty if there is none.", id="no users"
        ),
        pytest.param(
            _with({}, "groups"),
            "d.json: groups: is missing or no list; export it, empty if there is none.",
            id="no list",
        ),
        pytest.param(
            _without("servicePrincipal"),
            "d.json: servicePrincipal: is missing or no object; export the enterprise application.",
            id="no app",
        ),
        pytest.param(
            _without("users", 3, "userPrincipalName"),
            "d.json: users[3]: userPrincipalName: Field required; correct it there.",
            id="missing key",
        ),
        pytest.param(
            _with("yes", "users", 0, "accountEnabled"),
            "d.json: users[0]: accountEnabled: Input should be a valid boolean; correct it there.",
            id="text for a boolean",
        ),
        pytest.param(
            _with("PattiF", "users", 1),
            "d.json: users[1]: Input should be a valid dictionary or instance of Person; correct it there.",
            id="text for a user",
        ),
        pytest.param(
            _with(["nobody"], "groups", 0, "members"),
            "d.json: groups/b0000000-0000-4000-8000-000000000001: members[0]: nobody is neither a user nor "
            "a group here; "
            "export it or remove it.",
            id="unknown member",
        ),
        pytest.param(
            _with("nobody", "appRoleAssignments", 0, "principalId"),
            "d.json: appRoleAssignments/AAAAsAAAAECAAAAAAAAAEgAAAOAAAABAgAAAAAAAAAE: principalId nobody is "
            "neither a user "
            "nor a group here; export it.",
            id="unknown principal",
        ),
        pytest.param(
            _with("norole", "appRoleAssignments", 0, "appRoleId"),
            "d.json: appRoleAssignments/AAAAsAAAAECAAAAAAAAAEgAAAOAAAABAgAAAAAAAAAE: appRoleId norole is no role of "
            "servicePrincipal; export the role.",
            id="unknown role",
        ),
        pytest.param(
            _with(PATTI, "users", 1, "id"),
            f"d.json: users[1]: id: {PATTI} occurs twice; keep one of them.",
            id="same id",
        ),
    ],
)
def test_malformed_directory(edit: Callable[[dict[str, Any]], None], sentence: str, tmp_path: Path) -> None:
    document = copy.deepcopy(CONTOSO)
    edit(document)
    (tmp_path / "d.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Problem) as raised:
        Directory.load(tmp_path / "d.json")
    assert (str(raised.value), raised.value.code) == (sentence, Exit.BAD_FILE)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(
            b'{"users": [}',
            "d.json: line 1, column 12: is not JSON (Expecting value); correct it or export again.",
            id="not JSON",
        ),
        pytest.param(
            b"[]", "d.json: the top level is not an object; export {users, groups, servicePrincipal, …}.", id="a list"
        ),
        pytest.param(b"\xff\xfe{}", "d.json: is not UTF-8 text; save the file again as UTF-8.", id="UTF-16"),
        pytest.param(
            b"", "d.json: line 1, column 1: is not JSON (Expecting value); correct it or export again.", id="empty"
        ),
    ],
)
def test_not_a_directory(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(content)
    with pytest.raises(Problem) as raised:
        Directory.load(tmp_path / "d.json")
    assert (str(raised.value), raised.value.code) == (sentence, Exit.BAD_FILE)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is exit 66, not 65."""
    with pytest.raises(Problem) as raised:
        Directory.load(tmp_path / "d.json")
    assert raised.value.code == Exit.NO_INPUT


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        pytest.param(
            {"op": "remove", "target": "users/x"},
            "X1: users/x: does not exist; play the sets in order and skip none.",
            id="nothing to remove",
        ),
        pytest.param(
            {"op": "add", "target": f"users/{PATTI}", "value": {}},
            f"X1: users/{PATTI}: exists already; play each set once.",
            id="there already",
        ),
        pytest.param(
            {"op": "set", "target": f"users/{PATTI}", "property": "salary", "value": 1},
            f"X1: users/{PATTI}: has no property salary; check its name.",
            id="unknown property",
        ),
        pytest.param(
            {"op": "set", "target": f"users/{PATTI}", "property": "jobTitle", "value": 1},
            f"X1: users/{PATTI}: jobTitle: Input should be a valid string; correct it there.",
            id="wrong type",
        ),
        pytest.param(
            {
                "op": "add",
                "target": "groups/b0000000-0000-4000-8000-000000000001",
                "property": "members",
                "value": [PATTI],
            },
            f"X1: groups/b0000000-0000-4000-8000-000000000001: has already {PATTI} in members; play each set "
            "once and in "
            "order.",
            id="member already",
        ),
        pytest.param(
            {"op": "unset", "target": "teams/1"},
            "X1: teams/1: is no target; write users/<id>, groups/<id> or appRoleAssignments/<id>.",
            id="unknown kind",
        ),
        pytest.param(
            {"op": "remove", "target": "users/a0000000-0000-4000-8000-000000000017"},
            "X1: groups/b0000000-0000-4000-8000-000000000001: members[16]: "
            "a0000000-0000-4000-8000-000000000017 is neither "
            "a user nor a group here; export it or remove it.",
            id="a reference is left dangling",
        ),
    ],
)
def test_change_that_does_not_fit(change: dict[str, Any], sentence: str, contoso: Directory, tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text(json.dumps([{"id": "X1", "changes": [change]}]), encoding="utf-8")
    [change_set] = load_changes(tmp_path / "c.json")
    with pytest.raises(Problem) as raised:
        apply(contoso, change_set)
    assert (str(raised.value), raised.value.code) == (sentence, Exit.BAD_FILE)
