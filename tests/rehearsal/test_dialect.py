"""Request bodies, literally: what Microsoft documents for each shape, in both dialects."""

from typing import Any

import pytest

from workteam_cli.rehearsal import dialect
from workteam_cli.rehearsal.client import search_query
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.expressions import Role
from workteam_cli.rehearsal.mapping import Desired
from workteam_cli.rehearsal.scope import home_name

LEGACY, COMPLIANT = Dialect.LEGACY, Dialect.COMPLIANT
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
WORK = 'emails[type eq "work"].value'
ROLE = 'roles[primary eq "True"].value'
HR = Role("0650", "25", "Role1234")


@pytest.mark.parametrize(
    ("changes", "before", "legacy", "compliant"),
    [
        pytest.param(
            {"nickName": "Babs", WORK: "updated@contoso.com", f"{ENTERPRISE}:department": "Retail", "active": False},
            {WORK: "old@contoso.com", "active": True},
            [
                {"op": "Add", "path": "nickName", "value": "Babs"},
                {"op": "Replace", "path": WORK, "value": "updated@contoso.com"},
                {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Retail"},
                {"op": "Replace", "path": "active", "value": "False"},
            ],
            [
                {"op": "replace", "path": WORK, "value": "updated@contoso.com"},
                {"op": "add", "value": {"nickName": "Babs", f"{ENTERPRISE}:department": "Retail"}},
                {"op": "replace", "path": "active", "value": False},
            ],
            id="the documented example: filtered, scalars and active",
        ),
        pytest.param(
            {"displayName": "Bjfe", "name.givenName": "Kkom", f"{ENTERPRISE}:employeeNumber": "Aklq"},
            {"displayName": "a", "name.givenName": "b", f"{ENTERPRISE}:employeeNumber": "c"},
            [
                {"op": "Replace", "path": "displayName", "value": "Bjfe"},
                {"op": "Replace", "path": "name.givenName", "value": "Kkom"},
                {"op": "Replace", "path": f"{ENTERPRISE}:employeeNumber", "value": "Aklq"},
            ],
            [
                {
                    "op": "replace",
                    "value": {"displayName": "Bjfe", "name.givenName": "Kkom", f"{ENTERPRISE}:employeeNumber": "Aklq"},
                }
            ],
            id="scalars: one operation each, or one without path and dotted keys",
        ),
        pytest.param(
            {"active": True},
            {"active": False},
            [{"op": "Add", "path": "active", "value": "True"}],
            [{"op": "add", "path": "active", "value": True}],
            id="a restore is an Add",
        ),
        pytest.param(
            {ROLE: HR},
            {ROLE: "User"},
            [
                {
                    "op": "Add",
                    "path": "roles",
                    "value": [{"value": '{"id":"0650","value":"25","displayName":"Role1234"}'}],
                }
            ],
            [{"op": "replace", "path": ROLE, "value": "25"}],
            id="a role: a JSON document in a string, or the value on a filtered path",
        ),
        pytest.param(
            {WORK: "new@contoso.com"},
            {},
            [{"op": "Add", "path": WORK, "value": "new@contoso.com"}],
            [{"op": "add", "path": WORK, "value": "new@contoso.com"}],
            id="an element that was not there is added",
        ),
    ],
)
def test_patch(changes: Desired, before: dict[str, str | bool], legacy: list[Any], compliant: list[Any]) -> None:
    urn = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    assert dialect.patch(changes, before, LEGACY) == {"schemas": [urn], "Operations": legacy}
    assert dialect.patch(changes, before, COMPLIANT) == {"schemas": [urn], "Operations": compliant}


@pytest.mark.parametrize(
    ("body", "operation"),
    [
        pytest.param(
            dialect.set_manager("2c2f", had_one=False, dialect=LEGACY),
            {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "2c2f"},
            id="first manager, legacy: a bare id",
        ),
        pytest.param(
            dialect.set_manager("2c2f", had_one=True, dialect=COMPLIANT),
            {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": {"value": "2c2f"}},
            id="another manager, compliant: an object",
        ),
        pytest.param(
            dialect.clear_manager("2c2f", LEGACY),
            {"op": "Replace", "path": f"{ENTERPRISE}:manager", "value": ""},
            id="no manager any more, legacy",
        ),
        pytest.param(
            dialect.clear_manager("2c2f", COMPLIANT),
            {"op": "remove", "path": 'manager[value eq "2c2f"]'},
            id="no manager any more, compliant: a filter on a single value",
        ),
        pytest.param(
            dialect.add_member("f648", LEGACY),
            {"op": "Add", "path": "members", "value": [{"$ref": None, "value": "f648"}]},
            id="member, legacy",
        ),
        pytest.param(
            dialect.add_member("f648", COMPLIANT),
            {"op": "add", "path": "members", "value": [{"value": "f648"}]},
            id="member, compliant",
        ),
        pytest.param(
            dialect.remove_member("f648", LEGACY),
            {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "f648"}]},
            id="member removed, legacy: a list of values",
        ),
        pytest.param(
            dialect.remove_member("f648", COMPLIANT),
            {"op": "remove", "path": 'members[value eq "f648"]'},
            id="member removed, compliant: a filter",
        ),
    ],
)
def test_reference(body: dict[str, Any], operation: dict[str, Any]) -> None:
    assert body["Operations"] == [operation]


def test_group_is_created_empty_with_both_schemas() -> None:
    """The POST of a group has Microsoft's second schema and no members."""
    assert dialect.create_group({"displayName": "Group1", "externalId": "8aa1a0c0"}) == {
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:Group",
            "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
        ],
        "externalId": "8aa1a0c0",
        "displayName": "Group1",
        "meta": {"resourceType": "Group"},
    }


@pytest.mark.parametrize(
    ("endpoint", "attribute", "value", "query"),
    [
        pytest.param(
            "/Users",
            "userName",
            "dale.mohr@romaguera.uk",
            "filter=userName+eq+%22dale.mohr%40romaguera.uk%22",
            id="space as +, @ and quotes encoded",
        ),
        pytest.param("/Users", "userName", "a#EXT#@b", "filter=userName+eq+%22a%23EXT%23%40b%22", id="# encoded"),
        pytest.param("/Users", "userName", "o'malley+x", "filter=userName+eq+%22o%27malley%2Bx%22", id="a real plus"),
        pytest.param(
            "/Groups",
            "displayName",
            'Crew "Nordlicht" – Köln',  # noqa: RUF001 - the dash is in the name
            "excludedAttributes=members&filter=displayName+eq+%22Crew+%5C%22Nordlicht%5C%22+%E2%80%93+K%C3%B6ln%22",
            id="quotes escaped, and groups without members",
        ),
        pytest.param(
            "/Users",
            WORK,
            "x",
            "filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22x%22",
            id="a filtered path as matching attribute",
        ),
    ],
)
def test_matching_query(endpoint: str, attribute: str, value: str, query: str) -> None:
    assert search_query(endpoint, attribute, value) == query


@pytest.mark.parametrize(
    ("principal", "name"),
    [
        ("sofia.marin_fabrikam.com#EXT#@contoso.onmicrosoft.com", "sofia.marin@fabrikam.com"),
        ("a_b_fabrikam.com#EXT#@contoso.onmicrosoft.com", "a_b@fabrikam.com"),
        ("AdeleV@contoso.com", "AdeleV@contoso.com"),
    ],
)
def test_a_guest_gets_its_home_name(principal: str, name: str) -> None:
    assert home_name(principal) == name
