"""What we ask of one Workteam tenant, as a Protocol; ``tests/backend/test_backends.py`` holds drivers to it.

Three errors, each saying who must act: nobody (we try again), the object's author, or the tenant's owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

Attributes: TypeAlias = Mapping[str, Any]
"""SCIM values by path: ``title``, ``name.givenName``, ``emails`` (a list of dicts), an extension's attribute after its
URN and a colon, the manager as the id of an account under ``urn:…:User:manager``."""


class BackendError(Exception):
    """Everything that this port raises. The text names method, path and status; never a query, value or token."""


class BackendUnavailable(BackendError):
    """Nobody must act: no answer, or 408, 429, 5xx. What was sent may have been done."""

    def __init__(self, text: str, *, retry_after: timedelta | None = None, undone: bool = False) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.undone = undone
        """Whether it was surely not done: it was not sent, or refused by 429 (rule A7 needs no second look then)."""


class BackendWithheld(BackendUnavailable):
    """It was not sent: this operator may not act now, which says nothing about Workteam."""

    def __init__(self, text: str) -> None:
        super().__init__(text, undone=True)


class BackendRejected(BackendError):
    """The object's author must act: the tenant does not take this, now or later."""

    def __init__(self, text: str, *, status: int, detail: str = "", uniqueness: bool = False) -> None:
        super().__init__(text)
        self.status = status
        self.detail = detail
        """The tenant's own words, trimmed; for the object's own status only."""
        self.uniqueness = uniqueness
        """Whether another account or team has the userName, externalId or displayName (409)."""


class BackendDenied(BackendError):
    """The tenant's owner must act: 401 or 403."""

    def __init__(self, text: str, *, status: int) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Capabilities:
    """What the tenant announced (RFC 7643 §5 to §7)."""

    patch: bool
    groups: bool
    attributes: frozenset[str]
    """Paths of its user schemas as in ``Attributes``, without what is read only; the parts of multi-valued ones too,
    such as ``emails.type``, and, where the schema names them, their types, such as ``emails[type eq "work"]``."""


@dataclass(frozen=True)
class Account:
    """One account as Workteam holds it now."""

    id: str
    user_name: str
    external_id: str | None
    active: bool
    attributes: Attributes = field(default_factory=dict)
    """All but the four above."""


@dataclass(frozen=True)
class DesiredAccount:
    """One account as it should be: only what the tenant's schema knows, and only what somebody said."""

    user_name: str
    external_id: str
    active: bool | None
    """None: nothing is said; a new account is active, an existing one keeps what it has."""
    attributes: Attributes = field(default_factory=dict)
    unsupported: tuple[str, ...] = ()
    """Paths that the object has and the tenant's schema lacks."""
    undecided: frozenset[str] = frozenset()
    """Paths whose value is not known yet, such as a manager without account: neither set nor unset."""


@dataclass(frozen=True)
class Team:
    """One team as Workteam holds it now."""

    id: str
    display_name: str
    external_id: str | None
    members: frozenset[str] | None = None
    """Ids of accounts; None if they were not asked for."""


F = TypeVar("F", Account, Team)


@dataclass(frozen=True)
class Page(Generic[F]):
    """One page of a list, as it was answered."""

    found: tuple[F, ...]
    total: int
    """How many there are in the whole list."""
    start: int | None = None
    """The index of the first one, from 1, as the answer says; None if it does not."""


class Backend(Protocol):
    """One Workteam tenant.

    * Nothing is raised but a ``BackendError``; cancelling is always safe.
    * What is returned is what Workteam holds now, never what we sent.
    * Each write is sent once: after ``BackendUnavailable`` the caller cannot know whether it was done.
    * Look-ups compare again here: userName and displayName without case, externalId exactly.
    """

    async def probe(self) -> Capabilities:
        """Read the discovery endpoints, then prove write permission without effect.

        PATCH of a random id is answered 404 to an administrator, 401 or 403 to anyone else. Raises ``BackendDenied``.
        """

    async def find_accounts(self, *, external_id: str | None, user_name: str) -> tuple[Account, ...]:
        """Return every account that has the externalId or the userName, each once."""

    async def list_accounts(self, start: int) -> Page[Account]:
        """Return a page of all accounts, from an index on (the first is 1); see ``paging`` for whole lists."""

    async def read_account(self, account_id: str) -> Account | None:
        """Return an account, or None if it is not there."""

    async def create_account(self, desired: DesiredAccount) -> Account:
        """Create an account. Raises ``BackendRejected`` with ``uniqueness`` if the name is taken."""

    async def update_account(self, account: Account, changes: Attributes) -> Account | None:
        """Change attributes by path; ``userName``, ``externalId`` and ``active`` are paths too; None unsets.

        Without PATCH a PUT keeps what is not ours. Returns None if the account is not there.
        """

    async def delete_account(self, account_id: str) -> None:
        """Delete an account with all its data. One that is gone already is no error."""

    async def find_teams(self, *, external_id: str | None, display_name: str) -> tuple[Team, ...]:
        """Return every team that has the externalId or the displayName, each once, without members."""

    async def list_teams(self, start: int) -> Page[Team]:
        """Return a page of all teams with their members, as far as lists show members, from an index on."""

    async def read_team(self, team_id: str) -> Team | None:
        """Return a team with its members, or None if it is not there."""

    async def create_team(self, display_name: str, external_id: str, members: frozenset[str]) -> Team:
        """Create a team; what is returned says how many of the members it has already.

        Raises ``BackendRejected`` with ``uniqueness`` if the name is taken.
        """

    async def update_team(self, team_id: str, changes: Attributes) -> Team | None:
        """Change ``displayName`` or ``externalId``. Returns None if the team is not there."""

    async def change_members(self, team_id: str, *, add: frozenset[str], remove: frozenset[str]) -> bool:
        """Add, then remove members, in one request where that is possible; deltas, so repeating changes nothing.

        Returns False if the team is not there.
        """

    async def delete_team(self, team_id: str) -> None:
        """Delete a team. One that is gone already is no error."""

    async def close(self) -> None:
        """Close the connections."""
