"""Answers whose body is bytes already: a resource, whole or in part, and lists of resources."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

import orjson
from scim2_server.responses import ScimResponse

from workteam_scim.documents import LIST_RESPONSE
from workteam_scim.entries import Entry
from workteam_scim.projection import Projection, read_projection
from workteam_scim.queries import Query
from workteam_scim.searched import Searched

Shape: TypeAlias = Callable[[Entry], bytes]
"""How a resource is answered."""


@dataclass
class Rendered(ScimResponse):
    """An answer whose body is bytes already."""

    content: bytes = b""


def rendered(entry: Entry, status: HTTPStatus, shape: Shape = Entry.body) -> Rendered:
    """Answer with a resource."""
    return Rendered(status, headers={"ETag": entry.version}, content=shape(entry))


def shape_of(kind: Searched, attributes: tuple[str, ...], excluded: tuple[str, ...]) -> Shape:
    """Return how resources of a type are answered; what Entra asks for stays as it is in bytes."""
    if not attributes and not excluded:
        return Entry.body
    if not attributes and [name.strip().lower() for name in excluded] in _MEMBERS:
        return _head
    if not excluded and [name.strip().lower() for name in attributes] == ["id"]:
        return _id_alone(kind)
    return _partial(read_projection(attributes, excluded, kind.table, kind.model))


def shows(kind: Searched, name: str, query: Query) -> bool:
    """Say whether an attribute is among what a request wants to be answered."""
    if not query.attributes and not query.excluded:
        return True
    return read_projection(query.attributes, query.excluded, kind.table, kind.model).wants(name)


def listed(bodies: Iterable[bytes], count: int, total: int, place: bytes) -> Rendered:
    """Return a ListResponse of resources that are JSON already; ``place`` says which page it is."""
    head = b'{"schemas":["%s"],"totalResults":%d,%b"itemsPerPage":%d,"Resources":[' % (
        LIST_RESPONSE.encode(),
        total,
        place,
        count,
    )
    return Rendered(HTTPStatus.OK, content=b"".join((head, b",".join(bodies), b"]}")))


_MEMBERS = (["members"], ["urn:ietf:params:scim:schemas:core:2.0:group:members"])


def _head(entry: Entry) -> bytes:
    return entry.head


def _id_alone(kind: Searched) -> Shape:
    start = b'{"schemas":["%s"],"id":' % kind.table.core_urn.encode()
    return lambda entry: b"%b%b}" % (start, orjson.dumps(entry.name))


def _partial(projection: Projection) -> Shape:
    with_members = projection.wants("members")

    def shown(entry: Entry) -> bytes:
        resource = entry.attributes()
        if with_members and entry.lists:
            resource["members"] = [{"value": name} for name in entry.members]
        return orjson.dumps(projection.apply(resource))

    return shown
