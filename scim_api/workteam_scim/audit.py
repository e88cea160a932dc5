"""Who changed what: one line for each request that would change something, and the last requests of each tenant.

What is told is a closed set: names of attributes and objects, handles of tokens, statuses. A value never gets here, so
it can neither be logged nor shown.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import islice
from typing import Any

from workteam_crds.naming import TenantKey
from workteam_crds.part import rfc3339

log = logging.getLogger(__name__)

CHANGES = frozenset({"create", "replace", "patch", "delete", "bulk", "grant"})
"""Operations that would change something, by their names in metrics; a grant makes an access token."""
CHANGES_KEPT = 500
"""How many changes and failures of a tenant are remembered."""
READS_KEPT = 100
"""How many other requests; they are far more, and must not push those out."""


class Outcome(StrEnum):
    """What came of a request."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """It asked for what was so already: nothing was written."""
    REFUSED = "refused"
    """4xx: the client's to mend."""
    FAILED = "failed"
    """5xx: it may be sent again."""


@dataclass(slots=True)
class Deed:
    """One request; what is known of it by and by."""

    request_id: str
    op: str = "none"
    resource: str = "none"
    tenant: TenantKey | None = None
    token: str | None = None
    """The handle of the token, or the id of the OAuth client; only after it was verified."""
    object: str | None = None
    """``metadata.name`` of what it met, whatever came of it."""
    attributes: tuple[str, ...] = ()
    """Names in ``spec`` of what was written, or of what was asked for if it was refused."""
    ignored: int = 0
    """How many attributes no schema names."""
    status: int = 0
    scim_type: str | None = None
    at: datetime | None = None

    @property
    def reads(self) -> bool:
        """Say whether it could not change anything."""
        return self.op not in CHANGES

    @property
    def outcome(self) -> Outcome:
        """Say what came of it."""
        if self.status >= 500:  # noqa: PLR2004 - the class of a status
            return Outcome.FAILED
        if self.status >= 400:  # noqa: PLR2004
            return Outcome.REFUSED
        changes_spec = self.op in {"create", "replace", "patch"}
        return Outcome.UNCHANGED if changes_spec and not self.attributes else Outcome.DONE

    def told(self) -> dict[str, Any]:
        """Return what may be told, for a log or a person; what is not known is left out."""
        told = {
            "at": None if self.at is None else rfc3339(self.at),
            "request_id": self.request_id,
            "tenant": None if self.tenant is None else str(self.tenant),
            "token": self.token,
            "op": self.op,
            "resource": self.resource,
            "object": self.object,
            "attributes": list(self.attributes),
            "ignored": self.ignored,
            "status": self.status,
            "scim_type": self.scim_type,
            "outcome": self.outcome.value,
        }
        return {key: value for key, value in told.items() if value is not None}


_deed: ContextVar[Deed | None] = ContextVar("deed", default=None)


@contextmanager
def doing(deed: Deed) -> Iterator[Deed]:
    """Make a deed the one that everything below speaks of."""
    token = _deed.set(deed)
    try:
        yield deed
    finally:
        _deed.reset(token)


def request_id() -> str | None:
    """Return the id of the request that is being answered."""
    deed = _deed.get()
    return None if deed is None else deed.request_id


def wrote(name: str | None, attributes: Iterable[str]) -> None:
    """Note that attributes were written, and of which object if it is the one that the request is about."""
    if (deed := _deed.get()) is not None:
        deed.object = name or deed.object
        deed.attributes = tuple(dict.fromkeys((*deed.attributes, *attributes)))


def asked(attributes: Iterable[str]) -> None:
    """Note attributes that a request speaks of which is refused or failed."""
    wrote(None, attributes)


def ignored(attributes: int) -> None:
    """Note how many attributes of the request no schema names."""
    if (deed := _deed.get()) is not None:
        deed.ignored += attributes


class Recent:
    """The last requests of one tenant."""

    def __init__(self) -> None:
        self._changes: deque[Deed] = deque(maxlen=CHANGES_KEPT)
        self._reads: deque[Deed] = deque(maxlen=READS_KEPT)

    def add(self, deed: Deed) -> None:
        """Remember a request. Whoever was not let in cannot push out what others did."""
        own = deed.token is not None and not (deed.reads and deed.outcome is Outcome.DONE)
        (self._changes if own else self._reads).append(deed)

    def newest(self, count: int) -> list[Deed]:
        """Return the last requests, the newest first."""
        both = merge(reversed(self._changes), reversed(self._reads), key=_moment, reverse=True)
        return list(islice(both, count))


def _moment(deed: Deed) -> float:
    return 0.0 if deed.at is None else deed.at.timestamp()


class Audit:
    """Writes the lines, and remembers the last requests of each tenant since the facade started."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._recent: dict[TenantKey, Recent] = {}
        self.since = now()

    def note(self, deed: Deed, *, known: bool) -> None:
        """Note a request that is answered; of a tenant that is not ``known`` nothing is remembered."""
        deed.at = self._now()
        if not deed.reads:
            log.info("audit", extra=_line(deed))
        if known and deed.tenant is not None:
            self._recent.setdefault(deed.tenant, Recent()).add(deed)

    def newest(self, tenant: TenantKey, count: int) -> list[Deed]:
        """Return the last requests of a tenant, the newest first."""
        recent = self._recent.get(tenant)
        return [] if recent is None else recent.newest(count)


def _line(deed: Deed) -> dict[str, Any]:
    told = deed.told()
    del told["at"]  # a line has a time of its own
    if deed.token is None:
        told.pop("tenant", None)  # a stranger's words
    return told
