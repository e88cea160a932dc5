"""One group from its object to its team and out again, on the real API server and a stand-in tenant."""

from collections.abc import AsyncIterator

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, quiet, reason_of, staged
from workteam_cli.tenant.faults import Hold, Point
from workteam_cli.tenant.profiles import Profile
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.testing import a_group, a_membership, a_user
from workteam_operator.assembly import Operator


@pytest.fixture
async def groupless(cluster_access: Access, namespace: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Set up a stage whose tenant has no groups."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace, profile=Profile.WORKTEAM) as stage:
        yield stage


async def test_object_becomes_team(stage: Stage, operator: Operator) -> None:
    """A group becomes a team with its externalId and its members' accounts, by one create."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    seen = stage.mark()
    await stage.create(a_group("crew", "ana", externalId="crew-1"))
    group = await stage.settled(WorkteamGroup, "crew")
    team = stage.teams()["crew"]
    assert (team["id"], team["externalId"]) == (group.status.team_id, "crew-1")
    assert stage.members("crew") == {user.status.account_id}
    assert [entry.method for entry in stage.writes(seen)] == ["POST"]


async def test_rename_goes_by_id(stage: Stage, operator: Operator) -> None:
    """A renamed group keeps its team."""
    await stage.create(a_group("crew"))
    before = await stage.settled(WorkteamGroup, "crew")
    await stage.edit(WorkteamGroup, "crew", displayName="Crew 2")
    await stage.settled(WorkteamGroup, "crew")
    assert {name: team["id"] for name, team in stage.teams().items()} == {"Crew 2": before.status.team_id}


@pytest.mark.parametrize(("policy", "left"), [("Delete", None), ("Empty", set()), ("Orphan", {"ana"})])
async def test_end_follows_the_policy(stage: Stage, policy: str, left: set[str] | None) -> None:
    """The team of a deleted group is deleted, emptied or left as it is."""
    await stage.add_tenant(deprovisioning={"onGroupDelete": policy})
    async with stage.operating():
        await stage.create(a_user("ana"))
        user = await stage.settled(WorkteamUser, "ana")
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamGroup, "crew")
        await stage.delete(WorkteamGroup, "crew")
        await stage.until_gone(WorkteamGroup, "crew")
    names = {user.status.account_id: "ana"}
    found = {names[member] for member in stage.members("crew")} if "crew" in stage.teams() else None
    assert found == left


async def test_member_who_leaves_during_a_pass_is_not_remembered(stage: Stage, operator: Operator) -> None:
    """Ana leaves the team by her own deletion while the group's rename has no answer yet: nobody believes her there."""
    for name in ("ana", "bo"):
        await stage.create(a_user(name))
    await stage.create(a_group("crew", "ana", "bo"))
    bo = await stage.settled(WorkteamUser, "bo")
    await stage.settled(WorkteamGroup, "crew")
    stage.workteam.control.add(Hold(method="PATCH", path="/Groups/.+", point=Point.BEFORE, count=1))
    await stage.edit(WorkteamGroup, "crew", displayName="Crew 2")
    [held] = await stage.workteam.control.until_held()
    await stage.edit(WorkteamGroup, "crew", members=["bo"])
    await stage.delete(WorkteamUser, "ana")
    await stage.until_gone(WorkteamUser, "ana")
    stage.workteam.control.release(held)
    group = await stage.settled(WorkteamGroup, "crew")
    synced = find_condition(group.status.conditions, ConditionType.SYNCED)
    assert synced is not None
    assert synced.message == ""
    assert stage.members("Crew 2") == {bo.status.account_id}


async def test_tenant_without_groups(groupless: Stage) -> None:
    """Where there are no groups, one is recorded, Ready says so, and its deletion needs no call."""
    await groupless.add_tenant()
    async with groupless.operating() as operator:
        await groupless.create(a_group("crew"))
        group = await groupless.settled(WorkteamGroup, "crew")
        assert reason_of(group, ConditionType.READY) is Reason.GROUPS_UNSUPPORTED
        await groupless.delete(WorkteamGroup, "crew")
        await groupless.until_gone(WorkteamGroup, "crew")
        await quiet(operator)


async def test_group_without_team_outlives_its_further_lists(groupless: Stage) -> None:
    """Where there are no groups, a deleted one waits for its further lists all the same: the facade needs it."""
    await groupless.add_tenant()
    async with groupless.operating():
        await groupless.create(a_group("crew", "ana", memberships=1))
        await groupless.create(a_membership("crew", "bo"))
        await groupless.settled(WorkteamGroup, "crew")
        await groupless.delete(WorkteamGroup, "crew")
        await groupless.until(
            WorkteamGroup, "crew", lambda group: reason_of(group, ConditionType.READY) is Reason.DELETING
        )
        await groupless.delete(WorkteamGroupMembership, "crew-more")
        await groupless.until_gone(WorkteamGroup, "crew")


async def test_second_group_of_a_name_stalls(stage: Stage, operator: Operator) -> None:
    """Two live groups with one displayName: the holder of the team wins."""
    await stage.create(a_group("crew"))
    await stage.settled(WorkteamGroup, "crew")
    await stage.create(a_group("other", displayName="CREW"))
    await stage.stalled(WorkteamGroup, "other", Reason.DUPLICATE_DISPLAY_NAME)
    assert list(stage.teams()) == ["crew"]


async def test_team_goes_after_a_foreign_finalizer(stage: Stage, operator: Operator) -> None:
    """A deleted group waits for another one's finalizer, and goes with its team once that is lifted."""
    await stage.create(a_group("crew"))
    group = await stage.settled(WorkteamGroup, "crew")
    foreign = {"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/other"}
    await stage.cluster.patch(group, [foreign], manager="test")
    await stage.delete(WorkteamGroup, "crew")
    waiting = await stage.until(
        WorkteamGroup, "crew", lambda found: reason_of(found, ConditionType.RECONCILING) is Reason.DEPROVISION_PENDING
    )
    assert list(stage.teams()) == ["crew"]
    lifted = {"op": "remove", "path": f"/metadata/finalizers/{waiting.metadata.finalizers.index('example.com/other')}"}
    await stage.cluster.patch(waiting, [lifted], manager="test")
    await stage.until_gone(WorkteamGroup, "crew")
    assert stage.teams() == {}
