"""A7: no second create."""

from datetime import timedelta

import pytest

from workteam_cli.staging import Stage, reason_of
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user
from workteam_operator.assembly import Operator
from workteam_operator.intents import LOOKS
from workteam_operator.writer import MANAGER

ANA, ANNA = "ana@contoso.example", "anna@contoso.example"


async def lose_the_answer(stage: Stage) -> None:
    """Let a create be committed and its answer be lost, while searches lag; uniqueness is off and would not help."""
    stage.workteam.control.behave(unique=False, searches_lag=True)
    stage.workteam.control.add(Hold(method="POST", path="/Users$", point=Point.COMMITTED, count=1))
    await stage.create(a_user("ana", externalId="ana"))
    [held] = await stage.workteam.control.until_held()
    stage.workteam.control.drop(held)
    await stage.until(WorkteamUser, "ana", lambda user: user.status.pending_create and not user.status.account_id)


def creates(stage: Stage) -> int:
    """Count the creates that had an effect."""
    return sum(entry.method == "POST" for entry in stage.writes())


async def test_lost_answer_is_looked_for(stage: Stage, operator: Operator) -> None:
    """The answer is lost and the search lags: nothing is created again, and the account is found as our own."""
    await lose_the_answer(stage)
    stage.workteam.control.behave(searches_lag=False)
    user = await stage.settled(WorkteamUser, "ana")
    assert (creates(stage), user.status.adopted, user.status.pending_create) == (1, False, ())
    assert stage.accounts()[ANA]["id"] == user.status.account_id


async def test_rename_meanwhile_finds_the_first_create(stage: Stage, operator: Operator) -> None:
    """The userName changes while the create is in doubt: the account of the old name is found and renamed."""
    await lose_the_answer(stage)
    await stage.edit(WorkteamUser, "ana", userName=ANNA, externalId="anna")
    stage.workteam.control.behave(searches_lag=False)
    await stage.settled(WorkteamUser, "ana")
    assert (creates(stage), list(stage.accounts())) == (1, [ANNA])


async def test_deletion_meanwhile_takes_the_access(stage: Stage, operator: Operator) -> None:
    """The object is deleted while the create is in doubt: it stays until the account is found and deactivated."""
    await lose_the_answer(stage)
    await stage.delete(WorkteamUser, "ana")
    stage.workteam.control.behave(searches_lag=False)
    await stage.until_gone(WorkteamUser, "ana")
    assert (creates(stage), stage.accounts()[ANA]["active"]) == (1, False)


async def test_successor_inherits_the_doubt(stage: Stage, operator: Operator) -> None:
    """The object is deleted and made anew while the create is in doubt: the successor finds the same account."""
    await lose_the_answer(stage)
    await stage.delete(WorkteamUser, "ana")
    await stage.until(WorkteamUser, "ana", _waits_to_leave)
    await stage.create(a_user("next", userName=ANA, externalId="ana"))
    await stage.until(WorkteamUser, "next", lambda user: user.status.pending_create)
    stage.workteam.control.behave(searches_lag=False)
    user = await stage.settled(WorkteamUser, "next")
    await stage.until_gone(WorkteamUser, "ana")
    assert creates(stage) == 1
    assert (stage.accounts()[ANA]["id"], stage.accounts()[ANA]["active"]) == (user.status.account_id, True)


def _waits_to_leave(user: WorkteamUser) -> bool:
    return user.deleting and reason_of(user, ConditionType.RECONCILING) is Reason.DEPROVISION_PENDING


async def test_second_create_after_empty_look_ups(stage: Stage, operator: Operator) -> None:
    """A create that was reset before it was done is sent again, once look-ups stayed empty for as long as is set."""
    stage.workteam.control.add(Hold(method="POST", path="/Users$", point=Point.BEFORE, count=1))
    await stage.create(a_user("ana"))
    [held] = await stage.workteam.control.until_held()
    stage.workteam.control.drop(held)
    doubted = await stage.until(WorkteamUser, "ana", lambda user: user.status.pending_create and user.status.conditions)
    user = await stage.settled(WorkteamUser, "ana")
    [intent] = doubted.status.pending_create
    assert user.status.last_sync_time is not None
    assert (user.status.last_sync_time - intent.at).total_seconds() >= 2
    assert creates(stage) == 1


@pytest.mark.parametrize("active", [True, False])
async def test_what_was_just_created_may_not_show_yet(stage: Stage, operator: Operator, active: bool) -> None:  # noqa: FBT001
    """A 404 right after a create is Pending: the account is not made again, and shows up later."""
    await stage.create(a_user("other"))
    await stage.settled(WorkteamUser, "other")
    stage.workteam.control.behave(reads_lag=True, searches_lag=True, unique=False)
    await stage.create(a_user("ana", active=active, title="Engineer"))
    await stage.until(WorkteamUser, "ana", lambda user: user.status.account_id)
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.until(WorkteamUser, "ana", lambda user: user.status.observed_generation == user.metadata.generation)
    stage.workteam.control.behave(reads_lag=False, searches_lag=False)
    await stage.settled(WorkteamUser, "ana")
    assert (creates(stage), stage.accounts()[ANA]["title"]) == (2, "Lead")


async def test_name_taken_by_the_first_create_is_looked_for_on(stage: Stage, operator: Operator) -> None:
    """The search lags beyond the settle time, so a second create meets the first one's account: it is found."""
    stage.workteam.control.behave(searches_lag=True)
    stage.workteam.control.add(Hold(method="POST", path="/Users$", point=Point.COMMITTED, count=1))
    await stage.create(a_user("ana", externalId="ana"))
    [held] = await stage.workteam.control.until_held()
    stage.workteam.control.drop(held)
    doubted = await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
    stage.workteam.control.behave(searches_lag=False)
    user = await stage.settled(WorkteamUser, "ana")
    assert [intent.user_name for intent in doubted.status.pending_create] == [ANA]
    assert (user.status.account_id, user.status.adopted) == (stage.accounts()[ANA]["id"], False)
    assert len(stage.accounts()) == 1


async def test_deletion_meanwhile_waits_in_spite_of_another_match(stage: Stage, operator: Operator) -> None:
    """In doubt, renamed onto a stranger's account, deleted: the object stays until its own create is found."""
    stage.hire("taken@contoso.example", external_id="other")
    await lose_the_answer(stage)
    await stage.edit(WorkteamUser, "ana", userName="taken@contoso.example")
    await stage.delete(WorkteamUser, "ana")
    await stage.until(WorkteamUser, "ana", _waits_to_leave)
    stage.workteam.control.behave(searches_lag=False)
    await stage.until_gone(WorkteamUser, "ana")
    held = {name: account["active"] for name, account in stage.accounts().items()}
    assert (creates(stage), held) == (2, {ANA: False, "taken@contoso.example": True})


async def test_looked_for_anew_after_a_restart(stage: Stage) -> None:
    """A process that has just started looks as long as any other before it creates again, however old the create is."""
    await stage.add_tenant()
    async with stage.operating():
        await lose_the_answer(stage)
    seen = stage.mark()
    before = await stage.get(WorkteamUser, "ana")
    [intent] = before.status.pending_create
    old = intent.model_copy(update={"at": intent.at - timedelta(hours=1)})
    status = before.status.model_copy(update={"pending_create": (old,)})
    await stage.cluster.apply_status(before, status.dump(), manager=MANAGER)
    async with stage.operating():
        await stage.until(WorkteamUser, "ana", lambda _: len(_searches(stage, seen)) >= LOOKS)
        stage.workteam.control.behave(searches_lag=False)
        await stage.settled(WorkteamUser, "ana")
    assert creates(stage) == 1


def _searches(stage: Stage, since: int) -> list[str]:
    return [
        entry.query for entry in stage.workteam.control.log(since) if entry.method == "GET" and "ana" in entry.query
    ]
