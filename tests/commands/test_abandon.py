"""``workteam abandon``: what is left of a tenant that is no more goes, while no operator runs."""

import io
import json
from typing import TYPE_CHECKING

import pytest

from workteam_cli.abandonment import Remains
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_group, a_tenant, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run


def held(user: WorkteamUser) -> WorkteamUser:
    """The same with our finalizer on, as the facade makes it."""
    return user.model_copy(update={"metadata": user.metadata.model_copy(update={"finalizers": (FINALIZER,)})})


@pytest.fixture
def left(kept: "Kept") -> "Kept":
    """Two users and a group that name a tenant which is not there; one user was deleted, and is held."""
    leaver = held(a_user("leaver"))
    kept.apply(leaver, held(a_user("ana")), a_group("crew"), held(a_user("other", tenant="globex")))
    kept.delete(leaver)
    return kept


def users(kept: "Kept") -> dict[str, list[str]]:
    """The finalizers of the users that are there, by name."""
    found = json.loads(kept.access.kubectl("get", "workteamusers", "-n", kept.namespace, "-o", "json"))["items"]
    return {user["metadata"]["name"]: user["metadata"].get("finalizers", []) for user in found}


def test_what_is_left_is_let_go(left: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """Who was deleted is gone, the other loses the finalizer and says who did it; another tenant's user stays."""
    ran = workteam("abandon", *here, "--tenant", "acme", "--yes", "--reason", "contract ended", "-o", "json")

    assert ran.code == 0
    assert [(one["id"], one["annotation"], one["done"]) for one in json.loads(ran.out)] == [
        ("ana", "workte.am/break-glass-reason", True),
        ("leaver", "workte.am/break-glass-reason", True),
    ]
    assert users(left) == {"ana": [], "other": [FINALIZER]}
    ana = json.loads(left.access.kubectl("get", "workteamuser", "ana", "-n", left.namespace, "-o", "json"))
    who = json.loads(left.access.kubectl("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"]
    assert ana["metadata"]["annotations"]["workte.am/break-glass-reason"].endswith(f"Z {who}: contract ended")
    events = json.loads(left.access.kubectl("get", "events", "-n", left.namespace, "-o", "json"))["items"]
    assert sorted((e["type"], e["reason"], e["involvedObject"]["name"]) for e in events) == [
        ("Warning", "Abandoned", "ana"),
        ("Warning", "Abandoned", "leaver"),
    ]


@pytest.mark.parametrize(
    ("typed", "code", "sentence"),
    [
        ("globex\n", 1, "error: Nothing was changed: that is not acme."),
        ("", 64, "error: Nothing was changed, as nobody confirmed it: --yes confirms it beforehand."),
        ("acme\n", 0, "Those that were deleted are gone now; the others go at once when they are deleted."),
    ],
    ids=["another name", "nobody there", "the tenant's name"],
)
def test_the_tenants_name_is_typed(  # noqa: PLR0917 - fixtures and the row
    left: "Kept",
    here: tuple[str, ...],
    workteam: "Run",
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    sentence: str,
) -> None:
    """Without --yes a person types the name of the tenant; anything else changes nothing."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    ran = workteam("abandon", *here, "--tenant", "acme")
    assert (ran.code, ran.err.endswith(sentence)) == (code, True)
    assert ("leaver" in users(left)) is (code != 0)


def test_a_living_tenant_is_refused_but_for_force(kept: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """A tenant that is there, not deleted and not decommissioned may be called by the operator, and is left to it."""
    kept.apply(a_tenant("acme"), held(a_user("ana")))
    refused = workteam("abandon", *here, "--tenant", "acme", "--yes")
    forced = workteam("abandon", *here, "--tenant", "acme", "--yes", "--force")
    assert (refused.code, forced.code, users(kept)) == (1, 0, {"ana": []})
    assert refused.err.splitlines()[-1] == (
        f"error: {kept.namespace}/acme is alive, and the operator may call it: delete the WorkteamTenant or set its "
        "spec.decommissioned to true; --force abandons its objects in spite of that."
    )


def test_a_deleted_tenant_goes_with_its_objects(kept: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """A tenant that waits for its objects is let go after them."""
    tenant = a_tenant("acme")
    waiting = tenant.model_copy(
        update={"metadata": tenant.metadata.model_copy(update={"finalizers": ("workte.am/in-use",)})}
    )
    kept.apply(waiting, held(a_user("ana")))
    kept.delete(tenant)
    ran = workteam("abandon", *here, "--tenant", "acme", "--yes")
    left = kept.access.kubectl("get", "workteamtenants", "-n", kept.namespace, "-o", "name")
    assert (ran.code, users(kept), left) == (0, {"ana": []}, "")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 64, "error: Name the tenant by --tenant: none is guessed for this."),
        (
            ("--tenant", "nobody"),
            66,
            "error: Nothing names a tenant nobody in {namespace}: there is nothing to abandon.",
        ),
    ],
    ids=["no tenant", "nothing of it"],
)
def test_wrong_command_lines(  # noqa: PLR0917 - fixtures and the row
    kept: "Kept", here: tuple[str, ...], workteam: "Run", arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = workteam("abandon", *here, *arguments)
    assert (ran.code, ran.err.splitlines()[-1]) == (code, sentence.format(namespace=kept.namespace))


@pytest.mark.parametrize(
    ("tenant", "alive"),
    [
        pytest.param(None, False, id="there is none"),
        pytest.param(a_tenant("acme"), True, id="there is one"),
        pytest.param(a_tenant("acme", decommissioned=True), False, id="it is decommissioned"),
    ],
)
def test_when_a_tenant_is_alive(tenant: WorkteamTenant | None, alive: bool) -> None:  # noqa: FBT001 - a row of a table
    """The operator calls a tenant that is there and not decommissioned; one that is deleted is tested above."""
    assert Remains(TenantKey("workteam", "acme"), tenant, ()).alive is alive
