"""``spec.notification``: who is told when a person has to act, once for each cause."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client import REGISTRY

from workteam_crds.conditions import Condition, ConditionStatus, ConditionType, Reason
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_tenant
from workteam_operator.tenant_notification import address, newly_due

if TYPE_CHECKING:
    from tests.tenant_life.conftest import Desk

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
STALLED, BUDGET = ConditionType.STALLED, ConditionType.DELETION_BUDGET_AVAILABLE


def said(kind: ConditionType, status: ConditionStatus, reason: Reason) -> Condition:
    return Condition(type=kind, status=status, reason=reason, last_transition_time=NOON)


REFUSED = said(STALLED, ConditionStatus.TRUE, Reason.UNAUTHORIZED)
NO_SECRET = said(STALLED, ConditionStatus.TRUE, Reason.SECRET_MISSING)
EXCEEDED = said(BUDGET, ConditionStatus.FALSE, Reason.DELETION_BUDGET_EXCEEDED)
AVAILABLE = said(BUDGET, ConditionStatus.TRUE, Reason.BUDGET_AVAILABLE)


@pytest.mark.parametrize(
    ("before", "after", "due"),
    [
        pytest.param([], [AVAILABLE], None, id="nothing is wrong"),
        pytest.param([], [REFUSED], Reason.UNAUTHORIZED, id="it stands still"),
        pytest.param([REFUSED], [REFUSED, AVAILABLE], None, id="it still does"),
        pytest.param([NO_SECRET], [REFUSED], Reason.UNAUTHORIZED, id="for another reason"),
        pytest.param([REFUSED], [AVAILABLE], None, id="no more"),
        pytest.param([AVAILABLE], [EXCEEDED], Reason.DELETION_BUDGET_EXCEEDED, id="the budget was exceeded"),
        pytest.param([EXCEEDED], [REFUSED, EXCEEDED], Reason.UNAUTHORIZED, id="and then it stands still"),
    ],
)
def test_a_cause_is_told_once(before: list[Condition], after: list[Condition], due: Reason | None) -> None:
    assert newly_due(before, after) is due


@pytest.mark.parametrize(
    ("notification", "told"),
    [
        pytest.param(None, None, id="nobody is named"),
        pytest.param({"email": "it@contoso.example"}, "it@contoso.example", id="somebody is"),
        pytest.param({"email": "it@contoso.example", "onFailure": False}, None, id="but not of failures"),
    ],
)
def test_who_is_told(notification: dict[str, object] | None, told: str | None) -> None:
    spec: dict[str, Any] = {} if notification is None else {"notification": notification}
    assert address(a_tenant(**spec).spec) == told


async def test_a_refused_token_is_an_event_and_the_address_a_label(desk: "Desk") -> None:
    """The Event names address and cause, once; alerts find the address in a metric, which follows an edit."""
    desk.store_token("refused")
    desk.create_tenant(notification={"email": "it@contoso.example"})
    for _ in range(3):
        await desk.reconcile()
    first = _labels(desk.key)
    desk.change({"spec": {"notification": {"email": "all@contoso.example"}}})
    await desk.reconcile()
    second = _labels(desk.key)
    desk.change({"spec": {"notification": None}})
    await desk.reconcile()

    events = desk.access.get("events", "-n", desk.key.namespace) or {"items": []}
    assert [event["message"] for event in events["items"] if event["reason"] == "NotificationDue"] == [
        "it@contoso.example is to be told: Unauthorized, see the conditions"
    ]
    assert (first, second, _labels(desk.key)) == (["it@contoso.example"], ["all@contoso.example"], [])


def _labels(tenant: TenantKey) -> list[str]:
    [metric] = [found for found in REGISTRY.collect() if found.name == "workteam_tenant_notification"]
    return [sample.labels["email"] for sample in metric.samples if sample.labels["tenant"] == str(tenant)]
