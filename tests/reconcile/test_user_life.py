"""One user from its object to its account and out again, on the real API server and a stand-in tenant."""

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_crds.testing import TENANT, a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"


def calls(stage: Stage, since: int = 0) -> list[tuple[str, str]]:
    """Return method and path of the writes."""
    return [(entry.method, entry.path) for entry in stage.writes(since)]


async def test_object_becomes_account(stage: Stage, operator: Operator) -> None:
    """A Git-made user gets our finalizer, an account with its externalId, and a status that names the account."""
    await stage.create(a_user("ana", title="Engineer", externalId="ana-1"))
    user = await stage.settled(WorkteamUser, "ana")
    account = stage.accounts()[ANA]
    assert user.metadata.finalizers == (FINALIZER,)
    assert (account["id"], account["userName"], account["externalId"], account["title"], account["active"]) == (
        user.status.account_id,
        "ana@contoso.example",
        "ana-1",
        "Engineer",
        True,
    )
    assert (user.status.adopted, user.status.synced_active, user.status.pending_create) == (False, True, ())
    assert calls(stage) == [("POST", "/Users")]


async def test_edit_reaches_the_tenant(stage: Stage, operator: Operator) -> None:
    """An edited title is one PATCH of the title alone."""
    await stage.create(a_user("ana", title="Engineer"))
    await stage.settled(WorkteamUser, "ana")
    seen = stage.mark()
    await stage.edit(WorkteamUser, "ana", title="Lead")
    user = await stage.settled(WorkteamUser, "ana")
    account = stage.accounts()[ANA]
    assert account["title"] == "Lead"
    assert calls(stage, seen) == [("PATCH", f"/Users/{user.status.account_id}")]


async def test_access_follows_active(stage: Stage, operator: Operator) -> None:
    """Trap 17: active false takes the access of the account, and true gives it back; one PATCH each, no DELETE."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    for active in (False, True):
        seen = stage.mark()
        await stage.edit(WorkteamUser, "ana", active=active)
        user = await stage.settled(WorkteamUser, "ana")
        assert (stage.accounts()[ANA]["active"], user.status.synced_active) == (active, active)
        assert calls(stage, seen) == [("PATCH", f"/Users/{user.status.account_id}")]


async def test_delete_deactivates_then_lets_go(stage: Stage, operator: Operator) -> None:
    """A deleted object deactivates its account, sees that it is inactive, and only then lets the object go."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    seen = stage.mark()
    await stage.delete(WorkteamUser, "ana")
    await stage.until_gone(WorkteamUser, "ana")
    account = stage.accounts()[ANA]
    path = f"/Users/{user.status.account_id}"
    assert account["active"] is False
    methods = [entry.method for entry in stage.workteam.control.log(seen) if entry.path == path]
    assert (methods.count("PATCH"), methods[0], methods[-1]) == (1, "GET", "GET")


async def test_manager_is_an_account(stage: Stage, operator: Operator) -> None:
    """A user whose manager has no account yet waits visibly, and gets the manager once there is one."""
    urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    await stage.create(a_user("bo", enterprise={"manager": {"value": "ana"}}))
    await stage.create(a_user("ana"), paused="true")
    await stage.until(WorkteamUser, "bo", lambda found: found.status.account_id)
    bo = await stage.until(WorkteamUser, "bo", lambda found: reason_of(found, ConditionType.SYNCED))
    assert reason_of(bo, ConditionType.SYNCED) in {Reason.PENDING, Reason.IN_SYNC}
    await stage.annotate(WorkteamUser, "ana", paused="false")
    ana = await stage.settled(WorkteamUser, "ana")
    await stage.settled(WorkteamUser, "bo")
    await quiet(operator)
    assert stage.accounts()["bo@contoso.example"][urn]["manager"]["value"] == ana.status.account_id


async def test_restart_in_sync_writes_nothing(stage: Stage) -> None:
    """After a restart with everything in sync no object and no account is written."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        before = await stage.settled(WorkteamUser, "ana")
        await quiet(operator)
    seen = stage.mark()
    async with stage.operating() as operator:
        await quiet(operator)
        after = await stage.get(WorkteamUser, "ana")
    assert after.metadata.resource_version == before.metadata.resource_version
    assert calls(stage, seen) == []


async def test_mode_plan_writes_nothing(stage: Stage) -> None:
    """In mode Plan nothing is written to Workteam, each status says what would be; back in Enforce it happens."""
    await stage.add_tenant(mode="Plan")
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        user = await stage.until(WorkteamUser, "ana", lambda found: found.status.plan)
        await quiet(operator)
        assert (user.status.plan and user.status.plan.summary, calls(stage)) == ("create", [])
        await stage.edit(WorkteamTenant, TENANT, mode="Enforce")
        enforced = await stage.settled(WorkteamUser, "ana")
        assert (enforced.status.plan, calls(stage)) == (None, [("POST", "/Users")])


async def test_pause_holds_one_object(stage: Stage, operator: Operator) -> None:
    """A paused object says so, and nothing happens to its account until it is let go."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    await stage.annotate(WorkteamUser, "ana", paused="true")
    await stage.until(
        WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED
    )
    seen = stage.mark()
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await quiet(operator)
    assert calls(stage, seen) == []
    await stage.annotate(WorkteamUser, "ana", paused="false")
    await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["title"] == "Lead"


async def test_recorded_account_is_gone(stage: Stage, operator: Operator) -> None:
    """An account that was deleted in Workteam stalls its object; policy Recreate makes another."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    stage.in_workteam("DELETE", f"/Users/{user.status.account_id}")
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.stalled(WorkteamUser, "ana", Reason.ACCOUNT_MISSING)
    assert stage.accounts() == {}
    await stage.edit(WorkteamTenant, TENANT, deprovisioning={"missingAccount": "Recreate"})
    again = await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["id"] == again.status.account_id


async def test_tenant_that_is_not_there(stage: Stage) -> None:
    """An object whose tenant does not exist says so, and is provisioned once the tenant is there."""
    await stage.create(a_user("ana", tenant="nobody"))
    await stage.add_tenant()
    async with stage.operating():
        await stage.stalled(WorkteamUser, "ana", Reason.TENANT_MISSING)


async def test_idle_operator_does_nothing(stage: Stage, operator: Operator) -> None:
    """With everything in sync no request reaches Workteam and no object moves."""
    await stage.create(a_user("ana"))
    before = await stage.settled(WorkteamUser, "ana")
    await quiet(operator)
    seen = stage.mark()
    await operator.lister.list_all()
    await quiet(operator)
    after = await stage.get(WorkteamUser, "ana")
    assert (stage.mark(), after.metadata.resource_version) == (seen, before.metadata.resource_version)
