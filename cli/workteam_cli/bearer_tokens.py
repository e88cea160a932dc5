"""Bearer Tokens and OAuth clients' secrets of a tenant, in the release's Secret; parallel runs lose nothing.

Every change touches entries by one JSON patch and tests what it relies on. A token leaves this module once, as what a
function returns.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TypeAlias

from workteam_crds.cluster.port import Cluster, Conflict, Operation, Secret
from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey
from workteam_scim.tokens import BEARER, CLIENT_SECRET, NOISE_BYTES, Token, TokenEntry, entry_for, make_token
from workteam_scim.tokens import read_entries as entries_in

ATTEMPTS = 20
"""How often a change is tried again after somebody else wrote in between."""

Plan: TypeAlias = Callable[[Secret], Sequence[Operation]]
"""What to change, given the Secret as it is now; nothing if there is nothing to change."""
Kept: TypeAlias = Mapping[str, TokenEntry]
"""Entries by handle, oldest first."""


@dataclass(frozen=True)
class Exchanged:
    """A new token or secret, and until when those that it replaces still open."""

    text: str
    until: datetime


async def read_entries(cluster: Cluster, release: Release, tenant: TenantKey) -> Kept:
    """Return all entries of a tenant. Raises ``ClusterError``."""
    return _of(await cluster.read_secret(release.namespace, release.token_secret), tenant)


def bearer_tokens(entries: Kept) -> Kept:
    """Return those that are Bearer Tokens."""
    return {handle: entry for handle, entry in entries.items() if entry.client is None}


def client_secrets(entries: Kept, client: str | None = None) -> Kept:
    """Return those that are secrets of OAuth clients, or of one client."""
    return {
        handle: entry
        for handle, entry in entries.items()
        if entry.client is not None and client in (None, entry.client)
    }


async def create_token(
    cluster: Cluster,
    release: Release,
    tenant: TenantKey,
    *,
    expires_in: timedelta | None = None,
    client: str | None = None,
) -> str:
    """Make a token, or a secret of a client, and return it; only its hash is kept. Raises ``ClusterError``."""
    token, entry = _new(tenant, expires_in, client)
    await _change(cluster, release, lambda secret: _adding(secret, token.handle, entry.write()))
    return token.text


async def exchange_tokens(
    cluster: Cluster,
    release: Release,
    tenant: TenantKey,
    handles: Sequence[str],
    *,
    overlap: timedelta,
    expires_in: timedelta | None,
    client: str | None = None,
) -> Exchanged | None:
    """Make a token, or a secret of a client, that replaces others; those expire after ``overlap``, if not before.

    None if the tenant has one of the handles no more. Raises ``ClusterError``.
    """
    token, entry = _new(tenant, expires_in, client)
    until = entry.created + overlap

    def plan(secret: Secret) -> Sequence[Operation]:
        mine = _of(secret, tenant)
        if not all(handle in mine for handle in handles):
            return []
        ending = (_ending(secret, handle, mine[handle], until, token.handle) for handle in handles)
        return [*chain.from_iterable(ending), *_adding(secret, token.handle, entry.write())]

    return Exchanged(token.text, until) if await _change(cluster, release, plan) else None


async def revoke_tokens(cluster: Cluster, release: Release, tenant: TenantKey, handles: Sequence[str]) -> bool:
    """Revoke tokens or secrets by their handles; False if the tenant has one of them not. Raises ``ClusterError``."""
    return await _change(cluster, release, lambda secret: _removing(secret, handles, tenant))


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


def _of(secret: Secret, tenant: TenantKey) -> Kept:
    mine = {handle: entry for handle, entry in entries_in(secret.data).items() if entry.tenant_key == tenant}
    return dict(sorted(mine.items(), key=lambda item: (item[1].created, item[0])))


def _new(tenant: TenantKey, expires_in: timedelta | None, client: str | None) -> tuple[Token, TokenEntry]:
    now = datetime.now(UTC).replace(microsecond=0)
    token = make_token(secrets.token_bytes(NOISE_BYTES), BEARER if client is None else CLIENT_SECRET)
    expires = None if expires_in is None else now + expires_in
    return token, entry_for(token, tenant, created=now, expires=expires, client=client)


def _adding(secret: Secret, handle: str, value: bytes) -> Sequence[Operation]:
    """Add one entry. An empty Secret has no ``data``, which only one run may make."""
    encoded = b64encode(value).decode()
    if secret.data:
        return [{"op": "add", "path": f"/data/{handle}", "value": encoded}]
    unchanged = {"op": "test", "path": "/metadata/resourceVersion", "value": secret.resource_version}
    return [unchanged, {"op": "add", "path": "/data", "value": {handle: encoded}}]


def _ending(secret: Secret, handle: str, entry: TokenEntry, until: datetime, successor: str) -> list[Operation]:
    """Let one entry expire, if it is still the one that was read."""
    expires = until if entry.expires is None else min(entry.expires, until)
    ended = entry.model_copy(update={"expires": expires, "replaced_by": successor})
    path = f"/data/{handle}"
    return [
        {"op": "test", "path": path, "value": b64encode(secret.data[handle]).decode()},
        {"op": "replace", "path": path, "value": b64encode(ended.write()).decode()},
    ]


def _removing(secret: Secret, handles: Sequence[str], tenant: TenantKey) -> Sequence[Operation]:
    """Remove entries if they are still those that were read; none of another tenant's."""
    mine = _of(secret, tenant)
    if not all(handle in mine for handle in handles):
        return []
    paths = {f"/data/{handle}": b64encode(secret.data[handle]).decode() for handle in handles}
    return [
        operation
        for path, value in paths.items()
        for operation in ({"op": "test", "path": path, "value": value}, {"op": "remove", "path": path})
    ]
