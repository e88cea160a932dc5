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
        pytest.param(
            {"op": "replace", "path": "emails", "value": [{"value": "a", "nobody": 1}]},
            [("replace", "emails", [{"value": "a"}])],
            id="unknown-part-of-an-element",
        ),
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
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": "a@b"},
            [("replace", 'emails[type eq "work"].value', "a@b")],
            id="value-path",
        ),
        pytest.param(
            {"op": "replace", "path": "emails[TYPE eq work].Value", "value": "a@b"},
            [("replace", 'emails[type eq "work"].value', "a@b")],
            id="value-path-unquoted",
        ),
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "work" and primary eq true].value', "value": "a@b"},
            [("replace", 'emails[type eq "work" and primary eq true].value', "a@b")],
            id="other-filters-pass",
        ),
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "work"].primary', "value": "True"},
            [("replace", 'emails[type eq "work"].primary', True)],
            id="value-path-boolean",
        ),
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "work"].value', "value": ""},
            [("remove", 'emails[type eq "work"].value')],
            id="value-path-empty",
        ),
        pytest.param(
            {"op": "replace", "path": 'roles[primary eq "True"].value', "value": "Admin"},
            [("replace", "roles[primary eq true].value", "Admin")],
            id="role-by-text-True",
        ),
        pytest.param(
            {"op": "add", "path": 'emails[type eq "work"]', "value": [{"Display": "A", "value": None}]},
            [("add", 'emails[type eq "work"].display', "A")],
            id="element-merges",
        ),
        pytest.param(
            {"op": "remove", "path": 'emails[type eq "work"]', "value": "x"},
            [("remove", 'emails[type eq "work"]')],
            id="element-goes",
        ),
        pytest.param(
            {"op": "Add", "path": "roles", "value": [{"value": '{"id":"1","value":"HR","displayName":"H R"}'}]},
            [("add", 'roles[value eq "HR"]', {"value": "HR", "display": "H R"})],
            id="role-as-json",
        ),
        pytest.param(
            {"op": "Add", "path": "roles", "value": '{"value":"HR"}'},
            [("add", 'roles[value eq "HR"]', {"value": "HR"})],
            id="role-as-bare-json",
        ),
        pytest.param(
            {"op": "Add", "path": "roles", "value": "Admin"},
            [("add", 'roles[value eq "Admin"]', {"value": "Admin"})],
            id="role-as-text",
        ),
        pytest.param(
            {"op": "Add", "path": "roles", "value": ["{broken"]},
            [("add", 'roles[value eq "{broken"]', {"value": "{broken"})],
            id="no-json-is-a-value",
        ),
        pytest.param(
            {"op": "Add", "path": "roles", "value": ["{}"]},
            [("add", 'roles[value eq "{}"]', {"value": "{}"})],
            id="json-without-value",
        ),
        pytest.param(
            {"op": "replace", "path": "roles", "value": [{"value": "A"}, {"value": "B", "primary": "False"}, None]},
            [("replace", "roles", [{"value": "A"}, {"value": "B", "primary": False}])],
            id="replace-sets-all",
        ),
        pytest.param({"op": "replace", "path": "roles", "value": [{}]}, [("remove", "roles")], id="nothing-in-it"),
        pytest.param(
            {"op": "add", "path": "emails", "value": {"value": 'a"b', "type": "work"}},
            [("add", 'emails[value eq "a\\"b" and type eq "work"]', {"value": 'a"b', "type": "work"})],
            id="added-once",
        ),
        pytest.param(
            {"op": "add", "path": "addresses", "value": [{"type": "work", "locality": "Wien"}]},
            [("add", "addresses", [{"type": "work", "locality": "Wien"}])],
            id="no-value-to-know-it-by",
        ),
        pytest.param(
            {"op": "remove", "path": "roles", "value": [{"value": "A"}, {"display": "B"}]},
            [("remove", 'roles[value eq "A"]')],
            id="these-roles-go",
        ),
        pytest.param({"op": "remove", "path": "roles"}, [("remove", "roles")], id="all-roles-go"),
        pytest.param({"op": "remove", "path": "roles", "value": []}, [], id="no-role-goes"),
        pytest.param({"op": "replace", "path": 'ims[type eq "x"].value', "value": "i"}, [], id="unknown-attribute"),
        pytest.param({"op": "replace", "path": "name.nobody", "value": "i"}, [], id="unknown-sub-attribute"),
        pytest.param({"op": "replace", "path": "urn:x:y:z", "value": "i"}, [], id="unknown-urn"),
        pytest.param({"op": "replace", "path": "emails[", "value": "i"}, [], id="no-path-at-all"),
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
        pytest.param({"op": "replace", "path": 'emails[kind eq "x"].value', "value": "v"}, [], id="unknown-in-filter"),
        pytest.param(
            {"op": "replace", "path": "emails[type eq 'work'].value", "value": "v"},
            [("replace", 'emails[type eq "work"].value', "v")],
            id="single-quotes",
        ),
        pytest.param(
            {"op": "replace", "path": r"emails[type eq \\\"work\\\"].value", "value": "v"},
            [("replace", 'emails[type eq "work"].value', "v")],
            id="escaped-thrice",
        ),
        pytest.param(
            {"op": "replace", "path": r'emails[type eq "work\"].value', "value": "v"},
            [("replace", 'emails[type eq "work"].value', "v")],
            id="last-quote-escaped",
        ),
        pytest.param(
            {"op": "replace", "path": r'emails[type eq "a\nb\u00fc"].value', "value": "v"},
            [("replace", 'emails[type eq "a\\nbü"].value', "v")],
            id="escapes-of-json",
        ),
        pytest.param(
            {"op": "add", "path": "roles", "value": [{"value": "a\nb"}]},
            [("add", 'roles[value eq "a\\nb"]', {"value": "a\nb"})],
            id="line-break-in-a-role",
        ),
        pytest.param(
            {"op": "add", "path": "emails", "value": [{"value": "x" * 1025}]},
            [("add", "emails", [{"value": "x" * 1025}])],
            id="too-long-for-a-filter",
        ),
        pytest.param(
            {"op": "add", "path": "emails", "value": [{"value": '{"value":"HR"}'}]},
            [("add", 'emails[value eq "{\\"value\\":\\"HR\\"}"]', {"value": '{"value":"HR"}'})],
            id="json-is-for-roles",
        ),
        pytest.param(
            {"op": "add", "path": "roles", "value": ['{"a":' * 3000]},
            [("add", "roles", [{"value": '{"a":' * 3000}])],
            id="deep-json-is-a-value",
        ),
        pytest.param(
            {
                "op": "replace",
                "path": 'addresses[type eq "work"]',
                "value": {"locality": "L", "country": "", "region": None},
            },
            [
                ("replace", 'addresses[type eq "work"].locality', "L"),
                ("remove", 'addresses[type eq "work"].country'),
                ("remove", 'addresses[type eq "work"].region'),
            ],
            id="empty-parts-of-an-element-go",
        ),
        pytest.param(
            {"op": "replace", "path": 'emails[type eq "work"]', "value": {"type": "home", "value": "h"}},
            [
                ("replace", 'emails[type eq "work"].value', "h"),
                ("replace", 'emails[type eq "work"].type', "home"),
            ],
            id="what-the-filter-asks-for-changes-last",
        ),
        pytest.param(
            {
                "op": "replace",
                "path": "emails",
                "value": [{"value": "a", "primary": True}, {"value": "b", "primary": "True"}, {"value": "c"}],
            },
            [
                (
                    "replace",
                    "emails",
                    [{"value": "a", "primary": False}, {"value": "b", "primary": True}, {"value": "c"}],
                )
            ],
            id="the-last-primary-is",
        ),
        pytest.param(
            {"op": "replace", "path": "roles.value", "value": "A"},
            [("add", "roles", [{"value": "A"}])],
            id="first-role",
        ),
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
