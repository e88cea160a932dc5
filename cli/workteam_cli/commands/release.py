"""``workteam release``: let a loss of access go that the budget holds (rule A6)."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.confirmation import confirm, show, yes_option
from workteam_cli.decisions import Decision, Deed, carry_out
from workteam_cli.durations import Duration
from workteam_cli.lookup import find
from workteam_cli.objects import Subject, TenantObjects, read_objects, shown_name
from workteam_cli.output import Exit, Problem, output_option
from workteam_cli.standing import is_held, standing_of
from workteam_cli.target import connected
from workteam_crds.cluster.people import user_name
from workteam_crds.kinds.custom_resource import APPROVE_DELETIONS_UNTIL, RELEASE
from workteam_crds.part import rfc3339

HELP = """Let losses of access go that the tenant's budget holds: deactivations and deletions of the users and groups
that are named, or with --all those of the whole tenant for some time.

\b
Example:
  workteam release adelev@contoso.com -n workteam --tenant acme
  workteam release --all --for 1h

A release of one object is its annotation workte.am/release, with the generation that is released: a later change of it
is held anew. --all is the tenant's annotation workte.am/approve-deletions-until. An Event says who did it.

\b
Exit codes: 0 released, 1 nothing is held, not confirmed or changed in between, 64 wrong command line, several tenants
or nobody to confirm it, 66 nobody or several of that name, 69 no answer from the cluster, 77 not allowed
"""

FOLLOWS = "The operator goes on with them; `workteam status` shows how far it is."
SHOWN = 10
"""How many of those that --all lets go are named."""


@click.command(help=HELP)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Let every loss of access of the tenant go.")
@click.option("--for", "time", type=Duration(1), default="1h", show_default=True, help="How long --all holds.")
@yes_option
@cluster_options
@output_option
def release(
    *, names: tuple[str, ...], everything: bool, time: timedelta, yes: bool, choice: Choice, output: str
) -> int:
    """Release what is held."""
    if bool(names) is everything:
        raise Problem("Name the users and groups to release, or say --all.", Exit.USAGE)
    return asyncio.run(_release(choice, names, time, yes=yes, output=output))


async def _release(choice: Choice, names: Sequence[str], time: timedelta, *, yes: bool, output: str) -> int:
    async with connected(choice) as target:
        objects = await read_objects(target.cluster, target.tenant)
        decisions = (
            [released(find(objects, name)) for name in dict.fromkeys(names)]
            if names
            else [_everything(objects, time, yes=yes)]
        )
        outcomes = await carry_out(target.cluster, decisions, who=await user_name(target.access))
    return show(outcomes, output, FOLLOWS)


def released(subject: Subject) -> Decision:
    """Return the decision that a held loss of access goes on. Raises ``Problem`` if none is held."""
    if not is_held(subject):
        standing = standing_of(subject)
        raise Problem(
            f"The budget holds nothing of {shown_name(subject)}, which is {standing.state}, {standing.reason}: "
            "there is nothing to release.",
            Exit.FAILED,
        )
    return Decision(subject, Deed.RELEASED, RELEASE, str(subject.metadata.generation))


def _everything(objects: TenantObjects, time: timedelta, *, yes: bool) -> Decision:
    held = [subject for subject in objects.subjects if is_held(subject)]
    if not held:
        raise Problem(f"The budget of {objects.tenant.tenant} holds nothing: there is nothing to release.", Exit.FAILED)
    if not yes:
        for subject in held[:SHOWN]:
            click.echo(f"  {shown_name(subject)}: {standing_of(subject).message}", err=True)
        if len(held) > SHOWN:
            click.echo(f"  and {len(held) - SHOWN} more", err=True)
    confirm(f"Let these {len(held)} go, and all that follow until then?", yes=yes)
    until = rfc3339(datetime.now(UTC) + time)
    return Decision(objects.tenant, Deed.RELEASED, APPROVE_DELETIONS_UNTIL, until)
