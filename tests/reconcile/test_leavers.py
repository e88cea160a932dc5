"""How long those who left keep an account without access: grace period and retention, over restarts."""

from datetime import UTC, datetime, timedelta

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_group, a_user

ANA, BO = "ana@contoso.example", "bo@contoso.example"


def later(**span: int) -> timedelta:
    """Return a span of time."""
    return timedelta(**span)


async def test_the_grace_period_goes_on_over_a_restart(stage: Stage) -> None:
    """Access goes at once; the account goes when the time since the deletion is over, whoever counts it."""
    await stage.add_tenant(deprovisioning={"onDelete": "Delete", "gracePeriod": "1h"})
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        await stage.delete(WorkteamUser, "ana")
        user = await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.RECONCILING) is Reason.GRACE_PERIOD
        )
        await quiet(operator)
        assert stage.accounts()[ANA]["active"] is False
        assert reason_of(user, ConditionType.READY) is Reason.DELETING
    async with stage.operating(ahead=later(minutes=59)) as operator:
        await quiet(operator)
        assert ANA in stage.accounts()
    async with stage.operating(ahead=later(minutes=61)):
        await stage.until_gone(WorkteamUser, "ana")
    assert stage.accounts() == {}


async def test_who_left_long_ago_is_counted(stage: Stage) -> None:
    """By default leavers whom the directory never deletes are counted in the tenant's status, and nothing is done."""
    await stage.add_tenant(deprovisioning={"retention": {"afterDays": 30}})
    async with stage.operating():
        await stage.create(a_user("ana", active=False))
        await stage.create(a_user("bo"))
        user = await stage.settled(WorkteamUser, "ana")
        await stage.settled(WorkteamUser, "bo")
        assert user.status.inactive_since is not None
        assert (await stage.get(WorkteamTenant, TENANT)).status.retention_due is None
    seen = stage.mark()
    async with stage.operating(ahead=later(days=31)) as operator:
        await stage.until(WorkteamTenant, TENANT, lambda found: found.status.retention_due == 1)
        await quiet(operator)
    assert stage.writes(seen) == []


async def test_who_left_long_ago_loses_the_account(stage: Stage) -> None:
    """With Delete the account goes, but for the protected; it is not made again until access is given again."""
    retention = {"retention": {"action": "Delete", "afterDays": 30}, "protected": [BO]}
    await stage.add_tenant(deprovisioning=retention)
    async with stage.operating():
        for name in ("ana", "bo"):
            await stage.create(a_user(name, active=False))
            await stage.settled(WorkteamUser, name)
        await stage.create(a_group("crew", "ana", "bo"))
        await stage.settled(WorkteamGroup, "crew")
    async with stage.operating(ahead=later(days=31)) as operator:
        user = await stage.until(WorkteamUser, "ana", lambda found: found.status.retired_time)
        await quiet(operator)
        assert (user.status.account_id, reason_of(user, ConditionType.READY)) == (None, Reason.DEACTIVATED)
        assert set(stage.accounts()) == {BO}
        await stage.settled(WorkteamGroup, "crew")
        seen = stage.mark()
        await stage.edit(WorkteamUser, "ana", title="Lead")
        await stage.until(WorkteamUser, "ana", lambda found: found.status.observed_generation == 2)
        await quiet(operator)
        assert stage.writes(seen) == []
        await stage.edit(WorkteamUser, "ana", active=True)
        again = await stage.until(WorkteamUser, "ana", lambda found: found.status.account_id)
        await stage.settled(WorkteamGroup, "crew")
        await quiet(operator)
    assert stage.accounts()[ANA]["active"] is True
    assert again.status.account_id in stage.members("crew")
    tenant = await stage.get(WorkteamTenant, TENANT)
    assert tenant.status.ledger is not None
    assert sum(minute.count for minute in tenant.status.ledger.deletions.minutes) == 1


async def test_the_time_counts_from_the_day_that_access_was_seen_gone(stage: Stage) -> None:
    """Who is given access and loses it again begins anew."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana", active=False))
        first = (await stage.settled(WorkteamUser, "ana")).status.inactive_since
        await stage.edit(WorkteamUser, "ana", active=True)
        assert (await stage.settled(WorkteamUser, "ana")).status.inactive_since is None
    async with stage.operating(ahead=later(days=7)):
        await stage.edit(WorkteamUser, "ana", active=False)
        second = (await stage.settled(WorkteamUser, "ana")).status.inactive_since
    assert first is not None
    assert second - first >= later(days=7)
    assert second < datetime.now(UTC) + later(days=8)
