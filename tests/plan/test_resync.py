"""A wish to look now (``workte.am/reconcile-requested-at``), and what a pause or policy Off means for sweeps."""

import asyncio
from collections.abc import Callable

from workteam_cli.staging import PATCH_OP, Stage, quiet
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_group, a_user

WISH = "2026-11-25T12:00:00Z"


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds that no object of the cluster tells."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - Workteam sends no event
            await asyncio.sleep(0.05)


def patch(stage: Stage, path: str, **attributes: object) -> None:
    """Change something in Workteam itself."""
    operations = [{"op": "replace", "path": name, "value": value} for name, value in attributes.items()]
    stage.in_workteam("PATCH", path, {"schemas": [PATCH_OP], "Operations": operations})


def title(stage: Stage) -> object:
    return stage.accounts()["ana@contoso.example"].get("title")


async def a_user_in_sync(stage: Stage) -> str:
    """Provision Ana, a lead; return the path of her account."""
    await stage.create(a_user("ana", title="Lead"))
    user = await stage.settled(WorkteamUser, "ana")
    return f"/Users/{user.status.account_id}"


async def test_no_sweep_while_the_tenant_is_paused_or_asks_for_none(stage: Stage) -> None:
    """It comes when that is over."""
    await stage.add_tenant(drift={"policy": "Off"})
    async with stage.operating() as operator:
        path = await a_user_in_sync(stage)
        patch(stage, path, title="Boss")
        await stage.annotate(WorkteamTenant, TENANT, reconcile_requested_at="1")
        await eventually(lambda: title(stage) == "Lead")
        await stage.annotate(WorkteamTenant, TENANT, paused="true")
        await stage.edit(WorkteamTenant, TENANT, drift={"interval": "1s"})
        await stage.until(WorkteamTenant, TENANT, lambda t: t.status.observed_generation == t.metadata.generation)
        await quiet(operator)
        assert (await stage.get(WorkteamTenant, TENANT)).status.last_full_sweep is None
        await stage.annotate(WorkteamTenant, TENANT, paused="false")
        await stage.until(WorkteamTenant, TENANT, lambda found: found.status.last_full_sweep)


async def test_a_resync_of_a_tenant_is_a_sweep_and_a_look_at_everything(stage: Stage) -> None:
    """Each wish once: the status says which one was answered last."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        path = await a_user_in_sync(stage)
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamGroup, "crew")
        await quiet(operator)
        seen = stage.mark()
        await stage.annotate(WorkteamTenant, TENANT, reconcile_requested_at=WISH)
        await stage.until(
            WorkteamTenant,
            TENANT,
            lambda found: found.status.last_full_sweep and found.status.last_full_sweep.requested_at == WISH,
        )
        await quiet(operator)
        calls = [(entry.method, entry.path) for entry in stage.workteam.control.log(seen)]
    assert calls.count(("GET", "/Users")) == calls.count(("GET", "/Groups")) == 1
    assert ("GET", path) in calls


async def test_a_resync_of_a_group_reads_its_team(stage: Stage) -> None:
    """What others changed is set right at once, without a sweep."""
    await stage.add_tenant()
    async with stage.operating():
        await a_user_in_sync(stage)
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamGroup, "crew")
        members = stage.members("crew")
        patch(stage, f"/Groups/{stage.teams()['crew']['id']}", members=[])
        await stage.annotate(WorkteamGroup, "crew", reconcile_requested_at="1")
        await eventually(lambda: stage.members("crew") == members)
