"""``workteam plan``: what would be done in Workteam, while a tenant is in mode Plan."""

import asyncio

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.objects import read_objects, shown_name
from workteam_cli.output import Exit, Problem, console, counted, document, output_option, table
from workteam_cli.planning import Entry, Planned, planned
from workteam_cli.target import connected
from workteam_crds.kinds.progress import PlannedAction
from workteam_crds.kinds.tenants import Mode

HELP = """Show what the operator would do in Workteam if the tenant were not in mode Plan: for each user and group what,
with the names of attributes; how many people would be invited, and how many more or fewer have access (seats).

A new tenant over a filled organisation starts in mode Plan, so that its adoptions can be looked at first:
spec.mode: Enforce then does it.

\b
Example:
  workteam plan -n workteam --tenant acme
  workteam plan -o json

\b
Exit codes: 0 nothing would be done, 1 the tenant is not in mode Plan or not everything is planned yet,
2 something would be done, 64 several tenants, 66 no such tenant, 69 no answer from the cluster, 77 not allowed
"""

WORDS = {
    PlannedAction.CREATE: "create",
    PlannedAction.ADOPT: "adopt",
    PlannedAction.UPDATE: "update",
    PlannedAction.ACTIVATE: "activate",
    PlannedAction.DEACTIVATE: "deactivate",
    PlannedAction.DELETE: "delete",
    PlannedAction.CHANGE_MEMBERS: "change members",
    PlannedAction.LET_GO: "let go",
}


@click.command(help=HELP)
@cluster_options
@output_option
def plan(choice: Choice, output: str) -> int:
    """Print the plan."""
    found = asyncio.run(_planned(choice))
    if output == "table":
        _print(found)
    else:
        document(found.document(), output)
    if found.entries:
        return Exit.DIFFERENT
    return Exit.FAILED if found.unplanned or found.stalled else Exit.OK


async def _planned(choice: Choice) -> Planned:
    async with connected(choice) as target:
        if target.tenant.spec.mode is not Mode.PLAN:
            raise Problem(
                f"{target.key} is in mode Enforce, where changes are made and not planned: set spec.mode: Plan on the "
                "WorkteamTenant to see them first.",
                Exit.FAILED,
            )
        return planned(await read_objects(target.cluster, target.tenant))


def _print(found: Planned) -> None:
    out = console()
    if found.entries:
        table(["kind", "name", "action", "what"], [_row(entry) for entry in found.entries])
        counts = ", ".join(f"{number} {WORDS[action]}" for action, number in found.counts.items())
        out.print(f"\n{counts}", markup=False)
        out.print(
            f"{counted(found.invitations, 'person', 'people')} would be invited; seats: {found.seats:+d}", markup=False
        )
    else:
        out.print("Nothing would be done.")
    if found.unplanned:
        some = counted(found.unplanned, "object is", "objects are")
        out.print(f"{some} not planned yet: `workteam status` says why.", markup=False)
    if found.stalled:
        some = counted(found.stalled, "object waits", "objects wait")
        out.print(f"{some} for a person: see `workteam adopt` and `workteam status`.", markup=False)


def _row(entry: Entry) -> tuple[str, ...]:
    actions = ", ".join(WORDS[action] for action in entry.plan.actions)
    return entry.subject.kind, shown_name(entry.subject), actions, entry.what
