"""``workteam adopt``: which existing accounts wait to be adopted, and a person's word that they are the right ones."""

import asyncio
from collections.abc import Sequence

import click

from workteam_cli.adoptions import Proposal, confirmed, named, proposals
from workteam_cli.choice import Choice, cluster_options
from workteam_cli.confirmation import confirm, show, yes_option
from workteam_cli.decisions import Decision, Outcome, carry_out
from workteam_cli.lookup import find
from workteam_cli.objects import TenantObjects, read_objects
from workteam_cli.output import Exit, Problem, console, document, output_option, table
from workteam_cli.target import connected
from workteam_crds.cluster.people import user_name

HELP = """Show which users and groups fit an account or team in Workteam that the operator does not take by itself, and
confirm that they are the right ones.

Without NAME and --all it changes nothing: it lists object, account, and why a person is asked. A wrong word gives one
person the goals and reviews of another, so look at the account in Workteam first.

\b
Example:
  workteam adopt -n workteam --tenant acme
  workteam adopt adelev@contoso.com
  workteam adopt adelev@contoso.com --account 5171a35d
  workteam adopt --all --yes

A confirmed adoption is the annotation workte.am/adopt of the object, and an Event that says who confirmed it.

\b
Exit codes: 0 shown or confirmed, 1 not confirmed, not possible or changed in between, 64 wrong command line,
several tenants or nobody to confirm it, 66 nobody or several of that name, 69 no answer from the cluster,
77 not allowed
"""

FOLLOWS = "The operator adopts them; `workteam status` shows when it has."


@click.command(help=HELP)
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--account", metavar="ID", help="The account's id in Workteam, for one NAME.")
@click.option("--all", "everything", is_flag=True, help="Confirm all that are listed.")
@yes_option
@cluster_options
@output_option
def adopt(
    *, names: tuple[str, ...], account: str | None, everything: bool, yes: bool, choice: Choice, output: str
) -> int:
    """Show or confirm adoptions."""
    if account is not None and len(names) != 1:
        raise Problem("--account is the account of one user or group: name that one, and no other.", Exit.USAGE)
    if names and everything:
        raise Problem("Either name users and groups, or confirm --all.", Exit.USAGE)
    return asyncio.run(_adopt(choice, names, account, everything=everything, yes=yes, output=output))


async def _adopt(
    choice: Choice, names: Sequence[str], account: str | None, *, everything: bool, yes: bool, output: str
) -> int:
    async with connected(choice) as target:
        objects = await read_objects(target.cluster, target.tenant)
        if not names and not everything:
            _preview(proposals(objects), output)
            return Exit.OK
        decisions = _named(objects, names, account, yes=yes) if names else _all(proposals(objects), yes=yes)
        outcomes: list[Outcome] = await carry_out(target.cluster, decisions, who=await user_name(target.access))
    return show(outcomes, output, FOLLOWS)


def _named(objects: TenantObjects, names: Sequence[str], account: str | None, *, yes: bool) -> list[Decision]:
    subjects = [find(objects, name) for name in dict.fromkeys(names)]
    if account is not None:
        return [confirmed(subject, account) for subject in subjects]
    return _all(named(subjects), yes=yes)


def _all(found: Sequence[Proposal], *, yes: bool) -> list[Decision]:
    if found and not yes:
        _print(found, err=True)
        confirm(f"Are these {len(found)} the right ones?" if len(found) > 1 else "Is this the right one?", yes=yes)
    return [proposal.decision() for proposal in found]


def _preview(found: Sequence[Proposal], output: str) -> None:
    if output != "table":
        document([proposal.document() for proposal in found], output)
    elif found:
        _print(found)
        console().print("\nConfirm one by `workteam adopt NAME`, all by `workteam adopt --all`.", markup=False)
    else:
        console().print("Nothing waits to be adopted.")


def _print(found: Sequence[Proposal], *, err: bool = False) -> None:
    rows = [tuple(proposal.document()[column] for column in ("kind", "name", "account", "why")) for proposal in found]
    table(["kind", "name", "account", "why"], rows, err=err)
