"""Bearer Tokens as a person and a program read them: handles and times, never a secret. Pure but for printing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from workteam_cli.output import table
from workteam_crds.part import rfc3339
from workteam_scim.tokens import TokenEntry


def token_document(tokens: Mapping[str, TokenEntry]) -> list[dict[str, str | None]]:
    """Return entries as JSON values, None for what never expires or was never used."""
    return [
        {
            "handle": handle,
            "created": rfc3339(entry.created),
            "expires": _shown(entry.expires),
            "lastUsed": _shown(entry.last_used),
        }
        for handle, entry in tokens.items()
    ]


def token_table(shown: Sequence[Mapping[str, Any]]) -> None:
    """Print the document of tokens as a table."""
    rows = [(t["handle"], t["created"], t["expires"] or "never", t["lastUsed"] or "never") for t in shown]
    table(["handle", "created", "expires", "last used"], rows)


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
