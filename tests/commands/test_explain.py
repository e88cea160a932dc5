"""``workteam explain``: one person's story, from Entra's request to the account."""

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.staging import Stage
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_tenant, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Command, Kept, Run


def test_from_the_request_to_the_account(tenant: RunningTenant, stack: Stack, workteam: "Run") -> None:
    """Requests, object, Event and conditions in one time line, then a deletion; no token, and no value but the name."""
    options = ("--kubeconfig", str(stack.access.kubeconfig), "-n", "workteam", "--tenant", tenant.settings.name)
    made = json.loads(workteam("token", "create", *options, "-o", "json").out)
    url = json.loads(workteam("settings", *options, "-o", "json").out)["baseURL"]
    body = {"userName": "ana@contoso.example", "title": "Canary", "active": True}
    with httpx.Client(headers={"Authorization": f"Bearer {made['token']}", "X-Request-Id": "play-1"}) as entra:
        while entra.get(f"{url}/ServiceProviderConfig").status_code != httpx.codes.OK:
            pass
        created = entra.post(f"{url}/Users", json=body).json()["id"]
        stack.access.kubectl(
            "wait", f"workteamuser/{created}", "-n", "workteam", "--for=condition=Ready", "--timeout=30s"
        )
        banana = {"Operations": [{"op": "replace", "path": "active", "value": "banana"}]}
        entra.patch(f"{url}/Users/{created}", json=banana, headers={"X-Request-Id": "play-2"})
        told = json.loads(workteam("explain", "ANA@contoso.example", *options, "-o", "json").out)
        shown = workteam("explain", "ana@contoso.example", *options)
        entra.delete(f"{url}/Users/{created}")
    stack.access.kubectl("wait", f"workteamuser/{created}", "-n", "workteam", "--for=delete", "--timeout=30s")
    gone = json.loads(workteam("explain", created, *options, "-o", "json").out)
    unnamed = workteam("explain", "ana@contoso.example", *options)

    account = told["workteam"]["id"]
    wanted = {"state": "Ready", "reason": "Provisioned", "source": "Entra", "requestId": "play-1", "remedy": None}
    assert {key: told[key] for key in wanted} == wanted
    assert told["workteam"] | {"lastSync": None} == {
        "id": account,
        "active": True,
        "adopted": False,
        "lastSync": None,
        "createsInDoubt": 0,
        "booked": None,
        "planned": None,
    }
    said = [(moment["what"], moment["text"]) for moment in told["happened"]]
    request = f"create Users (userName, active, title) by the token {made['handle']}: done, 201 (request play-1)"
    assert ("object", "created") in said[:3]
    assert ("request", _sorted(request, said)) in said[:2]
    refused = f"patch Users (active) by the token {made['handle']}: refused, 400 invalidValue (request play-2)"
    assert ("request", refused) in said
    assert ("event", f"Created: The account {account} was created (workteam-operator)") in said
    assert ("condition", "Ready became true, now Provisioned") in said
    assert (shown.code, "made for this object" in " ".join(shown.out.split()), "What happened" in shown.out) == (
        0,
        True,
        True,
    )
    assert [word for word in (made["token"], "Canary", "banana") if word in json.dumps(told) + shown.out] == []
    assert max(len(line) for line in shown.out.splitlines()) <= 80
    assert (unnamed.code, f" {created} at " in unnamed.err) == (66, True)
    assert (gone["gone"], [m["what"] for m in gone["happened"] if "delete" in m["text"]]) == (True, ["request"])


def _sorted(request: str, said: list[tuple[str, str]]) -> str:
    """The request as it is told, if it names the same attributes in whatever order."""
    told = next(text for what, text in said if what == "request")
    words = [sorted(re.findall(r"[\w-]+", text)) for text in (told, request)]
    return told if words[0] == words[1] else request


@pytest.fixture
def waiting(kept: "Kept") -> "Kept":
    """Ana's manager is Stalled, and Ana waits for him; a person confirmed an adoption for him."""
    bo = a_user("bo").manifest()
    bo["metadata"]["annotations"] = {"workte.am/adopt": "7"}
    ana = a_user("ana", enterprise={"manager": {"value": "bo"}})
    kept.apply(a_tenant("acme"), type(ana).parse(bo), ana)
    kept.report(ana, "Ready True Provisioned", "Synced False Pending The manager has no account yet", accountID="5")
    kept.report(
        a_user("bo"), "Ready False Conflict", "Stalled True UniquenessConflict 7 matches but has another externalId"
    )
    return kept


@pytest.mark.usefixtures("waiting")
def test_what_is_pending_and_why(here: tuple[str, ...], workteam: "Run") -> None:
    """Who waits for another is told whom, and why that one stands still; what a person decided is told as well."""
    ana: dict[str, Any] = json.loads(workteam("explain", "ana", *here, "-o", "json").out)
    bo: dict[str, Any] = json.loads(workteam("explain", "bo", *here, "-o", "json").out)
    assert (ana["state"], ana["message"], ana["waitsFor"]) == (
        "Pending",
        "The manager has no account yet",
        ["the manager bo@contoso.example, who has no account yet: Stalled, UniquenessConflict"],
    )
    assert (bo["decided"], bo["remedy"]) == (
        {"workte.am/adopt": "7"},
        (
            "`workteam adopt NAME`, which sets `workte.am/adopt` to the account's id, if it is the right one; "
            "else mend or delete it in Workteam: the next sweep sees that, `workteam resync` at once"
        ),
    )
    assert ana["requestsUnknown"] == "no facade serves this namespace."


async def test_who_is_gone_is_found_by_the_events_alone(stage: Stage, command: "Command") -> None:
    """Without a facade that remembers: the id is shown to whoever asks by name, and by the id the story is told."""
    await stage.add_tenant()
    async with stage.operating():
        for name in ("ana", "bo"):
            await stage.create(a_user(name))
            await stage.settled(WorkteamUser, name)
        await stage.delete(WorkteamUser, "ana")
        await stage.until_gone(WorkteamUser, "ana")
    asked = await command("explain", "ana@contoso.example")
    told = json.loads((await command("explain", "ana", "-o", "json")).out)
    assert asked.code == 66
    assert re.search(r"these went lately from this namespace: ana at \d{4}-\S+Z\. `workteam explain ID`", asked.err)
    assert (told["gone"], "Deactivated: The object lets its account go (workteam-operator)") in [
        (True, moment["text"]) for moment in told["happened"]
    ]


def test_nobody(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    ran = workteam("explain", "eve", *here)
    assert (ran.code, ran.err.splitlines()[-1]) == (
        66,
        f"error: {acme.namespace}/acme has no user or group with the userName, displayName, externalId or id eve.",
    )
