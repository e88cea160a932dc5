"""Each leniency towards Entra, and towards what others write: what a body says, and what the library then reads."""

from typing import Any

import pytest

from workteam_scim.paths import user_table
from workteam_scim.provider import NORMALISERS
from workteam_scim.requests import read_patch

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENT}:manager"


def read(*operations: Any) -> list[tuple[Any, ...]]:
    """Return the operations that the library reads, as (op, path, value)."""
    patch = read_patch({"Operations": list(operations)}, user_table(), NORMALISERS, resource_id="u1")
    held = {"title": "Boss", "active": True, ENT: {"manager": {"value": "m1"}}}
    return [tuple(operation.values()) for operation in patch.written(held)]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param(
            {"op": "Replace", "path": "title", "value": " Lead "}, [("replace", "title", " Lead ")], id="op-in-any-case"
        ),
        pytest.param(
            {"OP": "add", "Path": f"{USER.upper()}:USERNAME", "Value": "a"}, [("add", "userName", "a")], id="core-urn"
        ),
        pytest.param(
            {"op": "replace", "path": f"{ENT.lower()}:Department", "value": "d"},
            [("replace", f"{ENT}:department", "d")],
            id="extension-urn-in-any-case",
        ),
        pytest.param(
            {"op": "add", "path": "department", "value": "d"}, [("add", f"{ENT}:department", "d")], id="no-urn"
        ),
        pytest.param({"op": "Replace", "path": "active", "value": "False"}, [("replace", "active", False)], id="False"),
        pytest.param({"op": "Add", "path": "active", "value": "true"}, [("add", "active", True)], id="true"),
        pytest.param(
            {"op": "replace", "path": "active", "value": {"active": "False"}},
            [("replace", "active", False)],
            id="own-key",
        ),
        pytest.param({"op": "replace", "path": "active", "value": False}, [("replace", "active", False)], id="boolean"),
        pytest.param({"op": "replace", "path": "active", "value": None}, [("remove", "active")], id="active-null"),
        pytest.param(
            {"op": "replace", "path": "title", "value": [{"$ref": None, "value": "x"}]},
            [("replace", "title", "x")],
            id="wrapped",
        ),
        pytest.param(
            {"op": "replace", "path": "title", "value": {"value": "x"}}, [("replace", "title", "x")], id="in-object"
        ),
        pytest.param(
            {"op": "replace", "path": f"{ENT}:employeeNumber", "value": 17},
            [("replace", f"{ENT}:employeeNumber", "17")],
            id="number",
        ),
        pytest.param({"op": "replace", "path": "title", "value": ""}, [("remove", "title")], id="empty-unsets"),
        pytest.param({"op": "add", "path": "title", "value": ""}, [("remove", "title")], id="add-of-empty-unsets"),
        pytest.param({"op": "replace", "path": "title", "value": None}, [("remove", "title")], id="null-unsets"),
        pytest.param({"op": "replace", "path": "title", "value": []}, [("remove", "title")], id="empty-list-unsets"),
        pytest.param({"op": "add", "path": "title", "value": None}, [], id="add-of-null"),
        pytest.param(
            {"op": "Remove", "path": "title", "value": "old"}, [("remove", "title")], id="remove-ignores-value"
        ),
        pytest.param(
            {"op": "add", "path": MANAGER, "value": "m2"}, [("add", f"{MANAGER}.value", "m2")], id="bare-manager"
        ),
        pytest.param(
            {"op": "add", "path": "manager.value", "value": "m2"},
            [("add", f"{MANAGER}.value", "m2")],
            id="manager.value",
        ),
        pytest.param(
            {"op": "add", "path": MANAGER, "value": {"Value": "m2"}},
            [("add", f"{MANAGER}.value", "m2")],
            id="manager-object",
        ),
        pytest.param(
            {"op": "add", "path": MANAGER, "value": [{"value": "m2", "$ref": "x"}]},
            [("add", f"{MANAGER}.value", "m2")],
            id="manager-list",
        ),
        pytest.param(
            {"op": "add", "path": MANAGER, "value": 17}, [("add", f"{MANAGER}.value", "17")], id="manager-number"
        ),
        pytest.param(
            {"op": "replace", "path": MANAGER, "value": {"value": ""}}, [("remove", MANAGER)], id="manager-empty"
        ),
        pytest.param({"op": "replace", "path": MANAGER, "value": ""}, [("remove", MANAGER)], id="manager-empty-text"),
        pytest.param({"op": "replace", "path": MANAGER, "value": None}, [("remove", MANAGER)], id="manager-null"),
        pytest.param({"op": "remove", "path": MANAGER, "value": "m1"}, [("remove", MANAGER)], id="manager-removed"),
        pytest.param(
            {"op": "remove", "path": MANAGER, "value": {"id": "m1"}},
            [("remove", MANAGER)],
            id="manager-removed-by-junk",
        ),
        pytest.param(
            {"op": "remove", "path": 'manager[value eq "m1"]'}, [("remove", MANAGER)], id="manager-filter-matches"
        ),
        pytest.param({"op": "remove", "path": 'manager[value eq "m9"]'}, [], id="manager-filter-does-not"),
        pytest.param(
            {"op": "replace", "path": "name", "value": {"familyName": "F", "givenName": "", "nobody": 1}},
            [("replace", "name.familyName", "F"), ("remove", "name.givenName")],
            id="name-merges",
        ),
        pytest.param({"op": "replace", "path": "name", "value": None}, [("remove", "name")], id="name-null"),
        pytest.param(
            {"op": "remove", "path": "name", "value": {"givenName": "x"}}, [("remove", "name")], id="name-removed"
        ),
        pytest.param({"op": "replace", "path": "name.nobody", "value": "i"}, [], id="unknown-sub-attribute"),
        pytest.param({"op": "replace", "path": "urn:x:y:z", "value": "i"}, [], id="unknown-urn"),
        pytest.param({"op": "replace", "path": MANAGER, "value": []}, [("remove", MANAGER)], id="manager-empty-list"),
        pytest.param({"op": "replace", "path": MANAGER, "value": {}}, [("remove", MANAGER)], id="manager-empty-object"),
        pytest.param({"op": "add", "path": MANAGER, "value": {}}, [], id="add-of-no-manager"),
        pytest.param({"op": "remove", "path": 'title[value eq "Boss"]'}, [("remove", "title")], id="title-is-so"),
        pytest.param({"op": "remove", "path": 'title[value eq "m1"]'}, [], id="title-is-not-so"),
        pytest.param(
            {"op": "replace", "path": 'active[value eq "True"].value', "value": False}, [], id="no-such-sub-attribute"
        ),
        pytest.param(
            {"op": "replace", "path": "active[value eq True]", "value": "False"},
            [("replace", "active", False)],
            id="active-is-so",
        ),
        pytest.param({"op": "remove", "path": 'manager[display eq "m1"]'}, [], id="filter-by-another-name"),
        pytest.param({"op": "remove", "path": 'manager[value sw "m"]'}, [], id="filter-by-another-operator"),
        pytest.param({"op": "replace", "path": "title[primary eq true or x]", "value": "L"}, [], id="odd-filter"),
        pytest.param(
            {"op": "remove", "path": ENT},
            [
                ("remove", f"{ENT}:{name}")
                for name in ("employeeNumber", "costCenter", "organization", "division", "department", "manager")
            ],
            id="whole-extension",
        ),
    ],
)
def test_an_operation_means(operation: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert read(operation) == expected
