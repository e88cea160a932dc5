"""The Secret of the tokens, followed: the entries that are good now, the key that signs, and notes of last use."""

import asyncio
import base64
import logging
import random
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from workteam_crds.cluster.informer import WHOLE
from workteam_crds.cluster.port import Cluster, ClusterError, Conflict, Gone, NotFound, Secret
from workteam_crds.naming import TenantKey
from workteam_scim.refusals import Unavailable
from workteam_scim.sealing import KEY_BYTES, SIGNING_KEY, Purpose, derived, read_key
from workteam_scim.tokens import TokenEntry, read_entries

log = logging.getLogger(__name__)

NOTED_EVERY = timedelta(hours=1)
FIRST_WAIT = 0.2
LONGEST_WAIT = 10.0
A_WHILE = 1.0
"""Seconds after which a watch that breaks is no reason to wait longer and longer."""

derived_once = lru_cache(maxsize=256)(derived)


class Keyring:
    """What the Secret holds now. What is known stays known while the API server is away, up to an age."""

    def __init__(
        self, cluster: Cluster, namespace: str, secret: str, now: Callable[[], datetime], oldest: timedelta
    ) -> None:
        self._cluster = cluster
        self._place = (namespace, secret)
        self._now = now
        self._oldest = oldest
        self._missed_since: float | None = None
        """Since when, by the loop's time, a change may have been missed."""
        self._secret: Secret | None = None
        self._entries: dict[str, TokenEntry] = {}
        self._notes: dict[str, asyncio.Task[None]] = {}

    @property
    def ready(self) -> bool:
        """Say whether the Secret was read."""
        return self._secret is not None

    @property
    def entries(self) -> Mapping[str, TokenEntry]:
        """Return all entries by handle. Raises ``Unavailable`` while the Secret is not read, or was too long ago."""
        if self._secret is None:
            raise Unavailable("The facade is starting: the tokens are not read yet.")
        if self._missed_since is not None and _time() - self._missed_since > self._oldest.total_seconds():
            raise Unavailable("The Kubernetes API does not tell which tokens are good.")
        return self._entries

    def signing_key(self) -> bytes:
        """Return the key that others are derived from. Raises ``Unavailable`` while there is none."""
        key = None if self._secret is None else read_key(self._secret.data)
        if key is None:
            raise Unavailable("The facade is starting: its signing key is not read yet.")
        return key

    def access_key(self, tenant: TenantKey) -> bytes:
        """Return the key that signs a tenant's access tokens. Raises ``Unavailable``."""
        return derived_once(self.signing_key(), Purpose.ACCESS_TOKEN, tenant)

    async def run(self) -> None:
        """Read the Secret and follow it, for ever."""
        wait = FIRST_WAIT
        while True:
            read = None
            try:
                secret = await self._take(await self._cluster.read_secret(*self._place))
                self._missed_since, read = None, _time()
                await self._follow(secret.resource_version)
            except Gone:
                log.info("the history of the Secret of the tokens is gone, reading again")
            except ClusterError as error:
                if isinstance(error, NotFound):  # deleted while nobody watched: nobody knows which tokens are good
                    self._secret = None
                log.warning("the Secret of the tokens cannot be read: %s", error)
            if self._missed_since is None:
                self._missed_since = _time()
            if read is not None and _time() - read > A_WHILE:
                wait = FIRST_WAIT  # it was followed for a while
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - jitter
            wait = min(wait * 2, LONGEST_WAIT)

    async def close(self) -> None:
        """Let the notes that are on their way arrive."""
        await asyncio.gather(*self._notes.values(), return_exceptions=True)

    def note_use(self, handle: str) -> None:
        """Note the use of a token, at most once an hour and never twice at a time."""
        entry = self._entries[handle]
        recent = entry.last_used is not None and self._now() - entry.last_used < NOTED_EVERY
        if recent or handle in self._notes or self._secret is None:
            return
        self._notes[handle] = asyncio.create_task(self._note(self._secret, handle, entry))

    async def _follow(self, since: str) -> None:
        """Follow the Secret until it is deleted, or a watch ends before its time: then etcd may have been restored."""
        while True:
            began = _time()
            async for secret in self._cluster.watch_secret(*self._place, since):
                if secret is None:  # deleted: nobody knows which tokens are good
                    self._secret = None
                    return
                since = secret.resource_version
                await self._take(secret)
            if _time() - began < WHOLE.total_seconds():
                return

    async def _take(self, secret: Secret) -> Secret:
        """Take a state of the Secret, first of all who may come in; a key is made if there is none."""
        self._entries = read_entries(secret.data)
        if read_key(secret.data) is None:
            secret = await self._with_key(secret)
            self._entries = read_entries(secret.data)
        self._secret = secret
        return secret

    async def _with_key(self, secret: Secret) -> Secret:
        """Make the key. Of two facades that do so at once, one is late and reads the other's."""
        encoded = _encoded(secrets.token_bytes(KEY_BYTES))
        unchanged = {"op": "test", "path": "/metadata/resourceVersion", "value": secret.resource_version}
        into = ("/data", {SIGNING_KEY: encoded}) if not secret.data else (f"/data/{SIGNING_KEY}", encoded)
        try:
            return await self._cluster.patch_secret(
                secret, [unchanged, {"op": "add", "path": into[0], "value": into[1]}]
            )
        except Conflict:
            return await self._cluster.read_secret(*self._place)
        except ClusterError as error:
            log.warning("no signing key can be made, so there are no access tokens and no cursors: %s", error)
            return secret

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


def _time() -> float:
    return asyncio.get_running_loop().time()


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()
