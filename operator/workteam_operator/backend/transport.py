"""One HTTP client for one tenant: each request once, and each failure translated, in this one place.

No text, log or exception that leaves here holds a query, a body, a header or what a library says of them.
"""

import logging
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Protocol, Self

import httpx

from workteam_operator.backend import wire
from workteam_operator.backend.port import BackendDenied, BackendError, BackendRejected, BackendUnavailable

TIMEOUT = timedelta(seconds=20)
"""How long one request may take; a connection must come about within five seconds of it."""
LIMITS = httpx.Limits(max_connections=50, max_keepalive_connections=50)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
SCIM_JSON = "application/scim+json"


class Meter(Protocol):
    """Counts requests; None for the status means that there was no answer."""

    def __call__(self, method: str, status: int | None, seconds: float) -> None:
        """Count one request."""


class Transport:
    """Sends requests below one Base URL with one token."""

    def __init__(self, client: httpx.AsyncClient, meter: Meter) -> None:
        self._client = client
        self._meter = meter

    @classmethod
    def connect(cls, base_url: str, token: str, meter: Meter, timeout: timedelta) -> Self:
        """Prepare a client; nothing is sent yet. Raises ``BackendRejected`` if the URL is none."""
        for library in ("httpx", "httpcore"):  # they log URLs with filters in them, and those name people
            logging.getLogger(library).setLevel(logging.CRITICAL)
        headers = {"Authorization": f"Bearer {token}", "Accept": SCIM_JSON, "User-Agent": "workteam-operator"}
        seconds = timeout.total_seconds()
        times = httpx.Timeout(seconds, connect=min(seconds, 5), pool=60)
        try:
            client = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=times, limits=LIMITS)
        except (httpx.InvalidURL, ValueError):
            raise BackendRejected("The Base URL or the token is malformed", status=0) from None
        return cls(client, meter)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def send(self, method: str, path: str, *, shown: str | None = None, **options: Any) -> httpx.Response:
        """Send one request, once. 404 is an answer, not a failure. Raises only ``BackendError``."""
        call = f"{method} {shown or path}"  # never the query: a filter names a person
        if self._client.is_closed:
            raise BackendUnavailable(f"{call}: the connection is closed", undone=True)
        began = time.perf_counter()
        status: int | None = None
        try:
            response = await self._client.request(method, path, **options)
            status = response.status_code
        except UnicodeError:
            raise BackendRejected(f"{call}: a value is no valid Unicode", status=0) from None
        except (httpx.RequestError, httpx.InvalidURL, ValueError) as error:
            # Not "from error": what a library says may quote the request.
            raise BackendUnavailable(f"{call}: {_cause(error)}", undone=isinstance(error, NOT_SENT)) from None
        finally:
            self._meter(method, status, time.perf_counter() - began)
        if (failure := _failure(call, response)) is not None:
            raise failure
        return response


def _failure(call: str, response: httpx.Response) -> BackendError | None:
    """Translate an answer, in this one place; None if it is none of a failure."""
    text = f"{call}: HTTP {response.status_code}"
    match response.status_code:
        case status if response.is_success:
            return None
        case 404:
            return None if wire.is_error(_body(response)) else BackendUnavailable(f"{text}, and not by SCIM")
        case 401 | 403 as status:
            return BackendDenied(text, status=status)
        case status if status in (408, 425, 429) or response.is_server_error or response.is_redirect:
            after = wire.retry_after(response.headers.get("Retry-After"), now=datetime.now(UTC))
            return BackendUnavailable(text, retry_after=after, undone=status == HTTPStatus.TOO_MANY_REQUESTS)
        case status:
            body = _body(response)
            taken = status == HTTPStatus.CONFLICT or (isinstance(body, dict) and body.get("scimType") == "uniqueness")
            return BackendRejected(text, status=status, detail=wire.detail(body), uniqueness=taken)


def resource(response: httpx.Response, call: str) -> wire.Json:
    """Return the user or group in an answer. Raises ``BackendUnavailable`` if there is none."""
    return identified(parsed(response, call), call)


def identified(raw: wire.Json, call: str) -> wire.Json:
    """Return a user or group that has an id. Raises ``BackendUnavailable`` if it has none."""
    if not isinstance(raw.get("id"), str):
        raise BackendUnavailable(f"{call}: the answer has no id")
    return raw


def parsed(response: httpx.Response, call: str) -> wire.Json:
    """Return the JSON object of an answer. Raises ``BackendUnavailable`` if it is none."""
    body = _body(response)
    if not isinstance(body, dict):
        raise BackendUnavailable(f"{call}: HTTP {response.status_code}, and the answer is not SCIM")
    return body


def _body(response: httpx.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _cause(error: BaseException) -> str:
    """Say in a few words why there was no answer."""
    origin: BaseException | None = error
    while origin is not None:
        match origin:
            case ssl.SSLCertVerificationError():
                return f"TLS certificate refused ({origin.verify_message})"
            case ssl.SSLError():
                return "no TLS at this address"
            case socket.gaierror():
                return "the host name is unknown"
            case ConnectionRefusedError():
                return "connection refused"
        origin = origin.__cause__ or origin.__context__
    return type(error).__name__
