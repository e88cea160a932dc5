"""Each leniency in multi-valued attributes: what an operation says of elements, and what the library then reads."""

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
            {"op": "replace", "path": "emails", "value": [{"value": "a", "nobody": 1}]},
            [("replace", "emails", [{"value": "a"}])],
            id="unknown-part-of-an-element",
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
            [("remove", 'roles[value eq "A"]'), ("remove", 'roles[display eq "B"]')],
            id="these-roles-go",
        ),
        pytest.param(
            {"op": "Remove", "path": "addresses", "value": [{"type": "work", "Locality": "W", "region": None}]},
            [("remove", 'addresses[type eq "work" and locality eq "W"]')],
            id="an-address-goes-by-all-that-is-said",
        ),
        pytest.param(
            {"op": "remove", "path": "addresses", "value": {"primary": "False", "country": "A"}},
            [("remove", 'addresses[not (primary eq true) and country eq "A"]')],
            id="not-primary-is-false",
        ),
        pytest.param(
            {"op": "remove", "path": "addresses", "value": ["x", 7, None, {"nobody": 1}, {"primary": "maybe"}, {}]},
            [],
            id="no-address-is-like-that",
        ),
        pytest.param(
            {"op": "remove", "path": "emails.value", "value": ["a", "b"]},
            [("remove", "emails.value")],
            id="a-part-of-all-goes",
        ),
        pytest.param({"op": "remove", "path": "roles"}, [("remove", "roles")], id="all-roles-go"),
        pytest.param({"op": "remove", "path": "roles", "value": []}, [], id="no-role-goes"),
        pytest.param({"op": "replace", "path": 'pets[type eq "x"].value', "value": "i"}, [], id="unknown-attribute"),
        pytest.param({"op": "replace", "path": "emails[", "value": "i"}, [], id="no-path-at-all"),
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
    ],
)
def test_an_operation_on_elements_means(operation: dict[str, Any], expected: list[tuple[Any, ...]]) -> None:
    assert read(operation) == expected
