"""Every cap on what a request may bring, and its SCIM error. ``requests`` caps the operations of a PATCH."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from scim2_models import InvalidFilterException, InvalidSyntaxException, PayloadTooLargeException

from workteam_scim.refusals import TooSlow

BODY = 2 * 1024 * 1024
"""Bytes of a body: 20,000 members, as Entra writes them, are 1.2 MB."""
MEMBERS = 20_000
"""Members that one request names at most; a group may have more."""
BULK_OPERATIONS = 500
"""Operations of one Bulk; each counts as a request of its tenant.

So many took up to 10 seconds on a machine with four times the work that its processors can do. Clients wait no longer,
and send all of it again.
"""
BODY_SECONDS = 10
"""How long a body may take."""
FILTER = 4096
"""Characters of a filter: the library needs up to 40 ms for so much of the worst, and 6 s for 1 MB of it."""
PARAMETERS = 50
"""Query parameters of one request."""
KNOWN = {
    name.lower(): name
    for name in ("attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor")
}


async def read_body(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> bytes:
    """Read a body. Raises ``PayloadTooLargeException`` as soon as it is too long, ``TooSlow`` if it does not come."""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_all(receive)
    except TimeoutError:
        raise TooSlow(detail=f"The body must arrive within {BODY_SECONDS} seconds.") from None


async def _read_all(receive: Callable[[], Awaitable[Mapping[str, Any]]]) -> bytes:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":  # half a request must not be carried out
            raise InvalidSyntaxException(detail="The body ended too early.")
        body += message.get("body", b"")
        if len(body) > BODY:
            raise PayloadTooLargeException(detail=f"The body may have up to {BODY} bytes.")
        more = message.get("more_body", False)
    return bytes(body)


def read_query(raw: bytes) -> dict[str, str]:
    """Read the parameters that SCIM knows, in any case; others, such as ``aadOptscim062020``, are ignored."""
    try:
        pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=PARAMETERS, errors="strict")
    except ValueError:
        raise InvalidSyntaxException(detail="The query cannot be read.") from None
    query = {KNOWN[name.lower()]: value for name, value in pairs if name.lower() in KNOWN}
    if len(query.get("filter", "")) > FILTER:
        raise InvalidFilterException(detail=f"A filter may have up to {FILTER} characters.")
    return query
