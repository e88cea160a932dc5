"""``workteam abandon``: let go what is left of a tenant that is no more, without a call to Workteam."""

import asyncio
from datetime import UTC, datetime

import click

from workteam_cli.abandonment import Remains, find_remains
from workteam_cli.choice import Choice, cluster_options
from workteam_cli.confirmation import confirm_name, show, yes_option
from workteam_cli.decisions import carry_out
from workteam_cli.output import Exit, Problem, output_option
from workteam_cli.target import reached
from workteam_crds.cluster.people import user_name
from workteam_crds.part import rfc3339

HELP = """Let go the users and groups of a tenant that is no more: takes our finalizer off each, so that deleted ones
vanish, and calls nothing in Workteam. Whatever accounts there still are stay as they are, with their access.

It works while the operator is down. It is refused while the tenant is alive: delete its WorkteamTenant or set its
spec.decommissioned, then the operator lets go what is deleted by itself; --force does it in spite of that.

\b
Example:
  workteam abandon -n workteam --tenant acme

Each object says who did it, when and why in its annotation workte.am/break-glass-reason, and in an Event.

\b
Exit codes: 0 all let go, 1 the tenant is alive, not confirmed or changed in between, 64 wrong command line or nobody
to confirm it, 66 nothing names such a tenant, 69 no answer from the cluster, 77 not allowed
"""

FOLLOWS = "Those that were deleted are gone now; the others go at once when they are deleted."


@click.command(help=HELP)
@click.option("--reason", metavar="TEXT", default="the tenant is no more", show_default=True, help="Why.")
@click.option("--force", is_flag=True, help="Though the tenant is alive.")
@yes_option
@cluster_options
@output_option
def abandon(*, reason: str, force: bool, yes: bool, choice: Choice, output: str) -> int:
    """Let the objects of a tenant go."""
    if choice.tenant is None:
        raise Problem("Name the tenant by --tenant: none is guessed for this.", Exit.USAGE)
    return asyncio.run(_abandon(choice, choice.tenant, reason, force=force, yes=yes, output=output))


async def _abandon(choice: Choice, name: str, why: str, *, force: bool, yes: bool, output: str) -> int:
    async with reached(choice) as around:
        remains = await find_remains(around, name)
        if remains.alive and not force:
            raise Problem(
                f"{remains.key} is alive, and the operator may call it: delete the WorkteamTenant or set its "
                "spec.decommissioned to true; --force abandons its objects in spite of that.",
                Exit.FAILED,
            )
        confirm_name(_question(remains), name, yes=yes)
        who = await user_name(around.access)
        reason = f"{rfc3339(datetime.now(UTC))} {who}: {why}"
        outcomes = await carry_out(around.cluster, remains.decisions(reason), who=who)
        if all(outcome.failure is None for outcome in outcomes):
            outcomes += await carry_out(around.cluster, remains.last(reason), who=who)
    for key in remains.unreadable:
        click.echo(f"{key} cannot be read, so it is left as it is.", err=True)
    return show(outcomes, output, FOLLOWS)


def _question(remains: Remains) -> str:
    deleted = sum(subject.deleting for subject in remains.held)
    return (
        f"Objects of {remains.key} that lose our finalizer: {len(remains.held)}; deleted already, so that they vanish: "
        f"{deleted}. Nothing is changed in Workteam. Type {remains.key.name} to do it"
    )
