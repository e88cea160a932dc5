"""The users and groups of the facade's bench: as Entra's default mapping sends them, and as the facade stores them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from workteam_crds.kinds import WorkteamUser
from workteam_crds.naming import TenantKey
from workteam_scim.documents import ENTERPRISE, GROUP, PATCH_OP, USER
from workteam_scim.mapping import Known, changes, new_metadata, scim_user, user_spec

MADE = datetime(2026, 11, 24, 9, tzinfo=UTC)
ENTRA_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
SUSPEND = {"op": "Replace", "path": "active", "value": "False"}
RESUME = {"op": "Replace", "path": "active", "value": "True"}


def user_name(number: int, crowd: str) -> str:
    """Return the userName of one of a crowd."""
    return f"{crowd}-{number}@contoso.example"


def user_id(number: int, crowd: int = 0) -> str:
    """Return a name for an object that is made without the facade; they sort as they count."""
    return f"019ab3f2-0000-7000-8{crowd:03}-{number:012}"


def user(number: int, crowd: str) -> dict[str, Any]:
    """Return a user as Entra sends one."""
    name = f"Person Number {number}"
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": user_name(number, crowd),
        "externalId": f"{crowd}{number}",
        "active": True,
        "displayName": name,
        "name": {"givenName": "Person", "familyName": f"Number {number}", "formatted": name},
        "title": "Specialist",
        "preferredLanguage": "en-US",
        "emails": [{"type": "work", "primary": True, "value": user_name(number, crowd)}],
        "phoneNumbers": [{"type": "work", "value": "+1 206 555 0101"}],
        "addresses": [{"type": "work", "streetAddress": "1200 Harbor Avenue", "locality": "Seattle"}],
        "roles": [{"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "User"}],
        ENTERPRISE: {"department": "Sales", "employeeNumber": f"{crowd}{number:06}"},
    }


def stored(number: int, crowd: str, name: str, tenant: TenantKey) -> WorkteamUser:
    """Return the object that the facade makes of a user."""
    spec = user_spec({key: value for key, value in user(number, crowd).items() if key != "schemas"}, tenant.name)
    return WorkteamUser.model_validate({"metadata": new_metadata(name, tenant, MADE), "spec": spec})


def answered(number: int) -> dict[str, Any]:
    """Return a user as the facade answers it."""
    tenant = TenantKey("workteam", "acme")
    return scim_user(stored(number, "user", user_id(number), tenant), "https://scim.example/workteam/acme/scim/v2")


def suspension(number: int, crowd: str, tenant: TenantKey) -> bytes:
    """Return the JSON patch that the facade sends to suspend a user that nobody has changed."""
    before = stored(number, crowd, user_id(number), tenant).spec
    after = before.model_copy(update={"active": False})
    return orjson.dumps(changes(before, after, Known(1, from_scim=True, annotated=True), now=MADE))


def group(name: str) -> bytes:
    """Return a group as Entra sends one."""
    return orjson.dumps({"schemas": [GROUP, ENTRA_GROUP], "externalId": name, "displayName": name})


def patch(*operations: dict[str, Any]) -> bytes:
    """Return the body of a PATCH."""
    return orjson.dumps({"schemas": [PATCH_OP], "Operations": operations})


def addition(ids: Sequence[str]) -> bytes:
    """Return the PATCH that adds members."""
    return patch({"op": "Add", "path": "members", "value": [{"value": each} for each in ids]})
