"""A tenant of a stack: its objects in the cluster, the token of its stand-in, and the token that Entra would get."""

import base64
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.files import write_private
from workteam_cli.controlplane.settings import TenantSettings
from workteam_cli.dev_stack import Endpoint
from workteam_crds.naming import TenantKey
from workteam_scim.tokens import NOISE_BYTES, TOKEN_SECRET, entry_for, handle_of, make_token, read_entries

UNHURRIED = 10_000
"""Requests a second that the facade answers a tenant here: a rehearsal may play faster than Entra does."""


def kept_token(path: Path) -> str:
    """Return the token in a file (0600); a new one is made if there is none."""
    if not path.exists():
        write_private(path, f"{secrets.token_urlsafe(32)}\n")
    return path.read_text(encoding="utf-8").split()[0]


def write_tenant(access: Access, settings: TenantSettings, workteam: Endpoint) -> None:
    """Write the Secret with Workteam's token and the WorkteamTenant that names it."""
    secret_name = f"{settings.name}-workteam"
    where = {"namespace": settings.namespace}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret_name, **where},
        "data": {"token": base64.b64encode(workteam.token.encode()).decode()},
    }
    spec = {
        "workteam": {"baseURL": workteam.base_url, "tokenSecretRef": {"name": secret_name, "key": "token"}},
        "scim": {"requestsPerSecond": UNHURRIED},
    }
    tenant = {
        "apiVersion": "workte.am/v1alpha1",
        "kind": "WorkteamTenant",
        "metadata": {"name": settings.name, **where},
        "spec": overlaid(spec, settings.spec),
    }
    access.apply(secret, tenant)


def overlaid(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one document over another: objects key by key, everything else whole."""
    both = dict(under)
    for key, value in over.items():
        old = both.get(key)
        both[key] = overlaid(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return both


def scim_token(access: Access, release_namespace: str, tenant: TenantKey, path: Path) -> str:
    """Return the bearer token for Entra that is kept in a file (0600); a new one if the cluster does not know it."""
    secret = access.get("secret", TOKEN_SECRET, "-n", release_namespace) or {}
    data = {handle: base64.b64decode(value) for handle, value in secret.get("data", {}).items()}
    kept = path.read_text(encoding="utf-8").strip() if path.exists() else ""
    entry = read_entries(data).get(handle_of(kept) or "")
    now = datetime.now(UTC)
    if entry and entry.tenant_key == tenant and entry.opens(kept, now):
        return kept
    token = make_token(secrets.token_bytes(NOISE_BYTES))
    write_private(path, f"{token.text}\n")
    value = base64.b64encode(entry_for(token, tenant, created=now).write()).decode()
    patch = orjson.dumps({"data": {token.handle: value}}).decode()
    where = ("-n", release_namespace, "--type=merge", "--patch-file=/dev/stdin")
    access.kubectl("patch", "secret", TOKEN_SECRET, *where, stdin=patch)
    return token.text
