"""A3: a restored backup of last month gives no leaver access again.

Played on two API servers: the one that was backed up, and an empty one into which the backup comes, as `kubectl apply`
brings it: without status, with names and annotations as they were.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.binaries import find_binaries
from workteam_cli.controlplane.plane import ControlPlane
from workteam_cli.controlplane.processes import Processes
from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.naming import uuid7
from workteam_crds.part import rfc3339
from workteam_crds.testing import TENANT, a_group, a_user

KINDS = Path(__file__).parents[2] / "crds"
LAST_MONTH = datetime.now(UTC) - timedelta(days=30)
ANA, LEO, GUS, CREW = (uuid7(LAST_MONTH + timedelta(seconds=at), bytes(10)) for at in range(4))
KEPT = ("name", "namespace", "labels", "annotations", "finalizers")
"""What of the metadata is in a backup."""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Access]:
    """Start another control plane that knows our kinds, and nothing else."""
    with Processes(tmp_path / "empty") as processes:
        access = ControlPlane(processes.home, find_binaries(), processes, durable=False).start()
        access.kubectl("apply", "--server-side", "-f", str(KINDS))
        access.kubectl("wait", "--for=condition=Established", "customresourcedefinitions", "--all")
        yield access


def backup(access: Access, namespace: str) -> list[dict[str, Any]]:
    """Save all objects of a namespace, and the Secret with the token."""
    kinds = "secrets,workteamtenants,workteamusers,workteamgroups,workteamgroupmemberships"
    items = json.loads(access.kubectl("get", kinds, "-n", namespace, "-o", "json"))["items"]
    return [
        {key: value for key, value in item.items() if key not in {"metadata", "status"}}
        | {"metadata": {key: value for key, value in item["metadata"].items() if key in KEPT}}
        for item in items
    ]


async def last_month(stage: Stage) -> None:
    """Provision three people and their crew: as their names are of last month already, a person has to accept them."""
    await stage.add_tenant()
    async with stage.operating():
        for name, user in ((ANA, "ana"), (LEO, "leo"), (GUS, "gus")):
            spec = {"userName": f"{user}@contoso.example", "externalId": str(uuid.uuid4())}
            await stage.create(a_user(name, **spec))
            await stage.stalled(WorkteamUser, name, Reason.RESTORED_OBJECT)
        await stage.create(a_group(CREW, ANA, LEO, GUS, displayName="crew"))
        await stage.stalled(WorkteamGroup, CREW, Reason.RESTORED_OBJECT)
        later = datetime.now(UTC) + timedelta(seconds=1)
        await stage.annotate(WorkteamTenant, TENANT, accept_restore=rfc3339(later))
        for name in (ANA, LEO, GUS):
            await stage.settled(WorkteamUser, name)
        await stage.settled(WorkteamGroup, CREW)


async def leave(stage: Stage) -> None:
    """Let Leo leave, and Gus, whom the directory deletes."""
    async with stage.operating():
        await stage.edit(WorkteamUser, LEO, active=False)
        await stage.until(WorkteamUser, LEO, lambda user: user.status.synced_active is False)
        await stage.delete(WorkteamUser, GUS)
        await stage.until_gone(WorkteamUser, GUS)


async def test_nobody_gets_access_by_a_backup(
    stage: Stage, empty: Access, cluster_access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is done before a person accepts it; then who stayed is found again, and no leaver without a word."""
    await last_month(stage)
    saved = backup(cluster_access, stage.namespace)
    leo = (await stage.get(WorkteamUser, LEO)).status.account_id
    for item in saved:
        if item["metadata"]["name"] == LEO:  # a word of last month, which gave him an account
            item["metadata"].setdefault("annotations", {})["workte.am/adopt"] = leo
    await leave(stage)
    access_then = {name: account["active"] for name, account in stage.accounts().items()}
    members_then = stage.members("crew")

    empty.kubectl("create", "namespace", stage.namespace)
    empty.apply(*saved)
    monkeypatch.setenv("KUBECONFIG", str(empty.kubeconfig))
    async with KubernetesCluster.connect(str(empty.kubeconfig)) as cluster:
        restored = Stage(empty, cluster, stage.namespace, stage.workteam)
        seen = stage.mark()
        async with restored.operating() as operator:
            for name in (ANA, LEO, GUS):
                await restored.stalled(WorkteamUser, name, Reason.RESTORED_OBJECT)
            await restored.stalled(WorkteamGroup, CREW, Reason.RESTORED_OBJECT)
            await restored.edit(WorkteamUser, ANA, active=False)
            await quiet(operator)
            asked = [entry.method for entry in stage.workteam.control.log(seen) if "/Users" in entry.path]
            assert "GET" not in asked
            assert stage.writes(seen) == []
            await restored.edit(WorkteamUser, ANA, active=True)

            await restored.annotate(WorkteamTenant, TENANT, accept_restore=rfc3339(datetime.now(UTC)))
            ana = await restored.settled(WorkteamUser, ANA)
            await restored.stalled(WorkteamUser, LEO, Reason.CONFIRM_ADOPTION)
            await restored.stalled(WorkteamUser, GUS, Reason.CONFIRM_ADOPTION)
            crew = await restored.until(WorkteamGroup, CREW, lambda group: group.status.team_id)
            await quiet(operator)
    assert reason_of(ana, ConditionType.SYNCED) is Reason.ADOPTED
    assert crew.status.adopted is True
    assert stage.writes(seen) == []
    assert {name: account["active"] for name, account in stage.accounts().items()} == access_then
    assert access_then == {"ana@contoso.example": True, "leo@contoso.example": False, "gus@contoso.example": False}
    assert stage.members("crew") == members_then
