"""The port without HTTP: a Workteam tenant in memory, for tests that need thousands of crashes rather than SCIM.

It passes the same contract as the SCIM driver (``tests/backend``), and promises nothing besides.
"""

import asyncio
import enum
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeAlias, TypeVar

from workteam_crds.naming import folded
from workteam_operator.backend.port import (
    Account,
    Attributes,
    BackendDenied,
    BackendRejected,
    Capabilities,
    DesiredAccount,
    Page,
    Team,
)

Kept: TypeAlias = Account | Team
T = TypeVar("T", Account, Team)


A_PAGE = 100
"""How many entries one page of a list has at most."""


class Actor(enum.Enum):
    """Who changed something."""

    OPERATOR = enum.auto()
    PERSON = enum.auto()


@dataclass(frozen=True)
class Effect:
    """One change of what the tenant holds; None: it was, or is, not there."""

    at: float
    by: Actor
    before: Kept | None
    after: Kept | None

    @property
    def id(self) -> str:
        """Return what was changed."""
        kept = self.before or self.after
        assert kept is not None  # noqa: S101 - an effect is about something
        return kept.id


@dataclass
class Shelf(Generic[T]):
    """All accounts, or all teams, as they are and as they were."""

    held: dict[str, T] = field(default_factory=dict)
    past: list[tuple[float, str, T | None]] = field(default_factory=list)

    def put(self, at: float, identity: str, kept: T | None) -> None:
        """Store one, or with None remove it."""
        if kept is None:
            self.held.pop(identity, None)
        else:
            self.held[identity] = kept
        self.past.append((at, identity, kept))

    def as_of(self, moment: float) -> Mapping[str, T]:
        """Return what was held at a moment."""
        seen = {identity: kept for at, identity, kept in self.past if at <= moment}
        return {identity: kept for identity, kept in seen.items() if kept is not None}


class MemoryTenant:
    """What one tenant holds; people change it by ``put_account`` and the like, an operator by a ``MemoryBackend``."""

    def __init__(self, clock: Callable[[], float] = lambda: 0.0) -> None:
        """``clock`` is in seconds."""
        self.clock = clock
        self.accounts: Shelf[Account] = Shelf()
        self.teams: Shelf[Team] = Shelf()
        self.told: Callable[[Effect], None] = lambda _: None
        """Called with each change, at once."""
        self.unique = True
        """Whether a userName or displayName that is taken is refused."""
        self.lag = 0.0
        """How many seconds searches, and the appearance of what is new, are behind."""
        self.admin = True
        """Whether the operator's token may write."""
        self._ids = itertools.count(1)

    def new_id(self) -> str:
        """Return an id that was never used."""
        return f"id-{next(self._ids)}"

    def put_account(self, account: Account, *, by: Actor = Actor.PERSON) -> Account:
        """Store an account. Raises ``BackendRejected`` if its userName is taken."""
        self._store(self.accounts, account.id, account, by)
        return account

    def put_team(self, team: Team, *, by: Actor = Actor.PERSON) -> Team:
        """Store a team. Raises ``BackendRejected`` if its displayName is taken."""
        self._store(self.teams, team.id, team, by)
        return team

    def drop_account(self, account_id: str, *, by: Actor = Actor.PERSON) -> None:
        """Delete an account, which leaves all teams."""
        for team in list(self.teams.held.values()):
            left = replace(team, members=(team.members or frozenset()) - {account_id})
            self._store(self.teams, team.id, left, Actor.PERSON)
        self._store(self.accounts, account_id, None, by)

    def drop_team(self, team_id: str, *, by: Actor = Actor.PERSON) -> None:
        """Delete a team."""
        self._store(self.teams, team_id, None, by)

    def visible(self, shelf: Shelf[T], identity: str) -> T | None:
        """Return what a read by id shows: what is new may not be there yet."""
        return shelf.held.get(identity) if not self.lag or identity in shelf.as_of(self.clock() - self.lag) else None

    def searched(self, shelf: Shelf[T]) -> tuple[T, ...]:
        """Return what a search sees."""
        found = shelf.as_of(self.clock() - self.lag) if self.lag else shelf.held
        return tuple(found.values())

    def _store(self, shelf: Shelf[T], identity: str, kept: T | None, by: Actor) -> None:
        before = shelf.held.get(identity)
        if kept == before:
            return
        taken = [other for other in shelf.held.values() if other.id != identity]
        if self.unique and kept is not None and _name(kept) in map(_name, taken):
            raise BackendRejected("HTTP 409", status=409, detail="taken", uniqueness=True)
        shelf.put(self.clock(), identity, kept)
        self.told(Effect(self.clock(), by, before, kept))


class MemoryBackend:
    """One way to a ``MemoryTenant``; see ``port.Backend`` for the promises. Each call takes one turn of the loop."""

    def __init__(self, tenant: MemoryTenant, attributes: frozenset[str] = frozenset()) -> None:
        """``attributes`` are the paths that it announces."""
        self._tenant = tenant
        self._attributes = attributes

    async def probe(self) -> Capabilities:
        """Say what the tenant can do."""
        await self._write()
        return Capabilities(patch=True, groups=True, attributes=self._attributes)

    async def find_accounts(self, *, external_id: str | None, user_name: str) -> tuple[Account, ...]:
        """Search by externalId and by userName."""
        await asyncio.sleep(0)
        found = self._tenant.searched(self._tenant.accounts)
        return tuple(a for a in found if _is(external_id, a.external_id) or folded(a.user_name) == folded(user_name))

    async def list_accounts(self, start: int) -> Page[Account]:
        """Read one page of all accounts."""
        await asyncio.sleep(0)
        return _page(self._tenant.searched(self._tenant.accounts), start)

    async def read_account(self, account_id: str) -> Account | None:
        """Read one account."""
        await asyncio.sleep(0)
        return self._tenant.visible(self._tenant.accounts, account_id)

    async def create_account(self, desired: DesiredAccount) -> Account:
        """Create an account."""
        await self._write()
        made = Account(
            self._tenant.new_id(),
            desired.user_name,
            desired.external_id,
            active=desired.active is not False,
            attributes=dict(desired.attributes),
        )
        return self._tenant.put_account(made, by=Actor.OPERATOR)

    async def update_account(self, account: Account, changes: Attributes) -> Account | None:
        """Change an account by path."""
        await self._write()
        held = self._tenant.accounts.held.get(account.id)
        return None if held is None else self._tenant.put_account(_changed(held, changes), by=Actor.OPERATOR)

    async def delete_account(self, account_id: str) -> None:
        """Delete an account."""
        await self._write()
        self._tenant.drop_account(account_id, by=Actor.OPERATOR)

    async def find_teams(self, *, external_id: str | None, display_name: str) -> tuple[Team, ...]:
        """Search by externalId and by displayName."""
        await asyncio.sleep(0)
        found = self._tenant.searched(self._tenant.teams)
        named = (t for t in found if _is(external_id, t.external_id) or folded(t.display_name) == folded(display_name))
        return tuple(replace(team, members=None) for team in named)

    async def list_teams(self, start: int) -> Page[Team]:
        """Read one page of all teams."""
        await asyncio.sleep(0)
        return _page(self._tenant.searched(self._tenant.teams), start)

    async def read_team(self, team_id: str) -> Team | None:
        """Read one team with its members."""
        await asyncio.sleep(0)
        return self._tenant.visible(self._tenant.teams, team_id)

    async def create_team(self, display_name: str, external_id: str, members: frozenset[str]) -> Team:
        """Create a team."""
        await self._write()
        made = Team(self._tenant.new_id(), display_name, external_id, members)
        return self._tenant.put_team(made, by=Actor.OPERATOR)

    async def update_team(self, team_id: str, changes: Attributes) -> Team | None:
        """Change a team's names."""
        await self._write()
        if (held := self._tenant.teams.held.get(team_id)) is None:
            return None
        names = {"display_name": "displayName", "external_id": "externalId"}
        update = {name: changes[path] for name, path in names.items() if path in changes}
        return replace(self._tenant.put_team(replace(held, **update), by=Actor.OPERATOR), members=None)

    async def change_members(self, team_id: str, *, add: frozenset[str], remove: frozenset[str]) -> bool:
        """Add and remove members."""
        await self._write()
        if (held := self._tenant.teams.held.get(team_id)) is None:
            return False
        self._tenant.put_team(replace(held, members=(held.members or frozenset()) - remove | add), by=Actor.OPERATOR)
        return True

    async def delete_team(self, team_id: str) -> None:
        """Delete a team."""
        await self._write()
        self._tenant.drop_team(team_id, by=Actor.OPERATOR)

    async def close(self) -> None:
        """Close nothing."""

    async def _write(self) -> None:
        await asyncio.sleep(0)
        if not self._tenant.admin:
            raise BackendDenied("HTTP 403", status=403)


def _changed(account: Account, changes: Attributes) -> Account:
    fields: dict[str, Any] = {"userName": "user_name", "externalId": "external_id", "active": "active"}
    own = {fields[path]: value for path, value in changes.items() if path in fields}
    attributes = {**account.attributes, **{path: value for path, value in changes.items() if path not in fields}}
    kept = {path: value for path, value in attributes.items() if value is not None}
    return replace(account, **own, attributes=kept)


def _page(found: tuple[T, ...], start: int) -> Page[T]:
    return Page(found[start - 1 : start - 1 + A_PAGE], len(found), start)


def _name(kept: Kept) -> str:
    return folded(kept.user_name if isinstance(kept, Account) else kept.display_name)


def _is(wanted: str | None, held: str | None) -> bool:
    return wanted is not None and wanted == held
