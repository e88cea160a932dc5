"""SCIM user ↔ WorkteamUser, SCIM group ↔ WorkteamGroup: a rename, values untouched. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from scim2_models import InvalidValueException

from workteam_crds.cluster.port import Operation
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import (
    FINALIZER,
    GROUP_LABEL,
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
from workteam_scim.elements import has_value

SOURCE_TEST: Operation = {
    "op": "test",
    "path": f"/metadata/labels/{SOURCE_LABEL.replace('/', '~1')}",
    "value": SOURCE_SCIM,
}
EMPTY = "it is required and cannot be empty"
LAST_MODIFIED_PATH = f"/metadata/annotations/{LAST_MODIFIED.replace('/', '~1')}"


def scim_user(user: WorkteamUser, base_url: str) -> dict[str, Any]:
    """Return a user as it is answered; ``base_url`` is the tenant's."""
    attributes = _filled(user.spec.dump())
    attributes.pop("tenantRef")
    enterprise = attributes.pop("enterprise", None)
    extension: dict[str, Any] = {ENTERPRISE: enterprise} if enterprise else {}
    schemas, since = [USER, *extension], created(user)
    return {
        "schemas": schemas,
        "id": user.metadata.name,
        **attributes,
        **extension,
        "meta": {
            "resourceType": "User",
            "created": since,
            "lastModified": last_modified(user),
            "location": f"{base_url}/Users/{user.metadata.name}",
            "version": f'W/"{user.metadata.generation}"',
        },
    }


def scim_group(group: WorkteamGroup, base_url: str) -> dict[str, Any]:
    """Return a group as it is answered, without its members, and in ``meta`` without what these move."""
    spec, metadata = group.spec, group.metadata
    named = {"displayName": spec.display_name, "externalId": spec.external_id}
    return {
        "schemas": [GROUP],
        "id": metadata.name,
        **{key: value for key, value in named.items() if value is not None},
        "meta": {
            "resourceType": "Group",
            "created": created(group),
            "location": f"{base_url}/Groups/{metadata.name}",
        },
    }


def created(resource: CustomResource) -> str:
    """Return when an object was made; nothing if it is not stored yet."""
    moment = resource.metadata.creation_timestamp
    return rfc3339(moment) if moment else ""


def last_modified(resource: CustomResource) -> str:
    """Return when a spec was changed last: never before it was made, by the API server's clock."""
    since, noted = created(resource), resource.metadata.annotations.get(LAST_MODIFIED, "")
    return since if resource.metadata.generation == 1 else max(noted, since)


def user_spec(attributes: Mapping[str, Any], tenant: str) -> UserSpec:
    """Read a SCIM user into a spec. Raises ``InvalidValueException`` naming the attribute that the kind refuses."""
    wanted = {key: _without_shells(value) for key, value in attributes.items() if ":" not in key}
    wanted |= {"tenantRef": {"name": tenant}, "enterprise": attributes.get(ENTERPRISE) or None}
    try:
        return UserSpec.model_validate(wanted)
    except ValidationError as error:
        raise refusal(error) from None


def group_spec(
    attributes: Mapping[str, Any], tenant: str, *, members: tuple[str, ...] = (), memberships: int = 0
) -> GroupSpec:
    """Read a SCIM group into a spec, with the members of its own list. Raises as ``user_spec`` does."""
    wanted = {key: attributes.get(key) for key in ("displayName", "externalId")}
    wanted |= {"tenantRef": {"name": tenant}, "members": members, "memberships": memberships or None}
    try:
        return GroupSpec.model_validate(wanted)
    except ValidationError as error:
        raise refusal(error) from None


def unique_of(name: str, attributes: Mapping[str, Any]) -> str:
    """Return the attribute that no other resource of the type may have. Raises ``InvalidValueException``."""
    unique = attributes.get(name)
    if not isinstance(unique, str) or not unique:
        raise InvalidValueException(detail=f"{name}: {EMPTY}.")
    return unique


def refusal(error: ValidationError) -> InvalidValueException:
    """Say which attribute is refused and why, without its value, in words of our own."""
    first = error.errors(include_url=False, include_input=False)[0]
    context = first.get("ctx", {})
    named = [str(part) for part in first["loc"] or [context.get("field_name")] if not isinstance(part, int)]
    if named[0] in {"enterprise", ENTERPRISE}:
        named = [f"{ENTERPRISE}:{'.'.join(named[1:])}" if named[1:] else ENTERPRISE]
    return InvalidValueException(detail=f"{'.'.join(named)}: {_reason(first['type'], context)}.")


def _reason(kind: str, context: Mapping[str, Any]) -> str:
    """Say what is wrong with a value by what pydantic calls it."""
    match kind:
        case "missing" | "required_error" | "string_too_short":
            return EMPTY
        case "string_too_long":
            return f"it may have up to {context['max_length']} characters"
        case "too_long":
            return f"there may be up to {context['max_length']} values"
        case "bool_parsing" | "bool_type":
            return "the value must be true or false"
        case "string_type":
            return "the value must be a text"
        case _:
            return "the value has another shape than the attribute"


def new_metadata(name: str, tenant: TenantKey, now: datetime) -> dict[str, Any]:
    """Return the metadata of an object that SCIM makes; the finalizer saves the operator one write."""
    return {
        "name": name,
        "namespace": tenant.namespace,
        "labels": {TENANT_LABEL: tenant.name, SOURCE_LABEL: SOURCE_SCIM},
        "annotations": {LAST_MODIFIED: rfc3339(now)},
        "finalizers": [FINALIZER],
    }


def new_membership(name: str, group: str, tenant: TenantKey, members: tuple[str, ...], now: datetime) -> dict[str, Any]:
    """Return a further list of a group's members. It has no owner: after a restore its group has another uid."""
    metadata = new_metadata(name, tenant, now)
    metadata["labels"] |= {GROUP_LABEL: group}
    del metadata["finalizers"]
    spec = {"tenantRef": {"name": tenant.name}, "groupRef": {"name": group}, "members": members}
    return {"metadata": metadata, "spec": spec}


@dataclass(frozen=True)
class Known:
    """What is known of an object that is to be changed, and must still be so."""

    generation: int
    from_scim: bool
    """Whether its label says so: a label moves no generation."""
    annotated: bool
    """Whether it has annotations at all: a JSON patch adds to a map only if it is there."""


def known_of(resource: CustomResource) -> Known:
    """Return what a later write tests."""
    metadata = resource.metadata
    from_scim = metadata.labels.get(SOURCE_LABEL) == SOURCE_SCIM
    return Known(metadata.generation or 0, from_scim, annotated=bool(metadata.annotations))


def changes(old: Part, new: Part, known: Known, *, now: datetime) -> list[Operation]:
    """Return the JSON patch from one spec to another, tested on what is known; nothing if they are equal."""
    return tested(differences(old, new), known, now=now)


def differences(old: Part, new: Part) -> list[Operation]:
    """Return the operations that make one spec another."""
    before, after = old.dump(), new.dump()
    keys = (*before, *(key for key in after if key not in before))
    return [setting(key, after.get(key)) for key in keys if before.get(key) != after.get(key)]


def setting(key: str, value: Any) -> Operation:
    """Return the operation that gives a field of the spec a value; None or nothing takes away the one it has."""
    if value is None or value == ():
        return {"op": "remove", "path": f"/spec/{key}"}
    return {"op": "add", "path": f"/spec/{key}", "value": value}


def tested(operations: Sequence[Operation], known: Known, *, now: datetime) -> list[Operation]:
    """Return operations as one JSON patch, tested on what is known, with the time noted; nothing if there are none."""
    if not operations:
        return []
    moment = rfc3339(now)
    noted: Operation = {"op": "add", "path": LAST_MODIFIED_PATH, "value": moment}
    if not known.annotated:
        noted = {"op": "add", "path": "/metadata/annotations", "value": {LAST_MODIFIED: moment}}
    return [
        {"op": "test", "path": "/metadata/generation", "value": known.generation},
        *([SOURCE_TEST] if known.from_scim else []),
        *operations,
        noted,
    ]


def _without_shells(value: Any) -> Any:
    """Drop the elements of a list that say something about a value and have none."""
    if not isinstance(value, list):
        return value
    return [item for item in value if not isinstance(item, dict) or has_value(item)]


def _filled(attributes: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is an empty object: SCIM has no word for it (RFC 7643 §2.5)."""
    filled = {key: _filled(value) if isinstance(value, dict) else value for key, value in attributes.items()}
    return {key: value for key, value in filled.items() if value != {}}
