"""A pause: it holds what a person said, from the next request on, also within a pass."""

import asyncio

import pytest

from workteam_cli.staging import POLL, Stage, quiet, reason_of
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.naming import Key
from workteam_crds.testing import TENANT, a_group, a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"


async def heard(operator: Operator, key: Key) -> None:
    """Wait until the operator's copy has a pause."""
    async with asyncio.timeout(20):
        while (found := operator.objects.find(key)) is None or not found.paused:  # noqa: ASYNC110 - it sends no event
            await asyncio.sleep(POLL)


@pytest.mark.parametrize("kind", [WorkteamUser, WorkteamTenant], ids=["the object", "the whole tenant"])
async def test_a_pause_holds_the_next_step_of_a_pass(
    stage: Stage, operator: Operator, kind: type[WorkteamUser | WorkteamTenant]
) -> None:
    """The request that is under way ends; the next one waits until the pause is over, and the status tells so."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    name = "ana" if kind is WorkteamUser else TENANT
    stage.workteam.control.add(Hold(method="PATCH", path="/Users/.+", body="active", point=Point.BEFORE, count=1))
    seen = stage.mark()
    await stage.edit(WorkteamUser, "ana", active=False, title="Lead")
    [held] = await stage.workteam.control.until_held()
    await stage.annotate(kind, name, paused="yes")
    await heard(operator, Key(kind.kind, stage.namespace, name))
    stage.workteam.control.release(held)
    await stage.until(
        WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED
    )
    await quiet(operator)
    assert [entry.body["Operations"] for entry in stage.writes(seen)] == [
        [{"op": "replace", "path": "active", "value": False}]
    ]
    await stage.annotate(kind, name, paused="")
    user = await stage.settled(WorkteamUser, "ana")
    assert (stage.accounts()[ANA]["title"], user.status.synced_active) == ("Lead", False)


async def test_a_pause_holds_the_next_step_of_a_group(stage: Stage, operator: Operator) -> None:
    """A new name is on its way when the group is paused: its members stay as they are."""
    await stage.create(a_user("ana"))
    await stage.settled(WorkteamUser, "ana")
    await stage.create(a_group("crew"))
    group = await stage.settled(WorkteamGroup, "crew")
    stage.workteam.control.add(Hold(method="PATCH", path="/Groups/.+", point=Point.BEFORE, count=1))
    await stage.edit(WorkteamGroup, "crew", displayName="gang", members=["ana"])
    [held] = await stage.workteam.control.until_held()
    await stage.annotate(WorkteamGroup, "crew", paused="true")
    await heard(operator, group.key)
    stage.workteam.control.release(held)
    await stage.until(
        WorkteamGroup, "crew", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED
    )
    await quiet(operator)
    assert stage.members("gang") == set()
    await stage.annotate(WorkteamGroup, "crew", paused="false")
    await stage.settled(WorkteamGroup, "crew")
    assert len(stage.members("gang")) == 1
