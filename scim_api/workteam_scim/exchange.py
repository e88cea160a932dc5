"""One request on its way: what is read of its head, and its answer as it is sent."""

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse

from workteam_scim.audit import Deed
from workteam_scim.limits import read_query
from workteam_scim.rendering import Rendered
from workteam_scim.routing import Place
from workteam_scim.service import Preconditions

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

READS = {"HEAD": "GET"}
"""Methods that are answered as another one is; a HEAD is sent without the body (RFC 9110 §9.3.2)."""
BODILESS = frozenset({204, 304})


@dataclass(slots=True)
class Exchange:
    """What is known of a request by and by, for the log."""

    scope: Scope
    deed: Deed
    began: float
    method: str = field(init=False)
    """By which it is answered."""
    resource_id: str | None = None

    def __post_init__(self) -> None:
        """Read how it is to be answered."""
        method = self.scope["method"].upper()
        self.method = READS.get(method, method)

    def header(self, name: bytes) -> str | None:
        """Return a header's first value."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return None

    def query(self) -> dict[str, str]:
        """Return the parameters that SCIM knows. Raises as ``read_query`` does."""
        raw = self.scope["query_string"]
        return read_query(raw) if raw else {}

    def conditions(self) -> Preconditions:
        """Return the headers that a read may depend on."""
        return Preconditions(self._listed(b"if-match"), self._listed(b"if-none-match"))

    def request(self, base_url: str, place: Place) -> ScimRequest:
        """Return the request as the library reads one, without its body."""
        headers = [(str(key, "latin-1"), str(value, "latin-1")) for key, value in self.scope["headers"]]
        return ScimRequest(self.method, base_url, place.path, self.query(), headers)

    async def send(self, send: Send, answer: ScimResponse) -> None:
        """Send an answer."""
        if isinstance(answer, Rendered):
            content = answer.content
        else:
            content = b"" if answer.body is None else orjson.dumps(answer.body)
        headers = [
            (key.lower().encode(), value.encode("latin-1", "replace"))
            for key, value in answer.headers.items()
            if content or key != "Content-Type"
        ]
        headers += [(b"x-request-id", self.deed.request_id.encode()), (b"cache-control", b"no-store")]
        if answer.status not in BODILESS:
            headers.append((b"content-length", b"%d" % len(content)))
        await send({"type": "http.response.start", "status": int(answer.status), "headers": headers})
        await send({"type": "http.response.body", "body": b"" if self.scope["method"] == "HEAD" else content})

    def _listed(self, name: bytes) -> str | None:
        """Return all values of a header as one (RFC 9110 §5.3)."""
        values = [value for key, value in self.scope["headers"] if key == name]
        return str(b", ".join(values), "latin-1") if values else None
