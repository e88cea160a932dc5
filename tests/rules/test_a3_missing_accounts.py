"""A3: an account that is gone is made again by a policy only for whom nobody took the access."""

from datetime import timedelta

import pytest

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

ANA = "ana@contoso.example"
OFTEN = {"interval": "1s"}


@pytest.fixture
def hurried(stage: Stage) -> Stage:
    """Set the stage for look-ups that settle at once."""
    stage.settings = stage.settings.model_copy(update={"create_settle": timedelta(milliseconds=100)})
    return stage


async def test_recreate_gives_nobody_back_the_access_that_workteam_took(hurried: Stage) -> None:
    """HR locks somebody out, then deletes the account: no active one is made until the directory takes and gives."""
    await hurried.add_tenant(drift=OFTEN, deprovisioning={"missingAccount": "Recreate"})
    async with hurried.operating() as operator:
        await hurried.create(a_user("ana"))
        account = (await hurried.settled(WorkteamUser, "ana")).status.account_id
        hurried.set_active(account, active=False)
        user = await hurried.until(
            WorkteamUser, "ana", lambda u: reason_of(u, ConditionType.SYNCED) is Reason.ACCESS_WITHHELD
        )
        assert user.status.access_withheld is True
        hurried.in_workteam("DELETE", f"/Users/{account}")
        await hurried.stalled(WorkteamUser, "ana", Reason.ACCOUNT_MISSING)
        await hurried.edit(WorkteamUser, "ana", title="Lead")
        await hurried.until(WorkteamUser, "ana", lambda found: found.status.observed_generation == 2)
        await quiet(operator)
        assert hurried.accounts() == {}
        await hurried.edit(WorkteamUser, "ana", active=False)
        await hurried.until(WorkteamUser, "ana", lambda found: found.status.retired_time)
        await hurried.edit(WorkteamUser, "ana", active=True)
        user = await hurried.settled(WorkteamUser, "ana")
    assert hurried.accounts()[ANA]["active"] is True
    assert user.status.access_withheld is None


@pytest.mark.parametrize("policy", ["Stall", "Recreate"])
async def test_a_leaver_needs_no_account(hurried: Stage, policy: str) -> None:
    """HR deletes a leaver's account: nothing is amiss, and none is made."""
    await hurried.add_tenant(drift=OFTEN, deprovisioning={"missingAccount": policy})
    async with hurried.operating() as operator:
        await hurried.create(a_user("ana", active=False))
        account = (await hurried.settled(WorkteamUser, "ana")).status.account_id
        hurried.in_workteam("DELETE", f"/Users/{account}")
        user = await hurried.until(WorkteamUser, "ana", lambda found: found.status.retired_time)
        await quiet(operator)
    ready = find_condition(user.status.conditions, ConditionType.READY)
    assert ready is not None
    assert (ready.reason, ready.message) == (Reason.DEACTIVATED, "The account is gone, and a leaver needs none")
    assert hurried.accounts() == {}
