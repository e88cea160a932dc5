"""``attributes`` and ``excludedAttributes``: how much of a resource is answered (RFC 7644 §3.9)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import Context, InvalidValueException, ResponseParameters
from scim2_server.utils import parametrize

from workteam_scim.projection import few, read_names, read_projection
from workteam_scim.provider import facade_provider
from workteam_scim.searched import searched_types

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PROVIDER = facade_provider()
USERS, GROUPS = searched_types(PROVIDER).values()

WORK = {"type": "work", "value": "a@contoso.com", "primary": True}
HOME = {"type": "home", "value": "b@home.example"}
ADELE: dict[str, Any] = {
    "schemas": [USER, ENT],
    "id": "a1",
    "userName": "AdeleV",
    "active": False,
    "name": {"givenName": "Adele", "familyName": "Vance"},
    "emails": [WORK, HOME],
    ENT: {"department": "Retail", "manager": {"value": "m1"}},
    "meta": {"resourceType": "User", "created": "2026-01-31T08:00:00Z"},
}
LEAST = {"schemas": [USER], "id": "a1"}
NAME = {"name": {"givenName": "Adele", "familyName": "Vance"}}


def shown(attributes: str = "", excluded: str = "") -> dict[str, Any]:
    """Return what is answered of Adele."""
    names = read_names(attributes), read_names(excluded)
    return read_projection(*names, USERS.table, USERS.model).apply(ADELE)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("userName", LEAST | {"userName": "AdeleV"}),
        (" USERNAME , active", LEAST | {"userName": "AdeleV", "active": False}),
        (f"{USER.upper()}:userName", LEAST | {"userName": "AdeleV"}),
        ("id", LEAST),
        ("nobody, urn:example:x:y, emails[, emails[nope, [,]", LEAST),
        ("x" * 2000, LEAST),
        ("name.familyName", LEAST | {"name": {"familyName": "Vance"}}),
        ("name.familyName,name.givenName", LEAST | NAME),
        ("name.familyName,name", LEAST | NAME),
        ("emails.Type", LEAST | {"emails": [{"type": "work"}, {"type": "home"}]}),
        ("emails.primary", LEAST | {"emails": [{"primary": True}]}),
        ('emails[type eq "work"]', LEAST | {"emails": [WORK]}),
        ('emails[type eq "HOME"].value', LEAST | {"emails": [{"value": "b@home.example"}]}),
        ('emails[value eq "a@contoso.com"]', LEAST | {"emails": [WORK]}),
        ('emails[type eq "home" or value co ","],userName', LEAST | {"userName": "AdeleV", "emails": [HOME]}),
        ('emails[type eq "fax"]', LEAST),
        (ENT, {"schemas": [USER, ENT], "id": "a1", ENT: ADELE[ENT]}),
        (f"{ENT}:department", {"schemas": [USER, ENT], "id": "a1", ENT: {"department": "Retail"}}),
        ("Department", {"schemas": [USER, ENT], "id": "a1", ENT: {"department": "Retail"}}),
        ("manager", {"schemas": [USER, ENT], "id": "a1", ENT: {"manager": {"value": "m1"}}}),
        ("manager.value", {"schemas": [USER, ENT], "id": "a1", ENT: {"manager": {"value": "m1"}}}),
        ("costCenter", LEAST),
        ("meta", LEAST | {"meta": ADELE["meta"]}),
        ("meta.Created", LEAST | {"meta": {"created": "2026-01-31T08:00:00Z"}}),
        (USER, {key: value for key, value in ADELE.items() if key != ENT} | {"schemas": [USER]}),
    ],
)
def test_only_what_is_asked_for_is_answered(attributes: str, expected: dict[str, Any]) -> None:
    """Names in any case; ``schemas`` and ``id`` always; a name that nobody has chooses nothing and is no error."""
    assert shown(attributes) == expected


@pytest.mark.parametrize(
    ("excluded", "gone", "left"),
    [
        ("userName", {"userName"}, {}),
        ("ID,schemas,nobody,active.x", set(), {}),
        ("name.familyName", set(), {"name": {"givenName": "Adele"}}),
        ("name.familyName,name.givenName", {"name"}, {}),
        ("emails", {"emails"}, {}),
        ("emails.value", set(), {"emails": [{"type": "work", "primary": True}, {"type": "home"}]}),
        ('emails[type eq "work"]', set(), {"emails": [HOME]}),
        ('emails[type eq "home"].value', set(), {"emails": [WORK, {"type": "home"}]}),
        ("meta,active", {"meta", "active"}, {}),
        (ENT, {ENT}, {"schemas": [USER]}),
        ("department", set(), {ENT: {"manager": {"value": "m1"}}}),
        ("department,manager", {ENT}, {"schemas": [USER]}),
    ],
)
def test_what_is_excluded_is_left_out(excluded: str, gone: set[str], left: dict[str, Any]) -> None:
    assert shown(excluded=excluded) == {key: value for key, value in ADELE.items() if key not in gone} | left


def test_of_both_lists_the_second_takes_from_the_first() -> None:
    assert shown("name,active", "name.givenName") == LEAST | {"name": {"familyName": "Vance"}, "active": False}


def test_more_than_200_names_are_refused() -> None:
    assert len(read_names("x," * 200)) == 200
    with pytest.raises(InvalidValueException):
        read_names("x," * 201)
    with pytest.raises(InvalidValueException):
        few("x" * 201)


def test_brackets_that_are_never_closed_cost_no_time() -> None:
    """One megabyte of them is one name that nobody has."""
    assert len(read_names("[," * 500_000)) == 1


@pytest.mark.parametrize(
    ("attributes", "excluded", "wanted"),
    [("", "members", False), ("", "members.value", True), ("displayName", "", False), ("Members", "", True)],
)
def test_r18_members_are_rendered_only_if_they_are_answered(attributes: str, excluded: str, *, wanted: bool) -> None:
    projection = read_projection(read_names(attributes), read_names(excluded), GROUPS.table, GROUPS.model)
    assert projection.wants("members") is wanted


NAMES = st.sampled_from(
    [
        "userName",
        "id",
        "schemas",
        "meta",
        "meta.created",
        "name",
        "name.givenName",
        "emails",
        "emails.type",
        "emails.value",
        "active",
        ENT,
        f"{ENT}:department",
        f"{ENT}:manager",
        f"{ENT}:manager.value",
        "nobody",
        f"{USER}:active",
        USER,
    ]
)


@given(st.lists(NAMES, min_size=1, max_size=4), st.booleans())
@settings(max_examples=150, deadline=None)
def test_it_equals_the_librarys_answer(names: list[str], excluding: bool) -> None:  # noqa: FBT001 - drawn
    """For any names that the library reads, the part of the JSON equals what the library makes of its model."""
    with PROVIDER:
        wanted = {"excludedAttributes" if excluding else "attributes": ",".join(names)}
        parameters = parametrize(ResponseParameters, USERS.model).model_validate(wanted)
        model = USERS.model.model_validate(ADELE)
        expected = model.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters)
        attributes, excluded = ((), names) if excluding else (names, ())
        assert read_projection(attributes, excluded, USERS.table, USERS.model).apply(ADELE) == expected
