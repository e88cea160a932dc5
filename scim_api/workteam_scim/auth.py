"""Bearer → Caller: the only 401. The tokens' Secret is read and watched by name; last use is noted in it."""

import asyncio
import base64
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from scim2_models import UnauthorizedException

from workteam_crds.cluster.port import Cluster, ClusterError, Gone, NotFound, Secret
from workteam_crds.naming import TenantKey
from workteam_scim.refusals import Unavailable
from workteam_scim.tokens import TokenEntry, handle_of, read_entries

log = logging.getLogger(__name__)

NOTED_EVERY = timedelta(hours=1)
FIRST_WAIT = 0.2
LONGEST_WAIT = 10.0
REFUSED = "The bearer token is unknown, expired or revoked."


@dataclass(frozen=True)
class Caller:
    """Who asks: the token's handle, which may be logged, and the one tenant it opens."""

    handle: str
    tenant: TenantKey


class Tokens:
    """The tokens that are good now."""

    def __init__(self, cluster: Cluster, namespace: str, secret: str, now: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._place = (namespace, secret)
        self._now = now
        self._secret: Secret | None = None
        self._entries: dict[str, TokenEntry] = {}
        self._notes: dict[str, asyncio.Task[None]] = {}

    @property
    def ready(self) -> bool:
        """Say whether the Secret was read."""
        return self._secret is not None

    def caller(self, authorization: str | None) -> Caller:
        """Return who sends an Authorization header. Raises ``UnauthorizedException``, or ``Unavailable`` if unread."""
        if self._secret is None:
            raise Unavailable("The facade is starting: the tokens are not read yet.")
        scheme, _, text = (authorization or "").partition(" ")
        text = text.strip()
        handle = handle_of(text) if scheme.lower() == "bearer" else None
        entry = self._entries.get(handle) if handle else None
        if handle is None or entry is None or not entry.opens(text, self._now()):
            raise UnauthorizedException(detail=REFUSED)
        self._note_use(handle, entry)
        return Caller(handle, entry.tenant_key)

    async def run(self) -> None:
        """Read the Secret and follow it, for ever; what is known stays known while the API server is away."""
        wait = FIRST_WAIT
        while True:
            try:
                secret = await self._cluster.read_secret(*self._place)
                self._take(secret)
                wait = FIRST_WAIT
                await self._follow(secret.resource_version)
            except Gone:
                continue
            except ClusterError as error:
                if isinstance(error, NotFound):  # deleted while nobody watched: nobody knows which tokens are good
                    self._secret = None
                log.warning("the Secret of the tokens cannot be read: %s", error)
                await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - jitter
                wait = min(wait * 2, LONGEST_WAIT)

    async def close(self) -> None:
        """Let the notes that are on their way arrive."""
        await asyncio.gather(*self._notes.values(), return_exceptions=True)

    async def _follow(self, since: str) -> None:
        while True:
            async for secret in self._cluster.watch_secret(*self._place, since):
                if secret is None:  # deleted: nobody knows which tokens are good
                    self._secret = None
                    return
                since = secret.resource_version
                self._take(secret)

    def _take(self, secret: Secret) -> None:
        self._secret = secret
        self._entries = read_entries(secret.data)

    def _note_use(self, handle: str, entry: TokenEntry) -> None:
        """Note the use of a token, at most once an hour and never twice at a time."""
        recent = entry.last_used is not None and self._now() - entry.last_used < NOTED_EVERY
        if recent or handle in self._notes or self._secret is None:
            return
        self._notes[handle] = asyncio.create_task(self._note(self._secret, handle, entry))

    async def _note(self, secret: Secret, handle: str, entry: TokenEntry) -> None:
        """Write the time into the entry as it was read: a revoked one stays revoked."""
        noted = entry.model_copy(update={"last_used": self._now()})
        path = f"/data/{handle}"
        operations = [
            {"op": "test", "path": path, "value": _encoded(secret.data[handle])},
            {"op": "replace", "path": path, "value": _encoded(noted.write())},
        ]
        try:
            await self._cluster.patch_secret(secret, operations)
        except ClusterError as error:
            log.info("the last use of a token is not noted: %s", error)
        else:
            if self._entries.get(handle) == entry:
                self._entries[handle] = noted
        finally:
            del self._notes[handle]


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()
