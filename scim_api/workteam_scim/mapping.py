"""SCIM user ↔ WorkteamUser, SCIM group ↔ WorkteamGroup: a rename, values untouched. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from scim2_models import InvalidValueException

from workteam_crds.cluster.port import Operation
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import (
    FINALIZER,
    LAST_MODIFIED,
    SOURCE_LABEL,
    SOURCE_SCIM,
    TENANT_LABEL,
    CustomResource,
)
from workteam_crds.kinds.groups import GroupSpec
from workteam_crds.kinds.users import UserSpec
from workteam_crds.naming import TenantKey
from workteam_crds.part import Part, rfc3339
from workteam_scim.documents import ENTERPRISE, GROUP, USER
from workteam_scim.members import refuse_too_many

HASH_LENGTH = 16
SOURCE_TEST: Operation = {
    "op": "test",
    "path": f"/metadata/labels/{SOURCE_LABEL.replace('/', '~1')}",
    "value": SOURCE_SCIM,
}
LAST_MODIFIED_PATH = f"/metadata/annotations/{LAST_MODIFIED.replace('/', '~1')}"
OF_A_VALUE = frozenset({"type", "primary"})
"""What says something about a value: an element that has nothing else has no value."""


def scim_user(user: WorkteamUser, base_url: str) -> dict[str, Any]:
    """Return a user as it is answered; ``base_url`` is the tenant's."""
    attributes = _filled(user.spec.dump())
    attributes.pop("tenantRef")
    enterprise = attributes.pop("enterprise", None)
    extension: dict[str, Any] = {ENTERPRISE: enterprise} if enterprise else {}
    schemas = [USER, *extension]
    return {
        "schemas": schemas,
        "id": user.metadata.name,
        **attributes,
        **extension,
        "meta": _meta(user, "User", f"{base_url}/Users", f'W/"{user.metadata.generation}"'),
    }


def scim_group(group: WorkteamGroup, base_url: str) -> dict[str, Any]:
    """Return a group as it is answered, without its members."""
    attributes = group.spec.dump()
    named: dict[str, Any] = {key: attributes[key] for key in ("displayName", "externalId") if key in attributes}
    return {
        "schemas": [GROUP],
        "id": group.metadata.name,
        **named,
        "meta": _meta(group, "Group", f"{base_url}/Groups", group_version(group)),
    }


def group_version(group: WorkteamGroup) -> str:
    """Return a group's ETag: a short hash, as the lists of its members have generations of their own."""
    text = f"{group.metadata.uid}/{group.metadata.generation}"
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:HASH_LENGTH]}"'


def _meta(resource: CustomResource, resource_type: str, collection: str, version: str) -> dict[str, str]:
    created = resource.metadata.creation_timestamp
    since = rfc3339(created) if created else ""
    return {
        "resourceType": resource_type,
        "created": since,
        "lastModified": resource.metadata.annotations.get(LAST_MODIFIED) or since,
        "location": f"{collection}/{resource.metadata.name}",
        "version": version,
    }


def user_spec(attributes: Mapping[str, Any], tenant: str) -> UserSpec:
    """Read a SCIM user into a spec. Raises ``InvalidValueException`` naming the attribute that the kind refuses."""
    wanted = {key: _without_shells(value) for key, value in attributes.items() if ":" not in key}
    wanted |= {"tenantRef": {"name": tenant}, "enterprise": attributes.get(ENTERPRISE) or None}
    try:
        return UserSpec.model_validate(wanted)
    except ValidationError as error:
        raise refusal(error) from None


def group_spec(attributes: Mapping[str, Any], members: tuple[str, ...], tenant: str) -> GroupSpec:
    """Read a SCIM group into a spec. Raises ``TooManyException``, or as ``user_spec`` does."""
    wanted = {key: attributes.get(key) for key in ("displayName", "externalId")}
    wanted |= {"tenantRef": {"name": tenant}, "members": refuse_too_many(members)}
    try:
        return GroupSpec.model_validate(wanted)
    except ValidationError as error:
        raise refusal(error) from None


def refusal(error: ValidationError) -> InvalidValueException:
    """Say which attribute is refused and why, without its value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return InvalidValueException(detail=f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.")


def new_metadata(name: str, tenant: TenantKey, now: datetime) -> dict[str, Any]:
    """Return the metadata of an object that SCIM makes; the finalizer saves the operator one write."""
    return {
        "name": name,
        "namespace": tenant.namespace,
        "labels": {TENANT_LABEL: tenant.name, SOURCE_LABEL: SOURCE_SCIM},
        "annotations": {LAST_MODIFIED: rfc3339(now)},
        "finalizers": [FINALIZER],
    }


@dataclass(frozen=True)
class Known:
    """What is known of an object that is to be changed, and must still be so."""

    generation: int
    from_scim: bool
    """Whether its label says so: a label moves no generation."""
    annotated: bool
    """Whether it has annotations at all: a JSON patch adds to a map only if it is there."""


def changes(old: Part, new: Part, known: Known, *, now: datetime) -> list[Operation]:
    """Return the JSON patch from one spec to another, tested on what is known; nothing if they are equal."""
    before, after = old.dump(), new.dump()
    differing = [
        key for key in (*before, *(key for key in after if key not in before)) if before.get(key) != after.get(key)
    ]
    if not differing:
        return []
    moment = rfc3339(now)
    noted: Operation = {"op": "add", "path": LAST_MODIFIED_PATH, "value": moment}
    if not known.annotated:
        noted = {"op": "add", "path": "/metadata/annotations", "value": {LAST_MODIFIED: moment}}
    return [
        {"op": "test", "path": "/metadata/generation", "value": known.generation},
        *([SOURCE_TEST] if known.from_scim else []),
        *(_change(key, after) for key in differing),
        noted,
    ]


def _change(key: str, after: Mapping[str, Any]) -> Operation:
    if key in after:
        return {"op": "add", "path": f"/spec/{key}", "value": after[key]}
    return {"op": "remove", "path": f"/spec/{key}"}


def _without_shells(value: Any) -> Any:
    """Drop the elements of a list that say something about a value and have none."""
    if not isinstance(value, list):
        return value
    return [item for item in value if not isinstance(item, dict) or any(key not in OF_A_VALUE for key in item)]


def _filled(attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is an empty object: SCIM has no word for it (RFC 7643 §2.5)."""
    filled = {key: _filled(value) if isinstance(value, dict) else value for key, value in attributes.items()}
    return {key: value for key, value in filled.items() if value != {}}
