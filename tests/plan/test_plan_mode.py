"""Mode Plan over a filled organisation, pause and their ends, on the real API server and a stand-in tenant."""

import asyncio
from typing import Any

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import PATCH_OP, Stage, quiet, reason_of
from workteam_cli.tenant.profiles import GROUP
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_crds.kinds.progress import PlannedMembers
from workteam_crds.testing import TENANT, a_group, a_user


def a_team(stage: Stage, name: str, *members: str) -> str:
    """Make a team in Workteam itself, and return its id."""
    body = {"schemas": [GROUP], "displayName": name, "members": [{"value": member} for member in members]}
    return str(stage.in_workteam("POST", "/Groups", body)["id"])


def retitle(stage: Stage, account_id: str, title: str) -> None:
    operation = {"op": "replace", "path": "title", "value": title}
    stage.in_workteam("PATCH", f"/Users/{account_id}", {"schemas": [PATCH_OP], "Operations": [operation]})


async def planned(stage: Stage, kind: Any, name: str, summary: str) -> Any:
    """Wait until an object says what would be done."""
    return await stage.until(kind, name, lambda found: found.status.plan and found.status.plan.summary == summary)


async def test_a_filled_organisation_shows_its_adoptions_first(stage: Stage) -> None:
    """Nothing is written while it plans; in mode Enforce it does what it said, and nothing else."""
    ana = stage.hire("ana@contoso.example", external_id="ana")
    bo = stage.hire("bo@contoso.example")
    retitle(stage, bo, "Boss")
    team = a_team(stage, "crew", ana)
    await stage.add_tenant(mode="Plan")
    seen = stage.mark()
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        await stage.create(a_user("bo", title="Lead"))
        await stage.create(a_user("cy"))
        await stage.create(a_user("left", active=False))
        await stage.create(a_group("crew", "ana", "bo", "cy"))
        await planned(stage, WorkteamUser, "ana", f"adopt {ana}")
        told = await planned(stage, WorkteamUser, "bo", f"adopt {bo}, change externalId, title")
        await planned(stage, WorkteamUser, "cy", "create")
        await planned(stage, WorkteamUser, "left", "create")
        crew = await planned(stage, WorkteamGroup, "crew", f"adopt {team}, change externalId, members +2 -0")
        await quiet(operator)
        synced = find_condition(told.status.conditions, ConditionType.SYNCED)
        assert synced is not None
        assert (synced.status, synced.reason) == ("False", Reason.PLANNED)
        assert (reason_of(told, ConditionType.READY), told.status.account_id) == (Reason.OBSERVED, None)
        assert (told.status.plan.adopts, told.status.plan.attributes) == (bo, ("externalId", "title"))
        assert (crew.status.plan.adopts, crew.status.plan.members) == (team, PlannedMembers(add=2, remove=0))
        assert stage.writes(seen) == []
        await stage.edit(WorkteamTenant, TENANT, mode="Enforce")
        for name in ("ana", "bo", "cy", "left"):
            await stage.settled(WorkteamUser, name)
        done = await stage.settled(WorkteamGroup, "crew")
        await quiet(operator)
    assert done.status.plan is None
    written = {(entry.method, entry.path) for entry in stage.writes(seen)}
    assert written == {("PATCH", f"/Users/{bo}"), ("POST", "/Users"), ("PATCH", f"/Groups/{team}")}
    accounts = stage.accounts()
    assert {name: account["active"] for name, account in accounts.items()} == {
        "ana@contoso.example": True,
        "bo@contoso.example": True,
        "cy@contoso.example": True,
        "left@contoso.example": False,
    }
    assert (accounts["ana@contoso.example"]["id"], accounts["bo@contoso.example"]["title"]) == (ana, "Lead")
    assert stage.members("crew") == {ana, bo, accounts["cy@contoso.example"]["id"]}


async def test_losses_are_only_foretold(stage: Stage) -> None:
    """No booking, no finalizer let go with an effect; what has none may go."""
    await stage.add_tenant(deprovisioning={"onDelete": "Orphan"})
    async with stage.operating() as operator:
        for name in ("ana", "bo"):
            await stage.create(a_user(name))
            await stage.settled(WorkteamUser, name)
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamGroup, "crew")
        await stage.edit(WorkteamTenant, TENANT, mode="Plan")
        seen = stage.mark()
        await stage.edit(WorkteamUser, "ana", active=False)
        await stage.delete(WorkteamUser, "bo")
        await stage.delete(WorkteamGroup, "crew")
        await planned(stage, WorkteamUser, "ana", "deactivate")
        await planned(stage, WorkteamUser, "bo", "let the account go")
        await planned(stage, WorkteamGroup, "crew", "delete")
        await stage.create(a_user("nobody"), held=True)
        await planned(stage, WorkteamUser, "nobody", "create")
        await stage.delete(WorkteamUser, "nobody")
        await stage.until_gone(WorkteamUser, "nobody")
        await quiet(operator)
        kept = [await stage.get(WorkteamUser, "bo"), await stage.get(WorkteamGroup, "crew")]
        assert [found.metadata.finalizers for found in kept] == [(FINALIZER,), (FINALIZER,)]
        assert (stage.writes(seen), (await stage.get(WorkteamTenant, TENANT)).status.ledger) == ([], None)
        await stage.edit(WorkteamTenant, TENANT, mode="Enforce")
        await stage.until_gone(WorkteamUser, "bo")
        await stage.until_gone(WorkteamGroup, "crew")
        await stage.settled(WorkteamUser, "ana")
    written = [(entry.method, entry.path.rpartition("/")[0]) for entry in stage.writes(seen)]
    assert sorted(written) == [("DELETE", "/Groups"), ("PATCH", "/Users")]


async def test_a_plan_follows_the_object(stage: Stage) -> None:
    """Another edit is another plan with another hash; once nothing would be done there is none."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana", title="Lead"))
        await stage.settled(WorkteamUser, "ana")
        await stage.edit(WorkteamTenant, TENANT, mode="Plan")
        await stage.edit(WorkteamUser, "ana", title="Boss")
        first = await planned(stage, WorkteamUser, "ana", "change title")
        await stage.edit(WorkteamUser, "ana", title="Boss", displayName="Ana")
        second = await planned(stage, WorkteamUser, "ana", "change displayName, title")
        assert first.status.plan.hash != second.status.plan.hash
        await stage.edit(WorkteamUser, "ana", title="Lead", displayName=None)
        settled = await stage.settled(WorkteamUser, "ana")
    assert settled.status.plan is None


def events(found: Any) -> list[tuple[str, int]]:
    """Return reason and count of the Events about the tenant, sorted."""
    about = [item for item in found["items"] if item["involvedObject"]["kind"] == "WorkteamTenant"]
    return sorted((item["reason"], item["count"]) for item in about if item["reason"] in {"Paused", "Resumed"})


async def test_a_paused_tenant_holds_all_its_objects(stage: Stage, cluster_access: Access) -> None:
    """Those with work to do say why they wait; the tenant says it once, and everything is made up for."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        for name in ("ana", "bo"):
            await stage.create(a_user(name))
            await stage.settled(WorkteamUser, name)
        await stage.annotate(WorkteamTenant, TENANT, paused="true")
        held = await stage.until(
            WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.READY) is Reason.PAUSED
        )
        seen = stage.mark()
        await stage.edit(WorkteamUser, "ana", active=False)
        await stage.delete(WorkteamUser, "bo")
        await stage.create(a_user("cy"))
        stays = ": what is to be taken in Workteam stays there"
        for name, leaves in {"ana": True, "bo": True, "cy": False}.items():
            user = await stage.until(
                WorkteamUser, name, lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED
            )
            synced = find_condition(user.status.conditions, ConditionType.SYNCED)
            assert synced is not None
            assert synced.message.endswith(stays) is leaves
        await quiet(operator)
        assert (held.status.first_ready_time is not None, stage.writes(seen)) == (True, [])
        await stage.annotate(WorkteamTenant, TENANT, paused="false")
        await stage.settled(WorkteamUser, "ana")
        await stage.settled(WorkteamUser, "cy")
        await stage.until_gone(WorkteamUser, "bo")
        await stage.until(
            WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.READY) is Reason.CREDENTIALS_ACCEPTED
        )
        await quiet(operator)
    active = {name: account["active"] for name, account in stage.accounts().items()}
    assert active == {"ana@contoso.example": False, "bo@contoso.example": False, "cy@contoso.example": True}
    told = await asyncio.to_thread(cluster_access.get, "events", "-n", stage.namespace)
    assert events(told) == [("Paused", 1), ("Resumed", 1)]
