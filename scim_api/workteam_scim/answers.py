"""Answers: what is read from one tenant, by id or by a search, as the cache's bytes; nothing passes through a model."""

from collections.abc import Iterable
from http import HTTPStatus

import orjson
from scim2_server.conditions import Conditions

from workteam_scim.cursors import Seals
from workteam_scim.queries import Query
from workteam_scim.rendering import Rendered, listed, rendered, shape_of
from workteam_scim.search import Page, search
from workteam_scim.searched import Searched
from workteam_scim.tenant_objects import TenantObjects


class Answers:
    """Reads of one tenant."""

    def __init__(self, objects: TenantObjects, types: Iterable[Searched], seals: Seals) -> None:
        self._objects = objects
        self._types = {kind.name: kind for kind in types}
        self._seals = seals

    def one(self, type_name: str, resource_id: str, query: Query, conditions: Conditions) -> Rendered:
        """Answer GET by id. Raises ``NotFoundException``, or ``PreconditionFailedException`` for If-Match."""
        entry = self._objects.of(type_name).read(resource_id)
        if not conditions.check(entry.version, "GET"):
            return Rendered(HTTPStatus.NOT_MODIFIED, headers={"ETag": entry.version})
        shape = shape_of(self._types[type_name], query.attributes, query.excluded)
        return rendered(entry, HTTPStatus.OK, shape)

    async def several(self, type_name: str | None, query: Query) -> Rendered:
        """Answer a search of one resource type, or of all for None.

        Raises what ``search`` raises, ``InvalidCountException``, and ``Unavailable`` if no cursor can be sealed yet.
        """
        types = [self._types[type_name]] if type_name else list(self._types.values())
        position = self._seals.opened(types, query)
        page = await search({kind: self._objects.of(kind.name).shelf for kind in types}, query, position)
        shapes = {kind: shape_of(kind, query.attributes, query.excluded) for kind in types}
        bodies = (shapes[kind](entry) for kind, entry in page.entries)
        return listed(bodies, len(page.entries), page.total, self._place(types, query, page))

    def _place(self, types: list[Searched], query: Query, page: Page) -> bytes:
        """Say which page it is: where it begins, or what leads to its neighbours."""
        if query.cursor is None:
            return b'"startIndex":%d,' % query.start
        cursors = {
            "nextCursor": self._seals.sealed(types, query, page.next),
            "previousCursor": self._seals.sealed(types, query, page.previous),
        }
        return b"".join(b'"%b":%b,' % (key.encode(), orjson.dumps(value)) for key, value in cursors.items() if value)
