"""A person's word that names no moment: it has no effect, and the condition that it was to end says why."""

from datetime import UTC, datetime

import pytest

from workteam_crds.conditions import ConditionType, find_condition
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import TenantStatus
from workteam_crds.testing import a_tenant
from workteam_operator.tenant_report import TenantFacts, tenant_status

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
FACTS = TenantFacts(cause=None, capabilities=None, endpoint=None, latched=(BookingKind.DEACTIVATION,))


def message(kind: ConditionType, name: str, value: str) -> str:
    """Return what a condition of a tenant says that was set back, with its budget used up, and with a word on it."""
    tenant = a_tenant()
    metadata = tenant.metadata.model_copy(update={"annotations": {f"workte.am/{name}": value}})
    tenant = tenant.model_copy(update={"metadata": metadata, "status": TenantStatus(restored_time=NOW)})
    found = find_condition(tenant_status(tenant, FACTS, now=NOW).conditions, kind)
    assert found is not None
    return found.message


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ConditionType.DELETION_BUDGET_AVAILABLE, "approve-deletions-until"),
        (ConditionType.STALLED, "accept-restore"),
    ],
)
def test_a_moment_without_an_offset_is_named(kind: ConditionType, name: str) -> None:
    """Nobody waits for what does not come."""
    told = f"What workte.am/{name} says now is no moment of RFC 3339 with its offset, as 2026-11-25T18:00:00Z is"
    assert message(kind, name, "2026-11-26T18:00:00").endswith(told)
    assert told not in message(kind, name, "2026-11-25T11:00:00Z")
