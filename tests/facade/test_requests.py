"""Whole bodies of PATCH, POST and PUT: how they are taken apart, and what is refused."""

from typing import Any

import pytest

from workteam_scim.paths import Table, user_table
from workteam_scim.provider import NORMALISERS
from workteam_scim.requests import read_patch

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENT}:manager"


def read(*operations: Any, table: Table | None = None) -> list[tuple[Any, ...]]:
    """Return the operations that the library reads, as (op, path, value)."""
    patch = read_patch({"Operations": list(operations)}, table or user_table(), NORMALISERS, resource_id="u1")
    held = {"title": "Boss", "active": True, ENT: {"manager": {"value": "m1"}}}
    return [tuple(operation.values()) for operation in patch.written(held)]


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


def test_unknown_attributes_are_counted() -> None:
    """Two that no document names; the known one is read."""
    values = {"shoeSize": 42, "title": "T", "urn:other:2.0:User": {"x": 1}}
    patch = read_patch({"Operations": [{"op": "add", "value": values}]}, user_table(), NORMALISERS, resource_id="u1")
    assert patch.ignored == ("shoeSize", "urn:other:2.0:User")
