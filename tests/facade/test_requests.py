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
    held = {"title": "Boss", "active": True, ENT: {"manager": {"value": "m1"}}}
    return [tuple(operation.values()) for operation in patch.written(held)]


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
    assert patch.written({}) == []


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
        ({"op": "replace", "path": MANAGER, "value": {"id": "m"}}, "invalidValue"),
        ({"op": "replace", "path": MANAGER, "value": {"value": True}}, "invalidValue"),
        ({"op": "replace", "path": MANAGER, "value": ["a", "b"]}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [7]}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [{"foo": 1}]}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [{"address": "a@b"}]}, "invalidValue"),
        ({"op": "replace", "path": "emails", "value": [{"primary": "maybe"}]}, "invalidValue"),
        ({"op": "replace", "path": "roles", "value": [{"displayName": "only"}]}, "invalidValue"),
        ({"op": "replace", "path": "addresses", "value": ["Ring 1"]}, "invalidValue"),
        ({"op": "replace", "path": "id", "value": "u2"}, "mutability"),
        ({"op": "replace", "path": "meta.created", "value": "x"}, "mutability"),
        ({"op": "replace", "value": {"id": "u2"}}, "mutability"),
    ],
    ids=str,
)
def test_what_is_malformed_is_refused(operation: Any, scim_type: str) -> None:
    assert refused(operation) == (400, scim_type)


@pytest.mark.parametrize(
    ("operation", "detail"),
    [
        ({"op": "replace", "path": "title", "value": True}, "title: the value must be a text."),
        ({"op": "replace", "path": "title", "value": ["a", "b"]}, "title: the value must be a text."),
        ({"op": "replace", "path": "active", "value": "foo"}, "active: the value must be true or false."),
        ({"op": "replace", "path": "active", "value": 1}, "active: the value must be true or false."),
        ({"op": "replace", "path": "name", "value": "X Y"}, "name: the value must be an object."),
        (
            {"op": "replace", "path": "name", "value": {"givenName": {"a": 1}}},
            "name.givenName: the value must be a text.",
        ),
        (
            {"op": "replace", "path": 'emails[type eq "work"].primary', "value": "x"},
            "emails.primary: the value must be true or false.",
        ),
        (
            {"op": "replace", "path": 'emails[value eq "secretperson@contoso.example"].display'},
            "emails.display: a value is missing.",
        ),
        (
            {"op": "replace", "path": f"{ENT}:manager", "value": {"id": "m"}},
            f'{MANAGER}: the shape must be {{"value": id}}.',
        ),
    ],
    ids=str,
)
def test_a_refusal_names_the_attribute_and_the_cause(operation: Any, detail: str) -> None:
    """Never the value, never the literal of a filter, never a library's text."""
    with pytest.raises(SCIMException) as caught:
        read(operation)
    assert (caught.value.scim_type, caught.value.detail) == ("invalidValue", detail)


SPACES = " " * 40_000


@pytest.mark.parametrize(
    ("path", "table"),
    [
        (f'emails[type eq "{SPACES}x"].value', user_table()),
        (f'members[value eq "{SPACES}x"]', group_table()),
        ("emails[" + 'type eq "a" and ' * 20_000 + 'type eq "b"].value', user_table()),
        ("emails[" + "(" * 20_000 + 'type eq "b"' + ")" * 20_000 + "].value", user_table()),
        ("x" * 1025, user_table()),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else None,
)
def test_a_long_path_is_refused_unread(path: str, table: Table) -> None:
    """As a path, and as a key of a new resource; forty thousand spaces took half a minute."""
    assert refused({"op": "replace", "path": path, "value": "v"}, table=table) == (400, "invalidPath")
    with pytest.raises(SCIMException) as caught:
        read_resource({path: "v"}, table, READING)
    assert caught.value.scim_type == "invalidPath"


def test_spaces_around_a_filter_do_not_count() -> None:
    """A path of up to 1,024 characters is read however it is spaced."""
    path = f"emails[ {' ' * 400}type{' ' * 200}eq  {' ' * 200}work ].value"
    assert read({"op": "replace", "path": path, "value": "v"}) == [("replace", 'emails[type eq "work"].value', "v")]


def test_filters_that_the_library_reads_share_a_budget() -> None:
    """Four filters of 1,000 characters are read, five are refused: each takes the library milliseconds."""
    odd = {"op": "replace", "path": f"emails[{'(' * 1000}].value", "value": "v"}
    assert len(read(*[odd] * 4)) == 4
    assert refused(*[odd] * 5) == (400, "invalidPath")


@pytest.mark.parametrize("name", ["memberOf", "memberSince", "members"])
def test_members_are_for_groups(name: str) -> None:
    """A user's attribute that begins so is unknown, as any other: ignored, counted, no reason to refuse a leaver."""
    operations = [{"op": "replace", "path": "active", "value": False}, {"op": "add", "path": name, "value": "2020"}]
    patch = read_patch({"Operations": operations}, user_table(), NORMALISERS, resource_id="u1")
    assert (len(patch.operations), patch.ignored) == (1, (name,))
    assert read_resource({"userName": "a", name: ["x"]}, user_table(), READING).ignored == (name,)


@pytest.mark.parametrize("extension", [None, "", {}, []], ids=str)
def test_an_extension_replaced_by_nothing_is_unset(extension: Any) -> None:
    """As a key and as a path; to add nothing to it does nothing."""
    names = ("employeeNumber", "costCenter", "organization", "division", "department", "manager")
    for verb, expected in (("replace", [("remove", f"{ENT}:{name}") for name in names]), ("add", [])):
        assert read({"op": verb, "value": {ENT: extension}}) == expected
        assert read({"op": verb, "path": ENT, "value": extension}) == expected


def test_a_value_may_be_json_in_a_text() -> None:
    assert read({"op": "replace", "value": '{"title":"T"}'}) == [("replace", "title", "T")]


def test_an_id_that_is_null_is_no_change_of_it() -> None:
    assert read({"op": "replace", "value": {"id": None, "active": False}}) == [("replace", "active", False)]


def test_the_first_value_of_a_list_is_made_once() -> None:
    """Without a filter a sub-attribute is every element's; a list without one is given one, also after a removal."""
    operations = [
        {"op": "replace", "path": "emails.value", "value": "v"},
        {"op": "replace", "path": "emails.type", "value": "work"},
        {"op": "remove", "path": "emails"},
        {"op": "add", "path": "emails.value", "value": "w"},
    ]
    assert read(*operations) == [
        ("add", "emails", [{"value": "v"}]),
        ("replace", "emails.type", "work"),
        ("remove", "emails"),
        ("add", "emails", [{"value": "w"}]),
    ]


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
    ("given", "table", "scim_type"),
    [
        ([], user_table(), "invalidSyntax"),
        ({"userName": ""}, user_table(), "invalidValue"),
        ({"displayName": "G", "members": [{}]}, group_table(), "invalidValue"),
        ({"displayName": "G", "memberz": ["a"]}, group_table(), "invalidPath"),
        ({'emails[type sw "w"].value': "x"}, user_table(), "invalidPath"),
        ({"emails.value": "x", 'emails[type eq "work"].value': "y"}, user_table(), "invalidPath"),
        ({'emails[type eq "work"].value': "y", "emails.value": "x"}, user_table(), "invalidPath"),
        ({"name": "Ana", "name.givenName": "G"}, user_table(), "invalidValue"),
        ({"emails": [{"foo": 1}]}, user_table(), "invalidValue"),
    ],
    ids=str,
)
def test_a_malformed_resource_is_refused(given: Any, table: Table, scim_type: str) -> None:
    with pytest.raises(SCIMException) as caught:
        read_resource(given, table, READING)
    assert (caught.value.status, caught.value.scim_type) == (400, scim_type)
