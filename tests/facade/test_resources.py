"""Bodies of POST and PUT: how a whole resource is read, and what is refused."""

from typing import Any

import pytest
from scim2_models import SCIMException

from workteam_scim.paths import Table, group_table, user_table
from workteam_scim.provider import READING
from workteam_scim.requests import read_resource

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"UserName": "a", "Active": "True"}, {"userName": "a", "active": True}, id="keys-in-any-case"),
        pytest.param({"id": "x", "meta": {}, "schemas": ["y"], "password": "p"}, {}, id="not-for-clients"),
        pytest.param({"addresses": None, "title": None, "name": None}, {}, id="null-is-absent"),
        pytest.param({"title": "", "emails": [], "roles": ""}, {}, id="empty-is-absent"),
        pytest.param(
            {"emails": [{"Primary": "True", "type": "work", "value": "v"}]},
            {"emails": [{"primary": True, "type": "work", "value": "v"}]},
            id="elements",
        ),
        pytest.param(
            {"name": {"givenName": "", "familyName": "x"}}, {"name": {"familyName": "x"}}, id="empty-part-is-absent"
        ),
        pytest.param({"manager": []}, {}, id="no-manager"),
        pytest.param({ENT: {"manager": {}}}, {}, id="empty-manager"),
        pytest.param({ENT: None}, {}, id="no-extension"),
        pytest.param({"roles": ['{"a":' * 3000]}, {"roles": [{"value": '{"a":' * 3000}]}, id="deep-json-is-a-value"),
        pytest.param({"roles": ["User"]}, {"roles": [{"value": "User"}]}, id="bare-roles"),
        pytest.param(
            {"name.givenName": "G", "name": {"familyName": "F"}},
            {"name": {"givenName": "G", "familyName": "F"}},
            id="dotted-before",
        ),
        pytest.param(
            {"name": {"familyName": "F"}, "name.givenName": "G"},
            {"name": {"familyName": "F", "givenName": "G"}},
            id="dotted",
        ),
        pytest.param(
            {
                'phoneNumbers[type eq "work"].value': "1",
                'phoneNumbers[type eq "work"].display': "one",
                'roles[primary eq "True"].value': "R",
            },
            {
                "phoneNumbers": [{"type": "work", "value": "1", "display": "one"}],
                "roles": [{"primary": True, "value": "R"}],
            },
            id="value-paths",
        ),
        pytest.param(
            {'emails[type eq "home"].value': "h", 'emails[type eq "work"].value': "w"},
            {"emails": [{"type": "home", "value": "h"}, {"type": "work", "value": "w"}]},
            id="two-elements",
        ),
        pytest.param(
            {'emails[type eq "work"]': {"value": "v"}}, {"emails": [{"type": "work", "value": "v"}]}, id="element-path"
        ),
    ],
)
def test_a_user_is_read(given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read_resource(given, user_table(), READING).resource == {"schemas": [USER], **expected}


@pytest.mark.parametrize("manager", ["m", {"value": "m"}, {"Value": "m"}, [{"value": "m"}]], ids=str)
@pytest.mark.parametrize("key", [f"{ENT}:manager", "manager", "nested"])
def test_a_manager_is_read_in_every_shape(key: str, manager: Any) -> None:
    given = {ENT: {"manager": manager, "department": None}} if key == "nested" else {key: manager}
    read = read_resource(given, user_table(), READING).resource
    assert read == {"schemas": [USER, ENT], ENT: {"manager": {"value": "m"}}}


def test_a_group_is_read() -> None:
    """Members as ids, objects or one of them; each once, in order."""
    body = read_resource(
        {"displayName": "G", "members": ["a", {"value": "b", "display": "B"}, "a"]}, group_table(), READING
    )
    assert body.resource == {"schemas": [GROUP], "displayName": "G", "members": [{"value": "a"}, {"value": "b"}]}
    assert "members" not in read_resource({"displayName": "G", "members": None}, group_table(), READING).resource


@pytest.mark.parametrize(
    ("given", "emails"),
    [
        ({'emails[type sw "w"].value': "x"}, None),
        (
            {"emails.value": "x", 'emails[type eq "work"].value': "y"},
            [{"value": "x"}, {"type": "work", "value": "y"}],
        ),
        ({'emails[type eq "work"].value': "y", "emails.value": "x"}, [{"type": "work", "value": "x"}]),
    ],
    ids=["no element to make", "one without a type", "the one there is"],
)
def test_dotted_and_filtered_keys_meet(given: dict[str, Any], emails: list[Any] | None) -> None:
    """In a whole resource as in the paths of a PATCH, one after the other; what makes no element is ignored."""
    assert read_resource(given, user_table(), READING).resource.get("emails") == emails


@pytest.mark.parametrize(
    ("given", "table", "scim_type"),
    [
        ([], user_table(), "invalidSyntax"),
        ({"userName": ""}, user_table(), "invalidValue"),
        ({"displayName": "G", "members": [{}]}, group_table(), "invalidValue"),
        ({"displayName": "G", "member": ["a"]}, group_table(), "invalidPath"),
        ({"name": "Ana", "name.givenName": "G"}, user_table(), "invalidValue"),
        ({"emails": [{"foo": 1}]}, user_table(), "invalidValue"),
    ],
    ids=str,
)
def test_a_malformed_resource_is_refused(given: Any, table: Table, scim_type: str) -> None:
    with pytest.raises(SCIMException) as caught:
        read_resource(given, table, READING)
    assert (caught.value.status, caught.value.scim_type) == (400, scim_type)
