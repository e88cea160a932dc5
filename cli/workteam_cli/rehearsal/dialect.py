"""Request bodies exactly as Entra writes them, in both PATCH dialects. Pure.

Source: ENTRA §2.2 (create), §2.5 and §3.1 (PATCH), §3.2 (manager), §3.4 (roles), §4 (groups). Where Microsoft shows no
body (an attribute that had no value so far, in the compliant dialect) the verb is ``add``, as in its legacy form.
"""

import enum
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from workteam_cli.rehearsal.expressions import Role
from workteam_cli.rehearsal.mapping import Desired, Wanted
from workteam_cli.rehearsal.paths import ENTERPRISE, GROUP, MANAGER, MEMBERS, USER, Path, Scalar, parse

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ADSCIM_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
ROLE_VALUE = 'roles[primary eq "True"].value'

Body: TypeAlias = dict[str, Any]


class Dialect(enum.StrEnum):
    """How Entra writes a PATCH."""

    LEGACY = "legacy"
    """Today's default: capitalised verbs, booleans as text, one operation per attribute."""
    COMPLIANT = "compliant"
    """With ``?aadOptscim062020`` on the Tenant URL: closer to RFC 7644."""


def create_user(desired: Desired) -> Body:
    """Write the POST of a user; the same in both dialects, and without references."""
    body: Body = {"schemas": [USER, ENTERPRISE]}
    for text, value in desired.items():
        _path(text).place(body, value.value if isinstance(value, Role) else value)
    return {**body, "meta": {"resourceType": "User"}}


def create_group(desired: Desired) -> Body:
    """Write the POST of a group: always without members."""
    body: Body = {"schemas": [GROUP, ADSCIM_GROUP]}
    for text, value in desired.items():
        body[text] = value.value if isinstance(value, Role) else value
    return {**body, "meta": {"resourceType": "Group"}}


def patch(changes: Desired, before: Mapping[str, Scalar], dialect: Dialect) -> Body:
    """Write the one PATCH of a user's or group's changed attributes; ``before`` is what the target had."""
    last = {text: value for text, value in changes.items() if text == "active"}
    others = {text: value for text, value in changes.items() if text != "active"}
    operations: list[Body]
    match dialect:
        case Dialect.LEGACY:
            operations = [_legacy(text, value, before) for text, value in {**others, **last}.items()]
        case Dialect.COMPLIANT:
            operations = _compliant(others, before)
            operations += [
                {"op": _verb(*item, before).lower(), "path": "active", "value": item[1]} for item in last.items()
            ]
    return _patch(operations)


def set_manager(target: str, *, had_one: bool, dialect: Dialect) -> Body:
    """Write the PATCH that points a user at its manager's id in the target."""
    verb = "Replace" if had_one else "Add"
    match dialect:
        case Dialect.LEGACY:
            operation: Body = {"op": verb, "path": MANAGER, "value": target}
        case Dialect.COMPLIANT:
            operation = {"op": verb.lower(), "path": MANAGER, "value": {"value": target}}
    return _patch([operation])


def clear_manager(target: str, dialect: Dialect) -> Body:
    """Write the PATCH that takes the manager, so far ``target``, away."""
    match dialect:
        case Dialect.LEGACY:
            operation = {"op": "Replace", "path": MANAGER, "value": ""}
        case Dialect.COMPLIANT:
            operation = {"op": "remove", "path": f'manager[value eq "{target}"]'}
    return _patch([operation])


def add_member(target: str, dialect: Dialect) -> Body:
    """Write the PATCH that adds one member to a group."""
    match dialect:
        case Dialect.LEGACY:
            operation: Body = {"op": "Add", "path": MEMBERS, "value": [{"$ref": None, "value": target}]}
        case Dialect.COMPLIANT:
            operation = {"op": "add", "path": MEMBERS, "value": [{"value": target}]}
    return _patch([operation])


def remove_member(target: str, dialect: Dialect) -> Body:
    """Write the PATCH that takes one member out of a group."""
    match dialect:
        case Dialect.LEGACY:
            operation: Body = {"op": "Remove", "path": MEMBERS, "value": [{"$ref": None, "value": target}]}
        case Dialect.COMPLIANT:
            operation = {"op": "remove", "path": f'members[value eq "{target}"]'}
    return _patch([operation])


def _patch(operations: list[Body]) -> Body:
    return {"schemas": [PATCH_OP], "Operations": operations}


def _verb(text: str, value: Wanted, before: Mapping[str, Scalar]) -> str:
    """Entra adds what was not there; a restore is an Add too (ENTRA §2.5)."""
    return "Add" if value is True or text not in before else "Replace"


def _legacy(text: str, value: Wanted, before: Mapping[str, Scalar]) -> Body:
    if isinstance(value, Role) and text == ROLE_VALUE:
        described = {"id": value.id, "value": value.value, "displayName": value.display_name}
        document = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
        return {"op": "Add", "path": "roles", "value": [{"value": document}]}
    written = str(value) if isinstance(value, bool) else _text(value)
    return {"op": _verb(text, value, before), "path": text, "value": written}


def _compliant(changes: Desired, before: Mapping[str, Scalar]) -> list[Body]:
    """One operation per element of a multi-valued attribute, then all scalars together, without a path."""
    filtered: list[Body] = []
    grouped: dict[str, Body] = {}
    for text, value in changes.items():
        verb = _verb(text, value, before).lower()
        if _path(text).own_element:
            # A role is replaced even where there was none: Microsoft's documented form.
            verb = "replace" if text == ROLE_VALUE else verb
            filtered.append({"op": verb, "path": text, "value": _text(value)})
        else:
            grouped.setdefault(verb, {})[text] = _text(value)
    return filtered + [{"op": verb, "value": grouped[verb]} for verb in ("add", "replace") if verb in grouped]


def _text(value: Wanted) -> Scalar:
    return value.value if isinstance(value, Role) else value


def _path(text: str) -> Path:
    path = parse(text)
    if path is None:  # a mapping holds parsed targets only
        raise ValueError(text)
    return path
