"""One HTTP client for one tenant: each request once, and each failure translated, in this one place.

No text, log or exception that leaves here holds a query, a body, a header or what a library says of them.
"""

import asyncio
import json
import logging
import socket
import ssl
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol, Self
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from workteam_crds.cluster.fenced import Fence, NotHolding
from workteam_operator.backend import way, wire
from workteam_operator.backend.port import (
    BackendDenied,
    BackendError,
    BackendRejected,
    BackendUnavailable,
    BackendWithheld,
)

log = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=20)
"""How long an answer may stay away; a connection must come about within five seconds."""
QUEUED = 60
"""Seconds to wait for one of the connections."""
CONNECTIONS = 50
IDLE = 5
"""Seconds after which an unused connection is closed: servers close theirs, and a request into that may be lost."""
NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
)
SCIM_JSON = "application/scim+json"


class Meter(Protocol):
    """Counts requests; None for the status means that there was no answer."""

    def __call__(self, method: str, status: int | None, seconds: float) -> None:
        """Count one request."""


@dataclass(frozen=True)
class Answer:
    """What came back for one request."""

    method: str
    status: int
    content: bytes
    retry_after: str | None


class _BrokenError(Exception):
    """A connection broke between request and answer."""


class Transport:
    """Sends requests below one Base URL with one token."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, meter: Meter, fence: Fence | None) -> None:
        self._session = session
        self._base_url = base_url
        self._meter = meter
        self._fence = fence

    @classmethod
    def connect(cls, base_url: str, token: str, meter: Meter, timeout: timedelta, fence: Fence | None = None) -> Self:
        """Prepare a client; nothing is sent yet. Raises ``BackendRejected`` if URL or token are none."""
        try:
            url, bearer = way.address(base_url), way.bearer(token)
            proxy = way.proxy(url)
        except ValueError:
            raise BackendRejected("The Base URL or the token is malformed", status=0) from None
        seconds = timeout.total_seconds()
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=way.trust(), limit=CONNECTIONS, keepalive_timeout=IDLE),
            headers={"Authorization": bearer, "Accept": SCIM_JSON, "User-Agent": "workteam-operator"},
            timeout=aiohttp.ClientTimeout(None, connect=QUEUED, sock_connect=min(seconds, 5), sock_read=seconds),
            middlewares=(_once,),
            proxy=proxy,
        )
        return cls(session, str(url).rstrip("/"), meter, fence)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def send(
        self,
        method: str,
        path: str,
        *,
        shown: str | None = None,
        query: Mapping[str, str] | None = None,
        body: wire.Json | None = None,
        names: bool = False,
    ) -> Answer:
        """Send one request, once. 404 is an answer, not a failure. Raises only ``BackendError``.

        ``names``: it says what somebody or something is called, so that a conflict may be about that.
        """
        call = f"{method} {shown or path}"  # never the query: a filter names a person
        if self._session.closed:
            raise BackendUnavailable(f"{call}: the connection is closed", undone=True)

        async def sent(within: timedelta | None) -> Answer:
            return await self._measured(method, call, self._exchange(method, path, query, body, within))

        try:
            passing = sent(None) if self._fence is None else self._fence.passing(path, sent, harmless=method == "GET")
            answer = await passing
        except NotHolding:
            raise BackendWithheld(f"{call}: not sent, as this operator does not hold the Lease") from None
        except UnicodeError:
            raise BackendRejected(f"{call}: a value is no valid Unicode", status=0) from None
        except (aiohttp.ClientError, _BrokenError, OSError, ValueError) as error:
            # Not "from error": what a library says may quote the request.
            raise BackendUnavailable(f"{call}: {_cause(error)}", undone=not in_doubt(error)) from None
        if (failure := _failure(call, answer, names=names)) is not None:
            raise failure
        return answer

    async def _measured(self, method: str, call: str, exchange: Coroutine[Any, Any, Answer]) -> Answer:
        """Count a request and the time it takes, whatever comes of it."""
        began = time.perf_counter()
        status: int | None = None
        try:
            answer = await exchange
            status = answer.status
            return answer
        finally:
            seconds = time.perf_counter() - began
            self._meter(method, status, seconds)
            log.debug("%s: %s after %.0f ms", call, "no answer" if status is None else status, seconds * 1000)

    async def _exchange(
        self, method: str, path: str, query: Mapping[str, str] | None, body: wire.Json | None, within: timedelta | None
    ) -> Answer:
        url = f"{self._base_url}{path}?{urlencode(query)}" if query else f"{self._base_url}{path}"
        data = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        headers = None if data is None else {"Content-Type": SCIM_JSON}
        async with (
            asyncio.timeout(None if within is None else within.total_seconds()),
            self._session.request(
                method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
            ) as response,
        ):
            return Answer(method, response.status, await response.read(), response.headers.get("Retry-After"))


TOO_LARGE = {413, 414, 431}
"""About the request itself, whoever says so: a gateway before Workteam mostly. Else only SCIM's word is Workteam's."""
OF_AN_OBJECT = {400, 409, 422}
"""About one object, also in JSON that is not quite SCIM's: one bad value must not look like an outage for all."""


def in_doubt(error: BaseException) -> bool:
    """Say whether a request that had no answer may still be done."""
    return not isinstance(error, NOT_SENT)


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Hand a broken connection on: aiohttp itself would send what is idempotent a second time."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenError from error


def _failure(call: str, answer: Answer, *, names: bool) -> BackendError | None:
    """Translate an answer, in this one place; None if it is none of a failure."""
    text = f"{call}: HTTP {answer.status}"
    match answer.status // 100, answer.status:
        case 2, _:
            return None
        case _, 404:
            return None if wire.is_error(_body(answer)) else BackendUnavailable(f"{text}, and not by SCIM")
        case _, (401 | 403) as status:
            return BackendDenied(text, status=status)
        case ((3 | 5), status) | (_, (408 | 425 | 429) as status):
            after = wire.retry_after(answer.retry_after, now=datetime.now(UTC))
            return BackendUnavailable(text, retry_after=after, undone=status == HTTPStatus.TOO_MANY_REQUESTS)
        case _, status:
            body = _body(answer)
            said = wire.is_error(body) or (status in OF_AN_OBJECT and isinstance(body, dict))
            if status not in TOO_LARGE and not said:
                return BackendUnavailable(f"{text}, and not by SCIM")
            taken = status == HTTPStatus.CONFLICT or (isinstance(body, dict) and body.get("scimType") == "uniqueness")
            return BackendRejected(text, status=status, detail=wire.detail(body), uniqueness=names and taken)


def resource(answer: Answer, call: str) -> wire.Json:
    """Return the user or group in an answer. Raises ``BackendUnavailable`` if there is none."""
    return identified(parsed(answer, call), call)


def identified(raw: wire.Json, call: str) -> wire.Json:
    """Return a user or group that has an id. Raises ``BackendUnavailable`` if it has none."""
    if not isinstance(raw.get("id"), str):
        raise BackendUnavailable(f"{call}: the answer has no id")
    return raw


def parsed(answer: Answer, call: str) -> wire.Json:
    """Return the JSON object of an answer. Raises ``BackendUnavailable`` if it is none."""
    body = _body(answer)
    if not isinstance(body, dict):
        raise BackendUnavailable(f"{call}: HTTP {answer.status}, and the answer is not SCIM")
    return body


def _body(answer: Answer) -> object:
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def _cause(error: BaseException) -> str:
    """Say in a few words why there was no answer."""
    origin: BaseException | None = error
    while origin is not None:
        match origin:
            case aiohttp.ClientError():
                pass  # some are TLS errors by name alone; what caused them says more
            case ssl.SSLCertVerificationError():
                return f"TLS certificate refused ({origin.verify_message})"
            case ssl.SSLError():
                return "no TLS at this address"
            case socket.gaierror():
                return "the host name is unknown"
            case ConnectionRefusedError():
                return "connection refused"
        origin = origin.__cause__ or origin.__context__
    match error:
        case aiohttp.ConnectionTimeoutError():
            return "no connection in time"
        case TimeoutError():
            return "no answer in time"
        case _BrokenError() | aiohttp.ClientPayloadError() | ConnectionError():
            return "the connection broke"
    return type(error).__name__
