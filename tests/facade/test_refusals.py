"""What is refused of a PATCH, and in which words; what is not worth a refusal."""

from typing import Any

import pytest
from scim2_models import PreconditionFailedException, SCIMException

from workteam_scim.paths import Table, group_table, user_table
from workteam_scim.provider import NORMALISERS, READING
from workteam_scim.requests import read_patch, read_resource
from workteam_scim.service import FacadeService

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
        ({"op": "replace", "path": ENT}, "invalidValue"),
        ({"op": "replace", "path": ENT, "value": "Retail"}, "invalidValue"),
        ({"op": "replace", "value": {ENT: ["Retail"]}}, "invalidValue"),
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


def test_a_resource_that_moved_at_the_same_moment() -> None:
    """The library's sentence speaks of an update, whatever was asked for; ours says what to do."""
    assert FacadeService.error_of(PreconditionFailedException()).detail == (
        "The resource was changed by somebody else at the same moment; nothing was done. Read it again."
    )


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


@pytest.mark.parametrize("body", [[], "x", None, {}, {"Operations": {}}, {"Operations": None}], ids=str)
def test_what_is_no_patch_is_refused(body: Any) -> None:
    with pytest.raises(SCIMException) as caught:
        read_patch(body, user_table(), NORMALISERS, resource_id="u1")
    assert (caught.value.status, caught.value.scim_type) == (400, "invalidSyntax")


def test_more_than_a_thousand_operations_are_refused() -> None:
    assert len(read(*[{"op": "add", "path": "title", "value": "x"}] * 1000)) == 1000
    assert refused(*[{"op": "add", "path": "title", "value": "x"}] * 1001)[0] == 413


def test_one_operation_on_more_than_a_thousand_values_is_refused() -> None:
    """Each value is looked for among the others; sixty thousand would keep a processor busy for minutes."""
    values = [{"value": str(number)} for number in range(1001)]
    assert len(read({"op": "add", "path": "emails", "value": values[:1000]})) == 1000
    assert refused({"op": "add", "path": "emails", "value": values})[0] == 413


@pytest.mark.parametrize("urn", [USER, ENT])
def test_a_schema_inside_itself_is_unknown(urn: str) -> None:
    """However deep: it is ignored and counted."""
    value: dict[str, Any] = {"title": "T"}
    for _ in range(1000):
        value = {urn: value}
    patch = read_patch({"Operations": [{"op": "add", "value": value}]}, user_table(), NORMALISERS, resource_id="u1")
    assert (patch.operations, len(patch.ignored)) == ((), 1)


@pytest.mark.parametrize("name", ["member", "Member", " member", 'member[value eq "a"]', "member.value", "members.id"])
def test_a_misspelt_membership_is_no_success(name: str) -> None:
    """As a path, as a key, and inside the schema's URN."""
    operations: list[dict[str, Any]] = [
        {"path": name, "value": ["a"]},
        {"path": f"{GROUP}:{name}", "value": ["a"]},
        {"value": {name: ["a"]}},
        {"value": {GROUP: {name: ["a"]}}},
    ]
    for operation in operations:
        assert refused({"op": "add", **operation}, table=group_table()) == (400, "invalidPath")


@pytest.mark.parametrize("name", ["memberCount", "membershipRule", "memberOf", "memberships", "member-of"])
def test_what_is_called_like_members_is_unknown(name: str) -> None:
    """Trap 18: an attribute of a group that no document names blocks nothing else, with the URN or without."""
    for path in (name, f"{GROUP}:{name}"):
        operations = [{"op": "add", "path": path, "value": 1}, {"op": "replace", "path": "displayName", "value": "A"}]
        patch = read_patch({"Operations": operations}, group_table(), NORMALISERS, resource_id="g1")
        assert (patch.ignored, patch.edits, len(patch.operations)) == ((path,), (), 1)


def test_a_hundred_values_by_keys_of_a_resource() -> None:
    """A hundred are read, one more is refused."""
    given = {f'emails[type eq "{number}"].value': "v" for number in range(101)}
    with pytest.raises(SCIMException) as caught:
        read_resource(given, user_table(), READING)
    assert (caught.value.status, caught.value.scim_type) == (400, "invalidValue")
    del given['emails[type eq "100"].value']
    assert len(read_resource(given, user_table(), READING).resource["emails"]) == 100
