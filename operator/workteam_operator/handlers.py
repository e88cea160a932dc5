"""Where kopf meets us: it watches, and tells what it saw. The only ``import kopf``; it writes nothing to any object.

It runs in a thread and a loop of its own, as at its end it cancels every task of its loop that it does not know. Before
it watches it lists, which would show it every object once more: its lists are made to hold none, and ours follow them.
"""

import asyncio
import dataclasses
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeAlias

import aiohttp
import kopf
from typing_extensions import override

from workteam_crds.kinds.custom_resource import GROUP, VERSION, CustomResource

Saw: TypeAlias = Callable[[type[CustomResource], str, Any], None]
"""Takes kind, type of event and the object as it was sent; called in kopf's thread."""

NEVER_OURS = f"{GROUP}/kopf-holds-nothing"
"""kopf removes the finalizer that it takes for its own from every object: this name is never on one of ours."""
CLOSING = 0.1
"""Seconds for TLS connections to close after kopf let them go, before its loop does."""
NOBODY = "metadata.name=-"
"""A field selector that no object meets: the list has a resourceVersion to watch from, and costs nothing."""
LOGIN_LASTS = timedelta(minutes=10)
"""Then the token is read again, as a projected one changes."""


class Asked(Protocol):
    """What kopf asked of the API server and got an answer to; called in kopf's thread."""

    def listed(self) -> None:
        """Note a list: what was not told of until now has to be listed by ourselves."""

    def begun(self, path: str) -> None:
        """Note a watch: ``…/namespaces/NAMESPACE/PLURAL``."""


class Patience:
    """The seconds between two tries of kopf's, without an end: after its own eight it would end in every outage."""

    def __iter__(self) -> Iterator[float]:
        """Yield them."""
        return itertools.chain((1, 2, 3, 5), itertools.repeat(10))


class NothingToCompare(kopf.DiffBaseStorage):
    """Keeps kopf from copying each object to compare it with an earlier state: nobody asks it for differences."""

    @override
    def build(self, *, body: kopf.Body, extra_fields: Iterable[kopf.FieldSpec] | None = None) -> kopf.BodyEssence:
        """Return nothing of an object."""
        return kopf.BodyEssence()

    @override
    def fetch(self, *, body: kopf.Body) -> kopf.BodyEssence | None:
        """Know no earlier state."""

    @override
    def store(self, *, body: kopf.Body, patch: kopf.Patch, essence: kopf.BodyEssence) -> None:
        """Write nothing."""


def watch(registry: kopf.OperatorRegistry, kind: type[CustomResource], saw: Saw) -> None:
    """Let one kind be seen. No I/O, no patch: kopf logs and forgets what an event handler raises."""

    @kopf.on.event(GROUP, VERSION, kind.plural, id=kind.plural, registry=registry)
    async def seen(event: kopf.RawEvent, **_: Any) -> None:
        saw(kind, event["type"] or "LISTED", event["object"])


@dataclasses.dataclass(frozen=True)
class Scope:
    """What is watched."""

    kinds: tuple[type[CustomResource], ...]
    namespaces: tuple[str, ...]
    renewal: timedelta
    """After how long the server ends a watch, so that it is begun anew. Whole seconds."""


def serve(scope: Scope, saw: Saw, asked: Asked, stop: threading.Event) -> None:
    """Run kopf in this thread until ``stop`` is set. Returns early only if kopf gave up."""
    registry = kopf.OperatorRegistry()
    for kind in scope.kinds:
        watch(registry, kind, saw)

    @kopf.on.login(id="login", registry=registry)
    async def login(**context: Any) -> kopf.AiohttpSession | None:
        return _login(scope, asked, **context)

    asyncio.run(_watch_until(stop, registry, scope))


async def _watch_until(stop: threading.Event, registry: kopf.OperatorRegistry, scope: Scope) -> None:
    try:
        await kopf.operator(
            registry=registry,
            settings=_settings(scope.renewal),
            namespaces=scope.namespaces,
            standalone=True,
            stop_flag=stop,
        )
    finally:
        stop.set()  # else the thread in which kopf waits for it keeps this loop from closing: deaf, and ready
    await asyncio.sleep(CLOSING)


def _settings(renewal: timedelta) -> kopf.OperatorSettings:
    """Return settings under which kopf only watches (docs/adr)."""
    settings = kopf.OperatorSettings()
    settings.persistence.finalizer = NEVER_OURS
    settings.persistence.diffbase_storage = NothingToCompare()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.networking.enforce_retry_after = True
    settings.networking.error_backoffs = Patience()
    settings.watching.server_timeout = max(1, round(renewal.total_seconds()))
    settings.watching.client_timeout = settings.watching.server_timeout + 10
    settings.watching.chunk_size = 500
    settings.process.ultimate_exiting_timeout = None  # the process ends itself
    return settings


def _login(scope: Scope, asked: Asked, **context: Any) -> kopf.AiohttpSession | None:
    """Log in by ``KUBECONFIG``, else as the pod's service account; kopf lists and watches over a session of ours."""
    by_file = bool(os.environ.get("KUBECONFIG"))
    found = kopf.login_with_kubeconfig(**context) if by_file else kopf.login_with_service_account(**context)
    if found is None:
        return None

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
        headers=found.as_http_headers(),
        middlewares=(_told(scope, asked),),
        proxy=found.proxy_url,
        trust_env=found.trust_env,
    )
    return kopf.AiohttpSession(
        server=found.server,
        default_namespace=found.default_namespace,
        expiration=datetime.now(UTC) + LOGIN_LASTS,
        aiohttp_session=session,
    )


def _told(scope: Scope, asked: Asked) -> aiohttp.ClientMiddlewareType:
    """Return what empties lists of our kinds, and tells of them and of watches."""
    plurals = {kind.plural for kind in scope.kinds}

    async def told(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        watches, ours = "watch" in request.url.query, request.url.name in plurals
        if ours and not watches:
            request.url = request.url.update_query(fieldSelector=NOBODY)
        response = await send(request)
        if ours and response.ok:
            asked.begun(request.url.path) if watches else asked.listed()
        return response

    return told
