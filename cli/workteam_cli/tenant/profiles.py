"""What a stand-in tenant offers: its discovery documents, and the models that are built from these.

The documents are those of RFC 7643 as scim2-server ships them, changed where they would refuse or rewrite what was
sent. Called by ``workteam`` alone; knows nothing of accounts, requests or faults.
"""

import enum
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict
from scim2_models import ResourceType, Schema, ScimPolicy, ScimProvider, ServiceProviderConfig
from scim2_server.utils import load_json_resource

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

WORKTEAM_ATTRIBUTES = {
    USER: {"userName", "active", "name", "displayName", "title", "nickName", "emails"},
    ENTERPRISE: {"department", "manager"},
}
"""The attributes that Workteam's user guide documents; every SCIM resource has ``externalId`` besides."""

WORKTEAM_NAME_PARTS = {"givenName", "familyName"}


class Profile(enum.StrEnum):
    """How much of SCIM the tenant knows."""

    FULL = "full"
    """The core user, the enterprise extension, and Groups."""
    WORKTEAM = "workteam"
    """What Workteam documents: eight attributes of a user, and no Groups."""


class Unknown(enum.StrEnum):
    """What becomes of an attribute that the tenant's schema lacks."""

    FORBID = "forbid"
    """400, as a strict server answers."""
    IGNORE = "ignore"
    """Dropped, and the rest is stored."""


class Behaviour(BaseModel):
    """How the tenant behaves until it is told otherwise. The default is a server without a fault.

    ``patch`` off: PATCH is 405, and ServiceProviderConfig says so. ``unique`` off: two accounts may share a userName,
    two teams a displayName. ``admin`` off: the administrator's token may read and no longer write. ``searches_lag``:
    searches show the state of ``lag_seconds`` ago, or, with None, that of when the lag began, until
    ``Control.catch_up``. ``reads_lag``: GET by id as well. Uniqueness is never late.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    patch: bool = True
    unique: bool = True
    admin: bool = True
    unknown: Unknown = Unknown.FORBID
    searches_lag: bool = False
    reads_lag: bool = False
    lag_seconds: float | None = None


def tenant_provider(profile: Profile, behaviour: Behaviour) -> ScimProvider:
    """Describe the tenant to scim2-server, which builds its models from the description."""
    config = load_json_resource("default-service-provider-config.json")
    config |= {
        "patch": {"supported": behaviour.patch},
        "bulk": {"supported": False, "maxOperations": 0, "maxPayloadSize": 0},
        "changePassword": {"supported": False},
    }
    kinds = {USER, GROUP} if profile is Profile.FULL else {USER}
    types = [kind for kind in load_json_resource("default-resource-types.json") if kind["schema"] in kinds]
    return ScimProvider.from_discovery(
        [Schema.model_validate(schema) for schema in _schemas(profile, unique=behaviour.unique)],
        [ResourceType.model_validate(kind) for kind in types],
        config=ServiceProviderConfig.model_validate(config),
        policy=ScimPolicy(unknown=ScimPolicy.Unknown(behaviour.unknown.value)),
    )


def _schemas(profile: Profile, *, unique: bool) -> list[dict[str, Any]]:
    schemas = [_kept_as_sent(schema) for schema in load_json_resource("default-schemas.json")]
    schemas = [_distinguished(schema, unique=unique) for schema in schemas]
    if profile is Profile.FULL:
        return schemas
    return [_documented_by_workteam(schema) for schema in schemas if schema["id"] in WORKTEAM_ATTRIBUTES]


def _kept_as_sent(schema: dict[str, Any]) -> dict[str, Any]:
    """Make a plain string of each URL to the outside: directories hold what is none, and it must come back."""
    return schema | {"attributes": [_as_string(attribute) for attribute in schema["attributes"]]}


def _as_string(attribute: dict[str, Any]) -> dict[str, Any]:
    changed = dict(attribute)
    if changed.get("referenceTypes") == ["external"]:
        changed |= {"type": "string"}
        del changed["referenceTypes"]
    if "subAttributes" in changed:
        changed["subAttributes"] = [_as_string(part) for part in changed["subAttributes"]]
    return changed


def _distinguished(schema: dict[str, Any], *, unique: bool) -> dict[str, Any]:
    """Let the tenant tell users by userName and teams by displayName, or neither."""
    name = {USER: "userName", GROUP: "displayName"}.get(schema["id"])
    chosen = {"uniqueness": "server" if unique else "none"}
    attributes = [part | chosen if part["name"] == name else part for part in schema["attributes"]]
    return schema | {"attributes": attributes}


def _documented_by_workteam(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave what Workteam documents; of e-mail addresses, the one for work."""
    attributes = _named(schema["attributes"], WORKTEAM_ATTRIBUTES[schema["id"]])
    for attribute in attributes:
        if attribute["name"] == "name":
            attribute["subAttributes"] = _named(attribute["subAttributes"], WORKTEAM_NAME_PARTS)
        if attribute["name"] == "emails":
            [kind] = _named(attribute["subAttributes"], {"type"})
            kind["canonicalValues"] = ["work"]
    return schema | {"attributes": attributes}


def _named(attributes: Iterable[dict[str, Any]], names: set[str]) -> list[dict[str, Any]]:
    return [attribute for attribute in attributes if attribute["name"] in names]
