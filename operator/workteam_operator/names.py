"""How names are compared. Pure."""

from unicodedata import normalize


def folded(name: str) -> str:
    """Return what userNames and displayNames are compared by, as the facade does."""
    return normalize("NFC", normalize("NFC", name).lower())
