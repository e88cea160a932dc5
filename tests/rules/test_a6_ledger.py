"""A6: what is written down before somebody loses something, and the budget of what cannot be undone."""

from typing import Any

from prometheus_client import REGISTRY

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, quiet, reason_of
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.testing import TENANT, a_group, a_user

ONE = {"perHour": 1, "percentPerHour": 0, "always": 1}
THREE = {"perHour": 3, "percentPerHour": 0, "always": 3}
PEOPLE = ("ana", "bo")


def tenant_with(deletions: dict[str, int]) -> dict[str, Any]:
    """Return a policy that deletes accounts and teams, as many as the budget allows."""
    return {"onDelete": "Delete", "onGroupDelete": "Delete", "budget": {"deletions": deletions}}


async def booked(stage: Stage) -> tuple[int, int]:
    """Return how many deactivations and deletions the ledger counts."""
    ledger = (await stage.get(WorkteamTenant, TENANT)).status.ledger
    assert ledger is not None
    return sum(m.count for m in ledger.deactivations.minutes), sum(m.count for m in ledger.deletions.minutes)


async def test_ledger_then_note_then_call(stage: Stage) -> None:
    """Before the request goes out the ledger counts it and the object says so; a lost answer is not counted twice.

    The note clears syncedActive (A3): what we take away is not mistaken for what Workteam took.
    """
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        before = await stage.settled(WorkteamUser, "ana")
        stage.workteam.control.add(Hold(method="PATCH", path="/Users/.+", body="active", point=Point.BEFORE, count=1))
        wanted = await stage.edit(WorkteamUser, "ana", active=False)
        [held] = await stage.workteam.control.until_held()
        noted = (await stage.get(WorkteamUser, "ana")).status
        assert noted.booked is not None
        assert (noted.booked.kind, noted.booked.generation) == (BookingKind.DEACTIVATION, wanted.metadata.generation)
        assert (before.status.synced_active, noted.synced_active) == (True, None)
        assert await booked(stage) == (1, 0)
        stage.workteam.control.drop(held)
        user = await stage.settled(WorkteamUser, "ana")
    assert (user.status.booked, user.status.synced_active) == (None, False)
    assert await booked(stage) == (1, 0)


async def test_a_team_counts_as_one_deletion_and_a_raised_budget_lets_the_others_go(
    stage: Stage, cluster_access: Access
) -> None:
    """The team uses the budget up: two people lose access but not their accounts, with one event and one figure."""
    await stage.add_tenant(deprovisioning=tenant_with(ONE))
    async with stage.operating() as operator:
        await stage.create(a_group("crew"))
        await stage.settled(WorkteamGroup, "crew")
        for name in PEOPLE:
            await stage.create(a_user(name))
            await stage.settled(WorkteamUser, name)
        await stage.delete(WorkteamGroup, "crew")
        await stage.until_gone(WorkteamGroup, "crew")
        for name in PEOPLE:
            await stage.delete(WorkteamUser, name)
            await stage.stalled(WorkteamUser, name, Reason.DELETION_BUDGET_EXCEEDED)
        await quiet(operator)
        assert [account["active"] for account in stage.accounts().values()] == [False, False]
        assert await booked(stage) == (2, 1)
        await _is_exceeded(stage, cluster_access)
        await stage.edit(WorkteamTenant, TENANT, deprovisioning=tenant_with(THREE))
        for name in PEOPLE:
            await stage.until_gone(WorkteamUser, name)
        assert await booked(stage) == (2, 3)
    assert stage.accounts() == {}


async def _is_exceeded(stage: Stage, access: Access) -> None:
    """One condition, one event, one metric."""
    tenant = await stage.get(WorkteamTenant, TENANT)
    assert reason_of(tenant, ConditionType.DELETION_BUDGET_AVAILABLE) is Reason.DELETION_BUDGET_EXCEEDED
    events = (access.get("events", "-n", stage.namespace) or {"items": []})["items"]
    assert [event["involvedObject"]["kind"] for event in events if event["reason"] == "DeletionBudgetExceeded"] == [
        "WorkteamTenant"
    ]
    labels = {"tenant": f"{stage.namespace}/{TENANT}", "loss": "Deletion"}
    assert REGISTRY.get_sample_value("workteam_deletion_budget_remaining", labels) == 0
