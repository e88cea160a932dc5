"""``workteam plan``: what would be done, as a table, as JSON, and as an exit code."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from workteam_cli.objects import Subject, TenantObjects
from workteam_cli.planning import planned
from workteam_cli.staging import Stage, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.progress import PlannedAction
from workteam_crds.testing import a_group, a_tenant, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Command, Kept, Run

NOON = "2026-11-25T12:00:00Z"


async def test_a_tenant_over_a_filled_organisation_shows_its_adoptions_first(stage: Stage, command: "Command") -> None:
    """Adopt, update with names of attributes, create; invitations and seats; nothing is written; the code is 2."""
    await stage.add_tenant(mode="Plan")
    there = stage.hire("ana@contoso.example", external_id="ana")
    before = stage.mark()
    async with stage.operating():
        await stage.create(a_user("ana", externalId="ana", title="Lead"))
        await stage.create(a_user("bo"))
        await stage.create(a_user("cy", active=False))
        for name in ("ana", "bo", "cy"):
            await stage.until(
                WorkteamUser, name, lambda found: reason_of(found, ConditionType.SYNCED) is Reason.PLANNED
            )
        as_json, as_table = await command("plan", "-o", "json"), await command("plan")

    plan = json.loads(as_json.out)
    entries = {entry["id"]: (entry["actions"], entry["adopts"], entry["attributes"]) for entry in plan["entries"]}
    assert entries["ana"] == (["Adopt", "Update"], there, ["title"])
    assert [entries[name][0] for name in ("bo", "cy")] == [["Create"], ["Create"]]
    assert plan["counts"] == {"Create": 2, "Adopt": 1, "Update": 1}
    assert (plan["invitations"], plan["seats"], plan["unplanned"], plan["stalled"]) == (1, 1, 0, 0)
    assert (as_json.code, as_table.code, stage.writes(before)) == (2, 2, [])
    assert [" ".join(line.split()) for line in as_table.out.splitlines()] == [
        "KIND NAME ACTION WHAT",
        f"WorkteamUser ana@contoso.example adopt, update account {there}; title",
        "WorkteamUser bo@contoso.example create",
        "WorkteamUser cy@contoso.example create",
        "",
        "2 create, 1 adopt, 1 update",
        "1 person would be invited; seats: +1",
    ]


def test_mode_enforce_plans_nothing(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """It is no empty plan: what differs is being changed."""
    ran = workteam("plan", *here)
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == (
        f"error: {acme.namespace}/acme is in mode Enforce, where changes are made and not planned: set spec.mode: Plan "
        "on the WorkteamTenant to see them first."
    )


def test_nothing_planned_and_not_planned_yet(kept: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """0 only when everything was looked at."""
    kept.apply(a_tenant("acme", mode="Plan"))
    empty = workteam("plan", *here)
    kept.apply(a_user("ana"))
    early = workteam("plan", *here)
    assert (empty.code, empty.out) == (0, "Nothing would be done.")
    assert (early.code, early.out.splitlines()) == (
        1,
        ["Nothing would be done.", "1 object is not planned yet: `workteam status` says why."],
    )


def _with_plan(subject: Subject, *actions: str, reason: str = "Planned", **status: Any) -> Any:
    synced = {"type": "Synced", "status": "False", "reason": reason, "lastTransitionTime": NOON}
    plan = {"hash": "1", "summary": "said", "actions": actions}
    told = {"observedGeneration": 1, "conditions": [synced], "plan": plan, **status}
    raw = subject.manifest()
    return type(subject).parse({**raw, "metadata": {**raw["metadata"], "generation": 1}, "status": told})


SEATS = [
    pytest.param(_with_plan(a_user(), "Create"), 1, 1, id="a new person"),
    pytest.param(_with_plan(a_user(active=False), "Create"), 0, 0, id="a new account without access"),
    pytest.param(_with_plan(a_user(), "Adopt"), 0, 0, id="an account that is there"),
    pytest.param(_with_plan(a_user(), "Adopt", "Activate"), 1, 0, id="one that gets access"),
    pytest.param(_with_plan(a_user(), "Update"), 0, 0, id="a new title"),
    pytest.param(_with_plan(a_user(active=False), "Deactivate", syncedActive=True), -1, 0, id="a leaver"),
    pytest.param(_with_plan(a_user(active=False), "Delete", syncedActive=False), 0, 0, id="an inactive account goes"),
    pytest.param(_with_plan(a_group(), "Create", "ChangeMembers"), 0, 0, id="a team"),
]


@pytest.mark.parametrize(("subject", "seats", "invitations"), SEATS)
def test_seats_and_invitations(subject: Subject, seats: int, invitations: int) -> None:
    """An invitation goes to a person whose account is made with access; a seat is an account with access."""
    found = planned(_objects(subject))
    assert (found.seats, found.invitations, len(found.entries)) == (seats, invitations, 1)


def test_a_plan_of_an_earlier_edit_is_none() -> None:
    """What the operator has not looked at since the edit is not planned yet."""
    told = _with_plan(a_user(), "Create")
    edited = told.model_copy(update={"metadata": told.metadata.model_copy(update={"generation": 2})})
    found = planned(_objects(edited))
    assert (found.entries, found.unplanned) == ((), 1)


def test_who_is_deleted_is_in_the_plan() -> None:
    """A deletion is planned as everything else is."""
    told = _with_plan(a_user(), "Deactivate", syncedActive=True)
    gone = {"deletion_timestamp": datetime(2026, 11, 25, 12, tzinfo=UTC)}
    leaver = told.model_copy(update={"metadata": told.metadata.model_copy(update=gone)})
    found = planned(_objects(leaver))
    assert (found.counts, found.seats, found.unplanned) == ({PlannedAction.DEACTIVATE: 1}, -1, 0)


def _objects(subject: Subject) -> TenantObjects:
    users = (subject,) if isinstance(subject, WorkteamUser) else ()
    groups = (subject,) if isinstance(subject, WorkteamGroup) else ()
    return TenantObjects(a_tenant(), users, groups, (), ())
