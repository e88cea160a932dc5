"""Where kopf meets us: it watches, and tells what it saw. The only ``import kopf``; it writes nothing to any object.

It runs in a thread and a loop of its own, as at its end it cancels every task of its loop that it does not know.
"""

import asyncio
import dataclasses
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import kopf
from typing_extensions import override

from workteam_crds.kinds.custom_resource import GROUP, VERSION, CustomResource

Saw: TypeAlias = Callable[[type[CustomResource], str | None, Any], None]
"""Takes kind, type of event (None: from a list of kopf's) and the object as it was sent; called in kopf's thread."""

NEVER_OURS = f"{GROUP}/kopf-holds-nothing"
"""kopf removes the finalizer that it takes for its own from every object: this name is never on one of ours."""
CLOSING = 0.1
"""Seconds for TLS connections to close after kopf let them go, before its loop does."""
LOGIN_LASTS = timedelta(minutes=10)
"""Then the token is read again, as a projected one changes."""


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


def serve(kinds: Iterable[type[CustomResource]], namespaces: Sequence[str], saw: Saw, stop: threading.Event) -> None:
    """Run kopf in this thread until ``stop`` is set. Returns early only if kopf gave up."""
    registry = kopf.OperatorRegistry()
    for kind in kinds:
        watch(registry, kind, saw)
    kopf.on.login(id="login", registry=registry)(_login)
    asyncio.run(_watch_until(stop, registry, namespaces))


async def _watch_until(stop: threading.Event, registry: kopf.OperatorRegistry, namespaces: Sequence[str]) -> None:
    try:
        await kopf.operator(
            registry=registry, settings=_settings(), namespaces=namespaces, standalone=True, stop_flag=stop
        )
    finally:
        stop.set()  # else the thread in which kopf waits for it keeps this loop from closing: deaf, and ready
    await asyncio.sleep(CLOSING)


def _settings() -> kopf.OperatorSettings:
    """Return settings under which kopf only watches (docs/adr)."""
    settings = kopf.OperatorSettings()
    settings.persistence.finalizer = NEVER_OURS
    settings.persistence.diffbase_storage = NothingToCompare()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.networking.enforce_retry_after = True
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    settings.watching.chunk_size = 500
    settings.process.ultimate_exiting_timeout = None  # the process ends itself
    return settings


def _login(**context: Any) -> kopf.ConnectionInfo | None:
    """Log in by ``KUBECONFIG``, else as the pod's service account."""
    by_file = bool(os.environ.get("KUBECONFIG"))
    found = kopf.login_with_kubeconfig(**context) if by_file else kopf.login_with_service_account(**context)
    return found and dataclasses.replace(found, expiration=datetime.now(UTC) + LOGIN_LASTS)
