"""Where an object stands, and what the last hour took of a budget: read from objects as they are."""

from datetime import UTC, datetime

import pytest

from workteam_cli.objects import TenantObjects
from workteam_cli.summary import BudgetUse, summarise
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.tenants import WorkteamTenant
from workteam_crds.testing import a_tenant, a_user

SYNC = ("Ready True Provisioned", "Synced True InSync")

STANDINGS = [
    pytest.param((), "Pending", 1, id="no conditions yet"),
    pytest.param(SYNC, "Ready", 1, id="in sync"),
    pytest.param(
        ("Ready True Provisioned", "Synced True AttributeUnsupported"), "Ready", 1, id="some attributes kept back"
    ),
    pytest.param(("Ready True Provisioned", "Synced False Pending"), "Pending", 1, id="a manager has no account yet"),
    pytest.param(("Ready True Provisioned", "Synced False Planned"), "Planned", 1, id="mode Plan"),
    pytest.param(("Ready True Provisioned", "Synced False ReconcilePaused"), "Paused", 1, id="paused by a person"),
    pytest.param(("Ready True Provisioned", "Synced False DriftDetected"), "Drifted", 1, id="changed by others"),
    pytest.param(("Ready Unknown TenantNotReady", "Synced True InSync"), "Pending", 1, id="tenant not ready"),
    pytest.param(
        ("Ready True Provisioned", "Synced True InSync", "Stalled True Protected"), "Stalled", 1, id="stalled wins"
    ),
    pytest.param(("Stalled True Protected", "Synced False Pending"), "Pending", 2, id="edited after it stalled"),
    pytest.param(("Ready True Provisioned", "Synced False ReconcilePaused"), "Paused", 2, id="edited while paused"),
]


@pytest.mark.parametrize(("conditions", "state", "generation"), STANDINGS)
def test_state_of_a_user(conditions: tuple[str, ...], state: str, generation: int) -> None:
    """Conditions of generation 1 become one word."""
    user = _user(*conditions, generation=generation)
    [counted] = summarise(_objects(a_tenant(), user), datetime(2026, 11, 25, 13, tzinfo=UTC)).users
    assert counted == state


def test_budget_of_the_last_hour() -> None:
    """Bookings older than an hour do not count; the allowance is the lower of both, but never below ``always``."""
    users = [_user(*SYNC) for _ in range(400)]
    one_oclock = 29_926_860  # 2026-11-25T13:00Z in minutes since 1970
    minutes = [{"at": one_oclock - 61, "count": 5}, {"at": one_oclock - 59, "count": 2}, {"at": one_oclock, "count": 1}]
    tenant = WorkteamTenant.parse(
        {
            **a_tenant().manifest(),
            "status": {"ledger": {"deactivations": {"minutes": minutes, "latched": True, "latchedBudget": "50/10/20"}}},
        }
    )
    found = summarise(_objects(tenant, *users), datetime.fromtimestamp(one_oclock * 60, tz=UTC))
    assert (found.deactivations, found.deletions) == (
        BudgetUse(3, 40, 0, latched=True),
        BudgetUse(0, 5, 5, latched=False),
    )


def _user(*conditions: str, generation: int = 1) -> WorkteamUser:
    whole = a_user("ana").manifest()
    told = [dict(zip(("type", "status", "reason"), text.split(), strict=True)) for text in conditions]
    status = {
        "observedGeneration": 1,
        "conditions": [{**one, "lastTransitionTime": "2026-11-25T12:00:00Z"} for one in told],
    }
    return WorkteamUser.parse({**whole, "metadata": {**whole["metadata"], "generation": generation}, "status": status})


def _objects(tenant: WorkteamTenant, *users: WorkteamUser) -> TenantObjects:
    return TenantObjects(tenant, users, (), (), ())
