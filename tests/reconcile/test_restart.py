"""What a new process finds again: nothing that was decided from other objects is taken on trust."""

import asyncio
from collections.abc import Callable

from workteam_cli.staging import PATCH_OP, Stage, quiet
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_membership, a_user
from workteam_operator.backend.wire import ENTERPRISE

MANAGED_BY_ANA = {"manager": {"value": "ana"}}


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds that no object of the cluster tells."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - Workteam sends no event
            await asyncio.sleep(0.05)


async def record(stage: Stage, name: str, account_id: str, *, like: str) -> None:
    """Create a user with the status that an operator wrote just before it died: it has an account, and is in sync."""
    status = (await stage.get(WorkteamUser, like)).status.model_copy(
        update={"account_id": account_id, "synced_user_name": f"{name}@contoso.example", "synced_attributes": ()}
    )
    user = await stage.create(a_user(name), held=True)
    await stage.cluster.apply_status(user, status.dump(), manager="workteam-operator")


async def a_settled_crew(stage: Stage) -> str:
    """Provision bo, whose manager is nobody, and a crew that lists nobody besides; return the id of bo's account."""
    await stage.create(a_user("bo", enterprise=MANAGED_BY_ANA))
    await stage.create(a_group("crew", "bo", "ana"))
    bo = await stage.settled(WorkteamUser, "bo")
    await stage.settled(WorkteamGroup, "crew")
    return str(bo.status.account_id)


async def test_a_wake_up_that_died_with_the_operator_is_made_up_for(stage: Stage) -> None:
    """Ana got her account, and cy's was adopted, before the crash: her team and her report follow, and cy leaves."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        bo = await a_settled_crew(stage)
        await quiet(operator)
    ana = stage.hire("ana@contoso.example", external_id="ana")
    cy = stage.hire("cy@contoso.example", external_id="cy")
    add = {"op": "add", "path": "members", "value": [{"value": cy}]}
    stage.in_workteam("PATCH", f"/Groups/{stage.teams()['crew']['id']}", {"schemas": [PATCH_OP], "Operations": [add]})
    await record(stage, "ana", ana, like="bo")
    await record(stage, "cy", cy, like="bo")
    async with stage.operating():
        await eventually(lambda: stage.members("crew") == {bo, ana})
        await eventually(lambda: _manager(stage, "bo@contoso.example") == ana)


def _manager(stage: Stage, user_name: str) -> object:
    manager = stage.accounts()[user_name].get(ENTERPRISE, {}).get("manager", {})
    return manager.get("value")


async def test_a_restart_in_sync_writes_nothing(stage: Stage) -> None:
    """Users with a manager, teams and further lists are read again; no object and no account is written."""
    await stage.add_tenant()
    await stage.create(a_user("ana"))
    await stage.create(a_group("crew", "ana", memberships=1))
    await stage.create(a_membership("crew", "cy"))
    async with stage.operating() as operator:
        for name in ("bo", "cy"):
            await stage.create(a_user(name, enterprise=MANAGED_BY_ANA))
        await stage.create(a_group("choir", "bo"))
        await _versions(stage)
        await quiet(operator)
        before = await _versions(stage)
    seen = stage.mark()
    async with stage.operating() as operator:
        await eventually(lambda: _read_again(stage, seen) == {"users": 2, "teams": 2})
        await quiet(operator)
    assert stage.writes(seen) == []
    assert await _versions(stage) == before


def _read_again(stage: Stage, since: int) -> dict[str, int]:
    read = {entry.path for entry in stage.workteam.control.log(since) if entry.method == "GET"}
    return {
        "users": sum(path.startswith("/Users/") for path in read),
        "teams": sum(path.startswith("/Groups/") for path in read),
    }


async def _versions(stage: Stage) -> dict[str, str | None]:
    users = [await stage.settled(WorkteamUser, name) for name in ("ana", "bo", "cy")]
    groups = [await stage.settled(WorkteamGroup, name) for name in ("choir", "crew")]
    return {owner.metadata.name: owner.metadata.resource_version for owner in (*users, *groups)}
