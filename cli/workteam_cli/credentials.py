"""What ``workteam token`` and ``workteam client`` do alike: list, replace and revoke entries of the tokens' Secret."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from workteam_cli.bearer_tokens import Kept, exchange_tokens, read_entries, revoke_tokens
from workteam_cli.choice import Choice
from workteam_cli.output import Exit, Problem
from workteam_cli.target import connected
from workteam_cli.token_table import Document
from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey


@dataclass(frozen=True)
class Sort:
    """Bearer Tokens, or OAuth clients with their secrets."""

    what: str
    """What one is called."""
    command: str
    """The command about them."""
    of: Callable[[Kept], Kept]
    """Leaves the entries of this sort."""
    document: Callable[[Kept], list[Document]]
    """Returns them as JSON values."""

    def unknown(self, tenant: TenantKey, name: str) -> Problem:
        """Say that there is none of a name."""
        return Problem(
            f"{tenant} has no {self.what} {name}: `workteam {self.command} list` names those it has.", Exit.NO_INPUT
        )


@dataclass(frozen=True)
class Replacing:
    """What a new entry takes the place of."""

    name: str
    """The handle, or the client."""
    handles: Sequence[str]
    life: timedelta | None
    """How long the new one lives; None for ever."""
    ends: datetime | None = None
    """When the old one expires anyway."""
    client: str | None = None


@dataclass(frozen=True)
class Replaced:
    """A new token or secret, shown once."""

    tenant: TenantKey
    release: Release
    old: Replacing
    text: str
    until: datetime
    """Until when the old ones open."""


Pick: TypeAlias = Callable[[Kept, TenantKey], Replacing]
"""Chooses what is replaced. Raises ``Problem``."""


async def listed(choice: Choice, release_namespace: str | None, sort: Sort) -> list[Document]:
    """Return all of a tenant. Raises ``Problem``."""
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        return sort.document(sort.of(await read_entries(target.cluster, release, target.key)))


async def replaced(
    choice: Choice, release_namespace: str | None, sort: Sort, pick: Pick, overlap: timedelta
) -> Replaced:
    """Make a new one in place of what ``pick`` chooses. Raises ``Problem``."""
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        old = pick(sort.of(await read_entries(target.cluster, release, target.key)), target.key)
        made = await exchange_tokens(
            target.cluster,
            release,
            target.key,
            old.handles,
            overlap=overlap,
            expires_in=old.life,
            client=old.client,
        )
        if made is None:  # somebody revoked it meanwhile
            raise sort.unknown(target.key, old.name)
        until = made.until if old.ends is None else min(made.until, old.ends)
        return Replaced(target.key, release, old, made.text, until)


async def revoked(choice: Choice, release_namespace: str | None, sort: Sort, name: str) -> TenantKey:
    """Revoke what a handle or a client names, and return whose it was. Raises ``Problem``."""
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        kept = sort.of(await read_entries(target.cluster, release, target.key))
        handles = [handle for handle, entry in kept.items() if name in (handle, entry.client)]
        if not handles or not await revoke_tokens(target.cluster, release, target.key, handles):
            raise sort.unknown(target.key, name)
        return target.key
