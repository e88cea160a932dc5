"""What an account should be, and what it lacks."""

from typing import Any

import pytest

from workteam_crds.testing import a_user
from workteam_operator.backend.port import Account, Capabilities, DesiredAccount
from workteam_operator.mapping import desired_account, differences, synced_attributes

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"

PATHS = (
    "displayName title name.givenName name.familyName emails emails.type emails.value emails.primary"
    f" roles roles.value {ENTERPRISE}:department {MANAGER}"
)
KNOWN = Capabilities(patch=True, groups=True, attributes=frozenset(PATHS.split()))

WORK = {"type": "work", "value": "ana@contoso.example", "primary": True}
HOME = {"type": "home", "value": "ana@home.example"}


def account(**attributes: Any) -> Account:
    return Account("7", "ana@contoso.example", "ana", active=True, attributes=attributes)


def desired(undecided: frozenset[str] = frozenset(), **attributes: Any) -> DesiredAccount:
    return DesiredAccount("ana@contoso.example", "ana", active=True, attributes=attributes, undecided=undecided)


def test_an_object_is_mapped_by_path() -> None:
    """Attributes as SCIM names them, the extension by its URN, the manager as an account; values as they were sent."""
    user = a_user(
        externalId="Ana",
        title=" Engineer ",
        name={"givenName": "Ana"},
        emails=[WORK],
        enterprise={"department": "Retail", "manager": {"value": "ben"}},
    )
    assert desired_account(user, KNOWN, manager="8") == DesiredAccount(
        user_name="ana@contoso.example",
        external_id="Ana",
        active=True,
        attributes={
            "title": " Engineer ",
            "name.givenName": "Ana",
            "emails": [WORK],
            f"{ENTERPRISE}:department": "Retail",
            MANAGER: "8",
        },
    )


def test_without_external_id_the_objects_name_is_sent() -> None:
    """So a second look finds the account again."""
    assert desired_account(a_user("ana"), KNOWN, manager=None).external_id == "ana"


def test_nothing_is_said_of_active_if_the_object_says_nothing() -> None:
    assert desired_account(a_user(active=None), KNOWN, manager=None).active is None


def test_what_the_tenant_does_not_know_is_named_and_not_sent() -> None:
    """Whole attributes, and parts of multi-valued ones."""
    user = a_user(nickName="An", emails=[WORK | {"display": "Ana"}], phoneNumbers=[{"type": "work", "value": "1"}])
    found = desired_account(user, KNOWN, manager=None)
    assert found.attributes == {"emails": [WORK]}
    assert found.unsupported == ("emails.display", "nickName", "phoneNumbers")


def test_a_type_that_the_schema_does_not_name_is_not_sent() -> None:
    """A tenant with an address for work only gets that one; a schema that names no types of roles limits none."""
    known = Capabilities(patch=True, groups=True, attributes=KNOWN.attributes | {'emails[type eq "Work"]'})
    role = {"value": "User"}
    found = desired_account(a_user(emails=[WORK, HOME], roles=[role]), known, manager=None)
    assert found.attributes == {"emails": [WORK], "roles": [role]}
    assert found.unsupported == ('emails[type eq "home"]',)


def test_names_of_attributes_have_no_case() -> None:
    """A tenant may announce ``Title`` (RFC 7643 §2.1)."""
    known = Capabilities(patch=True, groups=True, attributes=frozenset({"Title", "NAME.givenname"}))
    user = a_user(title="Engineer", name={"givenName": "Ana"})
    assert desired_account(user, known, manager=None).attributes == {"title": "Engineer", "name.givenName": "Ana"}


def test_a_manager_without_account_is_undecided() -> None:
    found = desired_account(a_user(enterprise={"manager": {"value": "ben"}}), KNOWN, manager=None)
    assert found.undecided == {MANAGER}
    assert found.attributes == {}


def test_an_undecided_manager_changes_nothing_and_stays_ours() -> None:
    """It is neither set nor unset, even if an earlier one was ours."""
    waiting = desired(undecided=frozenset({MANAGER}))
    assert differences(account(**{MANAGER: "8"}), waiting, synced=[MANAGER]) == {}
    assert synced_attributes(waiting, [MANAGER, "title"]) == (MANAGER,)


def test_identity_and_access_are_compared_exactly() -> None:
    """UserName by its characters too: a change of case is a change."""
    wanted = DesiredAccount("Ana@contoso.example", "Ana", active=False)
    assert differences(account(), wanted) == {"userName": "Ana@contoso.example", "externalId": "Ana", "active": False}


def test_access_is_left_alone_if_nothing_is_said() -> None:
    assert differences(account(), DesiredAccount("ana@contoso.example", "ana", active=None)) == {}


CASES = [
    pytest.param({"title": "A"}, {"title": "A"}, [], {}, id="equal"),
    pytest.param({"title": "A"}, {"title": "B"}, [], {"title": "B"}, id="what is said is written over what HR wrote"),
    pytest.param({}, {"title": "B"}, ["title"], {"title": "B"}, id="what went missing in Workteam is written again"),
    pytest.param({"title": "A"}, {}, [], {}, id="HR's attribute that nobody said survives adoption"),
    pytest.param({"title": "A"}, {}, ["title"], {"title": None}, id="ours that is said no longer is unset"),
    pytest.param({}, {}, ["title"], {}, id="ours that is gone already needs nothing"),
    pytest.param({}, {"title": ""}, [], {}, id="an empty text is nothing"),
    pytest.param({"emails": [HOME]}, {"emails": [WORK]}, [], {"emails": [HOME, WORK]}, id="another type is added"),
    pytest.param(
        {"emails": [HOME | {"primary": True}]},
        {"emails": [WORK]},
        [],
        {"emails": [HOME, WORK]},
        id="only one is primary",
    ),
    pytest.param({"emails": [HOME, WORK]}, {"emails": [WORK]}, [], {}, id="another's address at home survives"),
    pytest.param(
        {"emails": [HOME, WORK]},
        {"emails": [WORK]},
        ['emails[type eq "home"]', 'emails[type eq "work"]'],
        {"emails": [WORK]},
        id="our address at home is taken away",
    ),
    pytest.param(
        {"emails": [HOME, WORK]},
        {},
        ['emails[type eq "home"]', 'emails[type eq "work"]'],
        {"emails": None},
        id="the last of ours unsets the attribute",
    ),
    pytest.param(
        {"emails": [{**WORK, "display": "Ana"}, {**HOME, "primary": False}]},
        {"emails": [HOME, WORK]},
        [],
        {},
        id="order, and what the tenant adds, do not count",
    ),
    pytest.param(
        {"emails": [WORK | {"value": "old@contoso.example"}]},
        {"emails": [WORK]},
        [],
        {"emails": [WORK]},
        id="the same type is replaced",
    ),
    pytest.param(
        {"roles": [{"value": "User"}]},
        {"roles": [{"value": "Admin"}]},
        [],
        {"roles": [{"value": "Admin"}]},
        id="without types the list is ours as a whole",
    ),
    pytest.param({"roles": [{"value": "HR"}]}, {}, ["emails"], {}, id="a list that was never ours is left alone"),
    pytest.param({"roles": [{"value": "User"}]}, {}, ["roles"], {"roles": None}, id="a role that was ours is taken"),
    pytest.param({MANAGER: "8"}, {MANAGER: "9"}, [MANAGER], {MANAGER: "9"}, id="another manager"),
    pytest.param({MANAGER: "8"}, {}, [MANAGER], {MANAGER: None}, id="no manager any more"),
]


@pytest.mark.parametrize(("held", "said", "synced", "changes"), CASES)
def test_differences(held: dict[str, Any], said: dict[str, Any], synced: list[str], changes: dict[str, Any]) -> None:
    """What is said is written; what we wrote and is said no longer is unset; what is another's is never touched."""
    assert differences(account(**held), desired(**said), synced=synced) == changes


def test_an_attribute_that_the_tenant_no_longer_knows_is_not_unset() -> None:
    """It is said, and cannot be written: that is no reason to take it away."""
    wanted = DesiredAccount("ana@contoso.example", "ana", active=True, unsupported=("title",))
    assert differences(account(title="A"), wanted, synced=["title"]) == {}


def test_a_type_that_the_tenant_no_longer_names_is_not_unset() -> None:
    """Likewise: the address at home was ours, is said still, and stays."""
    home = 'emails[type eq "home"]'
    wanted = DesiredAccount("ana@contoso.example", "ana", active=True, unsupported=(home,))
    assert differences(account(emails=[HOME]), wanted, synced=[home]) == {}


def test_ours_are_paths_without_values() -> None:
    """Multi-valued ones by type; never an address or a role."""
    wanted = desired(title="A", emails=[WORK, HOME], roles=[{"value": "Admin"}])
    expected = ('emails[type eq "home"]', 'emails[type eq "work"]', "roles", "title")
    assert synced_attributes(wanted) == expected
