"""Names: the key of an object, UUIDv7 names that sort by creation. Pure: time and noise come in as arguments."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from unicodedata import normalize

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOISE_BYTES = 10
"""How many random bytes one UUIDv7 takes."""


class Key(NamedTuple):
    """Which object is meant; hashable, sorts by kind, then namespace, then name."""

    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


class TenantKey(NamedTuple):
    """Which tenant is meant."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def uuid7(now: datetime, noise: bytes) -> str:
    """Return a UUIDv7 (RFC 9562 §5.7) of a moment, in milliseconds, and ``NOISE_BYTES`` random bytes."""
    milliseconds = (now - EPOCH) // timedelta(milliseconds=1)  # in whole numbers: a float would lose the last one
    value = bytearray(milliseconds.to_bytes(6, "big") + noise)
    value[6] = 0x70 | value[6] & 0x0F
    value[8] = 0x80 | value[8] & 0x3F
    return str(uuid.UUID(bytes=bytes(value)))


def uuid7_time(name: str) -> datetime | None:
    """Return when a UUIDv7 name was made, or None if it is no UUIDv7 in its usual form."""
    try:
        value = uuid.UUID(name)
    except ValueError:
        return None
    if str(value) != name or value.version != 7:  # noqa: PLR2004 - the version in question
        return None
    return EPOCH + timedelta(milliseconds=int.from_bytes(value.bytes[:6], "big"))


def is_guid(text: str | None) -> bool:
    """Say whether a text is a GUID in its usual form, in any case, as Entra's object ids are."""
    try:
        return text is not None and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def folded(name: str) -> str:
    """Return what userNames and displayNames are compared by, everywhere: NFC and lower case.

    It equals the SCIM library's own comparison key of an attribute that is not caseExact; ``casefold`` does not, and an
    index folded otherwise than the library's filters would contradict them.
    """
    return normalize("NFC", normalize("NFC", name).lower())
