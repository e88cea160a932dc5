"""Whole bodies of PATCH, POST and PUT: how they are taken apart, and what is refused."""

from typing import Any

import pytest
from scim2_models import SCIMException

from workteam_scim.paths import Table, group_table, user_table
from workteam_scim.provider import NORMALISERS, READING
from workteam_scim.requests import read_patch, read_resource

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENT}:manager"


def read(*operations: Any, table: Table | None = None) -> list[tuple[Any, ...]]:
    """Return the operations that the library reads, as (op, path, value)."""
    patch = read_patch({"Operations": list(operations)}, table or user_table(), NORMALISERS, resource_id="u1")
    body = patch.body("m1")
    return [] if body is None else [tuple(operation.values()) for operation in body["Operations"]]


def refused(*operations: Any, table: Table | None = None) -> tuple[int, str]:
    """Return status and scimType of the refusal."""
    with pytest.raises(SCIMException) as caught:
        read(*operations, table=table)
    return caught.value.status, caught.value.scim_type


PATHLESS = {
    "id": "u1",
    "schemas": [USER],
    "displayName": "B",
    "name.givenName": "G",
    f"{ENT}:employeeNumber": "A",
    f"{USER}:title": "T",
    USER: {"nickName": "N"},
    ENT: {"department": "D", "manager": "m2"},
    'emails[type eq "work"].value': "x@y",
    "name": {"familyName": "F"},
    "unknown": 1,
}
EXPANDED = [
    ("replace", "displayName", "B"),
    ("replace", "name.givenName", "G"),
    ("replace", f"{ENT}:employeeNumber", "A"),
    ("replace", "title", "T"),
    ("replace", "nickName", "N"),
    ("replace", f"{ENT}:department", "D"),
    ("replace", f"{MANAGER}.value", "m2"),
    ("replace", 'emails[type eq "work"].value', "x@y"),
    ("replace", "name.familyName", "F"),
]


@pytest.mark.parametrize("path", [{}, {"path": ""}, {"path": None}, {"path": USER}])
def test_without_a_path_each_key_is_one(path: dict[str, Any]) -> None:
    """Plain, dotted, URN and value-path keys, nested objects, in their order."""
    assert read({"op": "replace", **path, "value": dict(PATHLESS)}) == EXPANDED


def test_an_extension_as_path_takes_an_object() -> None:
    assert read({"op": "add", "path": ENT, "value": {"department": "D"}}) == [("add", f"{ENT}:department", "D")]


def test_a_condition_on_the_manager_sees_earlier_operations() -> None:
    """Removed, set anew and removed by its new value, in one request."""
    operations = [
        {"op": "remove", "path": 'manager[value eq "m1"]'},
        {"op": "remove", "path": 'manager[value eq "m1"]'},
        {"op": "add", "path": "manager", "value": "m2"},
        {"op": "remove", "path": 'manager[value eq "m2"]'},
    ]
    assert read(*operations) == [("remove", MANAGER), ("add", f"{MANAGER}.value", "m2"), ("remove", MANAGER)]


def test_the_envelope_is_read_in_any_case() -> None:
    """``operations``, further keys, and no operation at all."""
    patch = read_patch({"id": "x", "operations": []}, user_table(), NORMALISERS, resource_id="u1")
    assert patch.body(None) is None


@pytest.mark.parametrize(
    ("operation", "scim_type"),
    [
        ({"op": "move", "path": "title"}, "invalidSyntax"),
        ({"path": "title"}, "invalidSyntax"),
        ("add", "invalidSyntax"),
        ({"op": "add", "path": 7, "value": "x"}, "invalidPath"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": ""}, "noTarget"),
        ({"op": "add", "value": "x"}, "invalidValue"),
        ({"op": "add", "path": "title"}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": ""}, "invalidValue"),
        ({"op": "replace", "path": "userName", "value": None}, "invalidValue"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "active", "value": ""}, "invalidValue"),
        ({"op": "replace", "path": MANAGER, "value": {}}, "invalidValue"),
        ({"op": "replace", "path": MANAGER, "value": {"id": "m"}}, "invalidValue"),
        ({"op": "replace", "path": MANAGER, "value": {"value": True}}, "invalidValue"),
        ({"op": "replace", "path": MANAGER, "value": ["a", "b"]}, "invalidValue"),
        ({"op": "remove", "path": 'manager[value sw "m"]'}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [7]}, "invalidValue"),
        ({"op": "replace", "path": "addresses", "value": ["Ring 1"]}, "invalidValue"),
        ({"op": "replace", "path": "id", "value": "u2"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
        ({"op": "replace", "value": {"id": "u2"}}, "mutability"),
    ],
    ids=str,
)
def test_what_is_malformed_is_refused(operation: Any, scim_type: str) -> None:
    assert refused(operation) == (400, scim_type)


@pytest.mark.parametrize("body", [[], "x", None, {}, {"Operations": {}}, {"Operations": None}], ids=str)
def test_what_is_no_patch_is_refused(body: Any) -> None:
    with pytest.raises(SCIMException) as caught:
        read_patch(body, user_table(), NORMALISERS, resource_id="u1")
    assert (caught.value.status, caught.value.scim_type) == (400, "invalidSyntax")


def test_more_than_a_thousand_operations_are_refused() -> None:
    assert len(read(*[{"op": "add", "path": "title", "value": "x"}] * 1000)) == 1000
    assert refused(*[{"op": "add", "path": "title", "value": "x"}] * 1001)[0] == 413


def test_unknown_attributes_are_counted() -> None:
    """Two that no document names; the known one is read."""
    values = {"shoeSize": 42, "title": "T", "urn:other:2.0:User": {"x": 1}}
    patch = read_patch({"Operations": [{"op": "add", "value": values}]}, user_table(), NORMALISERS, resource_id="u1")
    assert patch.ignored == ("shoeSize", "urn:other:2.0:User")


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
        pytest.param({"name": "Ana", "name.givenName": "G"}, {"name": "Ana"}, id="the-library-refuses"),
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
    ("given", "table", "scim_type"),
    [
        ([], user_table(), "invalidSyntax"),
        ({"userName": ""}, user_table(), "invalidValue"),
        ({"displayName": "G", "members": [{}]}, group_table(), "invalidValue"),
        ({"displayName": "G", "memberz": ["a"]}, group_table(), "invalidPath"),
        ({'emails[type sw "w"].value': "x"}, user_table(), "invalidPath"),
    ],
    ids=str,
)
def test_a_malformed_resource_is_refused(given: Any, table: Table, scim_type: str) -> None:
    with pytest.raises(SCIMException) as caught:
        read_resource(given, table, READING)
    assert (caught.value.status, caught.value.scim_type) == (400, scim_type)
