"""One SCIM request on its way through the faults: log, faults before, the tenant, faults after, answer."""

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import Any

from scim2_server.applications.asgi import Receive, Scope, Send
from scim2_server.responses import ScimResponse
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from workteam_cli.tenant.faults import Answer, Faults, Hold, Latency, Point, RefuseAttribute, Reset
from workteam_cli.tenant.holds import Holds, Verdict
from workteam_cli.tenant.request_log import Entry, Outcome, RequestLog
from workteam_cli.tenant.workteam import Workteam

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Connections:
    """The open connections of the server, by the client's address."""

    def __init__(self, state: ServerState) -> None:
        self._state = state

    def is_open(self, client: Any) -> bool:
        """Whether an answer could still reach the client."""
        return any(connection.client == client for connection in self._open())

    def reset(self, client: Any) -> None:
        """Reset the client's connection, so that it sees ECONNRESET and not an orderly end."""
        for connection in self._open():
            if connection.client == client:
                _reset(connection.transport)

    def reset_all(self) -> None:
        """Reset every connection."""
        for connection in self._open():
            _reset(connection.transport)

    def _open(self) -> list[H11Protocol]:
        return [connection for connection in self._state.connections if isinstance(connection, H11Protocol)]


class Exchange:
    """The ASGI application below the base URL."""

    def __init__(
        self, workteam: Workteam, log: RequestLog, faults: Faults, holds: Holds, connections: Connections
    ) -> None:
        self._workteam = workteam
        self._log = log
        self._faults = faults
        self._holds = holds
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; returning without an answer is only right once the connection is gone."""
        application = self._workteam.application
        request = await application.read_request(scope, receive)
        text = request.body.decode(errors="replace")
        entry = self._log.arrived(request.method, request.path, scope["query_string"].decode(), request.body)
        match await self._before(entry, text):
            case Verdict.DROP:
                self._log.decided(entry, Outcome.RESET)
                await self._hang_up(scope["client"], receive)
            case ScimResponse() as refusal:
                self._log.decided(entry, Outcome.REFUSED, int(refusal.status))
                await application.send_response(refusal, send)
            case _:
                # The application may have been built anew while the request was held.
                response = await self._workteam.application.serve(request)
                if await self._after(entry, text, int(response.status), scope["client"], receive):
                    await self._workteam.application.send_response(response, send)

    async def _before(self, entry: Entry, text: str) -> ScimResponse | Verdict:
        for fault in self._faults.meeting(entry, text, Point.BEFORE):
            match fault:
                case Latency(seconds=seconds):
                    await asyncio.sleep(seconds)
                case Hold():
                    if await self._holds.verdict(entry, Point.BEFORE) is Verdict.DROP:
                        return Verdict.DROP
                case Reset():
                    return Verdict.DROP
                case Answer() | RefuseAttribute():
                    return refusal(fault)
                case _:
                    raise AssertionError(fault)  # no other fault has this point
        return Verdict.RELEASE

    async def _after(self, entry: Entry, text: str, status: int, client: Any, receive: Receive) -> bool:
        """Note what became of a handled request, and tell whether it is to be answered."""
        for fault in self._faults.meeting(entry, text, Point.COMMITTED):
            if not isinstance(fault, Hold):
                self._log.decided(entry, Outcome.UNANSWERED, status)
                await _disconnected(receive)
                return False
            entry = self._log.decided(entry, Outcome.COMMITTED, status)
            if await self._holds.verdict(entry, Point.COMMITTED) is Verdict.DROP:
                self._log.decided(entry, Outcome.UNANSWERED, status)
                await self._hang_up(client, receive)
                return False
        reached = self._connections.is_open(client)
        self._log.decided(entry, Outcome.ANSWERED if reached else Outcome.UNANSWERED, status)
        return True

    async def _hang_up(self, client: Any, receive: Receive) -> None:
        self._connections.reset(client)
        await _disconnected(receive)


def refusal(fault: Answer | RefuseAttribute) -> ScimResponse:
    """Return the SCIM error that a fault answers with."""
    match fault:
        case Answer(status=status, retry_after=retry_after):
            response = _error(status, f"The stand-in was told to answer {status}")
            if retry_after is not None:
                response.headers["Retry-After"] = retry_after
            return response
        case RefuseAttribute(attribute=attribute):
            return _error(400, f"The value of {attribute} is not allowed", scimType="invalidValue")


def _error(status: int, detail: str, **more: str) -> ScimResponse:
    return ScimResponse(HTTPStatus(status), {"schemas": [ERROR], "status": str(status), "detail": detail, **more})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _reset(transport: asyncio.Transport) -> None:
    linger = struct.pack("ii", 1, 0)  # on, for no time: close() sends RST
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()
