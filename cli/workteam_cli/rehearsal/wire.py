"""How a rehearsal's requests go out: aiohttp below httpx, at a third of the cost of httpx's own way.

Addresses and headers are sent as they were written: how Entra escapes is part of what is rehearsed.
"""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import aiohttp
import httpx
from typing_extensions import override
from yarl import URL

NOT_ADDED = ("User-Agent", "Accept-Encoding", "Content-Type")
"""What aiohttp adds by itself, and Entra does not send."""


class Wire(httpx.AsyncBaseTransport):
    """Sends requests over connections that stay open."""

    def __init__(self, *, verify: ssl.SSLContext | bool) -> None:
        self._trust = verify if isinstance(verify, ssl.SSLContext) else httpx.create_ssl_context(verify)
        self._session: aiohttp.ClientSession | None = None

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, once. Raises ``httpx.TransportError``."""
        if self._session is None:
            connector = aiohttp.TCPConnector(ssl=self._trust)
            self._session = aiohttp.ClientSession(
                connector=connector, skip_auto_headers=NOT_ADDED, auto_decompress=False, middlewares=(_once,)
            )
        limits = request.extensions["timeout"]
        with _failures():
            answer = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                data=request.content or None,
                headers=request.headers.multi_items(),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(sock_connect=limits["connect"], sock_read=limits["read"]),
            )
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=_Body(answer))

    @override
    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


class _Body(httpx.AsyncByteStream):
    """What an answer carries, read in one go."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _failures():
            yield await self._answer.read()

    @override
    async def aclose(self) -> None:
        self._answer.release()


async def _once(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Hand a broken connection on: aiohttp itself would send what is idempotent a second time."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise httpx.RemoteProtocolError("The connection broke before the answer") from error


@contextmanager
def _failures() -> Iterator[None]:
    """Say in httpx's words what went wrong."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(str(error)) from error
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error)) from error
    except aiohttp.ClientConnectorCertificateError as error:
        raise httpx.ConnectError(str(error.certificate_error)) from error.certificate_error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error.os_error)) from error.os_error
    except aiohttp.ClientError as error:
        raise httpx.ReadError(str(error)) from error
