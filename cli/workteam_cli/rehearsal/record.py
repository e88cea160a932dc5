"""What a cycle did: the provisioning log (JSON lines), the counts, the summary.

The log is the directory owner's and names people; never the token.
"""

import enum
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TextIO

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from workteam_cli.output import Exit, Problem


class Action(enum.StrEnum):
    """The actions of Entra's provisioning log that a rehearsal knows."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    DISABLE = "Disable"
    OTHER = "Other"


class Status(enum.StrEnum):
    """The statuses of Entra's provisioning log."""

    SUCCESS = "Success"
    FAILURE = "Failure"
    SKIPPED = "Skipped"
    WARNING = "Warning"


class Summary(BaseModel):
    """The counts of one cycle."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)
    cycle: str
    created: int = 0
    adopted: int = 0
    """Found by the matching query, and linked."""
    updated: int = 0
    disabled: int = 0
    deleted: int = 0
    managers: int = 0
    groups_created: int = 0
    groups_adopted: int = 0
    groups_updated: int = 0
    groups_deleted: int = 0
    memberships_added: int = 0
    memberships_removed: int = 0
    skipped: dict[str, int]
    """Why → how many."""
    failures: int = 0
    escrow: int = 0
    """Failures, of this cycle and before, that the next cycle tries again."""
    requests: dict[str, int]
    """Requests by kind, those included that were tried again."""
    retries: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the summary with the names of the documentation."""
        return self.model_dump(by_alias=True)


@dataclass(frozen=True)
class Subject:
    """Whom or what a log line is about."""

    source: str
    identity: str
    target: str | None = None


def unwritable(problem: OSError) -> Problem:
    """Say that the log is at its end, and with it the rehearsal: nothing is done without a line."""
    return Problem(
        f"The provisioning log cannot be written ({problem.strerror}): make room, or name another --log. "
        "With --state the next run goes on from here.",
        Exit.CANNOT_WRITE,
    )


class ProvisioningLog:
    """Writes one JSON object per line, each at once; without a stream it writes nothing. Raises ``Problem``."""

    def __init__(self, stream: TextIO | None, now: Callable[[], datetime]) -> None:
        self._stream = stream
        self._now = now

    def write(
        self,
        cycle: str,
        action: Action,
        status: Status,
        subject: Subject,
        *,
        modified: Iterable[Mapping[str, Any]] = (),
        reason: str | None = None,
        error: str | None = None,
    ) -> None:
        """Add one line; ``error`` is the service's own body, word for word."""
        if self._stream is None:
            return
        line = {
            "time": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "cycle": cycle,
            "action": action.value,
            "status": status.value,
            "sourceId": subject.source,
            "targetId": subject.target,
            "identity": subject.identity,
            "modifiedProperties": list(modified),
            "reason": reason,
            "error": error,
        }
        try:
            self._stream.write(json.dumps({k: v for k, v in line.items() if v is not None}, ensure_ascii=False) + "\n")
            self._stream.flush()
        except OSError as refused:
            raise unwritable(refused) from None


@dataclass
class Tally:
    """Counts while a cycle runs."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    failures: int = 0

    def count(self, what: str) -> None:
        """Add one."""
        self.counts[what] += 1

    def summary(self, cycle: str, *, escrow: int, requests: Mapping[str, int], retries: int) -> Summary:
        """Close the books."""
        return Summary(
            cycle=cycle,
            skipped=dict(sorted(self.skipped.items())),
            failures=self.failures,
            escrow=escrow,
            requests=dict(sorted(requests.items())),
            retries=retries,
            **self.counts,
        )


class Progress(Protocol):
    """Where a person sees how far a cycle is."""

    def begin(self, step: str, total: int) -> None:
        """Start a step of so many items."""

    def advance(self) -> None:
        """One item is done."""


class Silent:
    """Nobody watches."""

    def begin(self, step: str, total: int) -> None:
        """Say nothing."""

    def advance(self) -> None:
        """Say nothing."""
