"""What a stand-in tenant was asked: one entry per request, in memory and as JSON lines in a file.

The file has names and addresses in it, as the accounts have, and is readable by its owner alone; a token is never
written. An entry is written again when its outcome changes, so the last line of a sequence number holds.
"""

import enum
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict


class Outcome(enum.StrEnum):
    """What became of a request."""

    OPEN = "open"
    """It arrived, and nothing is decided: it is being handled, or held before that."""
    COMMITTED = "committed"
    """It was handled, and is held before the answer is sent."""
    ANSWERED = "answered"
    """It was handled and answered."""
    UNANSWERED = "unanswered"
    """It was handled, and the answer was never sent; ``status`` is what it would have been."""
    REFUSED = "refused"
    """A fault answered it; it was not handled."""
    RESET = "reset"
    """The connection was reset; it was not handled."""


class Entry(BaseModel):
    """One request. ``path`` is below the base URL, ``body`` the JSON that was sent, or the text if it was none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int
    time: datetime
    method: str
    path: str
    query: str
    body: Any
    status: int | None = None
    outcome: Outcome = Outcome.OPEN

    @property
    def handled(self) -> bool:
        """Whether it had its effect, answered or not."""
        return self.outcome in {Outcome.COMMITTED, Outcome.ANSWERED, Outcome.UNANSWERED}


class RequestLog:
    """The entries by sequence number, which counts on over restarts."""

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        """Read the entries of earlier runs; a last line that a crash cut short is dropped."""
        self._now = now
        self._file = open(path, "a+b", opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
        self._file.seek(0)
        whole, _, cut = self._file.read().rpartition(b"\n")
        if cut:
            self._file.truncate(len(whole) + 1 if whole else 0)
        entries = map(Entry.model_validate_json, whole.splitlines())
        self._entries = {entry.sequence: entry for entry in entries}
        self._last = max(self._entries, default=0)

    def arrived(self, method: str, path: str, query: str, body: bytes) -> Entry:
        """Give a request its number."""
        self._last += 1
        entry = Entry(
            sequence=self._last, time=self._now(), method=method, path=path, query=query, body=_readable(body)
        )
        self._entries[entry.sequence] = entry
        return entry

    def decided(self, entry: Entry, outcome: Outcome, status: int | None = None) -> Entry:
        """Note what became of a request, and write it down."""
        decided = entry.model_copy(update={"outcome": outcome, "status": status})
        if self._entries.get(entry.sequence) is entry:  # else the log was cleared meanwhile
            self._entries[entry.sequence] = decided
            self._file.write(orjson.dumps(dict(decided), option=orjson.OPT_APPEND_NEWLINE))
            self._file.flush()
        return decided

    def since(self, sequence: int) -> list[Entry]:
        """Return the entries after a sequence number, in order; 0 for all."""
        return [self._entries[number] for number in sorted(self._entries) if number > sequence]

    def clear(self) -> None:
        """Forget all entries; counting goes on."""
        self._entries.clear()
        self._file.truncate(0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except ValueError:
        return body.decode(errors="replace")
