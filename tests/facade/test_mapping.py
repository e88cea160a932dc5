"""SCIM ↔ objects: a rename, values untouched; and the JSON patch between two specs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from scim2_models import InvalidValueException

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.naming import TenantKey
from workteam_scim.mapping import (
    Known,
    changes,
    group_spec,
    new_membership,
    new_metadata,
    scim_group,
    scim_user,
    user_spec,
)

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
BASE = "https://scim.example/teams/acme/scim/v2"
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
METADATA = {
    "name": "u1",
    "namespace": "teams",
    "uid": "5f1c",
    "generation": 3,
    "creationTimestamp": "2026-11-01T08:00:00Z",
    "annotations": {"workte.am/last-modified": "2026-11-24T09:00:00Z"},
}
SPEC: dict[str, Any] = {
    "tenantRef": {"name": "acme"},
    "userName": " Ana@Contoso.example",
    "title": "",
    "name": {"givenName": "Ana", "familyName": "Núñez"},
    "emails": [{"value": "A@b", "type": "work", "primary": True}],
    "enterprise": {"manager": {"value": "u0"}},
}


def test_a_user_is_answered() -> None:
    """Strings as they are, the extension under its URN, empty objects and lists left out."""
    user = WorkteamUser.parse({"metadata": METADATA, "spec": SPEC | {"roles": [], "addresses": []}})
    assert scim_user(user, BASE) == {
        "schemas": [USER, ENT],
        "id": "u1",
        "userName": " Ana@Contoso.example",
        "title": "",
        "name": {"givenName": "Ana", "familyName": "Núñez"},
        "emails": [{"value": "A@b", "type": "work", "primary": True}],
        ENT: {"manager": {"value": "u0"}},
        "meta": {
            "resourceType": "User",
            "created": "2026-11-01T08:00:00Z",
            "lastModified": "2026-11-24T09:00:00Z",
            "location": f"{BASE}/Users/u1",
            "version": 'W/"3"',
        },
    }


def test_what_is_empty_is_not_answered() -> None:
    """An object from Git may say ``name: {}``; without annotation and time there is still an answer."""
    raw = {"tenantRef": {"name": "acme"}, "userName": "a", "name": {}, "enterprise": {"manager": {}}}
    user = WorkteamUser.parse({"metadata": {"name": "u1", "namespace": "teams"}, "spec": raw})
    answer = scim_user(user, BASE)
    assert (answer["schemas"], sorted(answer)) == ([USER], ["id", "meta", "schemas", "userName"])
    assert (answer["meta"]["created"], answer["meta"]["lastModified"]) == ("", "")


def test_a_group_is_answered_without_members() -> None:
    """Nor with what its lists of members move: lastModified and version."""
    spec = {"tenantRef": {"name": "acme"}, "displayName": "crew", "externalId": "e1", "members": ["u1"]}
    group = WorkteamGroup.parse({"metadata": METADATA | {"annotations": {}}, "spec": spec})
    assert scim_group(group, BASE) == {
        "schemas": [GROUP],
        "id": "u1",
        "displayName": "crew",
        "externalId": "e1",
        "meta": {
            "resourceType": "Group",
            "created": "2026-11-01T08:00:00Z",
            "location": f"{BASE}/Groups/u1",
        },
    }


def test_a_user_becomes_a_spec_and_an_answer_again() -> None:
    """What is answered is what was sent; elements that have only a type or primary are dropped."""
    attributes = {
        "userName": "a",
        "emails": [{"type": "work"}, {"type": "home", "value": "h"}],
        ENT: {"department": "D"},
    }
    assert user_spec(attributes, "acme").dump() == {
        "tenantRef": {"name": "acme"},
        "userName": "a",
        "emails": [{"type": "home", "value": "h"}],
        "enterprise": {"department": "D"},
    }


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({"emails": [{}, {"value": "secret" * 200}]}, "emails.value: it may have up to 1024 characters."),
        ({"emails": [{"value": "a"}] * 21}, "emails: there may be up to 20 values."),
        ({"roles": [{"value": "a", "primary": "maybe"}]}, "roles.primary: the value must be true or false."),
        ({"title": 5}, "title: the value must be a text."),
        ({"name": "Ana"}, "name: the value has another shape than the attribute."),
        ({"userName": None}, "userName: the value must be a text."),
        ({"userName": ""}, "userName: it is required and cannot be empty."),
        ({ENT: {"department": 5}}, f"{ENT}:department: the value must be a text."),
        ({ENT: ["Retail"]}, f"{ENT}: the value has another shape than the attribute."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_kind_refuses_names_the_attribute(attributes: dict[str, Any], detail: str) -> None:
    """By its SCIM path, in words of ours, without the value."""
    with pytest.raises(InvalidValueException) as caught:
        user_spec({"userName": "a"} | attributes, "acme")
    assert caught.value.detail == detail


def test_a_group_needs_a_name() -> None:
    with pytest.raises(InvalidValueException, match=r"^displayName: it is required and cannot be empty\.$"):
        group_spec({"displayName": ""}, "acme")


def test_a_new_object_is_labelled_and_held() -> None:
    assert new_metadata("u1", TenantKey("teams", "acme"), NOW) == {
        "name": "u1",
        "namespace": "teams",
        "labels": {"workte.am/tenant": "acme", "workte.am/source": "scim"},
        "annotations": {"workte.am/last-modified": "2026-11-24T09:00:00Z"},
        "finalizers": ["workte.am/account"],
    }


def test_a_new_membership_has_no_owner_and_no_finalizer() -> None:
    """After a restore its group has another uid, and garbage collection would eat it."""
    assert new_membership("m1", "g1", TenantKey("teams", "acme"), ("u1",), NOW) == {
        "metadata": {
            "name": "m1",
            "namespace": "teams",
            "labels": {"workte.am/tenant": "acme", "workte.am/source": "scim", "workte.am/group": "g1"},
            "annotations": {"workte.am/last-modified": "2026-11-24T09:00:00Z"},
        },
        "spec": {"tenantRef": {"name": "acme"}, "groupRef": {"name": "g1"}, "members": ("u1",)},
    }


def test_equal_specs_need_no_write() -> None:
    spec = user_spec({"userName": "a"}, "acme")
    assert changes(spec, spec, Known(1, from_scim=True, annotated=True), now=NOW) == []


def test_a_change_tests_what_is_known_and_touches_what_differs() -> None:
    """Generation and source are tested first; one operation per field, and the time."""
    old = user_spec({"userName": "a", "title": "T", "locale": "de"}, "acme")
    new = user_spec({"userName": "b", "locale": "de", "active": False}, "acme")
    assert changes(old, new, Known(7, from_scim=True, annotated=True), now=NOW) == [
        {"op": "test", "path": "/metadata/generation", "value": 7},
        {"op": "test", "path": "/metadata/labels/workte.am~1source", "value": "scim"},
        {"op": "add", "path": "/spec/userName", "value": "b"},
        {"op": "remove", "path": "/spec/title"},
        {"op": "add", "path": "/spec/active", "value": False},
        {"op": "add", "path": "/metadata/annotations/workte.am~1last-modified", "value": "2026-11-24T09:00:00Z"},
    ]


def test_an_object_without_annotations_gets_its_first() -> None:
    old = group_spec({"displayName": "a"}, "acme")
    new = group_spec({"displayName": "a"}, "acme", members=("u1",))
    assert changes(old, new, Known(1, from_scim=False, annotated=False), now=NOW) == [
        {"op": "test", "path": "/metadata/generation", "value": 1},
        {"op": "add", "path": "/spec/members", "value": ["u1"]},
        {"op": "add", "path": "/metadata/annotations", "value": {"workte.am/last-modified": "2026-11-24T09:00:00Z"}},
    ]
