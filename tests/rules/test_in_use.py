"""A tenant that was deleted, and what is deleted around it, in every order: nothing is lost, and nothing hangs."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_cli.tenant.faults import Answer
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import IN_USE
from workteam_crds.testing import TENANT, a_group, a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"
WAYS: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "Secret": lambda stage: stage.drop_token(),
    "tenant": lambda stage: stage.delete(WorkteamTenant, TENANT),
    "user": lambda stage: stage.delete(WorkteamUser, "ana"),
}


async def test_a_tenant_that_nobody_refers_to_goes(stage: Stage, operator: Operator) -> None:
    tenant = await stage.get(WorkteamTenant, TENANT)
    assert tenant.metadata.finalizers == (IN_USE,)
    await stage.delete(WorkteamTenant, TENANT)
    await stage.until_gone(WorkteamTenant, TENANT)


async def test_a_tenant_in_use_stays_at_work_and_says_by_how_many(stage: Stage, operator: Operator) -> None:
    """Edits arrive and leavers leave; when the last object is gone, so is the tenant."""
    await stage.create(a_user("ana"))
    await stage.create(a_group("crew", "ana"))
    await stage.settled(WorkteamGroup, "crew")
    await stage.delete(WorkteamTenant, TENANT)
    tenant = await stage.until(
        WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.RECONCILING) is Reason.DEPROVISION_PENDING
    )
    held = find_condition(tenant.status.conditions, ConditionType.RECONCILING)
    assert held is not None
    assert held.message.startswith("The tenant was deleted and is held by workte.am/in-use: 2 users and groups refer")
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["title"] == "Lead"
    await stage.delete(WorkteamGroup, "crew")
    await stage.delete(WorkteamUser, "ana")
    await stage.until_gone(WorkteamUser, "ana")
    await stage.until_gone(WorkteamTenant, TENANT)
    assert (stage.accounts()[ANA]["active"], stage.teams()) == (False, {})


@pytest.mark.parametrize("order", list(itertools.permutations(WAYS)), ids=", ".join)
async def test_whatever_is_deleted_first(stage: Stage, operator: Operator, order: tuple[str, ...]) -> None:
    """While Workteam does not answer everything is held, and says why; then Secret or not, all comes to its end."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    outage = stage.workteam.control.add(Answer(status=503))
    for each in order:
        await WAYS[each](stage)
    await stage.until(WorkteamTenant, TENANT, has_no_token)
    user = await stage.until(WorkteamUser, "ana", waits_to_leave)
    stage.workteam.control.remove(outage)
    await quiet(operator)
    assert (user.held, stage.accounts()[ANA]["active"]) == (True, True)
    tenant = await stage.get(WorkteamTenant, TENANT)
    assert find_condition(tenant.status.conditions, ConditionType.RECONCILING) is not None
    await stage.store_token(stage.workteam.token)
    await stage.until_gone(WorkteamUser, "ana")
    await stage.until_gone(WorkteamTenant, TENANT)
    assert stage.accounts()[ANA]["active"] is False


def has_no_token(tenant: WorkteamTenant) -> bool:
    """Say whether the tenant says that its Secret is missing, and that it was deleted."""
    return tenant.deleting and reason_of(tenant, ConditionType.READY) is Reason.SECRET_MISSING


def waits_to_leave(user: WorkteamUser) -> bool:
    """Say whether a deleted user says that access is still to be taken."""
    return user.deleting and reason_of(user, ConditionType.RECONCILING) is Reason.DEPROVISION_PENDING


async def test_a_decommissioned_tenant_lets_all_go_without_a_call(stage: Stage, operator: Operator) -> None:
    """Also the deleted ones that waited, with a Warning each; live ones are held again when it is taken up again."""
    for name in ("ana", "ben"):
        await stage.create(a_user(name))
        await stage.settled(WorkteamUser, name)
    await stage.drop_token()
    await stage.delete(WorkteamUser, "ben")
    await stage.until(WorkteamUser, "ben", lambda user: reason_of(user, ConditionType.RECONCILING) is not None)
    seen = stage.mark()
    await stage.edit(WorkteamTenant, TENANT, decommissioned=True)
    await stage.until_gone(WorkteamUser, "ben")
    ana = await stage.stalled(WorkteamUser, "ana", Reason.TENANT_DECOMMISSIONED)
    assert not (await stage.until(WorkteamUser, "ana", lambda user: not user.held)).held
    assert ana.status.account_id is not None
    await quiet(operator)
    await operator.events.drain()
    assert stage.workteam.control.log(seen) == []
    assert await stage.warnings() == ["Orphaned ana", "Orphaned ben", "Stalled ana"]
    await stage.store_token(stage.workteam.token)
    await stage.edit(WorkteamTenant, TENANT, decommissioned=False)
    assert (await stage.settled(WorkteamUser, "ana")).status.account_id == ana.status.account_id
    assert (await stage.until(WorkteamUser, "ana", lambda user: user.held)).held


async def test_a_decommissioned_tenant_goes_before_its_objects(stage: Stage, operator: Operator) -> None:
    """Nothing that is left needs it any more."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    await stage.edit(WorkteamTenant, TENANT, decommissioned=True)
    await stage.delete(WorkteamTenant, TENANT)
    await stage.until_gone(WorkteamTenant, TENANT)
    await stage.delete(WorkteamUser, "ana")
    await stage.until_gone(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["active"] is True
