"""One authenticated way to an API server: requests, streams, and failures translated once.

The library ``kubernetes.aio`` finds the server, the certificates and the token (and reads a projected token again
before it expires); requests go out over aiohttp with orjson, since one connection pool then serves requests and
watches, and no body is walked twice.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol, Self

import aiohttp
import orjson
import yaml
from kubernetes.aio.client import Configuration
from kubernetes.aio.client.rest import RESTClientObject
from kubernetes.aio.config import load_incluster_config, load_kube_config
from kubernetes.aio.config.config_exception import ConfigException

from workteam_crds.cluster.port import (
    AlreadyExists,
    ClusterError,
    ClusterUnavailable,
    Conflict,
    Denied,
    Gone,
    NotFound,
    Rejected,
)

REQUEST_TIMEOUT = timedelta(seconds=10)
LIST_TIMEOUT = timedelta(seconds=60)
CONNECT_SECONDS = 3
SILENCE = timedelta(seconds=70)
"""A watch with bookmarks that says nothing for so long is half open: the server sends one about every minute."""

JSON = "application/json"
JSON_PATCH = "application/json-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"

Query = Mapping[str, str]


class Requests(Protocol):
    """What is asked of one API server; see ``Access``."""

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: object = None,
        content_type: str = JSON,
        within: timedelta | None = None,
    ) -> Any:
        """Send one request, once, and return the parsed answer. Raises only ``ClusterError``."""

    def stream(self, path: str, query: Query) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open a watch and yield its lines. Raises only ``ClusterError``."""


class Access:
    """The server, its credentials and one pool of connections."""

    def __init__(self, configuration: Configuration, silence: timedelta = SILENCE) -> None:
        self._configuration = configuration
        self._silence = silence
        self._host = configuration.host.rstrip("/")
        self._ssl = RESTClientObject(configuration).ssl_context
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    async def load(cls, kubeconfig: str | None = None, *, silence: timedelta = SILENCE) -> Self:
        """Find the server: a named file, else ``KUBECONFIG``, else the pod's service account.

        Raises ``ClusterError`` with one sentence if there is none.
        """
        configuration = Configuration()
        named = kubeconfig or os.environ.get("KUBECONFIG")
        try:
            if named:
                await load_kube_config(config_file=named, client_configuration=configuration)
            else:
                load_incluster_config(client_configuration=configuration)
            return cls(configuration, silence)
        except (ConfigException, OSError, LookupError, TypeError, ValueError, yaml.YAMLError) as error:
            where = f"the kubeconfig {named}" if named else "the pod's service account (KUBECONFIG is not set)"
            why = error if isinstance(error, ConfigException | OSError) else "it does not read as a kubeconfig"
            raise ClusterError(f"No access to a cluster by {where}: {why}") from error

    @property
    def server(self) -> str:
        """Return the URL of the API server."""
        return self._host

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: object = None,
        content_type: str = JSON,
        within: timedelta | None = None,
    ) -> Any:
        """Send one request, once, and return the parsed answer. Raises only ``ClusterError``.

        ``within`` is how long it may take, 10 s if None. The server gives up at the same time: what nobody waits for
        any more is not done later.
        """
        data = None if body is None else orjson.dumps(body)
        seconds = (within or REQUEST_TIMEOUT).total_seconds()
        try:
            async with self._open().request(
                method,
                self._host + path,
                params={**(query or {}), "timeout": f"{max(1, round(seconds * 1000))}ms"},
                data=data,
                headers=await self._headers(content_type),
                timeout=aiohttp.ClientTimeout(total=seconds, connect=CONNECT_SECONDS),
            ) as response:
                payload = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterUnavailable(f"{method} {path}: {type(error).__name__}") from error
        if response.status >= 400:  # noqa: PLR2004 - where failures begin
            raise failure(f"{method} {path}", response.status, response.headers, payload)
        return orjson.loads(payload)

    @asynccontextmanager
    async def stream(self, path: str, query: Query) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a watch and yield its lines. Raises only ``ClusterError``, also after a silence (70 s)."""
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS, sock_read=self._silence.total_seconds())
        try:
            async with self._open().get(
                self._host + path, params=query, headers=await self._headers(JSON), timeout=timeout
            ) as response:
                if response.status >= 400:  # noqa: PLR2004 - where failures begin
                    raise failure(f"WATCH {path}", response.status, response.headers, await response.read())
                yield _lines(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ClusterUnavailable(f"WATCH {path}: {type(error).__name__}") from error

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            await asyncio.sleep(0.05)  # aiohttp closes TLS transports in the loop's next rounds, and offers no wait

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(ssl=self._ssl, limit=200)
            self._session = aiohttp.ClientSession(connector=connector)
        return self._session

    async def _headers(self, content_type: str) -> dict[str, str]:
        headers = {"Accept": JSON, "Content-Type": content_type, "User-Agent": "workteam-operator"}
        auth = (await self._configuration.auth_settings()).get("BearerToken")
        if auth and auth["value"]:
            headers["Authorization"] = auth["value"]
        return headers


def failure(call: str, status: int, headers: Mapping[str, str], payload: bytes) -> ClusterError:
    """Translate a failed answer. The text holds call, status, reason and fields: the message would quote values."""
    answer = _status_object(payload)
    reason = str(answer.get("reason", ""))
    text = " ".join([f"{call}: HTTP {status}", reason, *_fields(answer)]).rstrip()
    match status:
        case 401 | 403:
            return Denied(text)
        case 404:
            return NotFound(text)
        case 409:
            return AlreadyExists(text) if reason == "AlreadyExists" else Conflict(text)
        case 410:
            return Gone(text)
        case 422 if _is_patch_that_did_not_fit(answer):
            return Conflict(text)
        case 400 | 413 | 422:
            return Rejected(text)
        case 429 | 500 | 502 | 503 | 504:
            return ClusterUnavailable(text, retry_after=_retry_after(headers))
        case _:
            return ClusterError(text)


async def _lines(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """Split the stream ourselves: aiohttp's readline refuses lines of more than 128 KiB."""
    rest = b""
    async for chunk in response.content.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line


def _status_object(payload: bytes) -> dict[str, Any]:
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _fields(answer: dict[str, Any]) -> list[str]:
    """Which fields a refusal is about."""
    causes = (answer.get("details") or {}).get("causes") or []
    return [cause["field"] for cause in causes if cause.get("field") and not cause["field"].startswith("<")]


def _is_patch_that_did_not_fit(answer: Any) -> bool:
    """A failed ``test`` and a schema refusal are both 422 Invalid; only the refusal has details (tried on 1.37)."""
    return not answer.get("details")


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    value = headers.get("Retry-After", "")
    return timedelta(seconds=int(value)) if value.isdigit() else None
