"""Workteam asks to wait: the tenant's keys stay in the queue, no worker has them, and then all is done."""

import asyncio
from datetime import timedelta

from prometheus_client import REGISTRY

from workteam_cli.staging import POLL, Stage
from workteam_cli.tenant.faults import Answer
from workteam_crds.kinds import WorkteamUser
from workteam_crds.naming import TenantKey
from workteam_crds.testing import TENANT, a_user
from workteam_operator.assembly import Operator


def passes(stage: Stage) -> float:
    """Count the passes over users of the stage's tenant, whatever came of them."""
    labels = {"kind": "WorkteamUser", "tenant": f"{stage.namespace}/{TENANT}"}
    results = ("done", "failed")
    found = (REGISTRY.get_sample_value("workteam_reconcile_total", labels | {"result": result}) for result in results)
    return sum(count or 0 for count in found)


async def test_a_tenant_that_is_to_be_left_alone_keeps_no_worker_busy(stage: Stage, operator: Operator) -> None:
    """After one 429 with Retry-After no user of the tenant is looked at, however many come, until the time is over."""
    stage.workteam.control.add(Answer(method="POST", path="/Users", status=429, retry_after="6", count=1))
    await stage.create(a_user("ana"))
    tenant = operator.tenants.get(TenantKey(stage.namespace, TENANT))
    assert tenant is not None
    async with asyncio.timeout(20):
        while not (tenant.paused_for() and operator.queue.in_flight == 0):  # noqa: ASYNC110 - its clock ends it
            await asyncio.sleep(POLL)
    before = passes(stage)
    for name in ("ben", "cho"):
        await stage.create(a_user(name))
    seen = set()
    while tenant.paused_for() > timedelta(seconds=0.2):
        seen.add((passes(stage) - before, operator.queue.in_flight))
        await asyncio.sleep(POLL)
    assert seen == {(0, 0)}
    for name in ("ana", "ben", "cho"):
        await stage.settled(WorkteamUser, name)
