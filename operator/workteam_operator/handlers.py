"""Where kopf meets us: it watches, and tells what it saw. The only ``import kopf``; it writes nothing to any object.

It runs in a thread and a loop of its own, as at its end it cancels every task of its loop that it does not know.
"""

import asyncio
import dataclasses
import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import aiohttp
import kopf
from typing_extensions import override

from workteam_crds.kinds.custom_resource import GROUP, VERSION, CustomResource

Saw: TypeAlias = Callable[[type[CustomResource], str | None, Any], None]
"""Takes kind, type of event (None: from a list of kopf's) and the object as it was sent; called in kopf's thread."""

Begun: TypeAlias = Callable[[str], None]
"""Takes the path of a watch whose request was answered; called in kopf's thread."""

NEVER_OURS = f"{GROUP}/kopf-holds-nothing"
"""kopf removes the finalizer that it takes for its own from every object: this name is never on one of ours."""
CLOSING = 0.1
"""Seconds for TLS connections to close after kopf let them go, before its loop does."""
LOGIN_LASTS = timedelta(minutes=10)
"""Then the token is read again, as a projected one changes."""


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
        saw(kind, event["type"], event["object"])


@dataclasses.dataclass(frozen=True)
class Scope:
    """What is watched."""

    kinds: tuple[type[CustomResource], ...]
    namespaces: tuple[str, ...]
    renewal: timedelta
    """After how long the server ends a watch, so that it is begun anew. Whole seconds."""


def serve(scope: Scope, saw: Saw, begun: Begun, stop: threading.Event) -> None:
    """Run kopf in this thread until ``stop`` is set. Returns early only if kopf gave up."""
    registry = kopf.OperatorRegistry()
    for kind in scope.kinds:
        watch(registry, kind, saw)

    @kopf.on.login(id="login", registry=registry)
    async def login(**context: Any) -> kopf.AiohttpSession | None:
        return _login(begun, **context)

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


def _login(begun: Begun, **context: Any) -> kopf.AiohttpSession | None:
    """Log in by ``KUBECONFIG``, else as the pod's service account; kopf begins its watches over a session of ours."""
    by_file = bool(os.environ.get("KUBECONFIG"))
    found = kopf.login_with_kubeconfig(**context) if by_file else kopf.login_with_service_account(**context)
    if found is None:
        return None

    async def heard(request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        response = await send(request)
        if "watch" in request.url.query and response.ok:
            begun(request.url.path)
        return response

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=found.as_ssl_context()),
        headers=found.as_http_headers(),
        middlewares=(heard,),
        proxy=found.proxy_url,
        trust_env=found.trust_env,
    )
    return kopf.AiohttpSession(
        server=found.server,
        default_namespace=found.default_namespace,
        expiration=datetime.now(UTC) + LOGIN_LASTS,
        aiohttp_session=session,
    )
