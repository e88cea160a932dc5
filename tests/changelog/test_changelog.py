"""What is written down of each change in Workteam: names for everybody, values for few."""

import asyncio
import json
import logging
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.users import UserStatus
from workteam_crds.naming import Key
from workteam_crds.testing import a_group, a_tenant, a_user
from workteam_operator import changelog, steps
from workteam_operator.backend.port import Account, BackendUnavailable, DesiredAccount, Team
from workteam_operator.changelog import ChangeLog
from workteam_operator.group_situation import GroupFacts, Members
from workteam_operator.settings import BadSettings
from workteam_operator.user_situation import UserFacts

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CANARY = "canary@contoso.example"
THERE = Account("7", CANARY, "canary-1", active=True, attributes={"title": "Canary"})
WHO = {"key": "WorkteamUser/default/ana", "tenant": "default/acme"}
UPKEEP = {
    "generation": 3,
    "why": "upkeep",
    "id": "7",
    "result": "done",
    "had": ["active", "externalId", "title", "userName"],
}


def ana(
    *, observed: int = 3, deleting: bool = False, account: Account | None = THERE, recorded: str | None = "7"
) -> UserFacts:
    """Return facts about Ana in generation 3, written last by the request entra-1."""
    user = a_user("ana", userName=CANARY)
    update = {
        "generation": 3,
        "annotations": {"workte.am/request-id": "entra-1"},
        "deletion_timestamp": NOW if deleting else None,
    }
    status = UserStatus(observed_generation=observed, account_id=recorded)
    user = user.model_copy(update={"metadata": user.metadata.model_copy(update=update), "status": status})
    desired = DesiredAccount(CANARY, "canary-1", active=True, attributes={"title": "Lead"})
    return UserFacts(user, status, a_tenant().spec, desired, NOW, timedelta(seconds=30), account=account)


def crew(*members: str) -> GroupFacts:
    """Return facts about a crew."""
    status = GroupStatus(observed_generation=2, team_id="9")
    group = a_group("crew", displayName="Canary")
    group = group.model_copy(update={"metadata": group.metadata.model_copy(update={"generation": 3}), "status": status})
    team = Team("9", "Canary", None, frozenset(members))
    return GroupFacts(group, status, a_tenant().spec, Members(), NOW, timedelta(seconds=30), team=team)


async def to(after: Any) -> Any:
    """Be a step that ends with these facts, or fails."""
    if isinstance(after, BaseException):
        raise after
    return after


class Told:
    """Both logs of one test."""

    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self._lines: list[bytes] = []
        self.log = ChangeLog(self._lines.append)

    @property
    def names(self) -> list[dict[str, Any]]:
        """What the ordinary log has."""
        records = [vars(record) for record in self._caplog.records if "change" in vars(record)]
        return [record["change"] for record in records]

    @property
    def values(self) -> list[dict[str, Any]]:
        """What the file has, but for the moments."""
        return [{k: v for k, v in json.loads(line).items() if k != "time"} for line in self._lines]

    def is_discreet(self) -> bool:
        """Say whether no value is in the ordinary log."""
        return "anary" not in str([vars(record) for record in self._caplog.records])


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """Logs that hear everything."""
    caplog.set_level(logging.DEBUG, "workteam_operator")
    return Told(caplog)


async def test_an_update_names_attributes_and_keeps_what_was_before(told: Told) -> None:
    """The file has the values, before and wanted; the ordinary log has names."""
    before = ana()
    after = replace(before, account=replace(THERE, attributes={"title": "Lead"}))
    assert await told.log.told(steps.Update({"title": "Lead"}), before, to(after)) is after
    record = {"action": "Update", "attributes": ["title"], **UPKEEP}
    assert told.names == [record]
    state = {"userName": CANARY, "externalId": "canary-1", "active": True, "title": "Canary"}
    del record["had"]
    assert told.values == [{**WHO, **record, "before": state, "wanted": {"title": "Lead"}}]
    assert told.is_discreet()


async def test_who_asked_is_named_for_an_edit_and_a_deletion(told: Told) -> None:
    """The SCIM request that wrote the object; what is set right by ourselves nobody asked for."""
    for before in (ana(observed=2), ana(deleting=True), ana()):
        await told.log.told(steps.Deactivate("7"), before, to(replace(before, account=replace(THERE, active=False))))
    assert [(line["why"], line.get("request")) for line in told.names] == [
        ("edited", "entra-1"),
        ("deleted", "entra-1"),
        ("upkeep", None),
    ]
    assert {tuple(line["attributes"]) for line in told.names} == {("active",)}


STEPS: dict[str, tuple[steps.Step, UserFacts, UserFacts, dict[str, Any]]] = {
    "create": (
        steps.Create(),
        ana(observed=2, account=None, recorded=None),
        ana(),
        {"action": "Create", "why": "edited", "id": "7", "result": "done"},
    ),
    "create, refused": (
        steps.Create(),
        ana(account=None, recorded=None),
        ana(account=None, recorded=None),
        {"action": "Create", "why": "upkeep", "result": "refused"},
    ),
    "adopt": (
        steps.Adopt("7", ours=False),
        ana(account=None, recorded=None),
        ana(),
        {"action": "Adopt", "why": "upkeep", "id": "7", "ours": False, "result": "done"},
    ),
    "update, refused": (
        steps.Update({"title": "Lead"}),
        ana(),
        ana(),
        {"action": "Update", "why": "upkeep", "id": "7", "attributes": ["title"], "result": "refused"},
    ),
    "update, gone": (
        steps.Update({"title": "Lead"}),
        ana(),
        ana(account=None),
        {"action": "Update", "why": "upkeep", "id": "7", "attributes": ["title"], "result": "missing"},
    ),
    "delete": (
        steps.Erase("7"),
        ana(deleting=True),
        ana(deleting=True, account=None),
        {"action": "Delete", "why": "deleted", "id": "7", "result": "done"},
    ),
    "leave teams": (
        steps.LeaveTeams((Key("WorkteamGroup", "default", "crew"),)),
        ana(deleting=True),
        ana(deleting=True),
        {
            "action": "LeaveTeams",
            "why": "deleted",
            "id": "7",
            "groups": ["WorkteamGroup/default/crew"],
            "result": "done",
        },
    ),
}


@pytest.mark.parametrize("case", STEPS)
async def test_each_step_outwards_is_a_record(case: str, told: Told) -> None:
    """One each, with its end."""
    step, before, after, record = STEPS[case]
    await told.log.told(step, before, to(after))
    [line] = told.names
    assert {key: value for key, value in line.items() if key not in {"had", "generation", "request"}} == record
    assert told.is_discreet()


async def test_members_are_numbers_and_in_the_file_ids(told: Told) -> None:
    """Who was in the team before is kept, too."""
    before = crew("1", "2")
    step = steps.ChangeMembers(frozenset({"3"}), frozenset({"1"}))
    await told.log.told(step, before, to(crew("2", "3")))
    [line], [kept] = told.names, told.values
    assert (line["add"], line["remove"], line["had"]) == (1, 1, ["displayName", "externalId", "members"])
    assert kept["before"] == {"displayName": "Canary", "externalId": None, "members": ["1", "2"]}
    assert kept["wanted"] == {"add": ["3"], "remove": ["1"]}


async def test_a_failure_and_an_interruption_are_records_too(told: Told) -> None:
    """What was asked for may have been done."""
    with pytest.raises(BackendUnavailable):
        await told.log.told(steps.Erase("7"), ana(), to(BackendUnavailable("DELETE /Users/7: HTTP 503")))
    with pytest.raises(asyncio.CancelledError):
        await told.log.told(steps.Erase("7"), ana(), to(asyncio.CancelledError()))
    assert [(line["result"], line.get("error")) for line in told.names] == [
        ("failed", "DELETE /Users/7: HTTP 503"),
        ("unknown", None),
    ]


async def test_what_does_nothing_in_workteam_is_no_record(told: Told) -> None:
    """Looks, bookings and notes."""
    booking, word = steps.Book(BookingKind.DELETION, released=False), steps.DropWord("workte.am/adopt")
    for step in (steps.Look(), booking, steps.NoteIntent(), word):
        await told.log.told(step, ana(), to(ana()))
    assert (told.names, told.values) == ([], [])


async def test_values_are_kept_only_where_a_file_is_named(tmp_path: Path) -> None:
    """It is for its owner alone, and goes on where it ended."""
    path = tmp_path / "changes.jsonl"
    path.write_text("before\n")
    await ChangeLog().told(steps.Erase("7"), ana(), to(ana()))
    await changelog.written_to(str(path)).told(steps.Erase("7"), ana(), to(ana()))
    lines = path.read_text().splitlines()
    assert (lines[0], json.loads(lines[1])["before"]["title"], len(lines)) == ("before", "Canary", 2)
    fresh = tmp_path / "fresh.jsonl"
    changelog.written_to(str(fresh))
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600


async def test_standard_output_is_a_file_as_well(capfd: pytest.CaptureFixture[str]) -> None:
    """For those who collect it there."""
    await changelog.written_to("-").told(steps.Erase("7"), ana(), to(ana()))
    assert json.loads(capfd.readouterr().out)["action"] == "Delete"


def test_a_file_that_cannot_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    """The variable is named, and the cause."""
    with pytest.raises(
        BadSettings, match=r"WORKTEAM_OPERATOR_CHANGE_LOG: .*/no/changes cannot be written: No such file"
    ):
        changelog.written_to(str(tmp_path / "no" / "changes"))


async def test_a_full_disk_holds_nobody(told: Told, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged; people must lose access all the same."""

    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    before = ana()
    assert await ChangeLog(full).told(steps.Erase("7"), before, to(before)) is before
    assert "the change log cannot be written: No space left on device" in caplog.text
