"""A leaver who stands still for another reason: who gets access back in Workteam loses it again all the same."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_cli.tenant.faults import Answer
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

ANA = "ana@contoso.example"
OFTEN = {"interval": "1s"}
Sweeps: TypeAlias = Callable[[], Awaitable[None]]


async def standing_still(stage: Stage) -> str:
    """Let a leaver lose access, and stand still as a nickname is refused; return the account's id."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    stage.workteam.control.add(Answer(method="PATCH", path="/Users/.+", body="nickName", status=400))
    await stage.edit(WorkteamUser, "ana", active=False, nickName="Ani")
    await stage.stalled(WorkteamUser, "ana", Reason.INVALID_ATTRIBUTE)
    return str(user.status.account_id)


async def test_a_leaver_who_stands_still_is_not_let_in_again(hurried: Stage, swept_twice: Sweeps) -> None:
    """The access is gone, a nickname is refused, an administrator gives the access back: it is taken once more."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    async with stage.operating() as operator:
        account = await standing_still(stage)
        await quiet(operator)
        assert stage.accounts()[ANA]["active"] is False
        stage.set_active(account, active=True)
        await swept_twice()
        await quiet(operator)
        assert stage.accounts()[ANA]["active"] is False
        assert reason_of(await stage.get(WorkteamUser, "ana"), ConditionType.STALLED) is Reason.INVALID_ATTRIBUTE


async def test_a_leaver_who_stands_still_is_let_in_under_report(hurried: Stage, swept_twice: Sweeps) -> None:
    """As any other leaver: what others change is not set right there."""
    stage = hurried
    await stage.add_tenant(drift={**OFTEN, "policy": "Report"})
    async with stage.operating() as operator:
        account = await standing_still(stage)
        await quiet(operator)
        stage.set_active(account, active=True)
        seen = stage.mark()
        await swept_twice()
        await quiet(operator)
        assert (stage.accounts()[ANA]["active"], stage.writes(seen)) == (True, [])
