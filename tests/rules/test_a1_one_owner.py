"""A1: one owner per account."""

from workteam_cli.staging import Stage
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.naming import Key
from workteam_crds.testing import a_group, a_user
from workteam_operator.assembly import Operator

ANA, BO = "ana@contoso.example", "bo@contoso.example"


async def test_successor_takes_the_account_of_a_terminating_object(stage: Stage) -> None:
    """DELETE user A; while A terminates, POST B with the same userName: B has the account, and nobody loses access."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("a", userName=ANA, externalId="ana"))
        before = await stage.settled(WorkteamUser, "a")
    seen = stage.mark()
    await stage.delete(WorkteamUser, "a")
    await stage.create(a_user("b", userName=ANA, externalId="ana"))
    async with stage.operating():
        after = await stage.until(WorkteamUser, "b", lambda found: found.status.account_id)
        await stage.until_gone(WorkteamUser, "a")
    assert after.status.account_id == before.status.account_id
    assert stage.accounts()[ANA]["active"] is True
    assert stage.writes(seen) == []


async def test_new_owner_of_an_old_name_waits_for_the_rename(stage: Stage) -> None:
    """A is renamed and C is created under A's old name: A keeps its account, C gets its own, and no third is made."""
    stage.workteam.control.behave(unique=False)
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("a", userName=ANA, externalId="a"))
        before = await stage.settled(WorkteamUser, "a")
    await stage.create(a_user("c", userName=ANA, externalId="c"))
    await stage.edit(WorkteamUser, "a", userName="anna@contoso.example")
    async with stage.operating():
        renamed = await stage.settled(WorkteamUser, "a")
        newcomer = await stage.settled(WorkteamUser, "c")
    held = {name: account["id"] for name, account in stage.accounts().items()}
    assert held == {ANA: newcomer.status.account_id, "anna@contoso.example": before.status.account_id}
    assert renamed.status.account_id == before.status.account_id
    assert [entry.method for entry in stage.writes()].count("POST") == 2


async def test_second_object_of_a_name_stalls_and_leaves_without_effect(stage: Stage, operator: Operator) -> None:
    """Of two live objects with one userName the holder wins; the other says so, and its deletion touches nothing."""
    await stage.create(a_user("a", userName=ANA))
    await stage.settled(WorkteamUser, "a")
    await stage.create(a_user("b", userName=ANA.upper()))
    await stage.stalled(WorkteamUser, "b", Reason.DUPLICATE_USER_NAME)
    seen = stage.mark()
    await stage.delete(WorkteamUser, "b")
    await stage.until_gone(WorkteamUser, "b")
    assert stage.writes(seen) == []
    assert stage.accounts()[ANA]["active"] is True


async def test_loser_gets_its_turn_when_the_winner_goes(stage: Stage, operator: Operator) -> None:
    """When the holder of a name is renamed, the other object stops being a duplicate and gets an account."""
    await stage.create(a_user("a", userName=ANA))
    await stage.settled(WorkteamUser, "a")
    await stage.create(a_user("b", userName=ANA))
    await stage.stalled(WorkteamUser, "b", Reason.DUPLICATE_USER_NAME)
    await stage.edit(WorkteamUser, "a", userName="anna@contoso.example")
    winner = await stage.settled(WorkteamUser, "b")
    assert stage.accounts()[ANA]["id"] == winner.status.account_id


async def test_new_owner_of_an_old_external_id_waits_for_its_change(stage: Stage, operator: Operator) -> None:
    """A gives its externalId away, and B gets it while A's PATCH is in flight: each has an account of its own."""
    await stage.create(a_user("a", externalId="jsmith"))
    before = await stage.settled(WorkteamUser, "a")
    stage.workteam.control.add(Hold(method="PATCH", path="/Users/.+", point=Point.BEFORE, count=1))
    await stage.edit(WorkteamUser, "a", externalId="jsmith2")
    [held] = await stage.workteam.control.until_held()
    await stage.create(a_user("b", externalId="jsmith"))
    await stage.until(WorkteamUser, "b", lambda _: operator.objects.user(_key(stage, "b")))
    stage.workteam.control.release(held)
    newcomer = await stage.settled(WorkteamUser, "b")
    await stage.settled(WorkteamUser, "a")
    held_ids = {account["externalId"]: account["id"] for account in stage.accounts().values()}
    assert held_ids == {"jsmith2": before.status.account_id, "jsmith": newcomer.status.account_id}


async def test_heir_that_may_not_adopt_is_not_waited_for(stage: Stage, operator: Operator) -> None:
    """A successor finds two accounts and stands still: its predecessor's access is taken all the same."""
    stage.workteam.control.behave(unique=False)
    await stage.create(a_user("a", userName=ANA, externalId="ana"))
    await stage.settled(WorkteamUser, "a")
    stage.hire(BO, external_id="ana")
    await stage.create(a_user("b", userName=ANA, externalId="ana"))
    await stage.stalled(WorkteamUser, "b", Reason.DUPLICATE_USER_NAME)
    await stage.delete(WorkteamUser, "a")
    await stage.until_gone(WorkteamUser, "a")
    await stage.stalled(WorkteamUser, "b", Reason.UNIQUENESS_CONFLICT)
    assert {name: account["active"] for name, account in stage.accounts().items()} == {ANA: False, BO: True}


async def test_team_that_we_made_goes_though_it_was_handed_over(stage: Stage, operator: Operator) -> None:
    """Group A made the team, its successor B took it over: when B is deleted too, so is the team."""
    await stage.create(a_group("a", displayName="crew", externalId="crew"))
    made = await stage.settled(WorkteamGroup, "a")
    await stage.create(a_group("b", displayName="crew", externalId="crew"))
    await stage.stalled(WorkteamGroup, "b", Reason.DUPLICATE_DISPLAY_NAME)
    await stage.delete(WorkteamGroup, "a")
    taken = await stage.settled(WorkteamGroup, "b")
    await stage.until_gone(WorkteamGroup, "a")
    assert (taken.status.team_id, taken.status.adopted) == (made.status.team_id, False)
    await stage.delete(WorkteamGroup, "b")
    await stage.until_gone(WorkteamGroup, "b")
    assert stage.teams() == {}


async def test_swapped_names(stage: Stage) -> None:
    """Two users swap their userNames, and one gets a title: both keep their accounts, and nothing waits for ever."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("a", userName=ANA, externalId="a"))
        await stage.create(a_user("b", userName=BO, externalId="b"))
        before = [(await stage.settled(WorkteamUser, name)).status.account_id for name in ("a", "b")]
    await stage.edit(WorkteamUser, "a", userName=BO, title="Lead")
    await stage.edit(WorkteamUser, "b", userName=ANA)
    async with stage.operating():
        for name in ("a", "b"):
            await stage.settled(WorkteamUser, name)
    held = {name: (account["id"], account.get("title")) for name, account in stage.accounts().items()}
    assert held == {BO: (before[0], "Lead"), ANA: (before[1], None)}


async def test_swapped_names_of_groups(stage: Stage) -> None:
    """Two groups swap their displayNames, and one gets a member: both keep their teams, and nothing waits for ever."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana", userName=ANA))
        account = (await stage.settled(WorkteamUser, "ana")).status.account_id
        await stage.create(a_group("a", displayName="crew", externalId="a"))
        await stage.create(a_group("b", displayName="gang", externalId="b"))
        before = [(await stage.settled(WorkteamGroup, name)).status.team_id for name in ("a", "b")]
    await stage.edit(WorkteamGroup, "a", displayName="gang", members=["ana"])
    await stage.edit(WorkteamGroup, "b", displayName="crew")
    async with stage.operating():
        for name in ("a", "b"):
            await stage.settled(WorkteamGroup, name)
    held = {
        name: (team["id"], [member["value"] for member in team.get("members", ())])
        for name, team in stage.teams().items()
    }
    assert held == {"gang": (before[0], [account]), "crew": (before[1], [])}


def _key(stage: Stage, name: str) -> Key:
    return Key(WorkteamUser.kind, stage.namespace, name)
