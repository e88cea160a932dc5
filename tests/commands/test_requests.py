"""``workteam requests``: what Entra asked lately, told without a value."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from workteam_cli.commands.requests import short_row
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
    assert (shown.code, "409 uniqueness" in shown.out, "anary" in ran.out + shown.out) == (0, True, False)
    wide = workteam("requests", *options, "--wide")
    assert (wide.code, "refused 409 uniqueness" in wide.out, f" {created} " in wide.out) == (0, True, True)
    assert (f" {created} " in shown.out, max(map(len, shown.out.splitlines()[2:])) <= 80) == (False, True)


def test_a_tenant_that_nobody_asked(tenant: RunningTenant, stack: Stack, workteam: "Run") -> None:
    """An empty list, since when the facade runs, and no failure."""
    options = ("--kubeconfig", str(stack.access.kubeconfig), "-n", "workteam", "--tenant", tenant.settings.name)
    told = json.loads(workteam("requests", *options, "-o", "json").out)
    assert (told["tenant"], told["requests"]) == (tenant.settings.name, [])


WIDEST = {
    "at": "2026-11-24T09:10:11Z",
    "op": "replace",
    "resource": "Groups",
    "object": "019ab3f2-7c1e-7d03-9a55-2f6c1b0f4e11",
    "attributes": ["displayName", "externalId", "members"],
    "outcome": "refused",
    "status": 400,
    "scimType": "invalidSyntax",
    "token": "3f9c1b2a7d10",
    "requestId": "0c2fb1e0-8d1c-4f45-9b0f-1f6b2d3e4a5b",
}
READ = WIDEST | {"op": "read", "resource": "ServiceProviderConfig", "attributes": [], "status": 200, "outcome": "done"}


@pytest.mark.parametrize(
    ("asked", "today", "row"),
    [
        (
            WIDEST,
            "2026-11-25",
            ("11-24 09:10", "replace Groups", "…1b0f4e11", "displayNa…", "400 invalidSyntax", "0c2fb1e0…"),
        ),
        (
            READ | {"scimType": None, "object": "ana", "requestId": "entra-1"},
            "2026-11-24",
            ("09:10:11", "read ServiceP…", "ana", "", "200", "entra-1"),
        ),
        (
            WIDEST | {"scimType": None, "outcome": "unchanged", "status": 200, "attributes": []},
            "2026-11-24",
            ("09:10:11", "replace Groups", "…1b0f4e11", "", "200 unchanged", "0c2fb1e0…"),
        ),
    ],
    ids=["the widest", "a read of today", "nothing changed"],
)
def test_a_row_of_the_table_fits_into_80_columns(asked: Mapping[str, Any], today: str, row: tuple[str, ...]) -> None:
    """Ids, attributes and what was asked are cut; kinds of refusals are not."""
    shown = short_row(asked, today)
    assert (shown, sum(map(len, shown)) + 2 * (len(shown) - 1) <= 80) == (row, True)
