"""The provisioning service: Test Connection, then cycles, each over one state of the directory."""

import contextlib
import ssl
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import httpx

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal import connection, people, teams
from workteam_cli.rehearsal.client import COMPLIANT_FLAG, Client, Pace, Patience
from workteam_cli.rehearsal.cycle import Cycle, stale
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.mapping import SHIPPED, AttributeMapping, load_mapping
from workteam_cli.rehearsal.record import Progress, ProvisioningLog, Silent, Summary
from workteam_cli.rehearsal.scope import Scope, in_scope
from workteam_cli.rehearsal.state import State


@dataclass(frozen=True)
class Settings:
    """How to rehearse. ``rate`` is in requests a second, 0 lifts it."""

    base_url: str
    token: str = field(repr=False)
    mapping: AttributeMapping = field(default_factory=lambda: load_mapping(SHIPPED / "default.yaml"))
    scope: Scope = Scope.ASSIGNED
    dialect: Dialect = Dialect.LEGACY
    parallel: int = 5
    rate: float = 25
    patience: Patience = field(default_factory=Patience)
    state: Path | None = None
    verify: ssl.SSLContext | bool = True
    transport: httpx.AsyncBaseTransport | None = None
    dry_run: bool = False
    """Neither writes nor reads the target, nor writes the state file; give a ``DryRun`` as transport."""


class Rehearsal:
    """Cycles against one Base URL. ``async with rehearsing(settings) as rehearsal`` opens one."""

    def __init__(
        self, settings: Settings, client: Client, state: State, log: ProvisioningLog, progress: Progress
    ) -> None:
        self.settings = settings
        self.state = state
        self._client = client
        self._log = log
        self._progress = progress
        kept = state.watermark
        # one that knows nobody yet belongs to nothing: the first Base URL may have been mistyped
        known = kept.base_url if kept.users or kept.groups or kept.complete else None
        if known is not None and known != plain_url(settings.base_url):
            raise Problem(
                f"The state file belongs to {known}, not to {plain_url(settings.base_url)}; give another --state FILE.",
                Exit.USAGE,
            )
        if known is None:
            state.watermark.base_url = plain_url(settings.base_url)
            state.compact()  # before the first link, which means nothing to another service

    async def test_connection(self) -> None:
        """Do what the portal's *Test Connection* does. Raises ``Problem`` (69 or 77)."""
        await connection.test_connection(self._client, self.settings.mapping, str(uuid.uuid4()))

    async def run_cycle(self, directory: Directory, label: str = "") -> Summary:
        """Bring the target to this state of the directory: initial if nothing is known of it, else incremental.

        Failures of single objects are in the summary and in escrow. Raises ``Problem`` if the token is refused or the
        service does not answer any more; what was acknowledged is recorded then, too.
        """
        complete = self.state.watermark.complete
        sent, retries = self._client.sent.copy(), self._client.retries
        cycle = Cycle(
            label=label or ("incremental" if complete else "initial"),
            directory=directory,
            scoped=in_scope(directory, self.settings.scope),
            mapping=self.settings.mapping,
            dialect=self.settings.dialect,
            parallel=self.settings.parallel,
            client=self._client,
            state=self.state,
            log=self._log,
            progress=self._progress,
        )
        await people.provision(cycle)
        await people.refer(cycle)
        if self.settings.mapping.groups is not None:
            await teams.provision(cycle, self.settings.mapping.groups)
            await teams.enrol(cycle)
        for item in [item for item in self.state.watermark.escrow if stale(cycle, item)]:
            self.state.settled(item)
        self.state.watermark.complete = True
        self.state.compact()
        return cycle.tally.summary(
            cycle.label,
            escrow=len(self.state.watermark.escrow),
            requests=self._client.sent - sent,
            retries=self._client.retries - retries,
        )


@contextlib.asynccontextmanager
async def rehearsing(
    settings: Settings, *, log: TextIO | None = None, progress: Progress | None = None
) -> AsyncIterator[Rehearsal]:
    """Open client and state. ``log`` gets the provisioning log as JSON lines. Raises ``Problem``."""
    writer = ProvisioningLog(log, lambda: datetime.now(UTC))
    with State.opened(settings.state, read_only=settings.dry_run) as state:
        client = Client(
            flagged(settings.base_url, settings.dialect),
            settings.token,
            pace=Pace(settings.rate),
            patience=settings.patience,
            transport=settings.transport,
            verify=settings.verify,
        )
        async with client:
            yield Rehearsal(settings, client, state, writer, progress or Silent())


def flagged(base_url: str, dialect: Dialect) -> str:
    """Append Entra's feature flag to the Tenant URL, as an administrator does who wants the compliant dialect."""
    if dialect is Dialect.LEGACY or COMPLIANT_FLAG in base_url:
        return base_url
    return f"{base_url}{'&' if '?' in base_url else '?'}{COMPLIANT_FLAG}"


def plain_url(base_url: str) -> str:
    """Return a Base URL without flags and trailing slash, to compare it."""
    return base_url.partition("?")[0].strip().rstrip("/")
