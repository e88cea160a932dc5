"""A5: taking access comes first and alone."""

from typing import Any

import pytest

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_cli.tenant.faults import Answer, Fault, Hold, Point, RefuseAttribute
from workteam_crds.conditions import ConditionType, Reason, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(RefuseAttribute(attribute="emails"), Reason.ATTRIBUTE_UNSUPPORTED, id="by name"),
        pytest.param(Answer(status=400, body="emails"), Reason.RECONCILE_ERROR, id="without a name"),
    ],
)
async def test_refused_attribute_does_not_keep_a_leaver_in(
    stage: Stage, operator: Operator, fault: Fault, reason: Reason
) -> None:
    """A leaver's new e-mail is refused with 400: the access is gone all the same, by a request of its own."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    seen = stage.mark()
    stage.workteam.control.add(fault)
    await stage.edit(WorkteamUser, "ana", active=False, emails=[{"type": "work", "value": "new@contoso.example"}])
    user = await stage.until(WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is reason)
    assert stage.accounts()[ANA]["active"] is False
    assert user.status.synced_active is False
    [first, *_] = stage.writes(seen)
    assert first.body["Operations"] == [{"op": "replace", "path": "active", "value": False}]


async def test_stalled_object_still_loses_access(stage: Stage, operator: Operator) -> None:
    """An object that is Stalled over an attribute is deactivated when Entra says so."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    stage.workteam.control.add(Answer(status=400, body="title"))
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.stalled(WorkteamUser, "ana", Reason.INVALID_ATTRIBUTE)
    await stage.edit(WorkteamUser, "ana", active=False)
    await stage.until(WorkteamUser, "ana", lambda user: user.status.synced_active is False)
    assert stage.accounts()[ANA]["active"] is False


@pytest.mark.parametrize("status", [400, 409, 413])
@pytest.mark.parametrize("leaves", ["active: false", "deleted"])
async def test_whatever_workteam_refuses_the_access_is_taken_in_the_end(
    stage: Stage, operator: Operator, leaves: str, status: int
) -> None:
    """Nobody has to ask again; the object says what is refused, that it is tried again, and nothing about its name."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    refusal = stage.workteam.control.add(Answer(method="PATCH", path="/Users/.+", body="active", status=status))
    if leaves == "deleted":
        await stage.delete(WorkteamUser, "ana")
    else:
        await stage.edit(WorkteamUser, "ana", active=False)
    reason = Reason.SIZE_LIMIT if status == 413 else Reason.INVALID_ATTRIBUTE
    user = await stage.stalled(WorkteamUser, "ana", reason)
    stalled = find_condition(user.status.conditions, ConditionType.STALLED)
    assert stalled is not None
    assert f"HTTP {status}" in stalled.message
    assert stalled.message.endswith("; it is tried again by itself until it is done")
    stage.workteam.control.remove(refusal)
    if leaves == "deleted":
        await stage.until_gone(WorkteamUser, "ana")
    else:
        await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["active"] is False


async def test_a_leaver_is_looked_for_until_workteam_answers(stage: Stage, operator: Operator) -> None:
    """An account that was never recorded may be active, too; once look-ups find nobody, nobody has access to lose."""
    refusal = stage.workteam.control.add(Answer(method="GET", path="/Users", status=400))
    stage.hire(ANA, external_id="ana")
    await stage.create(a_user("ana", active=False))
    await stage.stalled(WorkteamUser, "ana", Reason.INVALID_ATTRIBUTE)
    stage.workteam.control.remove(refusal)
    await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["active"] is False
    stage.workteam.control.add(Answer(method="POST", path="/Users", status=400))
    bo = await stage.create(a_user("bo", active=False))
    user = await stage.stalled(WorkteamUser, "bo", Reason.INVALID_ATTRIBUTE)
    assert "again" not in str(user.status.conditions)
    await quiet(operator)
    assert operator.queue.failures(bo.key) == 0


@pytest.mark.parametrize(("kind", "name"), [(WorkteamUser, "ana"), (WorkteamGroup, "crew")])
async def test_a_deletion_that_is_refused_is_tried_again(stage: Stage, kind: type[Any], name: str) -> None:
    """An account without access, and a team: nobody has to ask again for them either."""
    await stage.add_tenant(deprovisioning={"onDelete": "Delete"})
    async with stage.operating():
        await stage.create(a_user("ana", active=False))
        await stage.create(a_group("crew"))
        await stage.settled(WorkteamUser, "ana")
        await stage.settled(WorkteamGroup, "crew")
        refusal = stage.workteam.control.add(Answer(method="DELETE", status=409))
        await stage.delete(kind, name)
        await stage.stalled(kind, name, Reason.INVALID_ATTRIBUTE)
        stage.workteam.control.remove(refusal)
        await stage.until_gone(kind, name)
    assert name not in {**stage.teams(), **{account["externalId"]: account for account in stage.accounts().values()}}


async def test_finalizer_stays_until_inactivity_was_seen(stage: Stage, operator: Operator) -> None:
    """While the look after the deactivation has no answer, the deleted object stays."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    stage.workteam.control.add(Hold(method="GET", path="/Users/.+", point=Point.BEFORE, after=1, count=1))
    await stage.delete(WorkteamUser, "ana")
    [held] = await stage.workteam.control.until_held()
    user = await stage.get(WorkteamUser, "ana")
    assert user.held
    stage.workteam.control.release(held)
    await stage.until_gone(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["active"] is False


async def test_delete_policy_deactivates_before_it_deletes(stage: Stage) -> None:
    """Under onDelete Delete the access goes first, then the account, then the object."""
    await stage.add_tenant(deprovisioning={"onDelete": "Delete"})
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        seen = stage.mark()
        await stage.delete(WorkteamUser, "ana")
        await stage.until_gone(WorkteamUser, "ana")
    assert [entry.method for entry in stage.writes(seen)] == ["PATCH", "DELETE"]
    assert stage.accounts() == {}


async def test_orphan_policy_leaves_the_account(stage: Stage) -> None:
    """Under onDelete Orphan the object goes without a call."""
    await stage.add_tenant(deprovisioning={"onDelete": "Orphan"})
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        seen = stage.mark()
        await stage.delete(WorkteamUser, "ana")
        await stage.until_gone(WorkteamUser, "ana")
    assert stage.writes(seen) == []
    assert stage.accounts()[ANA]["active"] is True
