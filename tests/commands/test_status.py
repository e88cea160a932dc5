"""``workteam status``: the tutorial's Current Status."""

import json
from typing import TYPE_CHECKING

from workteam_crds.testing import a_group, a_tenant, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run

SYNC = ("Ready True Provisioned", "Synced True InSync")


def test_all_in_sync(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """A ready tenant whose objects are as they should be ends with 0, and names nobody."""
    ana, bo, crew = a_user("ana"), a_user("bo", active=False), a_group("crew", "ana")
    acme.apply(ana, bo, crew)
    acme.report(ana, *SYNC)
    acme.report(bo, "Ready True Deactivated", "Synced True InSync")
    acme.report(crew, "Ready True GroupsUnsupported", "Synced True InSync")

    ran = workteam("status", *here)

    assert ran.code == 0
    assert (
        ran.out
        == f"""\
Current Status of {acme.namespace}/acme

Ready                    yes since 2026-11-25T12:00:00Z (Provisioned)

Mode                     Enforce
Last request             not known: no facade serves this namespace.
Last sweep               none yet
Deactivations this hour  0 of 20, 20 left
Deletions this hour      0 of 5, 5 left

             USERS  GROUPS
Ready        1      0
Deactivated  1      0
Recorded     0      1
Total        2      1"""
    )


def test_what_waits_and_why(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """Whatever is not in sync is counted by state, grouped by reason, and shown with both names; the code is 1."""
    stalled = [a_user(f"stalled-{number}") for number in range(4)]
    pending, new, leaver = a_user("pending"), a_user("new"), a_user("leaver")
    held = leaver.model_copy(
        update={"metadata": leaver.metadata.model_copy(update={"finalizers": ("workte.am/account",)})}
    )
    acme.apply(*stalled, pending, new, held)
    for user in stalled:
        acme.report(
            user, "Ready False Invalid", "Stalled True DuplicateUserName the name is taken", "Synced False Pending"
        )
    acme.report(pending, "Ready False Creating", "Reconciling True RetryingTransient Workteam answered 503")
    acme.report(held, *SYNC)
    acme.delete(held)

    ran = workteam("status", *here)

    assert ran.code == 1
    assert (
        ran.out
        == f"""\
Current Status of {acme.namespace}/acme

Ready                    yes since 2026-11-25T12:00:00Z (Provisioned)

Mode                     Enforce
Last request             not known: no facade serves this namespace.
Last sweep               none yet
Deactivations this hour  0 of 20, 20 left
Deletions this hour      0 of 5, 5 left

          USERS  GROUPS
Pending   2      0
Stalled   4      0
Deleting  1      0
Total     7      0

1 user Pending, Pending: the operator has not looked at the last change yet
  new  new@contoso.example

1 user Pending, RetryingTransient: Workteam answered 503
  pending  pending@contoso.example

4 users Stalled, DuplicateUserName: the name is taken
  stalled-0  stalled-0@contoso.example
  stalled-1  stalled-1@contoso.example
  stalled-2  stalled-2@contoso.example
  and 1 more
  Way out: rename or delete one

1 user Deleting, Deleting
  leaver  leaver@contoso.example"""
    )


def test_json(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """A program reads the same, and the code as well."""
    ana = a_user("ana")
    acme.apply(ana)
    acme.report(ana, "Ready False Creating", "Synced False AccessWithheld taken away in Workteam")

    ran = workteam("status", *here, "-o", "json")

    assert ran.code == 1
    assert json.loads(ran.out) == {
        "namespace": acme.namespace,
        "tenant": "acme",
        "inSync": False,
        "mode": "Enforce",
        "paused": {"tenant": False, "objects": 0},
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "Provisioned",
                "message": "",
                "observedGeneration": 1,
                "lastTransitionTime": "2026-11-25T12:00:00Z",
            }
        ],
        "users": {"total": 1, "Withheld": 1},
        "groups": {"total": 0},
        "waiting": [
            {
                "kind": "WorkteamUser",
                "state": "Withheld",
                "reason": "AccessWithheld",
                "message": "taken away in Workteam",
                "count": 1,
                "examples": [{"id": "ana", "name": "ana@contoso.example"}],
                "remedy": (
                    "`active` false, then true, in Entra; or `workteam grant NAME`, which sets "
                    "`workte.am/grant-access` to the account's id"
                ),
            }
        ],
        "budget": {
            "deactivations": {"used": 0, "allowed": 20, "left": 20, "latched": False},
            "deletions": {"used": 0, "allowed": 5, "left": 5, "latched": False},
        },
        "held": 0,
        "stillWithAccess": {"count": 0, "examples": []},
        "lastSweep": None,
        "retentionDue": 0,
        "unreadable": [],
        "lastRequest": None,
        "lastRequestUnknown": "no facade serves this namespace.",
        "warnings": [],
    }


def test_what_a_person_has_to_know_of_a_tenant(kept: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """Pauses, the last sweep, an exceeded budget, what it holds, and leavers kept too long, in 80 columns."""
    metadata = {"annotations": {"workte.am/paused": "true"}}
    tenant = a_tenant("acme", scim={"paused": True})
    paused = tenant.model_copy(update={"metadata": tenant.metadata.model_copy(update=metadata)})
    held, stopped = a_user("held", active=False), a_user("stopped")
    kept.apply(paused, held, stopped.model_copy(update={"metadata": stopped.metadata.model_copy(update=metadata)}))
    sweep = {"time": "2026-11-25T11:00:00Z", "compared": 1200, "drifted": 3, "unmanaged": 2, "errors": 1}
    ledger = {"deactivations": {"latched": True, "latchedBudget": "50/10/20"}}
    kept.report(
        paused,
        "Ready False Paused",
        "DeletionBudgetAvailable False DeletionBudgetExceeded More deactivations than spec.deprovisioning.budget "
        "allows were asked for, so none is done: check them, then let them go",
        lastFullSweep=sweep,
        ledger=ledger,
        retentionDue=4,
    )
    kept.report(held, "Ready False Invalid", "Stalled True DeletionBudgetExceeded", "Synced False ReconcileError")
    kept.report(stopped, "Synced False ReconcilePaused")

    ran = workteam("status", *here)

    assert ran.code == 1
    assert max(len(line) for line in ran.out.splitlines()) <= 80
    assert ran.out.partition("\n\n")[2].startswith(
        """\
Ready                    no since 2026-11-25T12:00:00Z (Paused)
DeletionBudgetAvailable  no since 2026-11-25T12:00:00Z (DeletionBudgetExceeded:
                         More deactivations than spec.deprovisioning.budget
                         allows were asked for, so none is done: check them,
                         then let them go)

Mode                     Enforce
Paused                   the whole tenant, 1 object, what Entra sends
                         (spec.scim.paused)
Last request             not known: no facade serves this namespace.
Last sweep               2026-11-25T11:00:00Z: 1200 compared, 3 changed by
                         others, 2 that no object has (--unmanaged lists them);
                         1 given up since
Deactivations this hour  0 of 20, 0 left; exceeded, nothing more happens until a
                         person acts
Deletions this hour      0 of 5, 5 left
Held                     1 loss of access waits for `workteam release`
Leavers kept too long    4, see spec.deprovisioning.retention"""
    )


def test_who_keeps_access_that_is_to_be_taken(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """A pause, mode Plan, a refusal or policy Report may be why; a leaver without account has nothing to lose."""
    names = ("paused", "planned", "refused", "let-in", "out", "nobody", "stays")
    users = {name: a_user(name, active=name in ("paused", "planned", "stays")) for name in names}
    for name in ("paused", "planned"):
        held = users[name].metadata.model_copy(update={"finalizers": ("workte.am/account",)})
        users[name] = users[name].model_copy(update={"metadata": held})
    acme.apply(*users.values())
    there = {"accountID": "7", "syncedActive": True}
    acme.report(users["paused"], "Ready True Provisioned", "Synced False ReconcilePaused held by hand", **there)
    acme.report(users["planned"], "Ready True Observed", "Synced False Planned Would be done: deactivate", **there)
    acme.report(users["refused"], "Ready False Invalid", "Stalled True InvalidAttribute no", **there)
    gone = there | {"syncedActive": False}
    acme.report(users["let-in"], "Ready False Conflict", "Synced False DriftDetected", **gone)
    acme.report(users["out"], "Ready True Deactivated", "Synced True InSync", **gone)
    acme.report(users["nobody"], "Ready False Invalid", "Stalled True InvalidAttribute no")
    acme.report(users["stays"], *SYNC, **there)
    for name in ("paused", "planned"):
        acme.delete(users[name])

    ran = workteam("status", *here)

    assert (
        """\
Still with access        4 people are to lose it and still have it:
                         let-in@contoso.example, paused@contoso.example,
                         planned@contoso.example and 1 more"""
        in ran.out
    )
    assert (
        """\
1 user Deleting, Planned: Would be done: deactivate
  planned  planned@contoso.example
  Way out: `workteam plan` shows all plans; set `spec.mode: Enforce` on the
           tenant when they are right"""
        in ran.out
    )
    told = json.loads(workteam("status", *here, "-o", "json").out)["stillWithAccess"]
    assert (told["count"], told["examples"][0]) == (4, {"id": "let-in", "name": "let-in@contoso.example"})


def test_tenant_that_nobody_looked_at(kept: "Kept", workteam: "Run") -> None:
    """A tenant without conditions is not in sync, though it has no objects."""
    kept.apply(a_tenant("acme"))
    ran = workteam("status", "--kubeconfig", str(kept.access.kubeconfig), "-n", kept.namespace)
    assert (ran.code, ran.out.splitlines()[2]) == (1, "The operator has not looked at this tenant yet.")
