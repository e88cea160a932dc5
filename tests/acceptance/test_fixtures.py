"""The expected states agree with themselves, with the figures of the sample's README, and with changes.json."""

import json
import re
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

State = dict[str, dict[str, dict[str, Any]]]
ExpectedState = Callable[[str, str], State]

SAMPLE = files("workteam_cli.rehearsal") / "sample"
DIALECTS = pytest.mark.parametrize("dialect", ["legacy", "compliant"])
FILES = sorted(path.stem for path in (Path(__file__).parent / "expected").glob("*.yaml"))
ISAIAH = "a0000000-0000-4000-8000-000000000020"
CHRISTIE = "a0000000-0000-4000-8000-000000000021"
MEGAN = "a0000000-0000-4000-8000-000000000024"
HENRIETTA = "a0000000-0000-4000-8000-000000000026"
RENE = "a0000000-0000-4000-8000-000000000009"
KAREN = "a0000000-0000-4000-8000-000000000033"
IRVIN = "a0000000-0000-4000-8000-000000000017"
GARTH = "a0000000-0000-4000-8000-000000000036"
USERS = "b0000000-0000-4000-8000-000000000012"
PROJECT = "b0000000-0000-4000-8000-000000000017"


def managers(state: State, side: str) -> dict[str, str]:
    """Who reports to whom on one side."""
    found = {who: each.get("enterprise", {}).get("manager", {}).get("value") for who, each in state[side].items()}
    return {who: manager for who, manager in found.items() if manager is not None}


@DIALECTS
def test_the_deltas_lead_from_the_first_state_to_the_last(expected_state: ExpectedState, dialect: str) -> None:
    """The initial state and the fifteen deltas give the state after E15, which was written apart from them."""
    assert expected_state("E15", dialect) == expected_state("after-e15", dialect)


def test_every_sentence_is_quoted_verbatim(
    expected_document: Callable[[str], Any], change_sets: tuple[str, ...]
) -> None:
    """The ``expected`` of a delta is that of its change set, to the letter."""
    theirs = {each["id"]: each["expected"] for each in json.loads((SAMPLE / "changes.json").read_text("utf-8"))}
    assert {name: expected_document(name)["expected"] for name in change_sets} == theirs


@pytest.mark.parametrize("name", FILES)
def test_a_file_has_only_what_the_format_knows(expected_document: Callable[[str], Any], name: str) -> None:
    """No misspelt key is passed over in silence, and no entity is written twice."""
    document = expected_document(name)
    allowed = {
        "users": {"both", "legacy", "compliant", "object", "account"},
        "groups": {"both", "legacy", "compliant", "object", "team", "add_members", "remove_members"},
    }
    surplus = {
        (section, who): entry.keys() - allowed[section]
        for section in allowed
        for who, entry in document[section].items()
        if entry.keys() - allowed[section]
    }
    text = (Path(__file__).parent / "expected" / f"{name}.yaml").read_text(encoding="utf-8")
    written = re.findall(r"^  ([ab]0{7}-\S{27}):", text, re.MULTILINE)
    assert (surplus, sorted(written)) == ({}, sorted([*document["users"], *document["groups"]]))


@DIALECTS
@pytest.mark.parametrize("side", ["users", "accounts"])
def test_the_initial_cycle_has_the_figures_of_the_readme(
    expected_state: ExpectedState, dialect: str, side: str
) -> None:
    """47 users are created, all active, and 44 have a manager, who is one of them."""
    state = expected_state("initial", dialect)
    reports = managers(state, side)
    active = sum(each["active"] for each in state[side].values())
    assert (len(state[side]), active, len(reports), set(reports.values()) - state[side].keys()) == (47, 47, 44, set())


@DIALECTS
@pytest.mark.parametrize("side", ["groups", "teams"])
def test_the_initial_cycle_has_six_teams(expected_state: ExpectedState, dialect: str, side: str) -> None:
    """Six teams with 53 memberships; every member was provisioned."""
    state = expected_state("initial", dialect)
    sizes = {each["displayName"]: len(each["members"]) for each in state[side].values()}
    members = [member for each in state[side].values() for member in each["members"]]
    assert sizes == {
        "sg-Workteam Users": 24,
        "sg-Workteam Managers": 13,
        "sg-Engineering": 7,
        "sg-Workteam Contractors": 0,
        "Project Aurora": 6,
        'Crew "Nordlicht" \u2013 Köln & 東京': 3,
    }
    assert (len(members), set(members) - state["users"].keys()) == (53, set())


@DIALECTS
def test_the_end_has_the_figures_of_the_readme(expected_state: ExpectedState, dialect: str) -> None:
    """49 users, all active but Megan Bowen; Isaiah Langer's account stays, inactive; the project has 21 members."""
    state = expected_state("after-e15", dialect)
    inactive = {
        side: {who for who, each in state[side].items() if not each["active"]} for side in ("users", "accounts")
    }
    assert (len(state["users"]), len(state["accounts"])) == (49, 50)
    assert inactive == {"users": {MEGAN}, "accounts": {MEGAN, ISAIAH}}
    assert [len(state[side][PROJECT]["members"]) for side in ("groups", "teams")] == [21, 21]


@DIALECTS
@pytest.mark.parametrize("name", ["initial", *(f"E{number:02}" for number in range(1, 16)), "after-restart"])
def test_the_sides_differ_in_the_purged_user_alone(expected_state: ExpectedState, dialect: str, name: str) -> None:
    """Objects and accounts, groups and teams are equal in every state, but for the account that outlives its object."""
    state = expected_state(name, dialect)
    left = {who: each for who, each in state["accounts"].items() if who not in state["users"]}
    purged = name in {"E09", "E10", "E11", "E12", "E13", "E14", "E15", "after-restart"}
    assert set(left) == ({ISAIAH} if purged else set())
    assert (state["accounts"], state["teams"]) == (state["users"] | left, state["groups"])


def test_the_dialects_differ_in_the_changed_role_alone(
    expected_state: ExpectedState, change_sets: tuple[str, ...]
) -> None:
    """From E13 on, the legacy PATCH leaves the old role of Rene Gelder beside the new one."""
    for name in ("initial", *change_sets):
        legacy, compliant = expected_state(name, "legacy"), expected_state(name, "compliant")
        differing = {who for who in legacy["users"] if legacy["users"][who] != compliant["users"][who]}
        assert (name, differing) == (name, {RENE} if name in {"E13", "E14", "E15"} else set())
    roles = [
        Counter(role["value"] for role in expected_state("E13", dialect)["users"][RENE]["roles"])
        for dialect in ("legacy", "compliant")
    ]
    assert roles == [Counter(User=1, HRAdministrator=1), Counter(HRAdministrator=1)]


@DIALECTS
def test_what_entra_does_not_send_stays(expected_state: ExpectedState, dialect: str) -> None:
    """A cleared number, a manager who left and a purged member stay as they were."""
    state = expected_state("after-e15", dialect)
    assert {"type": "mobile", "value": "+1 737 555 0121"} in state["accounts"][CHRISTIE]["phoneNumbers"]
    assert managers(state, "accounts")[HENRIETTA] == MEGAN
    assert [ISAIAH in state[side][USERS]["members"] for side in ("groups", "teams")] == [True, True]


@DIALECTS
def test_only_a_restart_completes_the_late_arrivals(expected_state: ExpectedState, dialect: str) -> None:
    """Karen Berg's membership and Garth Fort's manager are missing until then, and nobody is created by it."""
    before, after = expected_state("E15", dialect), expected_state("after-restart", dialect)
    seen = [
        (KAREN in state["teams"][USERS]["members"], managers(state, "accounts").get(GARTH)) for state in (before, after)
    ]
    assert seen == [(False, None), (True, IRVIN)]
    assert [after[side].keys() == before[side].keys() for side in before] == [True] * 4


@DIALECTS
def test_the_workteam_profile_holds_what_workteam_documents(expected_state: ExpectedState, dialect: str) -> None:
    """47 users by their object ids, the documented attributes and no others, no groups and no teams."""
    state = expected_state("workteam-profile", dialect)
    attributes = {name for each in state["users"].values() for name in each}
    assert attributes == {
        *("userName", "externalId", "active", "displayName", "name", "title", "nickName", "emails", "enterprise"),
    }
    assert {who: each["externalId"] for who, each in state["users"].items()} == {who: who for who in state["users"]}
    assert state["users"].keys() == expected_state("initial", dialect)["users"].keys()
    assert (state["accounts"], state["groups"], state["teams"]) == (state["users"], {}, {})


@DIALECTS
def test_the_default_mapping_is_cut_to_the_workteam_profile(expected_state: ExpectedState, dialect: str) -> None:
    """Objects as against a full tenant, groups recorded, no team; of an account only what the profile knows."""
    whole, state = expected_state("initial", dialect), expected_state("initial-in-workteam-profile", dialect)
    assert (state["users"], state["groups"], state["teams"]) == (whole["users"], whole["groups"], {})
    assert state["accounts"][CHRISTIE] == {
        "userName": "ChristieC@contoso.com",
        "externalId": "ChristieC",
        "active": True,
        "displayName": "Christie Cline",
        "name": {"givenName": "Christie", "familyName": "Cline"},
        "title": "Regional Sales Manager",
        "emails": [{"type": "work", "primary": True, "value": "ChristieC@contoso.com"}],
        "enterprise": {"department": "Sales", "manager": {"value": "a0000000-0000-4000-8000-000000000019"}},
    }
