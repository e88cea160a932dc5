"""Sends requests as Entra's provisioning service does, and reads the answers as it does (ENTRA §1.2, §2.1, §5.3).

The only HTTP of a rehearsal. It knows requests, not people: what to send comes from ``dialect``, when from ``service``.
"""

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote_plus, urlsplit, urlunsplit

import httpx

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.wire import Wire

_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
COMPLIANT_FLAG = "aadOptscim062020"


class RejectedError(Exception):
    """The service refused this one object (4xx, 501), or answered what is no SCIM; kept in escrow."""

    def __init__(self, sentence: str, *, status: int, body: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.body = body


class UnavailableError(Exception):
    """A reset, a time-out, 5xx or 429: tried again. ``retry_after`` in seconds, if the service named one."""

    def __init__(self, sentence: str, *, body: str = "", retry_after: float | None = None, heard: bool = False) -> None:
        super().__init__(sentence)
        self.body = body
        self.retry_after = retry_after
        self.heard = heard
        """Whether the service answered at all."""


@dataclass(frozen=True)
class Patience:
    """How often one request is tried in a cycle, and how long to wait between: doubling, up to a cap. Seconds."""

    attempts: int = 6
    first: float = 0.5
    longest: float = 60.0
    timeout: float = 30.0
    unreachable_after: int = 20
    """So many items in a row that got no answer at all end the cycle."""

    def wait(self, attempt: int, retry_after: float | None) -> float:
        """Return the seconds to wait after a failed attempt (1, 2, …); Retry-After is obeyed up to the cap."""
        return min(self.first * 2 ** (attempt - 1) if retry_after is None else retry_after, self.longest)


@dataclass(frozen=True)
class Answer:
    """A successful answer; ``resource`` is empty where there was no body."""

    status: int
    resource: Mapping[str, Any]


class Pace:
    """At most so many requests a second, evenly spaced; 0 lifts the limit."""

    def __init__(self, per_second: float) -> None:
        self._gap = 1 / per_second if per_second > 0 else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Wait for the next free slot."""
        if not self._gap:
            return
        now = asyncio.get_running_loop().time()
        slot = max(now, self._next)
        self._next = slot + self._gap
        await asyncio.sleep(slot - now)


class Client:
    """One Base URL with one token. Not shared between event loops; counts what it sent, by kind."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        pace: Pace | None = None,
        patience: Patience | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.base_url = checked_url(base_url)
        self.patience = patience or Patience()
        self.sent: Counter[str] = Counter()
        self.retries = 0
        self._pace = pace or Pace(25)
        self._http = httpx.AsyncClient(
            headers={"Accept": "application/scim+json", "ADSCIMVersion": "5.0"},
            auth=_Bearer(token),
            timeout=self.patience.timeout,
            transport=transport or Wire(verify=verify),
            trust_env=False,
        )
        del self._http.headers["User-Agent"]  # Entra sends none

    async def __aenter__(self) -> Self:
        """Open the connections."""
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        await self._http.aclose()

    async def search(self, endpoint: str, attribute: str, value: str) -> list[Mapping[str, Any]]:
        """Look for objects by one attribute, as Entra's matching query does; retried."""
        answer = await self.patiently(
            "GET", endpoint, kind=f"search {endpoint}", query=search_query(endpoint, attribute, value)
        )
        resources = answer.resource.get("Resources") or []
        return [resource for resource in resources if isinstance(resource, Mapping)]

    async def patiently(
        self, method: str, path: str, *, kind: str, query: str = "", body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send a request that may safely arrive twice, again and again with back-off.

        Raises ``RejectedError``, ``UnavailableError``.
        """
        for attempt in range(1, self.patience.attempts):
            try:
                return await self.once(method, path, kind=kind, query=query, body=body)
            except UnavailableError as error:
                await self.rest(attempt, error)
        return await self.once(method, path, kind=kind, query=query, body=body)

    async def rest(self, attempt: int, error: UnavailableError) -> None:
        """Wait as long as patience and Retry-After say."""
        self.retries += 1
        await asyncio.sleep(self.patience.wait(attempt, error.retry_after))

    async def once(
        self, method: str, path: str, *, kind: str, query: str = "", body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Send one request. Raises ``RejectedError``, ``UnavailableError``, or ``Problem`` for a refused token."""
        await self._pace.turn()
        self.sent[kind] += 1
        response = await self._send(method, path, query, body)
        status = response.status_code
        if status == httpx.codes.UNAUTHORIZED:
            raise Problem(
                "The service refuses the token (401); provisioning stops, as Entra would go into quarantine. "
                "Generate a new Bearer Token and pass it with --token-file.",
                Exit.DENIED,
            )
        if status in _AGAIN:
            raise UnavailableError(f"HTTP {status}", body=response.text, retry_after=_retry_after(response), heard=True)
        if not response.is_success:
            raise RejectedError(f"HTTP {status}", status=status, body=response.text)
        return Answer(status, _resource(response, searched=bool(query) and method == "GET"))

    async def _send(self, method: str, path: str, query: str, body: Mapping[str, Any] | None) -> httpx.Response:
        headers, content = {}, None
        if body is not None:
            headers["Content-Type"] = "application/scim+json; charset=utf-8"
            content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            return await self._http.request(method, self.url(path, query), content=content, headers=headers)
        except httpx.RequestError as error:
            raise UnavailableError(type(error).__name__) from error

    def url(self, path: str, query: str) -> str:
        """Put path and query onto the Base URL; its own query (a flag such as ``?aadOptscim062020``) comes first."""
        base = urlsplit(self.base_url)
        both = "&".join(part for part in (base.query, query) if part)
        return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + path, both, ""))


class _Bearer(httpx.Auth):
    """Adds the bare token, as Entra does with *Secret Token*."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Any:
        """Set the header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def checked_url(base_url: str) -> str:
    """Return the Base URL if it is an absolute http or https one. Raises ``Problem``."""
    parts = urlsplit(base_url.strip())
    try:
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        cure = "give one such as https://HOST/NAMESPACE/TENANT/scim/v2"
        raise Problem(f"{base_url!r} is no Base URL; {cure}.", Exit.USAGE)
    return base_url.strip()


def search_query(endpoint: str, attribute: str, value: str) -> str:
    """Write a matching query as Entra does: quotes escaped, then ``+`` for a space, ``%22``, ``%40``, ``%23``."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    query = "filter=" + quote_plus(f'{attribute} eq "{escaped}"')
    return f"excludedAttributes=members&{query}" if endpoint == "/Groups" else query


def _resource(response: httpx.Response, *, searched: bool) -> Mapping[str, Any]:
    if not response.content:
        resource: Any = {}
    else:
        try:
            resource = response.json()
        except ValueError:
            resource = None
    if not isinstance(resource, Mapping) or (searched and not {"schemas", "totalResults"} <= resource.keys()):
        sentence = "the answer is no SCIM (SystemForCrossDomainIdentityManagementServiceIncompatible)"
        raise RejectedError(sentence, status=response.status_code, body=response.text[:2000])
    return resource


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait, from Retry-After (RFC 9110 §10.2.3) in its form of seconds; None if absent or a date."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None
