"""A WorkteamTenant from its creation to its end, on the real API server and against a real SCIM server."""

import asyncio
from datetime import timedelta
from typing import Any, Protocol

import pytest

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Answer
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.naming import TenantKey
from workteam_operator.backend.port import BackendDenied, BackendUnavailable
from workteam_operator.tenants import Tenant, Tenants


class Desk(Protocol):
    """See conftest."""

    cluster: KubernetesCluster
    stand_in: StandIn
    key: TenantKey
    users: int
    woken: list[TenantKey]
    was_woken: asyncio.Event
    wakes: list[TenantKey]
    looks: list[TenantKey]
    tenants: Tenants

    @property
    def tenant(self) -> Tenant: ...
    def create_tenant(self, **spec: Any) -> None: ...
    def store_token(self, token: str) -> None: ...
    def change(self, patch: dict[str, Any]) -> None: ...
    def events(self) -> list[str]: ...
    async def reconcile(self) -> WorkteamTenant: ...
    async def until(self, holds: Any) -> WorkteamTenant: ...
    def said(self, tenant: WorkteamTenant) -> dict[str, str]: ...
    def message(self, tenant: WorkteamTenant) -> str: ...
    def forget_object(self) -> None: ...
    @property
    def reconciler(self) -> Any: ...


READY = {
    "Ready": "True CredentialsAccepted",
    "CredentialsValid": "True CredentialsAccepted",
    "DeletionBudgetAvailable": "True BudgetAvailable",
    "CircuitClosed": "True Answering",
}


async def test_first_contact_makes_a_tenant_ready(desk: Desk) -> None:
    """Conditions, what the tenant can, when it was first ready; its objects are woken, and its backend works."""
    desk.store_token(f"{desk.stand_in.token}\n")
    desk.create_tenant()
    tenant = await desk.reconcile()
    assert desk.said(tenant) == READY
    assert tenant.status.first_ready_time is not None
    assert tenant.status.observed_generation == tenant.metadata.generation == 1
    assert tenant.status.capabilities is not None
    assert (tenant.status.capabilities.patch, tenant.status.capabilities.groups) == (True, True)
    assert tenant.status.endpoint is not None
    assert tenant.status.endpoint.base_url == desk.stand_in.base_url
    assert (desk.wakes, desk.looks) == ([desk.key], [desk.key])
    assert desk.tenant.ready
    assert await desk.tenant.backend.read_account("nobody") is None
    assert "title" in desk.tenant.capabilities.attributes


async def test_an_idle_tenant_writes_nothing_and_asks_nothing(ready: Desk) -> None:
    """A pass that is not due is free: neither its resourceVersion moves, nor is Workteam asked."""
    before = await ready.reconcile()
    asked = len(ready.stand_in.control.log())
    for _ in range(3):
        assert await ready.reconcile() == before
    assert len(ready.stand_in.control.log()) == asked
    assert await ready.reconciler.reconcile(ready.key) > timedelta(minutes=8)


async def test_a_probe_that_finds_no_change_writes_nothing(ready: Desk) -> None:
    before = await ready.reconcile()
    asked = len(ready.stand_in.control.log())
    ready.reconciler.doubt(ready.key)
    assert await ready.reconcile() == before
    assert len(ready.stand_in.control.log()) == asked + 4


async def test_a_missing_secret_is_named_and_noticed_when_it_appears(desk: Desk) -> None:
    """Within a second, by a watch; Workteam is not asked meanwhile."""
    desk.create_tenant()
    tenant = await desk.reconcile()
    assert desk.said(tenant) == {
        "Ready": "False SecretMissing",
        "CredentialsValid": "False SecretMissing",
        "DeletionBudgetAvailable": "True BudgetAvailable",
        "Stalled": "True SecretMissing",
    }
    assert desk.message(tenant) == (
        "The Secret acme-workteam is missing: store Workteam's Bearer Token in its key token"
    )
    assert list(desk.stand_in.control.log()) == []
    assert tenant.status.first_ready_time is None
    desk.store_token(desk.stand_in.token)
    await asyncio.wait_for(desk.was_woken.wait(), timeout=10)
    assert desk.said(await desk.reconcile()) == READY


async def test_a_secret_without_a_token_is_named(desk: Desk) -> None:
    desk.store_token("")
    desk.create_tenant()
    assert desk.message(await desk.reconcile()) == (
        "The Secret acme-workteam holds no token in its key token: store Workteam's Bearer Token in its key token"
    )


async def test_a_wrong_token_is_one_condition_of_the_tenant(desk: Desk) -> None:
    desk.store_token("wrong")
    desk.create_tenant()
    tenant = await desk.reconcile()
    assert desk.said(tenant)["CredentialsValid"] == "False Unauthorized"
    assert desk.said(tenant)["Stalled"] == "True Unauthorized"
    assert desk.message(tenant) == (
        "Workteam refuses the token (GET /ResourceTypes: HTTP 401): put a valid Bearer Token into the Secret"
    )
    assert (desk.wakes, desk.looks) == ([desk.key], [])


async def test_a_token_without_admin_permission_is_named_before_the_first_user_fails(desk: Desk) -> None:
    """The tutorial's words: ensure your Workteam account has Admin permissions."""
    desk.store_token(desk.stand_in.reader_token)
    desk.create_tenant()
    tenant = await desk.reconcile()
    assert desk.said(tenant)["CredentialsValid"] == "False NotAdministrator"
    assert desk.message(tenant) == (
        "The token may not write (PATCH /Users/{id}: HTTP 403): ensure that your Workteam account has Admin permissions"
    )


async def test_an_address_that_is_no_scim_is_named(desk: Desk) -> None:
    desk.store_token(desk.stand_in.token)
    desk.create_tenant()
    desk.change({"spec": {"workteam": {"baseURL": desk.stand_in.base_url + "/Nothing"}}})
    tenant = await desk.reconcile()
    assert desk.said(tenant)["Ready"] == "False Invalid"
    assert desk.message(tenant) == (
        "No SCIM 2.0 is served here (GET /ServiceProviderConfig: HTTP 404): "
        "set spec.workteam.baseURL to Workteam's SCIM Base URL"
    )


async def test_a_new_token_is_tried_while_the_old_one_serves(ready: Desk) -> None:
    """The old one is kept until the new one has an answer."""
    old = ready.tenant.backend
    fault = ready.stand_in.control.add(Answer(status=503, path="/ServiceProviderConfig"))
    ready.store_token(f" {ready.stand_in.token}")
    ready.change({"metadata": {"annotations": {"note": "so that kubectl writes the Secret anew"}}})
    assert ready.said(await ready.reconcile()) == READY
    assert ready.tenant.backend is old
    ready.stand_in.control.remove(fault)
    await ready.until(lambda tenant: ready.said(tenant) == READY)
    assert ready.tenant.backend is not old
    assert await ready.tenant.backend.read_account("nobody") is None


async def test_a_new_token_that_is_refused_leaves_the_old_one_in_use(ready: Desk) -> None:
    """CredentialsValid names the new one; nobody waits until the old one is refused too; the right one ends it."""
    old = ready.tenant.backend
    ready.store_token("mistyped")
    refused = await ready.reconcile()
    assert ready.said(refused) == READY | {"CredentialsValid": "False Unauthorized"}
    assert ready.tenant.backend is old
    assert await ready.tenant.backend.read_account("nobody") is None
    ready.stand_in.control.add(Answer(status=401))
    assert await ready.tenant.denied(BackendDenied("GET /Users/7: HTTP 401", status=401))
    assert ready.said(await ready.reconcile())["Ready"] == "False Unauthorized"
    ready.stand_in.control.clear()
    ready.store_token(ready.stand_in.token)
    await ready.until(lambda tenant: ready.said(tenant) == READY)


async def test_a_token_that_was_revoked_closes_the_gate_with_one_probe(ready: Desk) -> None:
    """Many objects ask whether their denial is the tenant's fault; one probe answers all."""
    ready.stand_in.control.add(Answer(status=401))
    asked = len(ready.stand_in.control.log())
    error = BackendDenied("GET /Users/7: HTTP 401", status=401)
    answers = await asyncio.gather(*(ready.tenant.denied(error) for _ in range(50)))
    assert answers == [True] * 50
    assert len(ready.stand_in.control.log()) == asked + 1
    assert not ready.tenant.ready
    assert ready.woken[-1] == ready.key
    assert ready.said(await ready.reconcile())["CredentialsValid"] == "False Unauthorized"
    ready.wakes.clear()
    ready.stand_in.control.clear()
    await ready.until(lambda tenant: ready.said(tenant) == READY)
    assert ready.wakes == [ready.key]


async def test_a_denial_that_the_probe_does_not_meet_is_the_objects(ready: Desk) -> None:
    """A 403 for one user only is that user's; the tenant stays ready."""
    assert await ready.tenant.denied(BackendDenied("PATCH /Users/7: HTTP 403", status=403)) is False
    assert ready.tenant.ready


async def test_an_outage_closes_the_gate_once_and_its_end_wakes_all(ready: Desk) -> None:
    """Three calls in a row without an answer; what is tried meanwhile is the probe alone."""
    ready.stand_in.control.add(Answer(status=503))
    for count in range(3):
        assert ready.tenant.ready, count
        with pytest.raises(BackendUnavailable):
            await ready.tenant.backend.read_account("7")
    assert not ready.tenant.ready
    tenant = await ready.reconcile()
    assert ready.said(tenant)["Ready"] == "False BackendUnavailable"
    assert ready.said(tenant)["Reconciling"] == "True RetryingTransient"
    assert ready.said(tenant)["CredentialsValid"] == "True CredentialsAccepted"
    ready.wakes.clear()
    ready.stand_in.control.clear()
    tenant = await ready.until(lambda tenant: ready.said(tenant) == READY)
    assert (ready.wakes, ready.looks) == ([ready.key], [ready.key])


async def test_retry_after_pauses_the_tenant_and_nothing_is_sent(ready: Desk) -> None:
    ready.stand_in.control.add(Answer(status=429, retry_after="60", count=1))
    with pytest.raises(BackendUnavailable):
        await ready.tenant.backend.read_account("7")
    asked = len(ready.stand_in.control.log())
    assert timedelta(seconds=55) < ready.tenant.paused_for() <= timedelta(seconds=60)
    with pytest.raises(BackendUnavailable, match=r"^Workteam asked to wait$") as paused:
        await ready.tenant.backend.read_account("7")
    assert paused.value.retry_after is not None
    assert ready.woken[-1] == ready.key
    assert ready.said(await ready.reconcile()) == READY | {"Reconciling": "True RateLimited"}
    assert len(ready.stand_in.control.log()) == asked
    assert ready.tenant.ready


async def test_another_address_is_not_asked_before_its_probe(ready: Desk) -> None:
    """The gate is closed until the new address proved itself."""
    ready.change({"spec": {"workteam": {"baseURL": "http://127.0.0.1:1/scim/v2"}}})
    tenant = await ready.reconcile()
    assert ready.said(tenant)["Ready"] == "False BackendUnavailable"
    assert ready.message(tenant) == (
        "Workteam does not answer (GET /ServiceProviderConfig: connection refused): it is tried again by itself"
    )
    assert not ready.tenant.ready
    assert tenant.status.endpoint is not None
    assert tenant.status.endpoint.base_url == ready.stand_in.base_url


async def test_a_tenant_that_is_gone_is_forgotten(ready: Desk) -> None:
    """Its backend is closed."""
    backend = ready.tenant.backend
    ready.forget_object()
    assert await ready.reconciler.reconcile(ready.key) is None
    assert ready.tenants.get(ready.key) is None
    await ready.reconciler.close()
    with pytest.raises(BackendUnavailable, match=r"^The connection to Workteam was replaced$"):
        await backend.read_account("7")


async def test_an_exceeded_budget_is_one_condition_and_raising_it_wakes_all(ready: Desk) -> None:
    """Three may go, the fourth latches; parallel bookings never grant more; a person opens the latch."""
    tight = {"deactivations": {"perHour": 3, "percentPerHour": 100, "always": 0}}
    ready.change({"spec": {"deprovisioning": {"budget": tight}}})
    await ready.reconcile()
    granted = await asyncio.gather(*(ready.tenant.ledger.book(BookingKind.DEACTIVATION) for _ in range(20)))
    assert sum(granted) == 3
    assert ready.woken[-1] == ready.key
    tenant = await ready.reconcile()
    assert ready.said(tenant)["DeletionBudgetAvailable"] == "False DeletionBudgetExceeded"
    assert tenant.status.ledger is not None
    assert sum(minute.count for minute in tenant.status.ledger.deactivations.minutes) == 3
    assert ready.said(tenant)["Ready"] == "True CredentialsAccepted"
    assert await ready.tenant.ledger.book(BookingKind.DELETION) is True
    ready.wakes.clear()
    ready.change({"spec": {"deprovisioning": {"budget": {"deactivations": {"perHour": 5}}}}})
    tenant = await ready.reconcile()
    assert ready.said(tenant) == READY
    assert ready.wakes == [ready.key]
    assert await ready.tenant.ledger.book(BookingKind.DEACTIVATION) is True


async def test_an_exceeded_budget_is_one_event_and_an_approval_lets_the_held_ones_go(ready: Desk) -> None:
    """However many are held; the approval has a time, opens the latch, and what goes is counted."""
    nobody = {"deletions": {"perHour": 0, "percentPerHour": 0, "always": 0}}
    ready.change({"spec": {"deprovisioning": {"budget": nobody}}})
    await ready.reconcile()
    for _ in range(3):
        assert await ready.tenant.ledger.book(BookingKind.DELETION) is False
        await ready.reconcile()
    assert ready.events() == ["Warning DeletionBudgetExceeded"]
    ready.wakes.clear()
    ready.change({"metadata": {"annotations": {"workte.am/approve-deletions-until": "2999-01-01T00:00:00Z"}}})
    assert ready.said(await ready.reconcile()) == READY
    assert ready.wakes == [ready.key]
    assert await ready.tenant.ledger.book(BookingKind.DELETION) is True
    tenant = await ready.reconcile()
    assert tenant.status.ledger is not None
    assert tenant.status.ledger.deletions.latched is False
    assert sum(minute.count for minute in tenant.status.ledger.deletions.minutes) == 1


async def test_another_rate_is_another_connection(ready: Desk) -> None:
    """The tenant stays ready, and the new rate holds from its probe on."""
    old = ready.tenant.connection
    ready.change({"spec": {"workteam": {"requestsPerSecond": 7}}})
    assert ready.said(await ready.reconcile()) == READY
    assert ready.tenant.connection is not old
    assert ready.tenant.connection is not None
    assert ready.tenant.connection.rate == 7


async def test_two_writers_of_a_ledger_never_grant_more(ready: Desk) -> None:
    """A second writer, as an operator that was thought dead, loses the comparison and counts anew."""
    tight = {"deletions": {"perHour": 4, "percentPerHour": 100, "always": 0}}
    ready.change({"spec": {"deprovisioning": {"budget": tight}}})
    tenant = await ready.reconcile()
    other = ready.reconciler.new_tenant(tenant)
    bookings = [ledger.book(BookingKind.DELETION) for _ in range(8) for ledger in (ready.tenant.ledger, other.ledger)]
    assert sum(await asyncio.gather(*bookings)) == 4


async def test_the_reconcilers_status_leaves_the_ledger_alone(ready: Desk) -> None:
    """Each has a field manager of its own."""
    assert await ready.tenant.ledger.book(BookingKind.DELETION) is True
    before = await ready.reconcile()
    ready.stand_in.control.add(Answer(status=401))
    ready.reconciler.doubt(ready.key)
    after = await ready.reconcile()
    assert after.status.conditions != before.status.conditions
    assert after.status.ledger == before.status.ledger
    assert after.status.ledger is not None
