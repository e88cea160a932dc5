"""A8: no team is emptied by ignorance."""

import asyncio

from workteam_cli.staging import PATCH_OP, Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.testing import a_group, a_membership, a_user
from workteam_operator.assembly import Operator

NAMES = ("ana", "bo", "cy")


async def a_crew(stage: Stage) -> dict[str, str]:
    """Provision three people and a team of two, and return the accounts by name."""
    await asyncio.gather(*(stage.create(a_user(name)) for name in NAMES))
    await stage.create(a_group("crew", "ana", "bo"))
    users = {name: await stage.settled(WorkteamUser, name) for name in NAMES}
    await stage.settled(WorkteamGroup, "crew")
    return {name: user.status.account_id for name, user in users.items()}


def member_writes(stage: Stage, since: int = 0) -> list[str]:
    """Return the kinds of operations that changed members."""
    bodies = [entry.body for entry in stage.writes(since) if entry.path.startswith("/Groups/")]
    return [operation["op"] for body in bodies if body for operation in body["Operations"]]


async def forget(stage: Stage, kind: type[WorkteamUser | WorkteamGroup], name: str) -> None:
    """Take an object's status away, as a restore does."""
    await stage.cluster.apply_status(
        await stage.get(kind, name), {"observedGeneration": 0}, manager="workteam-operator"
    )


async def test_lost_statuses_empty_no_team(stage: Stage) -> None:
    """After a restore no user and no group has an id: all are found again, and nobody leaves the team."""
    await stage.add_tenant()
    async with stage.operating():
        accounts = await a_crew(stage)
    for name in NAMES:
        await forget(stage, WorkteamUser, name)
    await forget(stage, WorkteamGroup, "crew")
    seen = stage.mark()
    async with stage.operating():
        for name in NAMES:
            await stage.settled(WorkteamUser, name)
        await stage.settled(WorkteamGroup, "crew")
    assert stage.members("crew") == {accounts["ana"], accounts["bo"]}
    assert stage.writes(seen) == []


async def test_one_member_is_one_request(stage: Stage, operator: Operator) -> None:
    """A member more and a member less are one PATCH each, and the team is not read for it."""
    accounts = await a_crew(stage)
    await quiet(operator)
    seen = stage.mark()
    await stage.edit(WorkteamGroup, "crew", members=["ana", "bo", "cy"])
    await stage.settled(WorkteamGroup, "crew")
    await stage.edit(WorkteamGroup, "crew", members=["bo", "cy"])
    await stage.settled(WorkteamGroup, "crew")
    asked = [entry.method for entry in stage.workteam.control.log(seen) if entry.path.startswith("/Groups")]
    assert asked == ["PATCH", "PATCH"]
    assert stage.members("crew") == {accounts["bo"], accounts["cy"]}


def join(stage: Stage, team: str, account_id: str) -> None:
    """Put an account into a team in Workteam itself."""
    add = {"op": "add", "path": "members", "value": [{"value": account_id}]}
    stage.in_workteam("PATCH", f"/Groups/{stage.teams()[team]['id']}", {"schemas": [PATCH_OP], "Operations": [add]})


async def test_stranger_in_a_team_is_left_alone_until_an_object_has_the_account(stage: Stage) -> None:
    """A new operator reads the team, removes who left the list, and not who has no object; once he has one he goes."""
    await stage.add_tenant()
    async with stage.operating():
        accounts = await a_crew(stage)
    stranger = stage.hire("dan@contoso.example", external_id="dan")
    join(stage, "crew", stranger)
    await stage.edit(WorkteamGroup, "crew", members=["ana"])
    async with stage.operating() as operator:
        group = await stage.settled(WorkteamGroup, "crew")
        assert stage.members("crew") == {accounts["ana"], stranger}
        synced = find_condition(group.status.conditions, ConditionType.SYNCED)
        assert synced is not None
        assert synced.message == "1 members of the team have no object and were left alone"
        await stage.create(a_user("dan"))
        adopted = await stage.settled(WorkteamUser, "dan")
        await quiet(operator)
    assert (adopted.status.account_id, adopted.status.adopted) == (stranger, True)
    assert stage.members("crew") == {accounts["ana"]}


async def test_group_waits_for_its_further_lists(stage: Stage, operator: Operator) -> None:
    """With fewer further lists than spec.memberships says nothing is planned; with them the team is their union."""
    accounts = await a_crew(stage)
    seen = stage.mark()
    await stage.edit(WorkteamGroup, "crew", members=["ana"], memberships=1)
    waiting = await stage.until(
        WorkteamGroup, "crew", lambda group: reason_of(group, ConditionType.SYNCED) is Reason.PENDING
    )
    assert waiting.status.observed_generation == waiting.metadata.generation
    assert member_writes(stage, seen) == []
    await stage.create(a_membership("crew", "cy"))
    await stage.settled(WorkteamGroup, "crew")
    assert stage.members("crew") == {accounts["ana"], accounts["cy"]}
    await stage.delete(WorkteamGroupMembership, "crew-more")


async def test_member_without_account_is_awaited(stage: Stage, operator: Operator) -> None:
    """A listed user without account is counted, and joins once there is an account; a listed nobody hinders nothing."""
    await stage.create(a_user("ana"), paused="true")
    await stage.create(a_group("crew", "ana", "nobody"))
    group = await stage.until(WorkteamGroup, "crew", lambda found: found.status.team_id and found.status.members)
    assert group.status.members is not None
    assert (group.status.members.listed, group.status.members.unresolved) == (2, 2)
    assert reason_of(group, ConditionType.SYNCED) is Reason.PENDING
    await stage.annotate(WorkteamUser, "ana", paused="false")
    user = await stage.settled(WorkteamUser, "ana")
    await stage.settled(WorkteamGroup, "crew")
    assert stage.members("crew") == {user.status.account_id}


async def test_deleted_user_leaves_the_teams_that_lack_it(stage: Stage, operator: Operator) -> None:
    """A user taken off a list and deleted at once leaves that team; where it is still listed it stays."""
    accounts = await a_crew(stage)
    await stage.create(a_group("choir", "ana"))
    await stage.settled(WorkteamGroup, "choir")
    await stage.edit(WorkteamGroup, "crew", members=["bo"])
    await stage.delete(WorkteamUser, "ana")
    await stage.until_gone(WorkteamUser, "ana")
    await quiet(operator)
    assert stage.members("crew") == {accounts["bo"]}
    assert stage.members("choir") == {accounts["ana"]}


async def test_adopted_team_is_left_alone(stage: Stage, operator: Operator) -> None:
    """A team that existed before its object stays when the object goes; one that we made is deleted."""
    team = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Elders"}
    stage.in_workteam("POST", "/Groups", team)
    await stage.create(a_group("elders", displayName="elders"))
    adopted = await stage.settled(WorkteamGroup, "elders")
    await stage.create(a_group("crew"))
    await stage.settled(WorkteamGroup, "crew")
    for name in ("elders", "crew"):
        await stage.delete(WorkteamGroup, name)
        await stage.until_gone(WorkteamGroup, name)
    assert (adopted.status.adopted, list(stage.teams())) == (True, ["elders"])
