"""``workteam status``: the tutorial's *Current Status* of one tenant."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from workteam_cli.asked import Asked, asked_of
from workteam_cli.bearer_tokens import read_entries
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.objects import read_objects
from workteam_cli.output import Exit, Problem, document, output_option, prose, table
from workteam_cli.status_table import print_status
from workteam_cli.summary import Summary, summarise, summary_document
from workteam_cli.target import Target, connected
from workteam_cli.token_warnings import token_warnings
from workteam_cli.unmanaged import Unmanaged, find_unmanaged
from workteam_crds.cluster.port import Denied

HELP = """Show the Current Status of a tenant: its conditions, the last request from Entra, the last sweep, the budgets,
users and groups by state, what waits, why, and the way out, and tokens that expire within 30 days.

With --unmanaged it lists the accounts and teams in Workteam that no user or group has instead. They are never touched.
Workteam is asked from here for that, with the token of the tenant's Secret, which you must be allowed to read.

\b
Example:
  workteam status -n workteam --tenant acme
  workteam status --unmanaged -o json

\b
Exit codes: 0 the tenant is ready and everything is in sync, 1 something is pending or stalled,
64 several tenants, 66 no such tenant or token, 69 no answer from the cluster or Workteam, 77 not allowed
"""


@dataclass(frozen=True)
class _Found:
    summary: Summary
    asked: Asked
    warnings: list[str]


@click.command(help=HELP)
@cluster_options
@release_option
@click.option("--facade", metavar="URL", help="Where this machine reaches the facade; else its externalURL.")
@click.option("--unmanaged", is_flag=True, help="List what is in Workteam and no object has.")
@output_option
def status(*, choice: Choice, release_namespace: str | None, facade: str | None, unmanaged: bool, output: str) -> int:
    """Print the summary; the exit code says whether all is in sync."""
    if unmanaged:
        _print_unmanaged(asyncio.run(_unmanaged(choice)).rows(), output)
        return Exit.OK
    found = asyncio.run(_found(choice, release_namespace, facade))
    if output == "table":
        print_status(found.summary, found.asked, found.warnings)
    else:
        last = found.asked.requests[0] if found.asked.requests else None
        told = {"lastRequest": last, "lastRequestUnknown": found.asked.unknown, "warnings": found.warnings}
        document({**summary_document(found.summary), **told}, output)
    return Exit.OK if found.summary.in_sync else Exit.FAILED


async def _unmanaged(choice: Choice) -> Unmanaged:
    async with connected(choice) as target:
        return await find_unmanaged(target)


def _print_unmanaged(rows: Sequence[Mapping[str, Any]], output: str) -> None:
    if output != "table":
        document(rows, output)
    elif rows:
        columns = ("what", "id", "name", "externalId", "access")
        table(columns, [[row[column] for column in columns] for row in rows])
    else:
        prose("Everything in Workteam belongs to a user or group of this tenant.")


async def _found(choice: Choice, release_namespace: str | None, facade: str | None) -> _Found:
    async with connected(choice) as target:
        now = datetime.now(UTC)
        summary = summarise(await read_objects(target.cluster, target.tenant), now)
        asked = await asked_of(target, release_namespace, facade)
        return _Found(summary, asked, await _warnings(target, release_namespace, now))


async def _warnings(target: Target, release_namespace: str | None, now: datetime) -> list[str]:
    """Judge the tenant's tokens; who may only look at objects is told that this is missing."""
    try:
        release = await target.release(release_namespace)
        entries = await read_entries(target.cluster, release, target.key)
    except Problem as problem:
        if problem.code is Exit.NO_INPUT and release_namespace is None:  # no facade, so no tokens
            return []
        raise
    except Denied:
        return ["this account may not read the Secret of the tokens, so whether one expires soon is not known."]
    return token_warnings(entries, target.key, now)
