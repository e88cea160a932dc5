"""The control endpoint below ``/_stand-in/``: faults, holds, behaviour, the log. ``control.Control`` is its client.

Only for loopback, and only with the administrator's token. What is asked for here is not in the request log.
"""

import re
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import parse_qsl

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from scim2_server.applications.asgi import Receive, Scope, Send

from workteam_cli.tenant.faults import FAULT, Faults
from workteam_cli.tenant.holds import Holds, Verdict
from workteam_cli.tenant.profiles import Behaviour
from workteam_cli.tenant.request_log import RequestLog
from workteam_cli.tenant.workteam import Caller, Tokens, Workteam

PREFIX = "/_stand-in"

LONGEST_WAIT = 60.0


class _Call(NamedTuple):
    arguments: tuple[str, ...]
    query: dict[str, str]
    body: bytes


class _Answer(NamedTuple):
    status: HTTPStatus
    value: Any = None


class _Waiting(BaseModel):
    """The query of ``GET /held``."""

    model_config = ConfigDict(extra="forbid")

    count: int = 1
    wait: float = 0


class _Since(BaseModel):
    """The query of ``GET /log``."""

    model_config = ConfigDict(extra="forbid")

    since: int = 0


_Handler: TypeAlias = Callable[[_Call], Coroutine[Any, Any, _Answer]]

DONE = _Answer(HTTPStatus.NO_CONTENT)
UNKNOWN = _Answer(HTTPStatus.NOT_FOUND, {"error": "nothing here"})


class Switchboard:
    """The ASGI application of the control endpoint."""

    def __init__(self, workteam: Workteam, tokens: Tokens, log: RequestLog, faults: Faults, holds: Holds) -> None:
        self._workteam = workteam
        self._tokens = tokens
        self._log = log
        self._faults = faults
        self._holds = holds
        self._routes: list[tuple[str, str, _Handler]] = [
            ("GET", "/behaviour", self._behaviour),
            ("PUT", "/behaviour", self._behave),
            ("POST", "/catch-up", self._catch_up),
            ("GET", "/faults", self._list_faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("DELETE", r"/faults/(\d+)", self._remove_fault),
            ("GET", "/held", self._held),
            ("POST", r"/held/(\d+)/(release|drop)", self._decide),
            ("GET", "/log", self._entries),
            ("POST", "/reset", self._reset),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        status, value = await self._answer(scope, receive)
        body = b"" if value is None else orjson.dumps(value)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status.value, "headers": headers if body else []})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode()
        if self._tokens.caller(authorization) is not Caller.ADMIN:
            return _Answer(HTTPStatus.UNAUTHORIZED, {"error": "this needs the administrator's token"})
        path = scope["path"].removeprefix(PREFIX)
        for method, pattern, handler in self._routes:
            if method == scope["method"] and (found := re.fullmatch(pattern, path)):
                query = dict(parse_qsl(scope["query_string"].decode()))
                return await _called(handler, _Call(found.groups(), query, await _body(receive)))
        return UNKNOWN

    async def _behaviour(self, _: _Call) -> _Answer:
        return _Answer(HTTPStatus.OK, self._workteam.behaviour.model_dump())

    async def _behave(self, call: _Call) -> _Answer:
        behaviour = Behaviour.model_validate_json(call.body)
        try:
            self._workteam.behave(behaviour)
        except ValueError as error:
            return _Answer(HTTPStatus.CONFLICT, {"error": str(error)})
        return DONE

    async def _catch_up(self, _: _Call) -> _Answer:
        self._workteam.catch_up()
        return DONE

    async def _list_faults(self, _: _Call) -> _Answer:
        listed = [
            {"number": number, "matched": matched, "fault": FAULT.dump_python(fault, mode="json")}
            for number, fault, matched in self._faults.matched()
        ]
        return _Answer(HTTPStatus.OK, listed)

    async def _add_fault(self, call: _Call) -> _Answer:
        return _Answer(HTTPStatus.CREATED, {"number": self._faults.add(FAULT.validate_json(call.body))})

    async def _clear_faults(self, _: _Call) -> _Answer:
        self._faults.clear()
        return DONE

    async def _remove_fault(self, call: _Call) -> _Answer:
        return DONE if self._faults.remove(int(call.arguments[0])) else UNKNOWN

    async def _held(self, call: _Call) -> _Answer:
        asked = _Waiting.model_validate(call.query)
        held = await self._holds.held(count=asked.count, wait=min(asked.wait, LONGEST_WAIT))
        return _Answer(HTTPStatus.OK, [request.model_dump() for request in held])

    async def _decide(self, call: _Call) -> _Answer:
        sequence, verdict = call.arguments
        return DONE if self._holds.decide(int(sequence), Verdict(verdict)) else UNKNOWN

    async def _entries(self, call: _Call) -> _Answer:
        entries = self._log.since(_Since.model_validate(call.query).since)
        return _Answer(HTTPStatus.OK, [dict(entry) for entry in entries])

    async def _reset(self, _: _Call) -> _Answer:
        self._faults.clear()
        self._holds.drop_all()
        self._workteam.reset()
        self._log.clear()
        return DONE


async def _called(handler: _Handler, call: _Call) -> _Answer:
    try:
        return await handler(call)
    except ValidationError as error:
        causes = [f"{'.'.join(map(str, part['loc']))}: {part['msg']}" for part in error.errors()]
        return _Answer(HTTPStatus.BAD_REQUEST, {"error": "; ".join(causes)})


async def _body(receive: Receive) -> bytes:
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body
