"""Bearer tokens ``wt_<handle>_<secret>`` and the entries that remember them, hashed, in one Secret. Pure.

The facade verifies, ``workteam token`` makes and revokes. The Secret ``TOKEN_SECRET`` of the release's namespace holds
one entry per handle; a token itself is shown once and stored nowhere.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, NamedTuple, Self

from pydantic import StringConstraints, ValidationError

from workteam_crds.naming import TenantKey
from workteam_crds.part import Part, Timestamp

TOKEN_SECRET = "workteam-scim-tokens"  # noqa: S105 - the Secret's name
PREFIX = "wt"
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

    @property
    def tenant_key(self) -> TenantKey:
        """Return the tenant that the token opens."""
        return TenantKey(*self.tenant.split("/"))

    def opens(self, text: str, now: datetime) -> bool:
        """Say whether a token is the one of this entry, in constant time, and has not expired."""
        same = hmac.compare_digest(self.hash.encode(), hash_token(text).encode())
        return same and (self.expires is None or now < self.expires)

    @classmethod
    def read(cls, value: bytes) -> Self | None:
        """Read one value of the Secret, or return None if it is no entry."""
        try:
            return cls.model_validate_json(value)
        except ValidationError:
            return None

    def write(self) -> bytes:
        """Return the value for the Secret: JSON, keys ``hash``, ``tenant``, ``created``, ``expires``, ``lastUsed``."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


def make_token(noise: bytes) -> Token:
    """Make a token of ``NOISE_BYTES`` random bytes."""
    handle = noise[:HANDLE_BYTES].hex()
    secret = urlsafe_b64encode(noise[HANDLE_BYTES:]).decode().rstrip("=")
    return Token(handle, f"{PREFIX}_{handle}_{secret}")


def entry_for(token: Token, tenant: TenantKey, *, created: datetime, expires: datetime | None = None) -> TokenEntry:
    """Return what the Secret is to hold under ``token.handle``."""
    return TokenEntry(hash=hash_token(token.text), tenant=str(tenant), created=created, expires=expires)


def handle_of(text: str) -> str | None:
    """Return the handle in a token, or None if it is not shaped like one of ours."""
    parts = text.split("_", 2)
    if len(text) > LONGEST or len(parts) != 3 or parts[0] != PREFIX or not parts[1]:  # noqa: PLR2004 - the three parts
        return None
    return parts[1]


def hash_token(text: str) -> str:
    """Return what is stored of a token."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def read_entries(data: Mapping[str, bytes]) -> dict[str, TokenEntry]:
    """Read a Secret's data into entries by handle; what is no entry opens nothing."""
    entries = {handle: TokenEntry.read(value) for handle, value in data.items()}
    return {handle: entry for handle, entry in entries.items() if entry is not None}
