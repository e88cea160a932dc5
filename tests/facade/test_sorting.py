"""``sortBy``: what a resource is ordered by (RFC 7644 §3.4.2.3)."""

import pytest
from scim2_models import InvalidPathException

from workteam_scim.provider import facade_provider
from workteam_scim.searched import searched_types
from workteam_scim.sorting import SortValue, sort_value

ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USERS, GROUPS = searched_types(facade_provider()).values()

ADELE = {
    "id": "a1",
    "externalId": "AdeleV",
    "userName": "AdeleV@contoso.com",
    "active": False,
    "name": {"familyName": "Vance"},
    "emails": [
        {"type": "home", "value": "Z@home.example"},
        {"type": "work", "value": "B@work.example", "primary": True},
        {"type": "work", "value": "C@work.example"},
    ],
    "phoneNumbers": [{"type": "work", "value": "2"}, {"type": "mobile", "value": "1"}],
    ENT: {"department": "Retail", "manager": {"value": "M1"}},
    "meta": {"created": "1970-01-01T01:00:00Z", "lastModified": "soon"},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("userName", "adelev@contoso.com"),
        (" USERNAME ", "adelev@contoso.com"),
        ("externalId", "AdeleV"),
        ("id", "a1"),
        ("active", False),
        ("name.familyName", "vance"),
        ("name.givenName", None),
        ("title", None),
        ("emails", "b@work.example"),
        ("emails.value", "b@work.example"),
        ("emails.type", "work"),
        ('emails[type eq "home"].value', "z@home.example"),
        ("emails[type eq work]", "b@work.example"),
        ('emails[type eq "fax"].value', None),
        ("phoneNumbers", "2"),
        ("meta.created", 3600.0),
        ("meta.lastModified", None),
        (f"{ENT}:department", "retail"),
        ("Department", "retail"),
        ("manager", "M1"),
        (f"{ENT}:manager.value", "M1"),
    ],
)
def test_a_resource_is_ordered_by_one_value(path: str, expected: SortValue | None) -> None:
    """The primary value or the first, without its case unless that matters; a time is seconds; None is no value."""
    read = sort_value(path, USERS.table, USERS.model)
    assert read is not None
    assert read(ADELE) == expected


@pytest.mark.parametrize("path", ["nobody", "urn:example:x:y", "name.nobody", "members"])
def test_what_a_type_does_not_have_orders_nothing(path: str) -> None:
    assert sort_value(path, USERS.table, USERS.model) is None


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("name", "sortBy: name has parts; name one of them."),
        ("addresses", "sortBy: addresses has parts; name one of them."),
        ("user name", "sortBy: it must be the path of an attribute, such as userName."),
        ("emails[", "sortBy: it must be the path of an attribute, such as userName."),
    ],
)
def test_what_has_no_order_is_400(path: str, detail: str) -> None:
    with pytest.raises(InvalidPathException) as refused:
        sort_value(path, USERS.table, USERS.model)
    assert refused.value.detail == detail
