"""Bearer Tokens and OAuth clients as a person and a program read them: handles and times, never a secret."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from workteam_cli.bearer_tokens import Kept
from workteam_cli.output import table
from workteam_crds.part import rfc3339

Document = dict[str, Any]


def token_document(tokens: Kept) -> list[Document]:
    """Return entries as JSON values, None for what never expires, was never used or has no successor."""
    return [
        {
            "handle": handle,
            "created": rfc3339(entry.created),
            "expires": _shown(entry.expires),
            "lastUsed": _shown(entry.last_used),
            "replacedBy": entry.replaced_by,
        }
        for handle, entry in tokens.items()
    ]


def client_document(secrets: Kept) -> list[Document]:
    """Return OAuth clients, each with its secrets."""
    clients = dict.fromkeys(entry.client for entry in secrets.values())
    return [
        {
            "clientIdentifier": client,
            "secrets": token_document({handle: entry for handle, entry in secrets.items() if entry.client == client}),
        }
        for client in clients
    ]


def token_table(shown: Sequence[Document]) -> None:
    """Print the document of tokens as a table."""
    table(["handle", "created", "expires", "last used"], [_row(one) for one in shown])


def client_table(shown: Sequence[Document]) -> None:
    """Print the document of clients as a table, a line for each secret."""
    rows = [(client["clientIdentifier"], *_row(secret)) for client in shown for secret in client["secrets"]]
    table(["client identifier", "secret", "created", "expires", "last used"], rows)


def _row(one: Document) -> tuple[str, ...]:
    return one["handle"], one["created"], one["expires"] or "never", one["lastUsed"] or "never"


def _shown(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
