"""Accounts and teams as SCIM writes them (RFC 7643 §4.1 to §4.3, RFC 7644 §3.5). Called by ``scim``. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from workteam_operator.backend.port import Account, Attributes, Capabilities, DesiredAccount, Team

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
MANAGER = f"{ENTERPRISE}:manager"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

NOT_OURS = {"schemas", "id", "meta", "groups"}
"""What the server alone writes."""
IDENTITY = {"userName", "externalId", "active"}
NAMES = {"userName", "externalId", "displayName"}
"""What nobody else may have; displayName of a team."""

DETAIL_LENGTH = 300

MOST_MEMBERS = 1000
"""Named in one request, whatever the tenant takes."""
MEMBER_BYTES = 128
"""Of a request's body, for one member that comes or goes."""

Json = dict[str, Any]


def read_account(raw: Json) -> Account:
    """Read a user. One without ``active`` counts as active: nobody is taken for inactive who was not said to be."""
    attributes = {path: value for path, value in _flat(raw) if path not in IDENTITY}
    return Account(
        id=str(raw["id"]),
        user_name=str(raw.get("userName", "")),
        external_id=raw.get("externalId"),
        active=raw.get("active", True) is not False,
        attributes=attributes,
    )


def read_team(raw: Json, *, members: bool) -> Team:
    """Read a group; with ``members``, its ids too."""
    listed = frozenset(str(member["value"]) for member in raw.get("members") or () if member.get("value"))
    return Team(str(raw["id"]), str(raw.get("displayName", "")), raw.get("externalId"), listed if members else None)


class Listed(NamedTuple):
    """One page of a list, its resources as they were sent."""

    found: tuple[Json, ...]
    total: int
    start: int | None


def read_page(raw: Json) -> Listed | None:
    """Read a page of a list (RFC 7644 §3.4.2); None if it is none, or holds what has no id."""
    found, total, start = raw.get("Resources") or [], raw.get("totalResults"), raw.get("startIndex")
    if not isinstance(found, list) or not isinstance(total, int) or not isinstance(start, int | None):
        return None
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in found):
        return None
    return Listed(tuple(found), total, start)


def account_body(desired: DesiredAccount) -> Json:
    """Write a new user."""
    body: Json = {"schemas": [USER], "userName": desired.user_name, "externalId": desired.external_id}
    if desired.active is not None:
        body["active"] = desired.active
    changed(body, desired.attributes)
    return body


def team_body(display_name: str, external_id: str, members: Iterable[str]) -> Json:
    """Write a new group."""
    body: Json = {"schemas": [GROUP], "displayName": display_name, "externalId": external_id}
    return body | {"members": [{"value": member} for member in sorted(members)]}


def patch_body(changes: Attributes) -> Json:
    """Write changes by path; None removes."""
    return _patch(
        {"op": "remove", "path": path}
        if value is None
        else {"op": "replace", "path": path, "value": _outward(path, value)}
        for path, value in changes.items()
    )


def member_batches(
    add: frozenset[str], remove: frozenset[str], size: int
) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Cut a change of members into requests of so many; who comes is before who goes, nothing is one empty request."""
    changes = [*((True, member) for member in sorted(add)), *((False, member) for member in sorted(remove))]
    for start in range(0, len(changes) or 1, size):
        batch = changes[start : start + size]
        yield frozenset(m for comes, m in batch if comes), frozenset(m for comes, m in batch if not comes)


def members_body(add: Iterable[str], remove: Iterable[str]) -> Json:
    """Write a change of members: all additions, then one removal each."""
    added = [{"value": member} for member in sorted(add)]
    additions = [{"op": "add", "path": "members", "value": added}] if added else []
    removals = [{"op": "remove", "path": f"members[value eq {quoted(member)}]"} for member in sorted(remove)]
    return _patch([*additions, *removals])


def changed(body: Json, changes: Attributes) -> None:
    """Make changes by path in a whole user or group; everything else stays as it is."""
    for path, value in changes.items():
        parent, name = _place(body, path)
        if value is None:
            parent.pop(name, None)
        else:
            parent[name] = _outward(path, value)
    extensions = [key for key, value in body.items() if key.startswith("urn:") and value]
    body["schemas"] = list(dict.fromkeys([*body.get("schemas", ()), *extensions]))


def capabilities(config: Json, resource_types: Iterable[Json], schemas: Iterable[Json]) -> Capabilities:
    """Read the discovery documents: what may be written of a user, and whether there are groups."""
    types = {kind.get("name"): kind for kind in resource_types}
    user = types.get("User", {"schema": USER})
    extensions = {part.get("schema") for part in user.get("schemaExtensions") or ()}
    paths: set[str] = set()
    for schema in schemas:
        if schema.get("id") == user.get("schema"):
            paths.update(_paths(schema, prefix=""))
        elif schema.get("id") in extensions:
            paths.update(_paths(schema, prefix=f"{schema['id']}:"))
    patch = (config.get("patch") or {}).get("supported") is True
    return Capabilities(patch=patch, groups="Group" in types, attributes=frozenset(paths))


def members_at_once(config: Json) -> int:
    """Return how many members one request may name, by a Bulk's limits (RFC 7643 §5): a PATCH has none of its own."""
    bulk = config.get("bulk") or {}
    if bulk.get("supported") is not True:
        return MOST_MEMBERS
    by_size = int(bulk.get("maxPayloadSize") or 0) // MEMBER_BYTES
    return max(1, min(MOST_MEMBERS, bulk.get("maxOperations") or MOST_MEMBERS, by_size or MOST_MEMBERS))


def asked_for(capabilities: Capabilities) -> str:
    """Return the ``attributes`` of a PATCH that is to be answered with the account, not with 204 (RFC 7644 §3.5.2)."""
    names = {"externalId"}
    for path in capabilities.attributes:
        urn, colon, name = path.partition("[")[0].rpartition(":")
        names.add(f"{urn}{colon}{name.partition('.')[0]}")
    return ",".join(sorted(names))


def quoted(text: str) -> str:
    """Return a filter's value (RFC 7644 §3.4.2.2: a JSON string), characters beyond ASCII as they are."""
    return json.dumps(text, ensure_ascii=False)


def of_type(path: str, kind: str) -> str:
    """Return the path of those elements of a multi-valued attribute that have one type."""
    return f"{path}[type eq {quoted(kind)}]"


def detail(raw: object) -> str:
    """Return the words of a SCIM error, on one line and cut to 300 characters."""
    said = raw.get("detail") if isinstance(raw, dict) else None
    words = " ".join(said.split()) if isinstance(said, str) else ""
    return words if len(words) <= DETAIL_LENGTH else f"{words[: DETAIL_LENGTH - 1]}…"


def is_error(raw: object) -> bool:
    """Say whether SCIM speaks (RFC 7644 §3.12), and not some gateway's page or JSON that knows nothing of accounts."""
    schemas = raw.get("schemas") if isinstance(raw, dict) else None
    return isinstance(schemas, list) and ERROR in schemas


def retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """Return how long to wait, from Retry-After in either form (RFC 9110 §10.2.3); None if absent or unreadable."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text), MANY_SECONDS))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment - now, timedelta(0))


MANY_SECONDS = 24 * 60 * 60
"""A day: nobody means more, and a number with many digits must not overflow."""


def _flat(raw: Json) -> Iterator[tuple[str, Any]]:
    """Yield path and value of all that has a value."""
    for key, value in raw.items():
        if key in NOT_OURS or value in (None, [], {}):
            continue
        if key.startswith("urn:") and isinstance(value, dict):
            yield from ((f"{key}:{name}", _inward(f"{key}:{name}", part)) for name, part in value.items())
        elif isinstance(value, dict):
            yield from ((f"{key}.{name}", part) for name, part in value.items())
        else:
            yield key, value


def _inward(path: str, value: Any) -> Any:
    return value.get("value") if path == MANAGER and isinstance(value, dict) else value


def _outward(path: str, value: Any) -> Any:
    return {"value": value} if path == MANAGER else value


def _place(body: Json, path: str) -> tuple[Json, str]:
    """Return the object that holds a path's value, made if it is missing, and the key in it."""
    if path.startswith("urn:"):
        outer, _, name = path.rpartition(":")
    else:
        outer, _, name = path.rpartition(".")
    return (body.setdefault(outer, {}), name) if outer else (body, name)


def _paths(schema: Mapping[str, Any], *, prefix: str) -> Iterator[str]:
    for attribute in _writable(schema.get("attributes")):
        path = f"{prefix}{attribute['name']}"
        parts = list(_writable(attribute.get("subAttributes")))
        if not parts or attribute.get("multiValued") or prefix:
            yield path
        yield from (f"{path}.{part['name']}" for part in parts)
        if attribute.get("multiValued"):
            yield from (of_type(path, kind) for part in parts if part["name"] == "type" for kind in _kinds(part))


def _kinds(part: Mapping[str, Any]) -> Iterable[str]:
    return part.get("canonicalValues") or ()


def _writable(attributes: Iterable[Json] | None) -> Iterator[Json]:
    return (attribute for attribute in attributes or () if attribute.get("mutability") != "readOnly")


def _patch(operations: Iterable[Json]) -> Json:
    return {"schemas": [PATCH_OP], "Operations": list(operations)}
