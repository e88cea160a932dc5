"""The twelve direct checks of Microsoft's validation for its gallery."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"

DEFAULT_MAPPING = {
    "userName",
    "active",
    "displayName",
    "title",
    "preferredLanguage",
    "externalId",
    "name.givenName",
    "name.familyName",
    "name.formatted",
    'emails[type eq "work"].value',
    'emails[type eq "other"].value',
    'addresses[type eq "work"].formatted',
    'addresses[type eq "work"].streetAddress',
    'addresses[type eq "work"].locality',
    'addresses[type eq "work"].region',
    'addresses[type eq "work"].postalCode',
    'addresses[type eq "work"].country',
    'addresses[type eq "other"].formatted',
    'phoneNumbers[type eq "work"].value',
    'phoneNumbers[type eq "mobile"].value',
    'phoneNumbers[type eq "fax"].value',
    'roles[primary eq "True"].value',
    f"{ENT}:employeeNumber",
    f"{ENT}:department",
    f"{ENT}:manager",
}
"""What Entra sends of a user, as it names it."""

OPTIONAL = {
    "displayName": "Ada",
    "title": "Countess",
    "preferredLanguage": "en-GB",
    "externalId": "ada",
    "name.givenName": "Ada",
    "name.familyName": "Lovelace",
    "name.formatted": "Ada Lovelace",
    f"{ENT}:employeeNumber": "1815",
    f"{ENT}:department": "Engines",
    f"{ENT}:manager": "nobody",
}
FILTERED = {
    'emails[type eq "work"].value': "ada@contoso.example",
    'emails[type eq "other"].value': "SMTP:ada@contoso.example",
    'addresses[type eq "work"].formatted': "London",
    'addresses[type eq "work"].streetAddress': "12 St James's Square",
    'addresses[type eq "work"].locality': "London",
    'addresses[type eq "work"].region': "Westminster",
    'addresses[type eq "work"].postalCode': "SW1Y 4LB",
    'addresses[type eq "work"].country': "GB",
    'addresses[type eq "other"].formatted': "Ockham",
    'phoneNumbers[type eq "work"].value': "1",
    'phoneNumbers[type eq "mobile"].value': "2",
    'phoneNumbers[type eq "fax"].value': "3",
    'roles[primary eq "True"].value': "User",
}
"""What may be cleared; an element is found by its filter."""


def test_schema_discoverability(examiner: Any) -> None:
    """Every path of the default mapping follows from the schemas."""
    schemas = {each["id"]: each for each in examiner.read("/Schemas")["Resources"]}
    assert {path for each in schemas.values() for path in paths_of(each)} >= DEFAULT_MAPPING
    assert set(paths_of(schemas[GROUP])) >= {"displayName", "externalId", "members"}


def paths_of(schema: dict[str, Any]) -> Iterator[str]:
    """Name a schema's attributes as Entra does; what is a reference does not count."""
    prefix = f"{ENT}:" if schema["id"] == ENT else ""
    for attribute in schema["attributes"]:
        subs = [each for each in attribute.get("subAttributes", ()) if each["type"] != "reference"]
        types = [value for each in subs if each["name"] == "type" for value in each.get("canonicalValues", ())]
        name = prefix + attribute["name"]
        if attribute["name"] in {"manager", "members"} or attribute["type"] not in {"complex", "reference"}:
            yield name
        elif not attribute["multiValued"]:
            yield from (f"{name}.{each['name']}" for each in subs)
        elif types:
            pairs = itertools.product(types, subs)
            yield from (f'{name}[type eq "{value}"].{each["name"]}' for value, each in pairs)
        else:
            yield from (f'{name}[primary eq "True"].{each["name"]}' for each in subs)


@pytest.mark.parametrize("together", [False, True], ids=["by-path", "without-a-path"])
@pytest.mark.parametrize("nothing", ["", None], ids=["empty", "null"])
def test_null_update(examiner: Any, nothing: str | None, *, together: bool) -> None:
    """Everything optional is cleared: only the user's name and state are left."""
    created = examiner.create("/Users", userName=f"{examiner.name()}@contoso.example", active=True)
    user = f"/Users/{created['id']}"
    filled = examiner.patch(user, *operations(OPTIONAL | FILTERED))
    assert set(filled) == set(created) | {
        "displayName",
        "title",
        "preferredLanguage",
        "externalId",
        "name",
        "emails",
        "addresses",
        "phoneNumbers",
        "roles",
        ENT,
    }
    if together:
        clearing = [{"op": "replace", "value": dict.fromkeys(OPTIONAL, nothing)}]
    else:
        clearing = operations(dict.fromkeys(OPTIONAL, nothing))
    cleared = examiner.patch(user, *clearing, *operations(dict.fromkeys(FILTERED, nothing)))
    assert without_meta(cleared) == without_meta(created)


def operations(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one replace for each path."""
    return [{"op": "replace", "path": path, "value": value} for path, value in values.items()]


def without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without what every change moves."""
    return {key: value for key, value in resource.items() if key != "meta"}


def test_user_create(examiner: Any) -> None:
    """An id, and the name as it was sent."""
    created = examiner.create("/Users", userName="upd-4f3a2b1c@contoso.example", active=True)
    assert created["id"]
    assert examiner.read(f"/Users/{created['id']}")["userName"] == "upd-4f3a2b1c@contoso.example"


def test_user_update(examiner: Any) -> None:
    """Random text in every attribute, addresses for e-mail and languages included, is echoed exactly."""
    user = f"/Users/{examiner.user()}"
    plain = {path: f"upd-{number:08x}" for number, path in enumerate(OPTIONAL, 0xA0)}
    filtered = {path: f"upd-{number:08x}" for number, path in enumerate(FILTERED, 0xB0)}
    now = examiner.patch(user, {"op": "replace", "value": plain}, *operations(filtered))
    assert {key: now[key] for key in ("displayName", "title", "preferredLanguage", "externalId", "name", ENT)} == {
        "displayName": "upd-000000a0",
        "title": "upd-000000a1",
        "preferredLanguage": "upd-000000a2",
        "externalId": "upd-000000a3",
        "name": {"givenName": "upd-000000a4", "familyName": "upd-000000a5", "formatted": "upd-000000a6"},
        ENT: {
            "employeeNumber": "upd-000000a7",
            "department": "upd-000000a8",
            "manager": {"value": "upd-000000a9"},
        },
    }
    assert now["emails"] == [{"type": "work", "value": "upd-000000b0"}, {"type": "other", "value": "upd-000000b1"}]
    assert now["addresses"] == [
        {
            "type": "work",
            "formatted": "upd-000000b2",
            "streetAddress": "upd-000000b3",
            "locality": "upd-000000b4",
            "region": "upd-000000b5",
            "postalCode": "upd-000000b6",
            "country": "upd-000000b7",
        },
        {"type": "other", "formatted": "upd-000000b8"},
    ]
    assert now["phoneNumbers"] == [
        {"type": "work", "value": "upd-000000b9"},
        {"type": "mobile", "value": "upd-000000ba"},
        {"type": "fax", "value": "upd-000000bb"},
    ]
    assert now["roles"] == [{"primary": True, "value": "upd-000000bc"}]


def test_group_create(examiner: Any) -> None:
    created = examiner.create("/Groups", displayName="upd-5d6e7f80", externalId="upd-5d6e7f81")
    read = examiner.read(f"/Groups/{created['id']}")
    assert (read["displayName"], read["externalId"]) == ("upd-5d6e7f80", "upd-5d6e7f81")


def test_group_update(examiner: Any) -> None:
    group = f"/Groups/{examiner.group()}"
    now = examiner.patch(group, {"op": "replace", "value": {"displayName": "upd-11", "externalId": "upd-12"}})
    assert (now["displayName"], now["externalId"]) == ("upd-11", "upd-12")


@pytest.mark.parametrize("resources", ["/Users", "/Groups"])
def test_pagination(examiner: Any, resources: str) -> None:
    """Pages of five: each says where it begins, and together they hold everything once."""
    make = examiner.user if resources == "/Users" else examiner.group
    made = {make() for _ in range(11)}
    first = examiner.read(resources, startIndex="1", count="5")
    seen: list[str] = []
    for start in range(1, first["totalResults"] + 1, 5):
        page = examiner.read(resources, startIndex=str(start), count="5")
        assert (page["startIndex"], page["totalResults"]) == (start, first["totalResults"])
        assert page["itemsPerPage"] == len(page["Resources"]) <= 5
        seen += [each["id"] for each in page["Resources"]]
    assert len(seen) == len(set(seen)) == first["totalResults"] >= 11
    assert made <= set(seen)


def test_update_manager(examiner: Any) -> None:
    """Set by an Add of text, changed, and removed by empty text."""
    first, second, user = examiner.user(), examiner.user(), f"/Users/{examiner.user()}"
    manager = f"{ENT}:manager"
    assert examiner.patch(user, {"op": "Add", "path": manager, "value": first})[ENT]["manager"] == {"value": first}
    assert examiner.patch(user, {"op": "replace", "path": manager, "value": second})[ENT]["manager"]["value"] == second
    assert ENT not in examiner.patch(user, {"op": "replace", "path": manager, "value": ""})
