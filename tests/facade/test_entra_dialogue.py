"""What Entra says, in both dialects, and what the cluster then holds. Requests are literals, as documented."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from workteam_crds.kinds import WorkteamUser

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
Users = Callable[[], Awaitable[dict[str, WorkteamUser]]]

ADELE = {
    "schemas": [USER, ENT],
    "externalId": "AdeleV",
    "userName": "AdeleV@contoso.example",
    "active": True,
    "displayName": "Adele Vance",
    "emails": [{"primary": True, "type": "work", "value": "AdeleV@contoso.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Adele Vance", "familyName": "Vance", "givenName": "Adele"},
    "roles": [{"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "User"}],
    ENT: {"department": "Retail", "employeeNumber": "000123"},
}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the message around operations."""
    return {"schemas": [PATCH], "Operations": list(operations)}


async def test_create_makes_one_object(entra: httpx.AsyncClient, users: Users) -> None:
    """POST answers 201 with what was sent, id, meta and Location; the object holds it all, finalizer on."""
    answer = await entra.post("/Users", json=ADELE)
    assert answer.status_code == 201
    created = answer.json()
    assert answer.headers["location"] == created["meta"]["location"] == f"{entra.base_url}Users/{created['id']}"
    assert answer.headers["etag"] == created["meta"]["version"] == 'W/"1"'
    assert {key: value for key, value in created.items() if key not in {"id", "meta"}} == {
        key: value for key, value in ADELE.items() if key != "meta"
    }

    [(_, user)] = (await users()).items()
    assert user.metadata.name == created["id"]
    assert user.metadata.labels == {"workte.am/tenant": user.tenant.name, "workte.am/source": "scim"}
    assert user.metadata.finalizers == ("workte.am/account",)
    assert user.metadata.annotations["workte.am/last-modified"] == created["meta"]["lastModified"]
    assert user.spec.dump() == {
        "tenantRef": {"name": user.tenant.name},
        "userName": "AdeleV@contoso.example",
        "externalId": "AdeleV",
        "active": True,
        "displayName": "Adele Vance",
        "name": {"formatted": "Adele Vance", "familyName": "Vance", "givenName": "Adele"},
        "emails": [{"value": "AdeleV@contoso.example", "type": "work", "primary": True}],
        "roles": [{"value": "User", "type": "WindowsAzureActiveDirectoryRole", "primary": True}],
        "enterprise": {"employeeNumber": "000123", "department": "Retail"},
    }


FULL = {
    "userName": "AdeleV@contoso.example",
    "externalId": "AdeleV",
    "active": False,
    "displayName": "Adele V",
    "title": " Retail  Manager ",
    "preferredLanguage": "de-AT",
    "name": {"formatted": "Adela Vanke", "familyName": "Vanke", "givenName": "Adela"},
    "emails": [
        {"value": "adele@contoso.example", "type": "work", "primary": True},
        {"value": "SMTP:AV@contoso.example", "type": "other"},
    ],
    "phoneNumbers": [
        {"value": "+43 1 555", "type": "mobile"},
        {"value": "+43 1 556", "type": "work"},
        {"value": "+43 1 557", "type": "fax"},
    ],
    "addresses": [
        {
            "type": "work",
            "streetAddress": "Ring 1",
            "locality": "Wien",
            "region": "W",
            "postalCode": "1010",
            "country": "AT",
        },
        {"type": "other", "formatted": "18/2111"},
    ],
    "enterprise": {"employeeNumber": "000124", "department": "Sales", "manager": {"value": "019ab3f2-nobody"}},
}

LEGACY: list[dict[str, Any]] = [
    {"op": "Replace", "path": "externalId", "value": "AdeleV"},
    {"op": "Replace", "path": "active", "value": "False"},
    {"op": "Replace", "path": "displayName", "value": "Adele V"},
    {"op": "Add", "path": "title", "value": " Retail  Manager "},
    {"op": "Add", "path": "preferredLanguage", "value": "de-AT"},
    {"op": "Replace", "path": "name.givenName", "value": "Adela"},
    {"op": "Replace", "path": "name.familyName", "value": "Vanke"},
    {"op": "Replace", "path": "name.formatted", "value": "Adela Vanke"},
    {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "adele@contoso.example"},
    {"op": "Add", "path": 'emails[type eq "other"].value', "value": "SMTP:AV@contoso.example"},
    {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+43 1 555"},
    {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "+43 1 556"},
    {"op": "Add", "path": 'phoneNumbers[type eq "fax"].value', "value": "+43 1 557"},
    {"op": "Add", "path": 'addresses[type eq "work"].streetAddress', "value": "Ring 1"},
    {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Wien"},
    {"op": "Add", "path": 'addresses[type eq "work"].region', "value": "W"},
    {"op": "Add", "path": 'addresses[type eq "work"].postalCode', "value": "1010"},
    {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "AT"},
    {"op": "Add", "path": 'addresses[type eq "other"].formatted', "value": "18/2111"},
    {"op": "Replace", "path": f"{ENT}:employeeNumber", "value": "000124"},
    {"op": "Replace", "path": f"{ENT}:department", "value": "Sales"},
    {"op": "Add", "path": f"{ENT}:manager", "value": "019ab3f2-nobody"},
    {
        "op": "Add",
        "path": "roles",
        "value": [{"value": '{"id":"0650","value":"HRAdministrator","displayName":"HR administrator"}'}],
    },
]
LEGACY_ROLES = [
    {"value": "User", "type": "WindowsAzureActiveDirectoryRole", "primary": True},
    {"value": "HRAdministrator", "display": "HR administrator"},
]

COMPLIANT: list[dict[str, Any]] = [
    {"op": "replace", "path": 'emails[type eq "work"].value', "value": "adele@contoso.example"},
    {"op": "add", "path": 'emails[type eq "other"].value', "value": "SMTP:AV@contoso.example"},
    {"op": "add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+43 1 555"},
    {"op": "add", "path": 'phoneNumbers[type eq "work"].value', "value": "+43 1 556"},
    {"op": "add", "path": 'phoneNumbers[type eq "fax"].value', "value": "+43 1 557"},
    {"op": "add", "path": 'addresses[type eq "work"].streetAddress', "value": "Ring 1"},
    {"op": "add", "path": 'addresses[type eq "work"].locality', "value": "Wien"},
    {"op": "add", "path": 'addresses[type eq "work"].region', "value": "W"},
    {"op": "add", "path": 'addresses[type eq "work"].postalCode', "value": "1010"},
    {"op": "add", "path": 'addresses[type eq "work"].country', "value": "AT"},
    {"op": "add", "path": 'addresses[type eq "other"].formatted', "value": "18/2111"},
    {
        "op": "replace",
        "value": {
            "externalId": "AdeleV",
            "displayName": "Adele V",
            "title": " Retail  Manager ",
            "preferredLanguage": "de-AT",
            "name.givenName": "Adela",
            "name.familyName": "Vanke",
            "name.formatted": "Adela Vanke",
            f"{ENT}:employeeNumber": "000124",
            f"{ENT}:department": "Sales",
        },
    },
    {"op": "replace", "path": "active", "value": False},
    {"op": "add", "path": f"{ENT}:manager", "value": "019ab3f2-nobody"},
    {"op": "replace", "path": 'roles[primary eq "True"].value', "value": "HRAdministrator"},
]
COMPLIANT_ROLES = [{"value": "HRAdministrator", "type": "WindowsAzureActiveDirectoryRole", "primary": True}]


@pytest.mark.parametrize(
    ("operations", "roles"),
    [pytest.param(LEGACY, LEGACY_ROLES, id="legacy"), pytest.param(COMPLIANT, COMPLIANT_ROLES, id="compliant")],
)
async def test_patch_of_every_attribute_of_the_default_mapping(
    entra: httpx.AsyncClient, users: Users, operations: list[dict[str, Any]], roles: list[dict[str, Any]]
) -> None:
    """One PATCH, answered 200 with the resource: values as sent, booleans as booleans, elements created with a type."""
    created = (await entra.post("/Users", json=ADELE)).json()
    answer = await entra.patch(f"/Users/{created['id']}", json=patch(*operations))
    assert answer.status_code == 200
    assert answer.headers["etag"] == 'W/"2"'
    user = (await users())["AdeleV@contoso.example"]
    assert user.spec.dump() == {"tenantRef": {"name": user.tenant.name}, **FULL, "roles": roles}
    assert (await entra.get(f"/Users/{created['id']}")).json() == answer.json()


async def test_a_patch_that_changes_nothing_writes_nothing(entra: httpx.AsyncClient, users: Users) -> None:
    """The same PATCH again: 200, and neither generation nor resourceVersion moves."""
    created = (await entra.post("/Users", json=ADELE)).json()
    for body in (patch(*LEGACY), patch(*COMPLIANT)):
        await entra.patch(f"/Users/{created['id']}", json=body)
        before = (await users())["AdeleV@contoso.example"].metadata
        answer = await entra.patch(f"/Users/{created['id']}", json=body)
        assert answer.status_code == 200
        assert (await users())["AdeleV@contoso.example"].metadata == before


@pytest.mark.parametrize("op", ["Replace", "replace", "Add", "add"])
@pytest.mark.parametrize("value", ["False", "false", False, {"active": False}])
async def test_disable_and_restore(entra: httpx.AsyncClient, op: str, value: Any) -> None:
    """Active false in every shape: the user stays readable by id and by filter, inactive, and comes back."""
    created = (await entra.post("/Users", json=ADELE)).json()
    disabled = await entra.patch(f"/Users/{created['id']}", json=patch({"op": op, "path": "active", "value": value}))
    found = await entra.get("/Users", params={"filter": 'userName eq "adelev@contoso.example"'})
    assert (disabled.status_code, disabled.json()["active"]) == (200, False)
    assert [user["active"] for user in found.json()["Resources"]] == [False]
    restored = await entra.patch(
        f"/Users/{created['id']}", json=patch({"op": "Add", "path": "active", "value": "True"})
    )
    assert restored.json()["active"] is True


async def test_delete_frees_the_name_at_once(entra: httpx.AsyncClient, users: Users) -> None:
    """204, then 404, a second DELETE 404; the name is free while the old object still terminates."""
    created = (await entra.post("/Users", json=ADELE)).json()
    assert (await entra.delete(f"/Users/{created['id']}")).status_code == 204
    for gone in (await entra.get(f"/Users/{created['id']}"), await entra.delete(f"/Users/{created['id']}")):
        assert gone.status_code == 404
        assert gone.json() == {"schemas": [ERROR], "status": "404", "detail": "User not found."}
    again = await entra.post("/Users", json=ADELE)
    assert again.status_code == 201
    assert again.json()["id"] != created["id"]
    assert (await users())["AdeleV@contoso.example"].metadata.name == again.json()["id"]
