"""One user from its object to its account and out again, on the real API server and a stand-in tenant."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx

from workteam_cli.tenant.application import StandIn
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_crds.testing import TENANT, a_user
from workteam_operator.__main__ import Operator
from workteam_operator.testing import Stage, quiet, ready, reason_of

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def accounts(workteam: StandIn) -> list[dict[str, object]]:
    """Return what the tenant holds."""
    answer = httpx.get(f"{workteam.base_url}/Users", headers={"Authorization": f"Bearer {workteam.token}"})
    found: list[dict[str, object]] = answer.json()["Resources"] if answer.json()["totalResults"] else []
    return found


def writes(workteam: StandIn, since: int = 0) -> list[tuple[str, str]]:
    """Return method and path of the writes, but for the operator's probes."""
    entries = [e for e in workteam.control.log(since) if e.method in WRITES]
    return [(e.method, e.path) for e in entries if not _is_probe(e.body)]


def _is_probe(body: object) -> bool:
    return isinstance(body, dict) and "probe" in str(body.get("Operations"))


async def test_object_becomes_account(stage: Stage, operator: Operator, workteam: StandIn) -> None:
    """A Git-made user gets our finalizer, an account with its externalId, and a status that names the account."""
    await stage.create(a_user("ana", title="Engineer", externalId="ana-1"))
    user = await stage.settled(WorkteamUser, "ana")
    [account] = accounts(workteam)
    assert user.metadata.finalizers == (FINALIZER,)
    assert (account["id"], account["userName"], account["externalId"], account["title"], account["active"]) == (
        user.status.account_id,
        "ana@contoso.example",
        "ana-1",
        "Engineer",
        True,
    )
    assert (user.status.adopted, user.status.synced_active, user.status.pending_create) == (False, True, ())
    assert writes(workteam) == [("POST", "/Users")]


async def test_fresh_user_costs_two_status_writes(stage: Stage, operator: Operator, workteam: StandIn) -> None:
    """A user from the facade, which is held already, is created with one POST and two status writes."""
    created = await stage.create(a_user("ana"), held=True)
    user = await stage.settled(WorkteamUser, "ana")
    managers = [field for field in await _managed(stage) if field["manager"] == "workteam-operator"]
    assert len(managers) == 1
    assert int(user.metadata.resource_version or 0) > int(created.metadata.resource_version or 0)
    assert writes(workteam) == [("POST", "/Users")]


async def _managed(stage: Stage) -> list[dict[str, str]]:
    raw = await stage.cluster._access.request(  # type: ignore[attr-defined]
        "GET", f"/apis/workte.am/v1alpha1/namespaces/{stage.namespace}/workteamusers/ana"
    )
    fields: list[dict[str, str]] = raw["metadata"]["managedFields"]
    return fields


async def test_edit_reaches_the_tenant(stage: Stage, operator: Operator, workteam: StandIn) -> None:
    """An edited title is one PATCH of the title alone."""
    await stage.create(a_user("ana", title="Engineer"))
    await stage.settled(WorkteamUser, "ana")
    seen = workteam.control.log()[-1].sequence
    await stage.edit(WorkteamUser, "ana", title="Lead")
    user = await stage.settled(WorkteamUser, "ana")
    [account] = accounts(workteam)
    assert account["title"] == "Lead"
    assert writes(workteam, seen) == [("PATCH", f"/Users/{user.status.account_id}")]


async def test_delete_deactivates_then_lets_go(stage: Stage, operator: Operator, workteam: StandIn) -> None:
    """A deleted object deactivates its account, sees that it is inactive, and only then lets the object go."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    seen = workteam.control.log()[-1].sequence
    await stage.delete(WorkteamUser, "ana")
    await stage.until_gone(WorkteamUser, "ana")
    [account] = accounts(workteam)
    path = f"/Users/{user.status.account_id}"
    assert account["active"] is False
    calls = [entry.method for entry in workteam.control.log(seen) if entry.path == path]
    assert (calls.count("PATCH"), calls[0], calls[-1]) == (1, "GET", "GET")


async def test_manager_is_an_account(stage: Stage, operator: Operator, workteam: StandIn) -> None:
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
    [report] = [account for account in accounts(workteam) if account["userName"] == "bo@contoso.example"]
    assert report[urn]["manager"]["value"] == ana.status.account_id  # type: ignore[index]


async def test_restart_in_sync_writes_nothing(
    stage: Stage,
    tenant: WorkteamTenant,
    start: Callable[[], AbstractAsyncContextManager[Operator]],
    workteam: StandIn,
) -> None:
    """After a restart with everything in sync no object and no account is written."""
    async with start() as operator:
        await ready(stage, TENANT)
        await stage.create(a_user("ana"))
        before = await stage.settled(WorkteamUser, "ana")
        await quiet(operator)
    seen = workteam.control.log()[-1].sequence
    async with start() as operator:
        await ready(stage, TENANT)
        await quiet(operator)
        after = await stage.get(WorkteamUser, "ana")
    assert after.metadata.resource_version == before.metadata.resource_version
    assert writes(workteam, seen) == []
