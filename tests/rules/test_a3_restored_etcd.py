"""A3: etcd is restored under a running operator; nothing is done in Workteam until a person accepts it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from workteam_cli.controlplane.backup import Backup
from workteam_cli.controlplane.plane import ControlPlane
from workteam_cli.staging import Stage, free_port, quiet, reason_of, staged
from workteam_crds.cluster.port import ClusterError
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.part import rfc3339
from workteam_crds.testing import TENANT, a_user
from workteam_operator.assembly import Operator

pytestmark = pytest.mark.slow

NAMESPACE = "restored"
STAYS, LEFT, DELETED = "ana", "leo", "gus"
LONGEST = 60


@pytest.fixture
async def stage(plane: ControlPlane, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Set a stage up on it."""
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    async with staged(plane.access, NAMESPACE) as stage:
        yield stage


async def answers(stage: Stage) -> None:
    """Wait until the API server answers again."""
    async with asyncio.timeout(LONGEST):
        while True:
            try:
                await stage.get(WorkteamTenant, TENANT)
            except ClusterError:
                await asyncio.sleep(0.05)
            else:
                return


async def seen_restored(stage: Stage) -> datetime:
    """Wait until the tenant tells that the cluster was set back, and a new object is younger than that."""
    async with asyncio.timeout(LONGEST):
        while True:
            found = (await stage.get(WorkteamTenant, TENANT)).status.restored_time
            if found is not None and datetime.now(UTC) > found + timedelta(seconds=1):
                return found
            await asyncio.sleep(0.05)


async def since_the_backup(stage: Stage, operator: Operator) -> None:
    """Ana gets another title, Leo leaves, Gus is deleted, and Nia comes."""
    await stage.edit(WorkteamUser, STAYS, title="after")
    await stage.settled(WorkteamUser, STAYS)
    await stage.edit(WorkteamUser, LEFT, active=False)
    await stage.until(WorkteamUser, LEFT, lambda user: user.status.synced_active is False)
    await stage.delete(WorkteamUser, DELETED)
    await stage.until_gone(WorkteamUser, DELETED)
    await stage.create(a_user("nia"))
    await stage.settled(WorkteamUser, "nia")
    await quiet(operator)


async def test_it_is_not_forgotten_by_who_loses_a_restored_lease(plane: ControlPlane, stage: Stage) -> None:
    """The restored Lease is that of an earlier process: the one that works ends, and the next one knows why to wait."""
    backup = Backup(plane)
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user(STAYS, title="before"))
        await stage.settled(WorkteamUser, STAYS)
        await asyncio.to_thread(backup.save)
        await answers(stage)
    async with stage.operating() as operator:
        await stage.edit(WorkteamUser, STAYS, title="after")
        await stage.settled(WorkteamUser, STAYS)
        await quiet(operator)
        seen = stage.mark()
        await asyncio.to_thread(backup.stop)
        await asyncio.to_thread(backup.restore)
        await answers(stage)
        await seen_restored(stage)
    stage.settings = stage.settings.model_copy(update={"port": free_port()})
    await asyncio.to_thread(plane.access.kubectl, "delete", "lease", stage.settings.lease, "-n", NAMESPACE)
    async with stage.operating() as operator:
        await stage.edit(WorkteamUser, STAYS, nickName="Annie")
        await stage.stalled(WorkteamUser, STAYS, Reason.RESTORED_OBJECT)
        await quiet(operator)
    assert (stage.writes(seen), stage.accounts()["ana@contoso.example"]["title"]) == ([], "after")


async def test_nothing_is_done_until_a_person_accepts(plane: ControlPlane, stage: Stage) -> None:
    """The tenant tells it once; neither edits nor a restart change that; who comes afterwards is provisioned."""
    backup = Backup(plane)
    await stage.add_tenant()
    async with stage.operating() as operator:
        for name in (STAYS, LEFT, DELETED):
            await stage.create(a_user(name, title="before"))
            await stage.settled(WorkteamUser, name)
        await quiet(operator)
        await asyncio.to_thread(backup.save)
        await answers(stage)
        await since_the_backup(stage, operator)
        accounts, seen = stage.accounts(), stage.mark()

        await asyncio.to_thread(backup.stop)
        await asyncio.to_thread(backup.restore)
        await answers(stage)
        await seen_restored(stage)
        await stage.until(
            WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.STALLED) is Reason.RESTORED_OBJECT
        )
        await stage.edit(WorkteamUser, STAYS, nickName="Annie")
        await stage.stalled(WorkteamUser, STAYS, Reason.RESTORED_OBJECT)
        await stage.delete(WorkteamUser, DELETED)
        await stage.stalled(WorkteamUser, DELETED, Reason.RESTORED_OBJECT)
        await quiet(operator)
        assert (stage.writes(seen), stage.accounts()) == ([], accounts)

        await stage.create(a_user("eve"))
        await stage.settled(WorkteamUser, "eve")
        seen = stage.mark()

    async with stage.operating() as operator:
        await stage.edit(WorkteamUser, STAYS, nickName="Anny")
        await stage.until(WorkteamUser, STAYS, lambda user: user.status.observed_generation == user.metadata.generation)
        await quiet(operator)
        assert stage.writes(seen) == []
        await stage.annotate(WorkteamTenant, TENANT, accept_restore=rfc3339(datetime.now(UTC)))
        await stage.settled(WorkteamUser, STAYS)
        await stage.until_gone(WorkteamUser, DELETED)
        left = await stage.until(
            WorkteamUser, LEFT, lambda found: reason_of(found, ConditionType.SYNCED) is Reason.ACCESS_WITHHELD
        )
        await quiet(operator)
        tenant = await stage.get(WorkteamTenant, TENANT)
    after = stage.accounts()
    assert reason_of(tenant, ConditionType.STALLED) is None
    assert (left.spec.active, after["leo@contoso.example"]["active"]) == (True, False)
    assert (after["ana@contoso.example"]["title"], after["ana@contoso.example"]["nickName"]) == ("before", "Anny")
    assert {name: account["active"] for name, account in after.items()} == {
        "ana@contoso.example": True,
        "leo@contoso.example": False,
        "gus@contoso.example": False,
        "nia@contoso.example": True,
        "eve@contoso.example": True,
    }
