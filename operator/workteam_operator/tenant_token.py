"""The token of a tenant: read from its Secret, and watched, so that a new one is in use within a second."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from workteam_crds.cluster.port import Cluster, ClusterError, ClusterUnavailable, NotFound, Secret
from workteam_crds.kinds.tenants import WorkteamTenant
from workteam_crds.naming import TenantKey
from workteam_operator.pace import backoff
from workteam_operator.tenant_causes import Cause, secret_missing

log = logging.getLogger(__name__)


class Token(NamedTuple):
    """A bearer token for Workteam."""

    value: str
    version: str
    """What changes whenever the token may have."""


async def read_token(cluster: Cluster, tenant: WorkteamTenant) -> Token | Cause:
    """Read a tenant's token; that it is missing, or may not be read, is a cause. Raises ``ClusterUnavailable``."""
    wanted = tenant.spec.workteam.token_secret_ref
    try:
        secret = await cluster.read_secret(tenant.metadata.namespace, wanted.name)
    except NotFound:
        return secret_missing(wanted.name, wanted.key, "is missing")
    except ClusterUnavailable:
        raise
    except ClusterError:
        return secret_missing(wanted.name, wanted.key, "is none of those that the chart's tenantSecrets let us read")
    token = secret.data.get(wanted.key, b"").decode("latin-1").strip()
    if not token or not token.isascii() or not token.isprintable():
        return secret_missing(wanted.name, wanted.key, f"holds no token in its key {wanted.key}")
    return Token(token, version_of(secret))


FROM_NOW = "0"
"""A watch from here begins with the Secret as it is."""
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=30)


class TokenWatch:
    """One watch for each tenant."""

    def __init__(self, cluster: Cluster, changed: Callable[[TenantKey], None]) -> None:
        """``changed`` is told which tenant must read its Secret again."""
        self._cluster = cluster
        self._changed = changed
        self._tasks: dict[TenantKey, tuple[str, asyncio.Task[None]]] = {}

    def follow(self, tenant: WorkteamTenant) -> None:
        """Watch the Secret that a tenant names now."""
        name = tenant.spec.workteam.token_secret_ref.name
        watched, _ = self._tasks.get(tenant.tenant, (None, None))
        if watched != name:
            self.forget(tenant.tenant)
            self._tasks[tenant.tenant] = (name, asyncio.create_task(self._watch(tenant.tenant, name)))

    def forget(self, key: TenantKey) -> None:
        """Watch for a tenant no longer."""
        if (watched := self._tasks.pop(key, None)) is not None:
            watched[1].cancel()

    async def close(self) -> None:
        """End all watches."""
        tasks = [task for _, task in self._tasks.values()]
        for key in list(self._tasks):
            self.forget(key)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self, key: TenantKey, name: str) -> None:
        version: str | None = None
        failures = 0
        while True:
            try:
                async for secret in self._cluster.watch_secret(key.namespace, name, FROM_NOW):
                    failures = 0
                    seen = version_of(secret) if secret else None
                    if seen != version:
                        version = seen
                        self._changed(key)
            except ClusterError as error:
                failures += 1
                log.warning("the watch of a tenant's Secret failed: %s", error, extra={"tenant": str(key)})
            jitter = random.uniform(0.5, 1)  # noqa: S311 - spreads the load, guards nothing
            wait = backoff(failures, first=FIRST_WAIT, longest=LONGEST_WAIT, jitter=jitter)
            await asyncio.sleep(wait.total_seconds())


def version_of(secret: Secret) -> str:
    """Return what changes whenever the token may have."""
    return f"{secret.uid}/{secret.resource_version}"
