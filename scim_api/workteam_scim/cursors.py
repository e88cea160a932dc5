"""Cursors of one tenant (RFC 9865): the position of a page, sealed; none of another tenant or another search opens."""

import hashlib
from collections.abc import Callable, Iterable

import orjson
from scim2_server.cursor import Cursors

from workteam_crds.naming import TenantKey
from workteam_scim.queries import Query
from workteam_scim.sealing import Purpose, derived
from workteam_scim.search import Position
from workteam_scim.searched import Searched


class Seals:
    """Seals positions and opens cursors. The key is asked for when one is needed, and raises what is answered then."""

    def __init__(self, tenant: TenantKey, key: Callable[[], bytes]) -> None:
        self._tenant = tenant
        self._key = key

    def opened(self, types: Iterable[Searched], query: Query) -> Position | None:
        """Return the position in a query's cursor; None for the first page.

        Raises ``InvalidCursorException``, or ``InvalidCountException`` if the pages had another length before.
        """
        if not query.cursor:
            return None
        position: Position = self._cursors().open(query.cursor, _subject(types, query), query.count, None)
        return position

    def sealed(self, types: Iterable[Searched], query: Query, position: Position | None) -> str | None:
        """Return the cursor of a position."""
        if position is None:
            return None
        return self._cursors().seal(_subject(types, query), query.count, position)

    def _cursors(self) -> Cursors:
        return Cursors(derived(self._key(), Purpose.CURSOR, self._tenant))


def _subject(types: Iterable[Searched], query: Query) -> str:
    """Return what a cursor belongs to: the same filter over the same types in the same order."""
    return hashlib.sha256(orjson.dumps([[kind.name for kind in types], query.subject])).hexdigest()
