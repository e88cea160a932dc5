"""What Entra asks most, answered from the cache's bytes: eq filters, ids, pages. None means: ask the library.

What Entra matches by is looked up, references and ``id eq … and members eq …`` as well. Nothing here passes through a
model.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

import orjson
from scim2_server.conditions import Conditions

from workteam_crds.naming import folded
from workteam_scim.documents import ENTERPRISE, LIST_RESPONSE, PAGE
from workteam_scim.entries import Entry
from workteam_scim.filters import comparisons, respelt
from workteam_scim.objects import Objects
from workteam_scim.paths import Table, group_table, user_table
from workteam_scim.replay import Rendered
from workteam_scim.shelf import Shelf

WORK_EMAIL = 'emails[type eq "work"].value'
EMPLOYEE_NUMBER = f"{ENTERPRISE}:employeeNumber"
MANAGER = f"{ENTERPRISE}:manager.value"
MEMBERS = frozenset({"members", "members.value"})

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


def respelt_for(objects: Objects[Any, Any], text: str) -> str:
    """Write a filter as the library reads it."""
    return respelt(text, _table(objects.shelf))


def _table(shelf: Shelf[Any]) -> Table:
    return user_table() if shelf.unique == "userName" else group_table()


def _found(shelf: Shelf[Any], text: str) -> list[Entry] | None:
    """Look up what a filter names; None if no index knows it. An attribute that nobody has finds nobody."""
    terms = comparisons(text, _table(shelf))
    if any(term.path is None for term in terms):
        return []
    match [(term.path, term.literal) for term in terms]:
        case [(str(path), str(literal))]:
            return _looked_up(shelf, path, literal)
        case [("id", str(name)), (str(path), str(literal))] | [(str(path), str(literal)), ("id", str(name))]:
            return _of_one(shelf, name, path, literal)
        case _:
            return None


def _looked_up(shelf: Shelf[Any], path: str, literal: str) -> list[Entry] | None:
    """Return what has a value, compared as its attribute compares; None if the attribute has no index."""
    match path:
        case "id":
            names: tuple[str, ...] = (literal,)
        case "externalId":
            names = shelf.by_external.find(literal)
        case "userName":
            names = shelf.by_unique.find(folded(literal))
        case "displayName":
            held = shelf.by_display if shelf.unique == "userName" else shelf.by_unique
            names = held.find(folded(literal))
        case _ if path == WORK_EMAIL:
            names = shelf.by_email.find(folded(literal))
        case _ if path == EMPLOYEE_NUMBER:
            names = shelf.by_number.find(folded(literal))
        case _ if path == MANAGER:
            names = shelf.by_manager.find(literal)
        case _ if path in MEMBERS:
            names = shelf.by_member.find(literal)
        case _:
            return None
    return [entry for name in names if (entry := shelf.get(name)) is not None]


def _of_one(shelf: Shelf[Any], name: str, path: str, literal: str) -> list[Entry] | None:
    """``id eq … and members eq …``, or the manager of a user: whether a reference is held."""
    entry = shelf.get(name)
    if path in MEMBERS:
        return [entry] if entry is not None and entry.holds(literal) else []
    if path == MANAGER:
        return [entry] if entry is not None and literal == entry.manager else []
    return None
