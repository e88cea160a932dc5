"""What both logs say of whole lives, on the real API server and a stand-in tenant."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from workteam_cli.staging import Stage, quiet
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user

CANARY = "canary@contoso.example"


def changes(caplog: pytest.LogCaptureFixture, stage: Stage) -> list[tuple[str, str, str]]:
    """Return kind, action and why of each record about this stage, sorted."""
    records = [vars(record) for record in caplog.records if "change" in vars(record)]
    ours = [record for record in records if record["tenant"].startswith(f"{stage.namespace}/")]
    return sorted((r["key"].partition("/")[0], r["change"]["action"], r["change"]["why"]) for r in ours)


def lines(path: Path) -> int:
    """Count the lines of the file."""
    return len(path.read_text().splitlines())


def values(path: Path, action: str) -> dict[str, Any]:
    """Return the one line of an action."""
    [line] = [line for line in map(json.loads, path.read_text().splitlines()) if line["action"] == action]
    return dict(line)


async def test_each_write_is_one_record_in_each_log(
    stage: Stage, change_log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Created, changed, deactivated, deleted, and in a team: as many records as Workteam was written to."""
    caplog.set_level(logging.INFO, "workteam_operator")
    await stage.add_tenant(deprovisioning={"onDelete": "Delete"})
    async with stage.operating() as operator:
        await stage.create(a_user("ana", userName=CANARY, title="Canary"), request_id="entra-1")
        await stage.settled(WorkteamUser, "ana")
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamGroup, "crew")
        await stage.edit(WorkteamUser, "ana", title="Canary the Second")
        await stage.settled(WorkteamUser, "ana")
        await stage.edit(WorkteamGroup, "crew", members=[])
        await stage.settled(WorkteamGroup, "crew")
        await stage.delete(WorkteamUser, "ana")
        await stage.until_gone(WorkteamUser, "ana")
        await stage.delete(WorkteamGroup, "crew")
        await stage.until_gone(WorkteamGroup, "crew")
        await quiet(operator)
    assert changes(caplog, stage) == [
        ("WorkteamGroup", "ChangeMembers", "edited"),
        ("WorkteamGroup", "Create", "edited"),
        ("WorkteamGroup", "Delete", "deleted"),
        ("WorkteamUser", "Create", "edited"),
        ("WorkteamUser", "Deactivate", "deleted"),
        ("WorkteamUser", "Delete", "deleted"),
        ("WorkteamUser", "Update", "edited"),
    ]
    assert len(stage.writes()) == lines(change_log) == 7
    assert "anary" not in str([vars(r) for r in caplog.records if r.name.startswith("workteam_operator")])
    update = values(change_log, "Update")
    assert (update["before"]["title"], update["wanted"], update["request"]) == (
        "Canary",
        {"title": "Canary the Second"},
        "entra-1",
    )
    assert (update["key"], update["result"]) == (f"WorkteamUser/{stage.namespace}/ana", "done")


async def test_an_adoption_keeps_what_the_account_was(stage: Stage, change_log: Path) -> None:
    """Nothing is written to Workteam, and yet it is the beginning of our answering for the account."""
    found = stage.hire(CANARY, external_id="ana")
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana", userName=CANARY))
        await stage.settled(WorkteamUser, "ana")
    adoption = values(change_log, "Adopt")
    assert (adoption["id"], adoption["ours"], adoption["result"]) == (found, False, "done")
