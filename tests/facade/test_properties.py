"""What holds for every body: of any JSON, and of what is nearly what Entra sends. No request and no cluster here.

Examples are chosen by chance, the same in every run.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import Context, Resource, SCIMException
from scim2_server.service import scim_exception_of

from workteam_scim.documents import ENTERPRISE, GROUP, USER
from workteam_scim.mapping import user_spec
from workteam_scim.members import Add, Edit, Remove, Replace
from workteam_scim.patching import apply
from workteam_scim.paths import group_table, user_table
from workteam_scim.provider import NORMALISERS, READING, facade_provider
from workteam_scim.requests import read_patch, read_resource
from workteam_scim.storage import dumped

BOUNDED = settings(derandomize=True, deadline=None, max_examples=250)
PROVIDER = facade_provider()
MODELS = {found.name: cast("type[Resource[Any]]", PROVIDER.model_for(found)) for found in PROVIDER.resource_types}
ANA: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "userName": "ana@contoso.example",
    "active": True,
    "title": "Lead",
    "name": {"givenName": "Ana", "familyName": "Alba"},
    "emails": [{"type": "work", "value": "w"}, {"type": "home", "value": "h", "primary": True}],
    "roles": [{"value": "User", "primary": True}],
    ENTERPRISE: {"department": "Retail", "manager": {"value": "m1"}},
}
TEAM = ("m1", "m2", "m3")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
TEXTS = st.sampled_from(["", "x", "True", "false", "m2", '{"value":"Admin","displayName":"a"}', "\u0000", "ü" * 2000])
SCALARS = TEXTS | st.none() | st.booleans() | st.integers(-5, 5)
PARTS = st.sampled_from(
    ["value", "type", "primary", "display", "Value", "$ref", "formatted", "locality", "givenName", "id"]
)
OBJECTS = st.dictionaries(PARTS, SCALARS, max_size=3)
VALUES = SCALARS | OBJECTS | st.lists(SCALARS | OBJECTS, max_size=3) | JSON
NAMES: dict[str, list[str]] = {
    "userName": ["userName", f"{USER}:userName", "USERNAME"],
    "active": ["active", f"{USER}:Active"],
    "title": ["title", " title", 'title[value eq "Lead"]', f"{USER}:title"],
    "name": ["name", "name.givenName", "name.familyName", "Name.Formatted", "name.nobody"],
    "emails": [
        "emails",
        "emails.value",
        'emails[type eq "work"]',
        'emails[type eq "work"].value',
        'emails[type eq "other"].value',
        'emails[type eq "work" and primary eq "True"].value',
        "emails[type eq 'home'].primary",
        'emails[type eq "a" or type eq "b"].value',
        "emails[",
        'emails[kind eq "x"].value',
        'emails[value eq "h"].display',
    ],
    "phoneNumbers": ['phoneNumbers[type eq "mobile"].value', "phoneNumbers"],
    "addresses": ['addresses[type eq "work"].locality', 'addresses[type eq "work"]', "addresses", "addresses.country"],
    "roles": ["roles", 'roles[primary eq "True"].value', 'roles[primary eq "True"]', "roles.value"],
    "department": [f"{ENTERPRISE}:department", "department"],
    "manager": [f"{ENTERPRISE}:manager", "manager", "manager.value", 'manager[value eq "m1"]', "manager[x"],
    "nobody": ["shoeSize", "urn:x:2.0:User:y", "schemas", "members", "", "a b"],
}
PATHS = [path for paths in NAMES.values() for path in paths]
OPS = st.sampled_from(["Add", "add", "Replace", "replace", "Remove", "remove"])


def an_operation(paths: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return operations as Entra and others write them, some of them with a value that nobody writes."""
    return st.fixed_dictionaries({"op": OPS, "path": st.sampled_from(paths)}, optional={"value": VALUES})


OPERATIONS = an_operation(PATHS) | st.fixed_dictionaries(
    {"op": OPS, "value": st.dictionaries(st.sampled_from([*PATHS, USER, ENTERPRISE]), VALUES, max_size=4) | VALUES}
)
ENVELOPES = st.fixed_dictionaries({"Operations": st.lists(OPERATIONS | JSON, max_size=4) | JSON})
RESOURCES = st.dictionaries(st.sampled_from([*PATHS, USER, ENTERPRISE, "schemas", "id", "meta"]), VALUES, max_size=6)


def patched(payload: Any) -> dict[str, Any]:
    """Return the spec of a user after a PATCH. Raises a ``SCIMException``."""
    patch = read_patch(payload, user_table(), NORMALISERS, resource_id="u1")
    with PROVIDER:
        user = MODELS["User"].model_validate(ANA)
        asyncio.run(apply(user, patch.written(ANA)))
        return user_spec(dumped(user), "acme").dump()


def made(payload: Any) -> dict[str, Any]:
    """Return the spec of a user after a POST. Raises a ``SCIMException``."""
    body = read_resource(payload, user_table(), READING)
    with PROVIDER:
        try:
            user = MODELS["User"].model_validate(body.resource, scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        except ValidationError as error:
            raise scim_exception_of(error) from None
        return user_spec(dumped(user), "acme").dump()


def attempted(by: Callable[[Any], dict[str, Any]], payload: Any) -> dict[str, Any] | int:
    """Return the spec of a user after a request, or the status of its refusal."""
    try:
        return by(payload)
    except SCIMException as refusal:
        return refusal.status


@BOUNDED
@given(ENVELOPES | JSON)
def test_any_patch_is_a_result_or_a_scim_error(payload: Any) -> None:
    """Nothing else is raised, and whoever the result is has a userName."""
    result = attempted(patched, payload)
    assert result in {400, 413} if isinstance(result, int) else result["userName"]


@BOUNDED
@given(RESOURCES.map(lambda attributes: {"userName": "ana"} | attributes) | JSON)
def test_any_resource_is_a_result_or_a_scim_error(payload: Any) -> None:
    """By POST, and by PUT, which reads alike."""
    result = attempted(made, payload)
    assert result == 400 if isinstance(result, int) else result["userName"]


@BOUNDED
@given(st.lists(OPERATIONS, max_size=4))
def test_what_is_normalised_stays_as_it_is(operations: list[Any]) -> None:
    """Operations that were read are read as themselves."""
    try:
        patch = read_patch({"Operations": operations}, user_table(), NORMALISERS, resource_id="u1")
    except SCIMException:
        return
    written = patch.written(ANA)
    again = read_patch({"Operations": written}, user_table(), NORMALISERS, resource_id="u1")
    assert again.written(ANA) == written
    assert again.ignored == ()


@BOUNDED
@given(RESOURCES)
def test_a_normalised_resource_stays_as_it_is(attributes: dict[str, Any]) -> None:
    """A resource that was read is read as itself."""
    try:
        body = read_resource(attributes, user_table(), READING)
    except SCIMException:
        return
    again = read_resource(body.resource, user_table(), READING)
    assert (again.resource, again.ignored) == (body.resource, ())


@BOUNDED
@given(st.data(), st.lists(st.sampled_from(sorted(NAMES)), min_size=2, max_size=2, unique=True))
def test_operations_on_different_attributes_commute(data: st.DataObject, names: list[str]) -> None:
    """Either order ends in the same user, or is refused."""
    first, second = (data.draw(an_operation([path for path in NAMES[name] if path])) for name in names)
    one, other = {"Operations": [first, second]}, {"Operations": [second, first]}
    assert attempted(patched, one) == attempted(patched, other)


@BOUNDED
@given(OPERATIONS)
def test_a_repeated_operation_changes_nothing_more(operation: Any) -> None:
    """Entra repeats what it is not sure of."""
    once = attempted(patched, {"Operations": [operation]})
    assert attempted(patched, {"Operations": [operation, operation]}) == once


MEMBER_PATHS = [
    "members",
    "Members",
    f"{GROUP}:members",
    'members[value eq "m2"]',
    "members[value eq m2",
    "members.value",
]


@BOUNDED
@example("Remove", "members", [{"value": None}])
@example("replace", "members", [{"id": "m4"}])
@given(OPS, st.sampled_from(MEMBER_PATHS), VALUES)
def test_members_are_never_emptied_by_a_malformed_operation(op: str, path: str, value: Any) -> None:
    """An operation with a value empties a group only if it says nothing at all, or names every one of its members."""
    left = team_after({"op": op, "path": path, "value": value})
    verb = op.lower()
    assert left != [] or (verb == "replace" and value in (None, [])) or (verb == "remove" and named(value) >= set(TEAM))
    assert set(left) <= set(TEAM) | named(value)
    if verb == "add":
        assert left[:3] == list(TEAM)
    if verb == "remove":
        assert set(TEAM) - set(left) <= named(value) | ({"m2"} if "[" in path else set())


def team_after(operation: dict[str, Any]) -> list[str]:
    """Return who is in a group after an operation; everybody if it is refused."""
    try:
        patch = read_patch({"Operations": [operation]}, group_table(), NORMALISERS, resource_id="g1")
    except SCIMException:
        return list(TEAM)
    members = list(TEAM)
    for edit in patch.edits:
        members = edited(members, edit)
    return members


def edited(members: list[str], edit: Edit) -> list[str]:
    """Carry out one edit."""
    match edit:
        case Add(ids):
            return list(dict.fromkeys([*members, *ids]))
        case Remove(ids):
            return [name for name in members if name not in ids]
        case Replace(ids):
            return list(ids)


def named(value: Any) -> set[str]:
    """Return every text in a value."""
    match value:
        case str():
            return {value}
        case list():
            return {text for item in value for text in named(item)}
        case dict():
            return {text for item in value.values() for text in named(item)}
        case _:
            return set()
