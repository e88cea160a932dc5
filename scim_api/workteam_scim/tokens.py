"""Bearer tokens ``wt_<handle>_<secret>``, secrets of OAuth clients ``wts_<handle>_<secret>``, and what is kept. Pure.

The facade verifies, ``workteam token`` and ``workteam client`` make and revoke. The Secret ``TOKEN_SECRET`` of the
release's namespace holds one entry per handle, with a hash; a token itself is shown once and stored nowhere.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import StringConstraints, ValidationError

from workteam_crds.naming import TenantKey
from workteam_crds.part import Part, Timestamp

TOKEN_SECRET = "workteam-scim-tokens"  # noqa: S105 - the Secret's name
BEARER = "wt"
"""What a bearer token begins with."""
CLIENT_SECRET = "wts"  # noqa: S105 - a prefix
"""What the secret of an OAuth client begins with: it opens the token endpoint and nothing else."""
HANDLE_BYTES = 6
NOISE_BYTES = HANDLE_BYTES + 32
"""How many random bytes one token takes: six for its handle, 32 for its secret."""
LONGEST = 256
"""Characters of a token that are looked at; Entra's US Government cloud stores at most 1 KB for all credentials."""


class Token(NamedTuple):
    """A new token: the handle may be shown and logged, the text is shown once."""

    handle: str
    text: str


class TokenEntry(Part):
    """What the Secret holds under a handle."""

    hash: str
    """``sha256:`` and the hexadecimal digest of the whole token: with 256 random bits a slow hash would add nothing."""
    tenant: Annotated[str, StringConstraints(pattern=r"^[^/]+/[^/]+$")]
    """The one tenant that the token opens, as ``namespace/name``."""
    created: Timestamp
    """When it was made."""
    expires: Timestamp | None = None
    """When it stops being valid; never if absent."""
    last_used: Timestamp | None = None
    """When it was last used, noted at most once an hour."""
    client: str | None = None
    """The OAuth client whose secret it is; absent for a bearer token."""
    replaced_by: str | None = None
    """The handle that was made to take its place."""

    @property
    def tenant_key(self) -> TenantKey:
        """Return the tenant that the token opens."""
        return TenantKey(*self.tenant.split("/"))

    def opens(self, text: str, now: datetime) -> bool:
        """Say whether a token is the one of this entry, in constant time, and has not expired."""
        return self.is_of(text) and self.alive(now)

    def is_of(self, text: str) -> bool:
        """Say whether a token is the one of this entry, in constant time."""
        return hmac.compare_digest(self.hash.encode(), hash_token(text).encode())

    @property
    def life(self) -> timedelta | None:
        """Return how long it was to live; None for ever."""
        return None if self.expires is None else self.expires - self.created

    def alive(self, now: datetime) -> bool:
        """Say whether it has not expired."""
        return self.expires is None or now < self.expires

    @classmethod
    def read(cls, value: bytes) -> Self | None:
        """Read one value of the Secret, or return None if it is no entry."""
        try:
            return cls.model_validate_json(value)
        except ValidationError:
            return None

    def write(self) -> bytes:
        """Return the value for the Secret: JSON, the names of the fields in camelCase, without what is absent."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


def make_token(noise: bytes, prefix: str = BEARER) -> Token:
    """Make a token of ``NOISE_BYTES`` random bytes; ``prefix`` says whether it is a client's secret."""
    handle = noise[:HANDLE_BYTES].hex()
    secret = urlsafe_b64encode(noise[HANDLE_BYTES:]).decode().rstrip("=")
    return Token(handle, f"{prefix}_{handle}_{secret}")


def entry_for(
    token: Token, tenant: TenantKey, *, created: datetime, expires: datetime | None = None, client: str | None = None
) -> TokenEntry:
    """Return what the Secret is to hold under ``token.handle``."""
    return TokenEntry(hash=hash_token(token.text), tenant=str(tenant), created=created, expires=expires, client=client)


def handle_of(text: str, prefix: str = BEARER) -> str | None:
    """Return the handle in a token, or None if it is not shaped like one of ours."""
    parts = text.split("_", 2)
    if len(text) > LONGEST or len(parts) != 3 or parts[0] != prefix or not parts[1]:  # noqa: PLR2004 - the three parts
        return None
    return parts[1]


def hash_token(text: str) -> str:
    """Return what is stored of a token."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def read_entries(data: Mapping[str, bytes]) -> dict[str, TokenEntry]:
    """Read a Secret's data into entries by handle; what is no entry opens nothing."""
    entries = {handle: TokenEntry.read(value) for handle, value in data.items()}
    return {handle: entry for handle, entry in entries.items() if entry is not None}
