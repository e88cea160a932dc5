"""A user that people keep in Git lives as one from Entra does: apply, wait, edit, delete, by kubectl alone."""

import re
from typing import Any

import pytest
import yaml

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.tenant.faults import Answer, Fault, Hold, Point, Reset
from workteam_cli.testing import Onlooker

ANA = """\
apiVersion: workte.am/v1alpha1
kind: WorkteamUser
metadata:
  name: ana-of-{tenant}
  namespace: {namespace}
  labels: {{workte.am/tenant: {tenant}, workte.am/source: git}}
spec:
  tenantRef: {{name: {tenant}}}
  userName: ana.lund@contoso.example
  externalId: ana.lund
  active: true
  displayName: Ana Lund
  title: Engineer
  emails: [{{type: work, value: ana.lund@contoso.example, primary: true}}]
  enterprise: {{department: Research}}
"""
ACCOUNT = {
    "userName": "ana.lund@contoso.example",
    "externalId": "ana.lund",
    "active": True,
    "displayName": "Ana Lund",
    "title": "Engineer",
    "emails": [{"type": "work", "value": "ana.lund@contoso.example", "primary": True}],
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Research"},
}
NOT_SENT = {"id", "meta", "schemas"}


class Keyboard:
    """A person with kubectl, at one user of one tenant."""

    def __init__(self, onlooker: Onlooker) -> None:
        self.onlooker = onlooker
        self._access = onlooker.access
        self._where = ("-n", onlooker.tenant.settings.namespace)
        self.name = f"ana-of-{onlooker.tenant.settings.name}"

    def apply(self, manifest: str) -> None:
        """``kubectl apply``, then wait as a pipeline does."""
        settings = self.onlooker.tenant.settings
        self._access.kubectl(
            "apply", "-f", "-", stdin=manifest.format(namespace=settings.namespace, tenant=settings.name)
        )
        self.kubectl("wait", f"workteamuser/{self.name}", "--for=condition=Ready", "--timeout=60s")

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the tenant's namespace."""
        return self._access.kubectl(*arguments, *self._where)

    def user(self) -> dict[str, Any] | None:
        """Read the user, or None."""
        return self._access.get("workteamuser", self.name, *self._where)

    def accounts(self) -> list[dict[str, Any]]:
        """Read what the tenant holds, without what a server adds by itself."""
        found = self.onlooker.resources("/Users").values()
        return [{key: value for key, value in each.items() if key not in NOT_SENT} for each in found]


@pytest.fixture
def ana(stack: Stack, tenant: RunningTenant) -> Keyboard:
    """A person with kubectl, who is about to write a user."""
    return Keyboard(Onlooker(stack, tenant))


def test_apply_and_wait(ana: Keyboard) -> None:
    """When ``kubectl wait`` returns, the account is there and has everything that the object says."""
    ana.apply(ANA)
    assert ana.accounts() == [ACCOUNT]


def test_an_edited_title_reaches_the_tenant(ana: Keyboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """The title alone changes, by one PATCH, and a status of the new generation says that it is done."""
    ana.apply(ANA)
    with ana.onlooker.control() as control:
        last = control.log()[-1].sequence
        monkeypatch.setenv("KUBE_EDITOR", "sed -i 's/title: Engineer/title: Head of Research/'")
        ana.kubectl("edit", "workteamuser", ana.name)
        ana.onlooker.settled()
        written = [
            (entry.method, entry.status in {200, 204}) for entry in control.log(since=last) if entry.method != "GET"
        ]
    assert ana.accounts() == [ACCOUNT | {"title": "Head of Research"}]
    assert written == [("PATCH", True)]  # the first of a connection learns that Workteam answers 204


def test_a_removed_title_is_unset(ana: Keyboard) -> None:
    """What a manifest says no longer goes from the account; what else it has stays."""
    ana.apply(ANA)
    ana.apply(ANA.replace("  title: Engineer\n", ""))
    ana.onlooker.settled()
    assert ana.accounts() == [{key: value for key, value in ACCOUNT.items() if key != "title"}]


def test_delete_takes_the_access_and_only_then_lets_the_object_go(ana: Keyboard) -> None:
    """While the deactivation has no answer the object stays, terminating; once it has, the object is gone."""
    ana.apply(ANA)
    with ana.onlooker.control() as control:
        control.add(Hold(method="PATCH", point=Point.BEFORE))
        ana.kubectl("delete", "workteamuser", ana.name, "--wait=false")
        [held] = control.wait_held()
        user = ana.user()
        assert user is not None
        assert ("deletionTimestamp" in user["metadata"], user["metadata"]["finalizers"]) == (
            True,
            ["workte.am/account"],
        )
        assert ana.accounts() == [ACCOUNT]
        control.clear()
        control.release(held)
    ana.kubectl("wait", f"workteamuser/{ana.name}", "--for=delete", "--timeout=60s")
    assert ana.accounts() == [ACCOUNT | {"active": False}]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Answer(method="PATCH", status=403, count=2), id="denied for a moment"),
        pytest.param(Answer(method="PATCH", status=403, body='"active"', count=1), id="denied for this one alone"),
        pytest.param(Answer(method="PATCH", status=503, retry_after="1", count=1), id="busy"),
        pytest.param(Reset(method="PATCH", count=2), id="lost on the way"),
    ],
)
def test_a_deactivation_that_fails_is_tried_until_it_is_seen_done(ana: Keyboard, fault: Fault) -> None:
    """The object stays until then, whatever the tenant said at first, and nobody has to help."""
    ana.apply(ANA)
    with ana.onlooker.control() as control:
        number = control.add(fault)
        ana.kubectl("delete", "workteamuser", ana.name, "--wait=false")
        ana.kubectl("wait", f"workteamuser/{ana.name}", "--for=delete", "--timeout=60s")
        assert control.matched()[number] >= 1
    assert ana.accounts() == [ACCOUNT | {"active": False}]


def test_what_the_kind_refuses_is_said_by_kubectl(ana: Keyboard) -> None:
    """A misspelt attribute never gets in, and the tenant hears nothing."""
    manifest = yaml.safe_load(ANA.format(namespace="workteam", tenant=ana.onlooker.tenant.settings.name))
    manifest["spec"]["titel"] = "Engineer"
    with pytest.raises(Exception, match=r"""unknown field "spec\.titel\"""") as refused:
        ana.onlooker.access.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(manifest))
    assert "kubectl apply failed" in str(refused.value)
    assert (ana.user(), ana.accounts()) == (None, [])


EXPLAINED = {
    "userName": "The name for signing in; unique in the tenant, whatever its case.",
    "active": "Whether the user has access. Absent means: nothing is said, so an existing account keeps what it has.",
    "title": "The job title.",
    "enterprise": "The enterprise extension.",
    "tenantRef": "The WorkteamTenant of this namespace to which the user belongs; immutable.",
}


@pytest.mark.parametrize(
    "part",
    [
        "workteamuser.spec",
        "workteamuser.spec.name",
        "workteamuser.spec.emails",
        "workteamuser.spec.phoneNumbers",
        "workteamuser.spec.addresses",
        "workteamuser.spec.roles",
        "workteamuser.spec.enterprise",
        "workteamuser.spec.enterprise.manager",
        "workteamuser.status",
        "workteamgroup.spec",
        "workteamtenant.spec",
        "workteamtenant.spec.deprovisioning",
    ],
)
def test_explain_says_a_sentence_of_each_field(cluster_access: Access, part: str) -> None:
    """The part itself and each field in it has a whole sentence in ``kubectl explain``."""
    text = cluster_access.kubectl("explain", part)
    fields = explained(text)
    assert fields
    assert [name for name, said in fields.items() if not re.fullmatch(r"\S.*\.", said)] == []


def test_explain_reads_well(cluster_access: Access) -> None:
    """A few descriptions, word for word."""
    fields = explained(cluster_access.kubectl("explain", "workteamuser.spec"))
    assert {name: fields[name] for name in EXPLAINED} == EXPLAINED


def explained(text: str) -> dict[str, str]:
    """Return what ``kubectl explain`` says of a part (under its kind) and of each of its fields, on one line each."""
    about, _, fields = text.partition("FIELDS:\n")
    description = about.partition("DESCRIPTION:\n")[2]
    found = re.findall(r"^  (\w+)\t[^\n]*\n((?:    [^\n]*\n)+)", fields, re.MULTILINE)
    return {"": " ".join(description.split())} | {name: " ".join(said.split()) for name, said in found}
