"""What an edit of a tenant means for its objects, whatever the tenant's own pass is doing."""

from datetime import timedelta

from workteam_cli.staging import Stage, quiet
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_user

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
