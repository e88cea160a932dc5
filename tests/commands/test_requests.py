"""``workteam requests``: what Entra asked lately, told without a value."""

import json
from typing import TYPE_CHECKING

import httpx

from workteam_cli.controlplane.stack import RunningTenant, Stack

if TYPE_CHECKING:
    from tests.commands.conftest import Run


def test_the_last_requests_are_shown(tenant: RunningTenant, stack: Stack, workteam: "Run") -> None:
    """The newest first, refusals with their kind; ``--failed`` leaves those; no name of a person anywhere."""
    options = ("--kubeconfig", str(stack.access.kubeconfig), "-n", "workteam", "--tenant", tenant.settings.name)
    made = json.loads(workteam("token", "create", *options, "-o", "json").out)
    url = json.loads(workteam("settings", *options, "-o", "json").out)["baseURL"]
    body = {"userName": "canary@contoso.example", "title": "Canary"}
    with httpx.Client(headers={"Authorization": f"Bearer {made['token']}", "X-Request-Id": "play-1"}) as entra:
        while entra.get(f"{url}/ServiceProviderConfig").status_code != httpx.codes.OK:
            pass
        created = entra.post(f"{url}/Users", json=body).json()["id"]
        entra.post(f"{url}/Users", json=body)
        entra.delete(f"{url}/Users/{created}")

    ran = workteam("requests", *options, "--limit", "3", "-o", "json")
    told = [
        {key: one.get(key) for key in ("op", "outcome", "status", "scimType", "object", "token", "requestId")}
        for one in json.loads(ran.out)["requests"]
    ]
    common = {"token": made["handle"], "requestId": "play-1"}
    assert told == [
        {"op": "delete", "outcome": "done", "status": 204, "scimType": None, "object": created, **common},
        {"op": "create", "outcome": "refused", "status": 409, "scimType": "uniqueness", "object": None, **common},
        {"op": "create", "outcome": "done", "status": 201, "scimType": None, "object": created, **common},
    ]
    [failed] = json.loads(workteam("requests", *options, "--failed", "--limit", "1", "-o", "json").out)["requests"]
    assert (failed["op"], failed["status"]) == ("create", 409)
    shown = workteam("requests", *options)
    assert (shown.code, "refused 409 uniqueness" in shown.out, "anary" in ran.out + shown.out) == (0, True, False)


def test_a_tenant_that_nobody_asked(tenant: RunningTenant, stack: Stack, workteam: "Run") -> None:
    """An empty list, since when the facade runs, and no failure."""
    options = ("--kubeconfig", str(stack.access.kubeconfig), "-n", "workteam", "--tenant", tenant.settings.name)
    told = json.loads(workteam("requests", *options, "-o", "json").out)
    assert (told["tenant"], told["requests"]) == (tenant.settings.name, [])
