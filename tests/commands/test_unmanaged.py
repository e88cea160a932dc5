"""``workteam status --unmanaged`` and the last sweep: what is in Workteam and no object has."""

import json
from typing import TYPE_CHECKING

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage
from workteam_cli.tenant.profiles import GROUP
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_group, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Command


async def test_strangers_are_counted_by_a_sweep_and_listed_never_touched(stage: Stage, command: "Command") -> None:
    """A sweep that a person asks for counts them, the command lists them, and nobody writes to them."""
    await stage.add_tenant()
    stranger = stage.hire("stranger@contoso.example", external_id="s-1", active=False)
    team = stage.in_workteam("POST", "/Groups", {"schemas": [GROUP], "displayName": "Choir"})["id"]
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.create(a_group("crew", "ana"))
        await stage.settled(WorkteamUser, "ana")
        await stage.settled(WorkteamGroup, "crew")
        before = stage.mark()
        asked = json.loads((await command("resync", "-o", "json")).out)[0]["value"]
        await stage.until(
            WorkteamTenant,
            TENANT,
            lambda found: found.status.last_full_sweep and found.status.last_full_sweep.requested_at == asked,
        )
        status = json.loads((await command("status", "-o", "json")).out)
        as_json, table = await command("status", "--unmanaged", "-o", "json"), await command("status", "--unmanaged")

    assert status["lastSweep"]["unmanaged"] == 2
    assert json.loads(as_json.out) == [
        {
            "what": "account",
            "id": stranger,
            "name": "stranger@contoso.example",
            "externalId": "s-1",
            "access": "no",
        },
        {"what": "team", "id": team, "name": "Choir", "externalId": None, "access": None},
    ]
    assert [line.split() for line in table.out.splitlines()] == [
        ["WHAT", "ID", "NAME", "EXTERNALID", "ACCESS"],
        ["account", stranger, "stranger@contoso.example", "s-1", "no"],
        ["team", team, "Choir"],
    ]
    assert (as_json.code, table.code, stage.writes(before)) == (0, 0, [])


async def test_without_a_token_that_opens_workteam_nobody_is_called_unmanaged(
    stage: Stage, command: "Command", cluster_access: Access
) -> None:
    """A refused token, and a Secret that is not there, are one sentence each; a token is in neither."""
    await stage.add_tenant()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "workteam", "namespace": stage.namespace}}
    cluster_access.apply(secret | {"stringData": {"token": "of-somebody-else"}})
    refused = await command("status", "--unmanaged")
    cluster_access.kubectl("delete", "secret", "workteam", "-n", stage.namespace)
    missing = await command("status", "--unmanaged")
    assert (refused.code, refused.out, missing.code, missing.out) == (77, "", 66, "")
    assert refused.err.splitlines()[-1].startswith(f"error: Workteam refuses the token of {stage.namespace}/{TENANT} (")
    assert missing.err.splitlines()[-1] == "error: The Secret workteam with Workteam's token is missing."
    assert "of-somebody-else" not in refused.err
