"""A5: what an object meets only on its way out was never its own: its access goes at most, and never the account."""

from datetime import timedelta

import pytest

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_user

ANA = "ana@contoso.example"
SOON = timedelta(milliseconds=100)


@pytest.fixture
def hurried(stage: Stage) -> Stage:
    """Set the stage for look-ups that settle at once."""
    stage.settings = stage.settings.model_copy(update={"create_settle": SOON})
    return stage


async def test_an_account_that_was_never_adopted_is_not_deleted(hurried: Stage) -> None:
    """In mode Plan nothing was adopted; Enforce meets the deleted object: HR's own account only loses its access."""
    await hurried.add_tenant(mode="Plan", deprovisioning={"onDelete": "Delete"})
    hurried.hire(ANA)
    async with hurried.operating():
        await hurried.create(a_user("ana"), held=True)
        await hurried.until(WorkteamUser, "ana", lambda found: found.status.plan)
        await hurried.delete(WorkteamUser, "ana")
        seen = hurried.mark()
        await hurried.edit(WorkteamTenant, TENANT, mode="Enforce")
        await hurried.until_gone(WorkteamUser, "ana")
    assert hurried.accounts()[ANA]["active"] is False
    assert [entry.body["Operations"] for entry in hurried.writes(seen)] == [
        [{"op": "replace", "path": "active", "value": False}]
    ]


async def test_an_inactive_account_that_was_never_adopted_is_left_alone(hurried: Stage) -> None:
    """There is no access to take, so nothing is asked of it."""
    await hurried.add_tenant(deprovisioning={"onDelete": "Delete"})
    hurried.hire(ANA, active=False)
    await hurried.create(a_user("ana"), held=True)
    await hurried.delete(WorkteamUser, "ana")
    seen = hurried.mark()
    async with hurried.operating():
        await hurried.until_gone(WorkteamUser, "ana")
    assert hurried.writes(seen) == []
    assert ANA in hurried.accounts()


@pytest.mark.parametrize("policy", ["Deactivate", "Delete"])
async def test_who_was_hired_again_by_hand_keeps_account_and_access(hurried: Stage, policy: str) -> None:
    """Retention deleted the leaver's account; the one that HR made since is not the object's, whatever comes of it."""
    retention = {"action": "Delete", "afterDays": 1}
    await hurried.add_tenant(deprovisioning={"onDelete": policy, "retention": retention})
    async with hurried.operating():
        await hurried.create(a_user("ana", active=False))
        await hurried.settled(WorkteamUser, "ana")
    async with hurried.operating(ahead=timedelta(days=2)) as operator:
        await hurried.until(WorkteamUser, "ana", lambda found: found.status.retired_time)
        await quiet(operator)
        again = hurried.hire(ANA)
        seen = hurried.mark()
        await hurried.delete(WorkteamUser, "ana")
        await hurried.until_gone(WorkteamUser, "ana")
    assert hurried.writes(seen) == []
    assert (hurried.accounts()[ANA]["id"], hurried.accounts()[ANA]["active"]) == (again, True)


async def test_what_was_adopted_in_life_is_deleted(hurried: Stage) -> None:
    """An account that a live object adopted is its own: onDelete Delete goes for that, too."""
    await hurried.add_tenant(deprovisioning={"onDelete": "Delete"})
    hurried.hire(ANA)
    async with hurried.operating():
        await hurried.create(a_user("ana"))
        user = await hurried.settled(WorkteamUser, "ana")
        assert reason_of(user, ConditionType.SYNCED) is Reason.ADOPTED
        await hurried.delete(WorkteamUser, "ana")
        await hurried.until_gone(WorkteamUser, "ana")
    assert hurried.accounts() == {}
