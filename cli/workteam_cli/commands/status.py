"""``workteam status``: the tutorial's *Current Status* of one tenant."""

import asyncio
from datetime import UTC, datetime

import click

from workteam_cli.bearer_tokens import read_entries
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.objects import read_objects
from workteam_cli.output import Exit, Problem, console, document, output_option, table
from workteam_cli.standing import State, in_words
from workteam_cli.summary import BudgetUse, Summary, Waiting, summarise, summary_document
from workteam_cli.target import Target, connected
from workteam_cli.token_warnings import token_warnings
from workteam_crds.cluster.port import Denied

HELP = """Show the Current Status of a tenant: users and groups by state, what waits and why, the budget, and tokens
that expire within 30 days.

\b
Example:
  workteam status -n workteam --tenant acme

\b
Exit codes: 0 the tenant is ready and everything is in sync, 1 something is pending or stalled,
64 several tenants, 66 no such tenant, 69 no answer from the cluster, 77 not allowed
"""


@click.command(help=HELP)
@cluster_options
@release_option
@output_option
def status(choice: Choice, release_namespace: str | None, output: str) -> int:
    """Print the summary; the exit code says whether all is in sync."""
    summary, warnings = asyncio.run(_summary(choice, release_namespace))
    if output == "table":
        _print(summary)
        for warning in warnings:
            console().print(f"\nWarning: {warning}", markup=False)
    else:
        document({**summary_document(summary), "warnings": warnings}, output)
    return Exit.OK if summary.in_sync else Exit.FAILED


async def _summary(choice: Choice, release_namespace: str | None) -> tuple[Summary, list[str]]:
    async with connected(choice) as target:
        now = datetime.now(UTC)
        summary = summarise(await read_objects(target.cluster, target.tenant), now)
        return summary, await _warnings(target, release_namespace, now)


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


def _print(summary: Summary) -> None:
    out = console()
    out.print(f"Current Status of {summary.tenant.tenant}\n", markup=False)
    for condition in summary.tenant.status.conditions:
        out.print(in_words(condition), markup=False)
    if not summary.tenant.status.conditions:
        out.print("The operator has not looked at this tenant yet.")
    out.print()
    _print_counts(summary)
    for waiting in summary.waiting:
        out.print(f"\n{_sentence(waiting)}", markup=False)
    for key in summary.unreadable:
        out.print(f"\n{key} cannot be read by this version of the command.", markup=False)
    out.print()
    out.print(f"Deactivations in the last hour: {_budget(summary.deactivations)}", markup=False)
    out.print(f"Deletions in the last hour:     {_budget(summary.deletions)}", markup=False)


def _print_counts(summary: Summary) -> None:
    states = [state for state in State if state in summary.users or state in summary.groups]
    rows = [
        (name, sum(counts.values()), *[counts.get(state, 0) for state in states])
        for name, counts in (("Users", summary.users), ("Groups", summary.groups))
    ]
    table(["", "total", *states], rows)


def _sentence(waiting: Waiting) -> str:
    what = {"WorkteamUser": "user", "WorkteamGroup": "group"}[waiting.kind]
    some = f"{waiting.count} {what}{'' if waiting.count == 1 else 's'} {waiting.state}"
    examples = "\n".join(f"  {name}  {shown}" for name, shown in waiting.examples)
    more = f"\n  and {rest} more" if (rest := waiting.count - len(waiting.examples)) else ""
    why = f": {waiting.message}" if waiting.message else ""
    return f"{some}, {waiting.reason}{why}\n{examples}{more}"


def _budget(use: BudgetUse) -> str:
    latched = "; exceeded, nothing more happens until a person acts" if use.latched else ""
    return f"{use.used} of {use.allowed}{latched}"
