"""What Flux, Helm and ``kubectl wait`` make of our conditions: the rules of kstatus, on objects of a real operator."""

import json
from typing import Any

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage
from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user
from workteam_operator.assembly import Operator

STATES = (("workteamuser", "ana"), ("workteamgroup", "crew"), ("workteamuser", "twin"))


def kstatus(found: dict[str, Any]) -> str:
    """Judge an object as kstatus does (cli-utils, pkg/kstatus/status: generic.go and core.go)."""
    metadata, status = found["metadata"], found.get("status", {})
    held = {one["type"]: one["status"] for one in status.get("conditions", [])}
    if "deletionTimestamp" in metadata:
        return "Terminating"
    if status.get("observedGeneration", metadata["generation"]) != metadata["generation"]:
        return "InProgress"
    if held.get("Reconciling") == "True":
        return "InProgress"
    if held.get("Stalled") == "True":
        return "Failed"
    return "Current" if held.get("Ready", "True") == "True" else "InProgress"


async def test_each_state_is_read_as_it_is_meant(operator: Operator, stage: Stage, cluster_access: Access) -> None:
    """What is in sync is Current, a name that is taken is Failed; ``kubectl wait`` agrees."""
    await stage.create(a_user("ana"))
    await stage.create(a_group("crew", "ana"))
    await stage.settled(WorkteamUser, "ana")
    await stage.settled(WorkteamGroup, "crew")
    await stage.create(a_user("twin", userName="ANA@contoso.example"))
    await stage.stalled(WorkteamUser, "twin", Reason.DUPLICATE_USER_NAME)

    assert {name: kstatus(_read(cluster_access, stage, kind, name)) for kind, name in STATES} == {
        "ana": "Current",
        "crew": "Current",
        "twin": "Failed",
    }
    for kind, name, condition in (
        ("workteamuser", "ana", "Ready"),
        ("workteamgroup", "crew", "Ready"),
        ("workteamuser", "twin", "Stalled"),
        ("workteamtenant", "acme", "Ready"),
    ):
        where = (f"{kind}/{name}", "-n", stage.namespace, f"--for=condition={condition}", "--timeout=5s")
        assert "condition met" in cluster_access.kubectl("wait", *where)


def _read(access: Access, stage: Stage, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(access.kubectl("get", kind, name, "-n", stage.namespace, "-o", "json"))
    return found
