"""What Entra asks most, answered from the cache's bytes: eq filters, ids, pages. None means: ask the library.

``id``, ``userName``, ``displayName`` and ``externalId`` are looked up, ``id eq … and members eq …`` as well. Nothing
here passes through a model.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

import orjson
from scim2_server.conditions import Conditions

from workteam_crds.naming import folded
from workteam_scim.documents import ENTERPRISE, GROUP, LIST_RESPONSE, PAGE, USER
from workteam_scim.objects import Objects
from workteam_scim.paths import Equals
from workteam_scim.replay import Rendered
from workteam_scim.shelf import Entry, Shelf

COMPARISON = r'([\w$:.-]+)\s+eq\s+("(?:[^"\\]|\\.)*"|[^\s"()\[\]]+)'
ONE = re.compile(rf"^\s*{COMPARISON}\s*$", re.IGNORECASE)
TWO = re.compile(rf"^\s*{COMPARISON}\s+and\s+{COMPARISON}\s*$", re.IGNORECASE)
LITERALS = frozenset({"true", "false", "null"})
REFERENCES = frozenset({"members", "members.value", "manager", "manager.value"})


Projection: TypeAlias = Callable[[Entry], bytes]
"""How much of a resource is answered."""


def one(
    objects: Objects[Any, Any], resource_id: str, query: Mapping[str, str], conditions: Conditions
) -> Rendered | None:
    """Answer GET by id. Raises ``NotFoundException``."""
    project = _projection(query)
    if project is None:
        return None
    entry = objects.read(resource_id)
    if not conditions.check(entry.version, "GET"):
        return Rendered(HTTPStatus.NOT_MODIFIED, headers={"ETag": entry.version})
    return Rendered(HTTPStatus.OK, headers={"ETag": entry.version}, content=project(entry))


def several(objects: Objects[Any, Any], query: Mapping[str, str]) -> Rendered | None:
    """Answer a search by GET."""
    project, window = _projection(query), _window(query)
    if project is None or window is None:
        return None
    start, count = window
    if "filter" not in query:
        page, total = objects.shelf.page(start - 1, count), len(objects.shelf)
    else:
        found = _found(objects.shelf, query["filter"])
        if found is None:
            return None
        page, total = found[start - 1 : start - 1 + count], len(found)
    return listed(map(project, page), len(page), total, start)


def listed(bodies: Iterable[bytes], count: int, total: int, start: int) -> Rendered:
    """Return a ListResponse of resources that are JSON already."""
    head = b'{"schemas":["%s"],"totalResults":%d,"startIndex":%d,"itemsPerPage":%d,"Resources":[' % (
        LIST_RESPONSE.encode(),
        total,
        start,
        count,
    )
    return Rendered(HTTPStatus.OK, content=b"".join((head, b",".join(bodies), b"]}")))


def _projection(query: Mapping[str, str]) -> Projection | None:
    """Read how much is answered: all, all but the members, or the id; None for anything else."""
    if query.get("sortBy") or query.get("sortOrder") or "cursor" in query:
        return None
    excluded = query.get("excludedAttributes", "").strip().lower()
    match query.get("attributes", "").strip().lower(), excluded:
        case "", "":
            return Entry.body
        case "", ("members" | "urn:ietf:params:scim:schemas:core:2.0:group:members"):
            return _without_members
        case "id", "":
            return _id_alone
        case _:
            return None


def _without_members(entry: Entry) -> bytes:
    return entry.head


def _id_alone(entry: Entry) -> bytes:
    return orjson.dumps({"schemas": entry.attributes()["schemas"][:1], "id": entry.name})


def _window(query: Mapping[str, str]) -> tuple[int, int] | None:
    """Read where the page begins, from 1, and how long it is at most; None if that is no number (RFC 7644 §3.4.2.4)."""
    start, count = query.get("startIndex", "1"), query.get("count", str(PAGE))
    if not re.fullmatch(r"-?\d{1,9}", start) or not re.fullmatch(r"-?\d{1,9}", count):
        return None
    return max(int(start), 1), min(max(int(count), 0), PAGE)


def _found(shelf: Shelf[Any], text: str) -> list[Entry] | None:
    """Look up what a filter names; None if no index knows it."""
    if match := ONE.match(text):
        term = _term(match[1], match[2])
        return None if term is None else _looked_up(shelf, term)
    if match := TWO.match(text):
        return _both(shelf, _term(match[1], match[2]), _term(match[3], match[4]))
    return None


def _term(name: str, literal: str) -> Equals | None:
    """Read one comparison: quoted, or bare as Entra's documentation has it; None if the literal is no text."""
    key = name.lower()
    for urn in (USER, GROUP, ENTERPRISE):
        key = key.removeprefix(f"{urn.lower()}:")
    if not literal.startswith('"'):
        return None if literal.lower() in LITERALS else Equals(key, literal)
    try:
        return Equals(key, orjson.loads(literal))
    except orjson.JSONDecodeError:
        return None


def _looked_up(shelf: Shelf[Any], term: Equals) -> list[Entry] | None:
    match term.name:
        case "id":
            names: tuple[str, ...] = (term.literal,)
        case "externalid":
            names = shelf.by_external.find(term.literal)
        case "username" if shelf.unique == "userName":
            names = shelf.by_unique.find(folded(term.literal))
        case "displayname":
            held = shelf.by_display if shelf.unique == "userName" else shelf.by_unique
            names = held.find(folded(term.literal))
        case _:
            return None
    return [entry for name in names if (entry := shelf.get(name)) is not None]


def _both(shelf: Shelf[Any], left: Equals | None, right: Equals | None) -> list[Entry] | None:
    """``id eq … and members eq …``, or the manager of a user: whether a reference is held, in either order."""
    terms = {term.name: term.literal for term in (left, right) if term is not None}
    reference = next((name for name in terms if name in REFERENCES), None)
    if len(terms) != 2 or "id" not in terms or reference is None:  # noqa: PLR2004 - both sides
        return None
    entry = shelf.get(terms["id"])
    return [entry] if entry is not None and terms[reference] in _references(entry, reference) else []


def _references(entry: Entry, name: str) -> tuple[str, ...]:
    if name.startswith("members"):
        return entry.members
    manager = entry.attributes().get(ENTERPRISE, {}).get("manager", {}).get("value")
    return (manager,) if manager else ()
