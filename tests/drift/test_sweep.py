"""The sweep of a whole tenant, on the real API server and a stand-in tenant that others change."""

import asyncio
from collections.abc import Callable

import httpx
from prometheus_client import REGISTRY

from workteam_cli.staging import PATCH_OP, Stage, quiet, reason_of
from workteam_cli.tenant.faults import Answer
from workteam_cli.tenant.profiles import USER
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.tenants import LastFullSweep
from workteam_crds.testing import TENANT, a_group, a_user

PEOPLE, STRANGERS = 40, 180
OFTEN = {"interval": "1s"}


async def eventually(holds: Callable[[], object]) -> None:
    """Wait until something holds that no object of the cluster tells."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - Workteam sends no event
            await asyncio.sleep(0.05)


def hire(stage: Stage, count: int) -> list[str]:
    """Make many accounts in Workteam itself, and return their ids."""
    headers = {"Authorization": f"Bearer {stage.workteam.token}"}
    with httpx.Client(base_url=stage.workteam.base_url, headers=headers, trust_env=False) as client:
        bodies = [{"schemas": [USER], "userName": f"stranger{number}@contoso.example"} for number in range(count)]
        return [client.post("/Users", json=body).raise_for_status().json()["id"] for body in bodies]


def patch(stage: Stage, path: str, **attributes: object) -> None:
    """Change something in Workteam itself."""
    operations = [{"op": "replace", "path": name, "value": value} for name, value in attributes.items()]
    stage.in_workteam("PATCH", path, {"schemas": [PATCH_OP], "Operations": operations})


async def swept(stage: Stage, holds: Callable[[LastFullSweep], object] = lambda _: True) -> LastFullSweep:
    """Wait for a sweep that began after now and found what it is to find."""
    before = (await stage.get(WorkteamTenant, TENANT)).status.last_full_sweep or LastFullSweep()

    def so(tenant: WorkteamTenant) -> bool:
        last = tenant.status.last_full_sweep
        later = last is not None and last.time is not None and (before.time is None or last.time > before.time)
        return bool(later and last is not None and holds(last))

    found = (await stage.until(WorkteamTenant, TENANT, so)).status.last_full_sweep
    assert found is not None
    return found


async def a_user_in_sync(stage: Stage) -> WorkteamUser:
    """Provision Ana, a lead."""
    await stage.create(a_user("ana", title="Lead"))
    user: WorkteamUser = await stage.settled(WorkteamUser, "ana")
    return user


def title(stage: Stage) -> object:
    return stage.accounts()["ana@contoso.example"].get("title")


def drift(kind: str, sort: str) -> float:
    labels = {"kind": kind, "attribute_class": sort}
    return REGISTRY.get_sample_value("workteam_drift_detected_total", labels) or 0


async def test_only_what_differs_is_written(hurried: Stage) -> None:
    """Of 220 accounts and a crew: two titles and a member, by three pages; who has no object is counted and left."""
    stage = hurried
    await stage.add_tenant()
    names = [f"p{number:03}" for number in range(PEOPLE)]
    strangers = hire(stage, STRANGERS)
    async with stage.operating() as operator:
        await asyncio.gather(*(stage.create(a_user(name, title="Lead"), held=True) for name in names))
        await stage.create(a_group("crew", *names[:3]))
        users = [await stage.settled(WorkteamUser, name) for name in names]
        await stage.settled(WorkteamGroup, "crew")
        await quiet(operator)
        ids = [str(user.status.account_id) for user in users]
        for found in (ids[0], ids[30]):
            patch(stage, f"/Users/{found}", title="Boss")
        team = stage.teams()["crew"]["id"]
        patch(stage, f"/Groups/{team}", members=[{"value": ids[0]}, {"value": ids[1]}, {"value": strangers[0]}])
        counted, seen = (drift("WorkteamUser", "attribute"), drift("WorkteamGroup", "members")), stage.mark()
        await stage.edit(WorkteamTenant, TENANT, drift=OFTEN)
        last = await swept(stage, lambda last: last.drifted == 3)
        await eventually(lambda: stage.members("crew") == {*ids[:3], strangers[0]})
        await quiet(operator)
    assert (last.compared, last.unmanaged, last.errors) == (PEOPLE + 1, STRANGERS, 0)
    assert {account.get("title") for account in stage.accounts().values()} == {"Lead", None}
    written = sorted((entry.method, entry.path) for entry in stage.writes(seen))
    assert written == sorted(
        [("PATCH", f"/Users/{ids[0]}"), ("PATCH", f"/Users/{ids[30]}"), ("PATCH", f"/Groups/{team}")]
    )
    lists = [
        entry.query for entry in stage.workteam.control.log(seen) if (entry.method, entry.path) == ("GET", "/Users")
    ]
    asked = [query for query in lists if "startIndex" in query]
    assert asked[:3] == ["startIndex=1&count=100", "startIndex=101&count=100", "startIndex=201&count=100"]
    assert drift("WorkteamUser", "attribute") - counted[0] >= 2
    assert drift("WorkteamGroup", "members") - counted[1] >= 1


async def test_report_names_and_writes_nothing(hurried: Stage) -> None:
    """Until the object is edited: that writes all of it; what Workteam set right by itself is in sync again."""
    stage = hurried
    await stage.add_tenant(drift={**OFTEN, "policy": "Report"})
    async with stage.operating():
        user = await a_user_in_sync(stage)
        path = f"/Users/{user.status.account_id}"
        patch(stage, path, title="Boss")
        seen = stage.mark()
        told = await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.DRIFT_DETECTED
        )
        synced = find_condition(told.status.conditions, ConditionType.SYNCED)
        assert synced is not None
        assert (synced.status, synced.message) == ("False", "Others changed title in Workteam")
        await swept(stage, lambda last: last.drifted == 1)
        assert (title(stage), stage.writes(seen)) == ("Boss", [])
        patch(stage, path, title="Lead")
        await stage.settled(WorkteamUser, "ana")
        patch(stage, path, title="Boss")
        await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.DRIFT_DETECTED
        )
        await stage.edit(WorkteamUser, "ana", displayName="Ana")
        await stage.settled(WorkteamUser, "ana")
    assert title(stage) == "Lead"


async def test_report_of_a_team_survives_a_restart(hurried: Stage) -> None:
    """Members who came and went by others' hands are named as such, and stay so for a new process too."""
    stage = hurried
    await stage.add_tenant(drift={**OFTEN, "policy": "Report"})
    async with stage.operating():
        ana = await a_user_in_sync(stage)
        await stage.create(a_user("bo"))
        bo = await stage.settled(WorkteamUser, "bo")
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamGroup, "crew")
        patch(stage, f"/Groups/{stage.teams()['crew']['id']}", members=[{"value": bo.status.account_id}])
        seen = stage.mark()
        await stage.until(
            WorkteamGroup, "crew", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.DRIFT_DETECTED
        )
    async with stage.operating() as operator:
        await swept(stage, lambda last: last.drifted == 1)
        await quiet(operator)
        assert (stage.members("crew"), stage.writes(seen)) == ({bo.status.account_id}, [])
        await stage.edit(WorkteamTenant, TENANT, drift=OFTEN)
        await stage.settled(WorkteamGroup, "crew")
    assert stage.members("crew") == {ana.status.account_id}


async def test_access_that_workteam_took_is_withheld(hurried: Stage) -> None:
    """Rule A3: a sweep says so, and gives nothing back; when Workteam gives it back, all is well again."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    async with stage.operating():
        user = await a_user_in_sync(stage)
        stage.set_active(str(user.status.account_id), active=False)
        seen = stage.mark()
        await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.ACCESS_WITHHELD
        )
        await swept(stage, lambda last: last.drifted == 1)
        assert (stage.accounts()["ana@contoso.example"]["active"], stage.writes(seen)) == (False, [])
        stage.set_active(str(user.status.account_id), active=True)
        await stage.settled(WorkteamUser, "ana")
        await swept(stage, lambda last: last.drifted == 0)


async def test_what_a_list_lacks_is_looked_up(hurried: Stage) -> None:
    """An account that is gone stalls its object, after a look by id, and is told once."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    async with stage.operating():
        user = await a_user_in_sync(stage)
        path = f"/Users/{user.status.account_id}"
        stage.in_workteam("DELETE", path)
        seen = stage.mark()
        await stage.stalled(WorkteamUser, "ana", Reason.ACCOUNT_MISSING)
        await swept(stage, lambda last: last.drifted == 1)
        await swept(stage, lambda last: last.drifted == 1)
        looks = [entry for entry in stage.workteam.control.log(seen) if (entry.method, entry.path) == ("GET", path)]
    assert len(looks) == 1


async def test_half_a_list_voids_a_sweep(hurried: Stage) -> None:
    """While a page fails nothing is compared and nothing is queued; the sweeps given up are counted."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    async with stage.operating() as operator:
        user = await a_user_in_sync(stage)
        fault = stage.workteam.control.add(Answer(method="GET", path="^/Groups$", query="startIndex", status=400))
        patch(stage, f"/Users/{user.status.account_id}", title="Boss")
        await stage.until(
            WorkteamTenant, TENANT, lambda t: t.status.last_full_sweep and t.status.last_full_sweep.errors > 1
        )
        await quiet(operator)
        assert title(stage) == "Boss"
        stage.workteam.control.remove(fault)
        last = await swept(stage)
        await eventually(lambda: title(stage) == "Lead")
    assert last.errors == 0


async def test_a_sweep_waits_as_it_is_asked_to(hurried: Stage) -> None:
    """429 in the middle of a list holds it; the same page is asked for again."""
    stage = hurried
    stage.workteam.control.add(
        Answer(method="GET", path="^/Users$", query="startIndex", status=429, retry_after="1", count=1)
    )
    await stage.add_tenant(drift=OFTEN)
    async with stage.operating():
        last = await swept(stage)
    pages = [entry for entry in stage.workteam.control.log() if entry.path == "/Users" and "startIndex" in entry.query]
    assert [entry.status for entry in pages][:2] == [429, 200]
    assert last.errors == 0


async def test_what_is_ignored_is_left_alone(hurried: Stage) -> None:
    """It is written with the account, and is others' from then on, whatever else is edited."""
    stage = hurried
    await stage.add_tenant(drift={**OFTEN, "ignore": ["title"]})
    async with stage.operating():
        user = await a_user_in_sync(stage)
        assert title(stage) == "Lead"
        patch(stage, f"/Users/{user.status.account_id}", title="Boss")
        assert (await swept(stage)).drifted == 0
        await stage.edit(WorkteamUser, "ana", displayName="Ana")
        await stage.settled(WorkteamUser, "ana")
    account = stage.accounts()["ana@contoso.example"]
    assert (account["title"], account["displayName"]) == ("Boss", "Ana")
