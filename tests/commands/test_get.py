"""``workteam get``: one user or group by any name."""

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from workteam_crds.testing import a_group, a_membership, a_user

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run


@pytest.fixture
def people(acme: "Kept") -> None:
    """Ana is in a group by its own list, and in another by a membership; two people are called Bo Berg."""
    ana = a_user("id-of-ana", userName="Ana@Contoso.example", externalId="AnaL", displayName="Ana Lund")
    crew = a_group("id-of-crew", "id-of-ana", "nobody", displayName="sg-Crew", externalId="b0-crew")
    large = a_group("id-of-large", displayName="sg-All")
    acme.apply(ana, crew, large, a_membership("id-of-large", "id-of-ana"))
    acme.apply(a_user("bo-1", displayName="Bo Berg"), a_user("bo-2", displayName="BO BERG"))
    acme.report(ana, "Ready True Provisioned", "Synced True Adopted matched by externalId", accountID="5171a35d")
    acme.report(crew, "Ready False Creating", "Synced False Pending", "Reconciling True RetryingTransient")


@pytest.mark.parametrize("name", ["ana@contoso.EXAMPLE", "ID-OF-ANA", "anal", "ana lund"])
@pytest.mark.usefixtures("people")
def test_user_by_any_name(here: tuple[str, ...], workteam: "Run", name: str) -> None:
    """userName, id, externalId and displayName all find her, in any case."""
    ran = workteam("get", name, *here)
    assert ran.code == 0
    assert (
        ran.out
        == """\
WorkteamUser   id-of-ana
userName       Ana@Contoso.example
active         yes
Account        5171a35d
displayName    Ana Lund
externalId     AnaL
State          Ready, Provisioned
               Ready: yes since 2026-11-25T12:00:00Z (Provisioned)
               Synced: yes since 2026-11-25T12:00:00Z (Adopted: matched by externalId)
Groups         sg-All (id-of-large)
               sg-Crew (id-of-crew)"""
    )


@pytest.mark.usefixtures("people")
def test_group(here: tuple[str, ...], workteam: "Run") -> None:
    """A group shows its team and its members; an id of nobody is called that."""
    ran = workteam("get", "SG-crew", *here)
    assert ran.code == 0
    assert (
        ran.out
        == """\
WorkteamGroup  id-of-crew
Team           none yet
displayName    sg-Crew
externalId     b0-crew
State          Pending, RetryingTransient
               Ready: no since 2026-11-25T12:00:00Z (Creating)
               Synced: no since 2026-11-25T12:00:00Z (Pending)
               Reconciling: yes since 2026-11-25T12:00:00Z (RetryingTransient)
Members        Ana@Contoso.example (id-of-ana)
               nobody (nobody)"""
    )


@pytest.mark.usefixtures("people")
def test_documents(here: tuple[str, ...], workteam: "Run") -> None:
    """JSON and YAML say the same: what is known, and the object as it is in the cluster."""
    as_json = json.loads(workteam("get", "anal", *here, "-o", "json").out)
    as_yaml = yaml.safe_load(workteam("get", "anal", *here, "-o", "yaml").out)
    assert as_json == as_yaml
    assert {key: value for key, value in as_json.items() if key != "object"} == {
        "state": "Ready",
        "reason": "Provisioned",
        "conditions": [
            "Ready: yes since 2026-11-25T12:00:00Z (Provisioned)",
            "Synced: yes since 2026-11-25T12:00:00Z (Adopted: matched by externalId)",
        ],
        "account": "5171a35d",
        "groups": [{"id": "id-of-large", "name": "sg-All"}, {"id": "id-of-crew", "name": "sg-Crew"}],
    }
    assert (as_json["object"]["kind"], as_json["object"]["spec"]) == (
        "WorkteamUser",
        {
            "tenantRef": {"name": "acme"},
            "userName": "Ana@Contoso.example",
            "externalId": "AnaL",
            "active": True,
            "displayName": "Ana Lund",
        },
    )


@pytest.mark.usefixtures("people")
def test_several_and_none(acme: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """Two of one name are both named; nobody of a name is one sentence."""
    several, none = workteam("get", "bo berg", *here), workteam("get", "eve", *here)
    assert (several.code, several.out) == (66, "")
    assert several.err.splitlines()[-1] == (
        "error: bo berg is ambiguous, ask for one by its id: WorkteamUser bo-1 (bo-1@contoso.example), "
        "WorkteamUser bo-2 (bo-2@contoso.example)."
    )
    assert (none.code, none.out) == (66, "")
    assert none.err.splitlines()[-1] == (
        f"error: {acme.namespace}/acme has no user or group with the userName, displayName, externalId or id eve."
    )
