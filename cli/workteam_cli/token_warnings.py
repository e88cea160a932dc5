"""What a person must do about a tenant's tokens before Entra is refused. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from workteam_cli.bearer_tokens import Kept
from workteam_crds.naming import TenantKey
from workteam_crds.part import rfc3339
from workteam_scim.tokens import TokenEntry

SOON = timedelta(days=30)
"""How long before a token expires it is time to exchange it."""


def token_warnings(entries: Kept, tenant: TenantKey, now: datetime) -> list[str]:
    """Say which Bearer Tokens and Client Secrets expire soon, unless what replaces them is in use already."""
    if entries and not any(entry.alive(now) for entry in entries.values()):
        return [f"All tokens have expired, so Entra is refused: workteam token create {_options(tenant)}"]
    return list(_expiring(entries, tenant, now))


def _expiring(entries: Kept, tenant: TenantKey, now: datetime) -> Iterator[str]:
    for handle, entry in entries.items():
        if entry.expires is None or not entry.alive(now) or entry.expires - now > SOON:
            continue
        what = "Bearer Token" if entry.client is None else f"Client Secret of {entry.client},"
        expiry = f"{what} {handle} expires on {rfc3339(entry.expires)}, {_in_words(entry.expires - now)}"
        successor = entries.get(entry.replaced_by or "")
        if successor is None:
            yield f"{expiry}: {_remedy(handle, entry)} {_options(tenant)} makes the next one."
        elif successor.last_used is None:
            yield f"{expiry}, and {entry.replaced_by}, which replaces it, was never used: paste that one into Entra."


def _remedy(handle: str, entry: TokenEntry) -> str:
    return f"workteam token rotate {handle}" if entry.client is None else f"workteam client rotate {entry.client}"


def _options(tenant: TenantKey) -> str:
    return f"-n {tenant.namespace} --tenant {tenant.name}"


def _in_words(left: timedelta) -> str:
    days = left // timedelta(days=1)
    return f"in {days} days" if days > 1 else f"in {left // timedelta(hours=1)} hours"
