"""Any backend behind its tenant's pace: at most so many requests a second, and silence while Workteam asks for it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol, TypeVar

from workteam_operator.backend.port import (
    Account,
    Attributes,
    Backend,
    BackendError,
    BackendUnavailable,
    BackendWithheld,
    Capabilities,
    DesiredAccount,
    Page,
    Team,
)
from workteam_operator.pace import Bucket

Answer = TypeVar("Answer")

SHORT = 1.0
"""Seconds that a caller waits here for Workteam's Retry-After; a longer pause is the queue's to wait."""

PATIENCE = 5.0
"""Seconds for which a page of a list lets everybody else go first."""


class Health(Protocol):
    """Who is told how the calls end."""

    def answered(self) -> None:
        """Workteam answered, whatever it said."""

    def unanswered(self, error: BackendUnavailable) -> None:
        """Workteam did not answer, or said that it cannot now."""

    def throttled(self, seconds: float) -> None:
        """A call waited for so long."""


class GuardedBackend:
    """See ``port.Backend`` for the promises. While paused, calls raise ``BackendUnavailable`` and nothing is sent."""

    def __init__(self, backend: Backend, health: Health, *, rate: float, clock: Callable[[], float]) -> None:
        """``clock`` is monotonic, in seconds."""
        self._backend = backend
        self._health = health
        self._clock = clock
        self._bucket = Bucket.full(rate, now=clock())
        self._paused_until = clock()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = False

    def paused_for(self) -> timedelta:
        """Return how long Workteam still asks us to wait; zero if it does not."""
        return timedelta(seconds=max(self._paused_until - self._clock(), 0))

    def ease_in(self, over: timedelta) -> None:
        """Begin slowly, as after an outage: whoever comes back is not to be overrun by all who waited."""
        self._bucket = self._bucket.eased(over.total_seconds(), now=self._clock())

    async def probe(self) -> Capabilities:
        """Probe the tenant: four requests."""
        return await self._guarded(self._backend.probe, cost=4)

    async def find_accounts(self, *, external_id: str | None, user_name: str) -> tuple[Account, ...]:
        """Search for accounts: a request for each attribute."""
        return await self._guarded(
            lambda: self._backend.find_accounts(external_id=external_id, user_name=user_name),
            cost=1 if external_id is None else 2,
        )

    async def list_accounts(self, start: int) -> Page[Account]:
        """Read a page of accounts, once nobody else waits for a turn."""
        await self._let_others_go()
        return await self._guarded(lambda: self._backend.list_accounts(start))

    async def read_account(self, account_id: str) -> Account | None:
        """Read one account."""
        return await self._guarded(lambda: self._backend.read_account(account_id))

    async def create_account(self, desired: DesiredAccount) -> Account:
        """Create an account."""
        return await self._guarded(lambda: self._backend.create_account(desired))

    async def update_account(self, account: Account, changes: Attributes) -> Account | None:
        """Change an account."""
        return await self._guarded(lambda: self._backend.update_account(account, changes))

    async def delete_account(self, account_id: str) -> None:
        """Delete an account."""
        await self._guarded(lambda: self._backend.delete_account(account_id))

    async def find_teams(self, *, external_id: str | None, display_name: str) -> tuple[Team, ...]:
        """Search for teams: a request for each attribute."""
        return await self._guarded(
            lambda: self._backend.find_teams(external_id=external_id, display_name=display_name),
            cost=1 if external_id is None else 2,
        )

    async def list_teams(self, start: int) -> Page[Team]:
        """Read a page of teams, once nobody else waits for a turn."""
        await self._let_others_go()
        return await self._guarded(lambda: self._backend.list_teams(start))

    async def read_team(self, team_id: str) -> Team | None:
        """Read one team with its members."""
        return await self._guarded(lambda: self._backend.read_team(team_id))

    async def create_team(self, display_name: str, external_id: str, members: frozenset[str]) -> Team:
        """Create a team."""
        return await self._guarded(lambda: self._backend.create_team(display_name, external_id, members))

    async def update_team(self, team_id: str, changes: Attributes) -> Team | None:
        """Change a team."""
        return await self._guarded(lambda: self._backend.update_team(team_id, changes))

    async def change_members(self, team_id: str, *, add: frozenset[str], remove: frozenset[str]) -> bool:
        """Change a team's members."""
        return await self._guarded(lambda: self._backend.change_members(team_id, add=add, remove=remove))

    async def delete_team(self, team_id: str) -> None:
        """Delete a team."""
        await self._guarded(lambda: self._backend.delete_team(team_id))

    async def close(self) -> None:
        """Close the connections once no call is under way any more. Later calls raise ``BackendUnavailable``."""
        await self._idle.wait()
        self._closed = True
        await self._backend.close()

    async def _guarded(self, call: Callable[[], Awaitable[Answer]], *, cost: int = 1) -> Answer:
        """Wait for our turn, call, and tell how it ended."""
        if self._closed:  # a pass that began before the token or the address changed
            raise BackendUnavailable("The connection to Workteam was replaced", undone=True)
        self._under_way += 1
        self._idle.clear()
        try:
            await self._wait(cost)
            return await self._told(call)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _told(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            answer = await call()
        except BackendWithheld:
            raise
        except BackendUnavailable as error:
            if error.retry_after is not None:
                self._paused_until = max(self._paused_until, self._clock() + error.retry_after.total_seconds())
            self._health.unanswered(error)
            raise
        except BackendError:
            self._health.answered()
            raise
        self._health.answered()
        return answer

    async def _let_others_go(self) -> None:
        """Wait until a request could be sent at once, or have waited long enough."""
        until = self._clock() + PATIENCE
        while (left := until - self._clock()) > 0:
            _, turn = self._bucket.take(1, now=self._clock())
            if turn <= 0:
                return
            await asyncio.sleep(min(turn, left))

    async def _wait(self, cost: int) -> None:
        began = self._clock()
        self._bucket, turn = self._bucket.take(cost, now=began)
        await asyncio.sleep(turn)
        while (pause := self._paused_until - self._clock()) > 0:  # one that waited for its turn may meet a new pause
            if pause > SHORT:
                raise BackendUnavailable("Workteam asked to wait", retry_after=timedelta(seconds=pause), undone=True)
            await asyncio.sleep(pause)
        if (waited := self._clock() - began) > 0:
            self._health.throttled(waited)
