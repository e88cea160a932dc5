"""One connection of a client: HTTP/1.1 as uvicorn speaks it, but no client may be slow without end.

What is no HTTP is answered by a SCIM error too. The time of a body is limited where it is read, in ``limits``.
"""

import asyncio
import sys
from http import HTTPStatus
from typing import Any

import h11
import orjson
from uvicorn.protocols.http.h11_impl import H11Protocol

from workteam_scim.documents import ERROR

HEAD = 64 * 1024
"""Bytes of request line and headers."""
HEAD_SECONDS = 5.0
"""How long request line and headers may take."""
LINGER_SECONDS = 2.0
"""How long the rest of a body is still taken, and dropped, after the answer."""
DETAILS = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: f"Address and headers may have up to {HEAD} bytes.",
    HTTPStatus.REQUEST_TIMEOUT: f"Address and headers must arrive within {HEAD_SECONDS:g} seconds.",
}
MALFORMED = "This is no HTTP request."


class Connection(H11Protocol):
    """Serves one client, and closes if the client takes too long."""

    _waiting: asyncio.TimerHandle | None = None
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin with a client: it has to say what it wants."""
        super().connection_made(transport)
        self._limit()

    def connection_lost(self, exc: Exception | None) -> None:
        """End with a client."""
        self._unlimited()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what a client sent; after a refusal drop it."""
        if self._refused:
            return
        super().data_received(data)
        self._limit()

    def on_response_complete(self) -> None:
        """Go on after an answer: with the next request, or with what is still to come of this one."""
        super().on_response_complete()
        self._limit()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words are for a browser
        """Refuse what is no HTTP; called by uvicorn where h11 raised."""
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else HTTPStatus.BAD_REQUEST
        self._refuse(HTTPStatus(hint))

    def _limit(self) -> None:
        """Set the time that the client has, by what is expected of it; it does not begin anew with each byte."""
        if self.transport.is_closing() or self._refused:
            return
        if self.conn.their_state is h11.IDLE and (self.timeout_keep_alive_task is None):
            self._waiting = self._waiting or self.loop.call_later(HEAD_SECONDS, self._head_is_late)
        elif self.conn.their_state is h11.SEND_BODY and self.conn.our_state in {h11.DONE, h11.MUST_CLOSE}:
            self._waiting = self._waiting or self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        else:
            self._unlimited()

    def _unlimited(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _head_is_late(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        """Answer with a SCIM error and close; only close if an answer is on its way already.

        What the client is still sending is dropped for a while: a connection that is closed at once loses the answer.
        """
        if self.transport.is_closing() or self._refused:
            return
        self._refused = True
        self._unlimited()
        self._waiting = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            detail = DETAILS.get(status, MALFORMED)
            body = orjson.dumps({"schemas": [ERROR], "status": str(int(status)), "detail": detail})
            for event in _answer(status, body):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.write_eof()
        else:
            self.transport.close()


def _answer(status: HTTPStatus, body: bytes) -> tuple[Any, ...]:
    headers = [
        (b"content-type", b"application/scim+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    return h11.Response(status_code=status, headers=headers, reason=status.phrase), h11.Data(body), h11.EndOfMessage()
