"""Who refers to whom: managers and members who come late, in a circle, are made again, or have no access."""

from typing import Any

from workteam_cli.staging import Stage, quiet
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user
from workteam_operator.assembly import Operator

URN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def managed_by(name: str) -> dict[str, Any]:
    """Return the part of a spec that names a manager."""
    return {"enterprise": {"manager": {"value": name}}}


def manager_in_workteam(stage: Stage, name: str) -> str:
    """Return the account of somebody's manager, as Workteam has it."""
    return str(stage.accounts()[f"{name}@contoso.example"][URN]["manager"]["value"])


async def test_a_manager_who_comes_late(stage: Stage, operator: Operator) -> None:
    """Somebody who names a manager whom nobody knows is in sync without; the manager comes, and is set."""
    await stage.create(a_user("bo", **managed_by("ana")))
    bo = await stage.settled(WorkteamUser, "bo")
    await stage.create(a_user("ana"))
    ana = await stage.settled(WorkteamUser, "ana")
    await stage.until(WorkteamUser, "bo", lambda found: found.metadata.resource_version != bo.metadata.resource_version)
    await stage.settled(WorkteamUser, "bo")
    assert manager_in_workteam(stage, "bo") == ana.status.account_id


async def test_managers_in_a_circle(stage: Stage, operator: Operator) -> None:
    """Three who manage each other in a circle are each created, and then each gets the manager."""
    for name, manager in (("ana", "bo"), ("bo", "cy"), ("cy", "ana")):
        await stage.create(a_user(name, **managed_by(manager)))
    ids = {name: (await stage.settled(WorkteamUser, name)).status.account_id for name in ("ana", "bo", "cy")}
    assert {name: manager_in_workteam(stage, name) for name in ids} == {
        "ana": ids["bo"],
        "bo": ids["cy"],
        "cy": ids["ana"],
    }


async def test_who_manages_oneself(stage: Stage, operator: Operator) -> None:
    """Ana is her own manager."""
    await stage.create(a_user("ana", **managed_by("ana")))
    ana = await stage.until(WorkteamUser, "ana", lambda found: found.status.account_id)
    await stage.settled(WorkteamUser, "ana")
    assert manager_in_workteam(stage, "ana") == ana.status.account_id


async def test_an_account_that_is_made_again_is_everywhere_again(stage: Stage) -> None:
    """By Recreate, reports and teams of the one who was deleted in Workteam get the new account."""
    await stage.add_tenant(deprovisioning={"missingAccount": "Recreate"})
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        ana = await stage.settled(WorkteamUser, "ana")
        await stage.create(a_user("bo", **managed_by("ana")))
        bo = await stage.settled(WorkteamUser, "bo")
        await stage.create(a_group("crew", "ana", "bo"))
        await stage.settled(WorkteamGroup, "crew")
        stage.in_workteam("DELETE", f"/Users/{ana.status.account_id}")
        await stage.edit(WorkteamUser, "ana", title="Lead")
        again = await stage.until(
            WorkteamUser, "ana", lambda found: found.status.account_id not in {None, ana.status.account_id}
        )
        await stage.settled(WorkteamUser, "ana")
        await quiet(operator)
        await stage.settled(WorkteamUser, "bo")
        await stage.settled(WorkteamGroup, "crew")
    assert manager_in_workteam(stage, "bo") == again.status.account_id
    dangling = {ana.status.account_id}  # the stand-in leaves the id of an account that is gone
    assert stage.members("crew") - dangling == {again.status.account_id, bo.status.account_id}


async def test_who_has_no_access_stays_in_teams(stage: Stage, operator: Operator) -> None:
    """Somebody who is deactivated keeps the memberships, and joins more while inactive."""
    await stage.create(a_user("ana"))
    ana = (await stage.settled(WorkteamUser, "ana")).status.account_id
    await stage.create(a_group("crew", "ana"))
    await stage.settled(WorkteamGroup, "crew")
    await stage.edit(WorkteamUser, "ana", active=False)
    await stage.until(WorkteamUser, "ana", lambda found: found.status.synced_active is False)
    await stage.create(a_group("gang", "ana"))
    await stage.settled(WorkteamGroup, "gang")
    await quiet(operator)
    assert stage.members("crew") == stage.members("gang") == {ana}
