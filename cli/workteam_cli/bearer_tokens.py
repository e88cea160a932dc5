"""Bearer Tokens of a tenant: made, listed and revoked in the release's Secret; parallel runs lose nothing.

Every change touches one entry by JSON patch and tests what it relies on. A token leaves this module once, as the value
that ``create_token`` returns.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from workteam_crds.cluster.port import Cluster, Conflict, Operation, Secret
from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey
from workteam_scim.tokens import NOISE_BYTES, TokenEntry, entry_for, make_token, read_entries

ATTEMPTS = 20
"""How often a change is tried again after somebody else wrote in between."""

Plan: TypeAlias = Callable[[Secret], Sequence[Operation]]
"""What to change, given the Secret as it is now; nothing if there is nothing to change."""


async def create_token(
    cluster: Cluster, release: Release, tenant: TenantKey, *, expires_in: timedelta | None = None
) -> str:
    """Make a token for a tenant and return it; only its hash is kept. Raises ``ClusterError``."""
    now = datetime.now(UTC).replace(microsecond=0)
    token = make_token(secrets.token_bytes(NOISE_BYTES))
    expires = None if expires_in is None else now + expires_in
    entry = entry_for(token, tenant, created=now, expires=expires)
    await _change(cluster, release, lambda secret: _adding(secret, token.handle, entry.write()))
    return token.text


async def list_tokens(cluster: Cluster, release: Release, tenant: TenantKey) -> Mapping[str, TokenEntry]:
    """Return a tenant's entries by handle, oldest first. Raises ``ClusterError``."""
    secret = await cluster.read_secret(release.namespace, release.token_secret)
    entries = read_entries(secret.data)
    mine = {handle: entry for handle, entry in entries.items() if entry.tenant_key == tenant}
    return dict(sorted(mine.items(), key=lambda item: (item[1].created, item[0])))


async def revoke_token(cluster: Cluster, release: Release, tenant: TenantKey, handle: str) -> bool:
    """Revoke a token by its handle; False if the tenant has none of that handle. Raises ``ClusterError``."""
    return await _change(cluster, release, lambda secret: _removing(secret, handle, tenant))


async def _change(cluster: Cluster, release: Release, plan: Plan) -> bool:
    """Try until nobody writes in between; False if there is nothing to change."""
    for attempt in range(1, ATTEMPTS + 1):
        secret = await cluster.read_secret(release.namespace, release.token_secret)
        operations = plan(secret)
        if not operations:
            return False
        try:
            await cluster.patch_secret(secret, operations)
        except Conflict:
            if attempt == ATTEMPTS:
                raise
        else:
            return True
    raise AssertionError  # the loop returns or raises


def _adding(secret: Secret, handle: str, value: bytes) -> Sequence[Operation]:
    """Add one entry. An empty Secret has no ``data``, which only one run may make."""
    encoded = b64encode(value).decode()
    if secret.data:
        return [{"op": "add", "path": f"/data/{handle}", "value": encoded}]
    unchanged = {"op": "test", "path": "/metadata/resourceVersion", "value": secret.resource_version}
    return [unchanged, {"op": "add", "path": "/data", "value": {handle: encoded}}]


def _removing(secret: Secret, handle: str, tenant: TenantKey) -> Sequence[Operation]:
    """Remove one entry if it is still the one that was read; none of another tenant's."""
    value = secret.data.get(handle)
    entry = None if value is None else TokenEntry.read(value)
    if value is None or entry is None or entry.tenant_key != tenant:
        return []
    path = f"/data/{handle}"
    return [{"op": "test", "path": path, "value": b64encode(value).decode()}, {"op": "remove", "path": path}]
