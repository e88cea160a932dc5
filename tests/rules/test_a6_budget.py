"""A6: a budget with a ledger."""

import asyncio
from datetime import UTC, datetime, timedelta

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.part import rfc3339
from workteam_crds.testing import TENANT, a_user

NAMES = ("u1", "u2", "u3", "u4", "u5")
ONE = {"perHour": 1, "percentPerHour": 0, "always": 1}


def inactive(stage: Stage) -> int:
    """Count the accounts that lost their access."""
    return sum(not account["active"] for account in stage.accounts().values())


async def dismiss_all(stage: Stage) -> list[str]:
    """Take everybody's access at once, and return the names of those that the budget holds."""
    await asyncio.gather(*(stage.edit(WorkteamUser, name, active=False) for name in NAMES))
    for name in NAMES:
        await stage.until(WorkteamUser, name, _is_decided)
    users = [await stage.get(WorkteamUser, name) for name in NAMES]
    exceeded = Reason.DELETION_BUDGET_EXCEEDED
    return [u.metadata.name for u in users if reason_of(u, ConditionType.STALLED) is exceeded]


def _is_decided(user: WorkteamUser) -> bool:
    return user.status.synced_active is False or reason_of(user, ConditionType.STALLED) is not None


async def test_parallel_leavers_share_one_budget(stage: Stage) -> None:
    """Five leave at once and one may: exactly one does, and neither a restart nor time refills the ledger."""
    await stage.add_tenant(deprovisioning={"budget": {"deactivations": ONE}})
    async with stage.operating():
        await asyncio.gather(*(stage.create(a_user(name)) for name in NAMES))
        for name in NAMES:
            await stage.settled(WorkteamUser, name)
        held = await dismiss_all(stage)
        assert (len(held), inactive(stage)) == (4, 1)
    async with stage.operating() as operator:
        await quiet(operator)
        assert inactive(stage) == 1
        await _let_go(stage, held)


async def _let_go(stage: Stage, held: list[str]) -> None:
    """A person lets one go, then all: only then the others lose their access."""
    first, *others = held
    one = await stage.get(WorkteamUser, first)
    await stage.annotate(WorkteamUser, first, release=str(one.metadata.generation))
    await stage.until(WorkteamUser, first, lambda user: user.status.synced_active is False)
    assert inactive(stage) == 2
    later = rfc3339(datetime.now(UTC) + timedelta(hours=1))
    await stage.annotate(WorkteamTenant, TENANT, approve_deletions_until=later)
    for name in others:
        user = await stage.until(WorkteamUser, name, lambda user: user.status.synced_active is False)
        assert user.status.booked is None
    assert inactive(stage) == 5


async def test_protected_person_keeps_access(stage: Stage) -> None:
    """A protected userName, in any case, is neither deactivated nor let go."""
    await stage.add_tenant(deprovisioning={"protected": ["ANA@contoso.example"]})
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        await stage.edit(WorkteamUser, "ana", active=False)
        await stage.stalled(WorkteamUser, "ana", Reason.PROTECTED)
        await stage.delete(WorkteamUser, "ana")
        await stage.until(WorkteamUser, "ana", lambda user: user.deleting)
        user = await stage.stalled(WorkteamUser, "ana", Reason.PROTECTED)
    assert user.held
    assert stage.accounts()["ana@contoso.example"]["active"] is True


async def test_protection_by_the_objects_name_outlives_a_rename(stage: Stage) -> None:
    """A userName that nobody has any more is named by the tenant: who had it is not protected by it."""
    await stage.add_tenant(deprovisioning={"protected": ["ana", "bo@contoso.example"]})
    stage.settings = stage.settings.model_copy(update={"probe_interval": timedelta(seconds=1)})
    async with stage.operating():
        for name in ("ana", "bo"):
            await stage.create(a_user(name))
            await stage.settled(WorkteamUser, name)
            await stage.edit(WorkteamUser, name, userName=f"{name}.new@contoso.example")
            await stage.settled(WorkteamUser, name)
        told = "deprovisioning.protected names nobody by bo@contoso.example: the name of an object outlives"
        await stage.until(WorkteamTenant, TENANT, lambda tenant: told in str(tenant.status.conditions))
        await stage.edit(WorkteamUser, "ana", active=False)
        await stage.stalled(WorkteamUser, "ana", Reason.PROTECTED)
    assert stage.accounts()["ana.new@contoso.example"]["active"] is True


async def test_deleting_an_inactive_account_is_free(stage: Stage) -> None:
    """With no deactivation left, the object of an account that is inactive already goes, without a call."""
    nothing = {"perHour": 0, "percentPerHour": 0, "always": 0}
    await stage.add_tenant(deprovisioning={"budget": {"deactivations": nothing}})
    async with stage.operating():
        await stage.create(a_user("ana", active=False))
        await stage.settled(WorkteamUser, "ana")
        seen = stage.mark()
        await stage.delete(WorkteamUser, "ana")
        await stage.until_gone(WorkteamUser, "ana")
    assert stage.writes(seen) == []
