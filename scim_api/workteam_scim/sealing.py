"""The one key of the tokens' Secret, and what is derived from it: keys for cursors and for access tokens. Pure.

The key survives a restart of the facade, and so does what was sealed or signed with it. What one tenant's keys made
opens nothing of another.
"""

from collections.abc import Mapping
from enum import Enum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from workteam_crds.naming import TenantKey

SIGNING_KEY = "signing-key"
"""The Secret's entry: ``KEY_BYTES`` random bytes. It is no token's entry and opens nothing: handles are hexadecimal."""
KEY_BYTES = 32


class Purpose(Enum):
    """What a derived key is for; a key of one purpose is none of another."""

    CURSOR = "cursor"
    ACCESS_TOKEN = "access-token"  # noqa: S105 - the name of a purpose


def read_key(data: Mapping[str, bytes]) -> bytes | None:
    """Return the key among a Secret's data, or None if there is none of the right length."""
    key = data.get(SIGNING_KEY, b"")
    return key if len(key) == KEY_BYTES else None


def derived(key: bytes, purpose: Purpose, tenant: TenantKey) -> bytes:
    """Return a tenant's key of ``KEY_BYTES`` for a purpose (HKDF with SHA-256, RFC 5869)."""
    info = f"workteam/{purpose.value}/{tenant}".encode()
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(key)
