"""The steps that a plan may name, for users and groups alike. Pure: data only."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias

from workteam_crds.conditions import Reason
from workteam_crds.kinds.custom_resource import ADOPT, CustomResource
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.naming import Key


class Leaving(enum.StrEnum):
    """How an object lets its account or team go; the reason of a Kubernetes Event."""

    DEACTIVATED = "Deactivated"
    DELETED = "Deleted"
    EMPTIED = "Emptied"
    ORPHANED = "Orphaned"
    HANDED_OVER = "HandedOver"
    WITHOUT_ACCOUNT = "Released"


@dataclass(frozen=True)
class Adopt:
    """Record an account or team that exists."""

    id: str
    ours: bool
    """Whether an earlier create made it, of this object or of the one that hands it on."""


@dataclass(frozen=True)
class NoteIntent:
    """Write down that a create is about to be sent (rule A7)."""


@dataclass(frozen=True)
class Create:
    """Create the account or team."""


@dataclass(frozen=True)
class Update:
    """Change attributes."""

    changes: Mapping[str, Any]


@dataclass(frozen=True)
class ChangeMembers:
    """Add members to a team and remove others."""

    add: frozenset[str]
    remove: frozenset[str]


@dataclass(frozen=True)
class Book:
    """Ask the ledger before access is taken (rule A6)."""

    kind: BookingKind
    released: bool


@dataclass(frozen=True)
class Deactivate:
    """Take access, and nothing else (rule A5)."""

    id: str


@dataclass(frozen=True)
class Erase:
    """Delete the account or team."""

    id: str


@dataclass(frozen=True)
class LeaveTeams:
    """Take the account out of teams whose groups do not list the user (rule A8)."""

    groups: tuple[Key, ...]


@dataclass(frozen=True)
class Look:
    """Read the account or team again: what was asked for must be observed."""


@dataclass(frozen=True)
class Forget:
    """Forget an account or team that is gone, so that another is made."""


@dataclass(frozen=True)
class Retire:
    """Note that a leaver's account is gone, so that no other is made while nobody asks."""


@dataclass(frozen=True)
class DropWord:
    """Remove an annotation by which a person decided, as it had its effect: left there, it would decide again."""

    annotation: str


@dataclass(frozen=True)
class Release:
    """Remove our finalizer."""

    how: Leaving


@dataclass(frozen=True)
class Wait:
    """Nothing can be done now; something is to happen by itself."""

    message: str
    again_in: timedelta | None = None
    """None: another object's change wakes this one."""
    deleting: bool = False
    grace: bool = False
    """Whether it only waits for the end of deprovisioning.gracePeriod."""


@dataclass(frozen=True)
class Stall:
    """Nothing can be done until a person acts."""

    reason: Reason
    message: str


@dataclass(frozen=True)
class Settled:
    """Workteam has what the object says."""


Step: TypeAlias = (
    Adopt
    | NoteIntent
    | Create
    | Update
    | ChangeMembers
    | Book
    | Deactivate
    | Erase
    | LeaveTeams
    | Look
    | Forget
    | Retire
    | DropWord
    | Release
    | Wait
    | Stall
    | Settled
)


RESTORED = Stall(
    Reason.RESTORED_OBJECT,
    "It came back from a backup and may be out of date, so nothing is done in Workteam: see that it is current, then "
    "set workte.am/accept-restore on the tenant to the time that it is now (RFC 3339)",
)
"""Rule A3."""


def handed_on(account_id: str) -> Stall:
    """Return what is said of a recorded id that Workteam gave to another person: no drift, but a contradiction (A2)."""
    text = f"{account_id} matches neither by userName nor by externalId any more, so it may be another person's"
    return Stall(Reason.UNIQUENESS_CONFLICT, f"{text}: name it by the annotation workte.am/adopt if it is right")


def confirmed(resource: CustomResource) -> str | None:
    """Return the account or team that a person named by annotation (rule A2)."""
    return resource.metadata.annotations.get(ADOPT) or None
