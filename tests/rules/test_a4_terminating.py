"""A4: while its namespace is being deleted, no object's deletion is a decision about an account."""

import asyncio
import logging

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, quiet
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user
from workteam_operator.assembly import Operator

NAMES = ("ana", "bo", "cy")


async def test_everybody_is_let_go_without_a_call(
    stage: Stage, operator: Operator, cluster_access: Access, caplog: pytest.LogCaptureFixture
) -> None:
    """Users, one of them paused, and their group go from a namespace that terminates: told once each, and no call."""
    for name in NAMES:
        await stage.create(a_user(name))
        await stage.settled(WorkteamUser, name)
    await stage.create(a_group("crew", *NAMES))
    await stage.settled(WorkteamGroup, "crew")
    await stage.annotate(WorkteamUser, "cy", paused="true")
    await quiet(operator)
    seen, members = stage.mark(), stage.members("crew")
    caplog.set_level(logging.WARNING, logger="workteam_operator.parts")

    kubectl = cluster_access.kubectl
    await asyncio.to_thread(kubectl, "delete", "namespace", stage.namespace, "--wait=false")
    what = ("workteamusers,workteamgroups", "--all", "-n", stage.namespace, "--wait=false")
    await asyncio.to_thread(kubectl, "delete", *what)
    for name in NAMES:
        await stage.until_gone(WorkteamUser, name)
    await stage.until_gone(WorkteamGroup, "crew")
    await quiet(operator)

    assert stage.writes(seen) == []
    assert [account["active"] for account in stage.accounts().values()] == [True, True, True]
    assert stage.members("crew") == members
    orphaned = [record for record in caplog.records if "the namespace is being deleted" in record.getMessage()]
    told = sorted(str(vars(record)["key"]) for record in orphaned)
    assert told == [
        f"WorkteamGroup/{stage.namespace}/crew",
        *(f"WorkteamUser/{stage.namespace}/{name}" for name in NAMES),
    ]
