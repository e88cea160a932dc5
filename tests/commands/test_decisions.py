"""What a person decides by command, and what the operator then does: on a real API server, with a real operator."""

import json
from typing import TYPE_CHECKING

from workteam_cli.controlplane.access import Access
from workteam_cli.decisions import Decision, Deed, carry_out
from workteam_cli.staging import Stage, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Command

NOBODY_MAY_LEAVE = {"deactivations": {"perHour": 0, "percentPerHour": 0, "always": 0}}
GUID = "6b0b8b2e-0b0a-4f5e-9f57-1c2d3e4f5a6b"


def told(access: Access, namespace: str, reason: str) -> list[str]:
    """The notes of the Events that people's commands wrote for one reason."""
    selector = f"reason={reason}"
    found = access.kubectl("get", "events", "-n", namespace, "--field-selector", selector, "-o", "json")
    return [event["message"] for event in json.loads(found)["items"] if event["source"]["component"] == "workteam"]


def me(access: Access) -> str:
    """The name by which the API server knows the test."""
    name: str = json.loads(access.kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"]
    return name


async def test_adoptions_are_shown_and_confirmed(stage: Stage, command: "Command", cluster_access: Access) -> None:
    """The table names object, account and why; one is confirmed by name, the rest by --all; the operator adopts."""
    await stage.add_tenant()
    ana = stage.hire("ana@contoso.example", external_id="a-former-ana")
    bo = stage.hire("bo@contoso.example", external_id="bo", active=False)
    async with stage.operating():
        await stage.create(a_user("ana", externalId=GUID))
        await stage.create(a_user("bo", externalId="bo"))
        await stage.create(a_user("cy"))
        await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
        await stage.stalled(WorkteamUser, "bo", Reason.CONFIRM_ADOPTION)
        preview = json.loads((await command("adopt", "-o", "json")).out)
        table = await command("adopt")
        one = await command("adopt", "ANA@contoso.example", "--yes")
        rest = await command("adopt", "--all", "--yes", "-o", "json")
        after = [await stage.settled(WorkteamUser, name) for name in ("ana", "bo")]
        nothing = await command("adopt")

    whose = {"kind": "WorkteamUser"}
    assert preview == [
        whose
        | {
            "id": "ana",
            "name": "ana@contoso.example",
            "account": ana,
            "why": f"{ana} matches but has another externalId",
        },
        whose
        | {
            "id": "bo",
            "name": "bo@contoso.example",
            "account": bo,
            "why": f"{bo} matches and is inactive, so it may be another person's",
        },
    ]
    assert (table.code, [line.split()[:3] for line in table.out.splitlines()[:3]]) == (
        0,
        [
            ["KIND", "NAME", "ACCOUNT"],
            ["WorkteamUser", "ana@contoso.example", ana],
            ["WorkteamUser", "bo@contoso.example", bo],
        ],
    )
    assert (one.code, json.loads(rest.out)) == (
        0,
        [
            whose
            | {"id": "bo", "name": "bo@contoso.example", "annotation": "workte.am/adopt", "value": bo, "done": True}
        ],
    )
    assert [(user.status.account_id, user.status.adopted) for user in after] == [(ana, True), (bo, True)]
    assert nothing.out == "Nothing waits to be adopted."
    who = me(cluster_access)
    assert sorted(told(cluster_access, stage.namespace, "AdoptionConfirmed")) == sorted(
        f"workte.am/adopt: {account} (by {who})" for account in (ana, bo)
    )


async def test_access_is_granted_to_one_after_a_resync_saw_that_it_was_taken(
    stage: Stage, command: "Command", cluster_access: Access
) -> None:
    """Before, there is nothing to grant, and nothing is kept in store."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        account = (await stage.settled(WorkteamUser, "ana")).status.account_id
        early = await command("grant", "ana@contoso.example")
        stage.set_active(account, active=False)
        looked = await command("resync", "ana@contoso.example")
        await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.ACCESS_WITHHELD
        )
        granted = await command("grant", "Ana@Contoso.example")
        user = await stage.settled(WorkteamUser, "ana")

    assert early.code == 1
    assert early.err.splitlines()[-1].startswith(
        "error: Nothing is withheld from ana@contoso.example, which is Ready, Provisioned"
    )
    assert (looked.code, granted.code) == (0, 0)
    assert stage.accounts()["ana@contoso.example"]["active"] is True
    assert "workte.am/grant-access" not in user.metadata.annotations
    assert told(cluster_access, stage.namespace, "AccessGranted") == [
        f"workte.am/grant-access: {account} (by {me(cluster_access)})"
    ]


async def test_held_losses_of_access_are_released(stage: Stage, command: "Command", cluster_access: Access) -> None:
    """One by name, then all of the tenant for an hour; who is not held cannot be released."""
    await stage.add_tenant(deprovisioning={"budget": NOBODY_MAY_LEAVE})
    async with stage.operating():
        for name in ("ana", "bo", "cy"):
            await stage.create(a_user(name))
            await stage.settled(WorkteamUser, name)
        early = await command("release", "ana@contoso.example")
        for name in ("ana", "bo"):
            await stage.edit(WorkteamUser, name, active=False)
            await stage.stalled(WorkteamUser, name, Reason.DELETION_BUDGET_EXCEEDED)
        one = await command("release", "ana@contoso.example", "-o", "json")
        await stage.settled(WorkteamUser, "ana")
        still = {name: account["active"] for name, account in stage.accounts().items()}
        everything = await command("release", "--all", "--for", "2h", "--yes")
        await stage.settled(WorkteamUser, "bo")

    assert early.err.splitlines()[-1] == (
        "error: The budget holds nothing of ana@contoso.example, which is Ready, Provisioned: "
        "there is nothing to release."
    )
    [released] = json.loads(one.out)
    assert (released["annotation"], released["value"], released["done"]) == ("workte.am/release", "2", True)
    assert still == {"ana@contoso.example": False, "bo@contoso.example": True, "cy@contoso.example": True}
    assert (early.code, one.code, everything.code) == (1, 0, 0)
    assert [account["active"] for _, account in sorted(stage.accounts().items())] == [False, False, True]
    assert len(told(cluster_access, stage.namespace, "LossOfAccessReleased")) == 2


async def test_one_object_is_paused_and_goes_on(stage: Stage, command: "Command") -> None:
    """Nothing of it is changed while it is paused; what was edited meanwhile is done afterwards."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        paused, again = await command("pause", "ana@contoso.example"), await command("pause", "ana@contoso.example")
        await stage.edit(WorkteamUser, "ana", title="Lead")
        await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED
        )
        before = stage.accounts()["ana@contoso.example"].get("title")
        status = json.loads((await command("status", "-o", "json")).out)
        resumed = await command("resume", "ana@contoso.example")
        user = await stage.settled(WorkteamUser, "ana")

    assert (paused.code, resumed.code, before) == (0, 0, None)
    assert (again.code, again.err.splitlines()[-1]) == (1, "error: ana@contoso.example is paused already.")
    assert (status["paused"], status["users"]) == ({"tenant": False, "objects": 1}, {"total": 1, "Paused": 1})
    assert (stage.accounts()["ana@contoso.example"]["title"], user.paused) == ("Lead", False)


async def test_a_whole_tenant_is_paused_and_goes_on(stage: Stage, command: "Command") -> None:
    """Without a name the tenant is meant: its objects wait, and say so."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        paused = await command("pause")
        await stage.until(WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.READY) is Reason.PAUSED)
        await stage.edit(WorkteamUser, "ana", title="Lead")
        await stage.until(
            WorkteamUser, "ana", lambda found: reason_of(found, ConditionType.SYNCED) is Reason.RECONCILE_PAUSED
        )
        before = stage.accounts()["ana@contoso.example"].get("title")
        resumed = await command("resume")
        await stage.settled(WorkteamUser, "ana")

    assert (paused.code, resumed.code, before) == (0, 0, None)
    assert stage.accounts()["ana@contoso.example"]["title"] == "Lead"


async def test_a_decision_is_void_when_the_object_was_changed_in_between(stage: Stage, cluster_access: Access) -> None:
    """An edit voids a decision, a status does not, who is gone is told; only letting go holds whatever was edited."""
    seen = await stage.create(a_user("ana"))
    decision = Decision(seen, Deed.RELEASED, "workte.am/release", "1")
    await stage.cluster.apply_status(seen, {"accountID": "7"}, manager="test")
    [done] = await carry_out(stage.cluster, [decision], who="me")
    await stage.edit(WorkteamUser, "ana", title="Lead")
    [late] = await carry_out(stage.cluster, [decision], who="me")
    letting_go = Decision(seen, Deed.ABANDONED, "workte.am/break-glass-reason", "me", drops="workte.am/account")
    [whatever] = await carry_out(stage.cluster, [letting_go], who="me")
    await stage.delete(WorkteamUser, "ana")
    [already] = await carry_out(stage.cluster, [letting_go], who="me")
    [gone] = await carry_out(stage.cluster, [decision], who="me")
    assert [outcome.failure for outcome in (done, late, whatever, already, gone)] == [
        None,
        "it was changed in between: look at it again",
        None,
        None,
        "it is gone",
    ]
    assert told(cluster_access, stage.namespace, "LossOfAccessReleased") == ["workte.am/release: 1 (by me)"]
