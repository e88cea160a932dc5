"""What a tenant means for its objects while its own pass waits for an answer."""

import asyncio
from datetime import timedelta

from prometheus_client import REGISTRY

from workteam_cli.staging import POLL, Stage, quiet, reason_of
from workteam_cli.tenant.faults import Answer, Hold, Point
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_user
from workteam_operator.__main__ import elected

ANA = "ana@contoso.example"
OFTEN = timedelta(milliseconds=200)


async def test_an_edit_during_a_probe_holds_at_once(stage: Stage) -> None:
    """Who is not protected any more loses access, although the tenant's pass waits for the answer to its probe."""
    stage.settings = stage.settings.model_copy(update={"probe_interval": OFTEN})
    await stage.add_tenant(deprovisioning={"protected": [ANA]})
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        await stage.edit(WorkteamUser, "ana", active=False)
        await stage.stalled(WorkteamUser, "ana", Reason.PROTECTED)
        await quiet(operator)
        stage.workteam.control.add(Hold(method="GET", path="/ServiceProviderConfig", point=Point.BEFORE, count=1))
        [held] = await stage.workteam.control.until_held()
        await stage.edit(WorkteamTenant, TENANT, deprovisioning={"protected": []})
        await stage.until(WorkteamUser, "ana", lambda user: user.status.synced_active is False)
        stage.workteam.control.release(held)
    assert stage.accounts()[ANA]["active"] is False


async def test_objects_wait_for_the_first_answer_without_asking_again(stage: Stage) -> None:
    """Before a tenant was asked nothing is due for its objects; that it does not answer they say, and later go on."""
    stage.workteam.control.add(Hold(method="GET", path="/ServiceProviderConfig", point=Point.BEFORE, count=1))
    await stage.add_tenant()
    await stage.create(a_user("ana"))
    (operator, leadership), stop = elected(stage.settings, stage.cluster), asyncio.Event()
    running = asyncio.create_task(operator.run(stop, leadership))
    try:
        [held] = await stage.workteam.control.until_held()
        async with asyncio.timeout(20):
            while not (_passes(stage) and (operator.queue.in_flight, len(operator.queue)) == (1, 0)):  # noqa: ASYNC110
                await asyncio.sleep(POLL)
        fault = stage.workteam.control.add(Answer(path="/ServiceProviderConfig"))
        stage.workteam.control.drop(held)
        await stage.until(
            WorkteamUser, "ana", lambda user: reason_of(user, ConditionType.READY) is Reason.BACKEND_UNAVAILABLE
        )
        stage.workteam.control.remove(fault)
        await stage.settled(WorkteamUser, "ana")
    finally:
        stop.set()
        await running


def _passes(stage: Stage) -> float:
    labels = {"kind": "WorkteamUser", "tenant": f"{stage.namespace}/{TENANT}", "result": "done"}
    return REGISTRY.get_sample_value("workteam_reconcile_total", labels) or 0
