"""``workteam pause``, ``resume`` and ``resync``: stop, go on, look again; for single objects or a whole tenant."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.confirmation import show
from workteam_cli.decisions import Decision, Deed, Resource, carry_out, name_of
from workteam_cli.lookup import find
from workteam_cli.objects import read_objects
from workteam_cli.output import Exit, Problem, output_option
from workteam_cli.target import connected
from workteam_crds.cluster.people import user_name
from workteam_crds.kinds.custom_resource import PAUSED, RECONCILE_REQUESTED_AT

EXITS = """
\b
Exit codes: 0 done, 1 nothing to do or changed in between, 64 several tenants, 66 nobody or several of that name,
69 no answer from the cluster, 77 not allowed
"""

PAUSE = f"""Stop the operator from changing anything in Workteam for the users and groups that are named, or for the
whole tenant if none is. Entra is answered as before: what it sends is kept, and done after `workteam resume`.

A leaver's access is not taken while it is paused.

\b
Example:
  workteam pause adelev@contoso.com -n workteam --tenant acme
  workteam pause -n workteam --tenant acme

It is the annotation workte.am/paused: "true" of the object or the tenant, and an Event that says who set it.
{EXITS}"""

RESUME = f"""Let the operator go on with the users and groups that are named, or with the tenant if none is: that takes
off what `workteam pause` set on the same. Objects that were paused one by one stay so when their tenant goes on.

\b
Example:
  workteam resume adelev@contoso.com -n workteam --tenant acme
{EXITS}"""

RESYNC = f"""Let the operator compare the users and groups that are named with Workteam now, or the whole tenant if none
is, without waiting for the next sweep.

\b
Example:
  workteam resync adelev@contoso.com -n workteam --tenant acme

It is the annotation workte.am/reconcile-requested-at of the object or the tenant, and an Event that says who set it.
{EXITS}"""

Decide = Callable[[Resource], Decision]


@click.command(help=PAUSE)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@cluster_options
@output_option
def pause(names: tuple[str, ...], choice: Choice, output: str) -> int:
    """Pause objects or a tenant."""
    return asyncio.run(
        _each(
            choice,
            names,
            output,
            paused,
            "Nothing more of it is changed in Workteam, but for a request that is under way.",
        )
    )


@click.command(help=RESUME)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@cluster_options
@output_option
def resume(names: tuple[str, ...], choice: Choice, output: str) -> int:
    """Let objects or a tenant go on."""
    return asyncio.run(_each(choice, names, output, resumed, "The operator goes on with it."))


@click.command(help=RESYNC)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@cluster_options
@output_option
def resync(names: tuple[str, ...], choice: Choice, output: str) -> int:
    """Ask for a look at objects or a tenant."""
    return asyncio.run(_each(choice, names, output, resynced, "The operator looks at it now, unless it is paused."))


async def _each(choice: Choice, names: Sequence[str], output: str, decide: Decide, follows: str) -> int:
    async with connected(choice) as target:
        about: list[Resource] = [target.tenant]
        if names:
            objects = await read_objects(target.cluster, target.tenant)
            about = [find(objects, name) for name in dict.fromkeys(names)]
        decisions = [decide(resource) for resource in about]
        outcomes = await carry_out(target.cluster, decisions, who=await user_name(target.access))
    return show(outcomes, output, follows)


def paused(resource: Resource) -> Decision:
    """Return the decision to stop. Raises ``Problem`` if it is stopped already."""
    if resource.paused:
        raise Problem(f"{name_of(resource)} is paused already.", Exit.FAILED)
    return Decision(resource, Deed.PAUSED, PAUSED, "true")


def resumed(resource: Resource) -> Decision:
    """Return the decision to go on. Raises ``Problem`` if nothing of it is stopped."""
    if not resource.paused:
        raise Problem(f"{name_of(resource)} is not paused.", Exit.FAILED)
    return Decision(resource, Deed.RESUMED, PAUSED, None)


def resynced(resource: Resource) -> Decision:
    """Return the decision to look again."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")  # two requests within a second are two
    return Decision(resource, Deed.RESYNC, RECONCILE_REQUESTED_AT, now.replace("+00:00", "Z"))
