"""A4: an object without our finalizer would go unseen, and its account would stay active for good."""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_group, a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"
BOTH = pytest.mark.parametrize(("kind", "name"), [(WorkteamUser, "ana"), (WorkteamGroup, "crew")])


async def strip(stage: Stage, kind: type[Any], name: str) -> None:
    """Take all finalizers off, as ``kubectl replace`` with an exported file does."""
    operation = {"op": "remove", "path": "/metadata/finalizers"}
    await stage.cluster.patch(await stage.get(kind, name), [operation], manager="test")


async def both(stage: Stage) -> None:
    """Provision Ana and her crew."""
    await stage.create(a_user("ana"))
    await stage.create(a_group("crew", "ana"))
    await stage.settled(WorkteamUser, "ana")
    await stage.settled(WorkteamGroup, "crew")


def lost(stage: Stage, kind: str) -> float:
    labels = {"kind": kind, "tenant": f"{stage.namespace}/{TENANT}"}
    return REGISTRY.get_sample_value("workteam_objects_lost_total", labels) or 0


@BOTH
async def test_a_finalizer_that_is_taken_off_is_put_back(
    stage: Stage, operator: Operator, kind: type[Any], name: str
) -> None:
    """On what is in sync, at once; so a deletion waits for us."""
    await both(stage)
    await quiet(operator)
    seen = stage.mark()
    await strip(stage, kind, name)
    await stage.until(kind, name, lambda found: found.held)
    await quiet(operator)
    assert stage.writes(seen) == []
    await stage.delete(kind, name)
    await stage.until_gone(kind, name)
    assert (ANA, stage.accounts()[ANA]["active"]) == (ANA, kind is WorkteamGroup)
    assert ("crew" in stage.teams()) is (kind is WorkteamUser)
    assert lost(stage, kind.kind) == 0


@BOTH
async def test_a_paused_object_gets_it_back_too(stage: Stage, operator: Operator, kind: type[Any], name: str) -> None:
    """Else it would be gone when it is resumed."""
    await both(stage)
    await stage.annotate(kind, name, paused="true")
    await stage.until(kind, name, lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED)
    await strip(stage, kind, name)
    await stage.until(kind, name, lambda found: found.held)


@BOTH
async def test_a_start_puts_it_back(stage: Stage, kind: type[Any], name: str) -> None:
    """Nobody was there when it was taken off."""
    await stage.add_tenant()
    async with stage.operating():
        await both(stage)
    await strip(stage, kind, name)
    async with stage.operating():
        await stage.until(kind, name, lambda found: found.held)


@BOTH
async def test_what_went_without_it_is_told(stage: Stage, operator: Operator, kind: type[Any], name: str) -> None:
    """Nothing is done, as absence decides nothing; the tenant has an Event that names the id, and a figure counts."""
    await both(stage)
    resource = await stage.get(kind, name)
    found = resource.status.account_id if kind is WorkteamUser else resource.status.team_id
    await stage.annotate(kind, name, paused="true")
    await stage.until(kind, name, lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED)
    await stage.delete(kind, name)
    seen = stage.mark()
    await strip(stage, kind, name)
    await stage.until_gone(kind, name)
    await stage.until(WorkteamTenant, TENANT, lambda _: lost(stage, kind.kind) == 1)
    await quiet(operator)
    await operator.events.drain()
    assert f"Lost {TENANT}" in await stage.warnings()
    assert stage.writes(seen) == []
    assert found in {thing["id"] for thing in [*stage.accounts().values(), *stage.teams().values()]}
