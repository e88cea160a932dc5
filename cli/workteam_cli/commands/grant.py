"""``workteam grant``: give one person the access back that was taken away in Workteam (rule A3)."""

import asyncio

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.confirmation import show
from workteam_cli.decisions import Decision, Deed, carry_out
from workteam_cli.lookup import find
from workteam_cli.objects import Subject, read_objects, shown_name
from workteam_cli.output import Exit, Problem, output_option
from workteam_cli.standing import State, standing_of
from workteam_cli.target import connected
from workteam_crds.cluster.people import user_name
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import GRANT_ACCESS

HELP = """Give one user the access back that somebody took away in Workteam: never for more than one at a time.

The operator gives no access by itself that was taken away there. A grant is the annotation workte.am/grant-access of
the object, with the id of its account, and an Event that says who gave it; it holds once.

\b
Example:
  workteam grant adelev@contoso.com -n workteam --tenant acme

\b
Exit codes: 0 granted, 1 there is nothing to grant or the user was changed in between, 64 several tenants,
66 nobody or several of that name, 69 no answer from the cluster, 77 not allowed
"""

FOLLOWS = "The operator activates the account; `workteam explain` shows when it has."


@click.command(help=HELP)
@click.argument("name", metavar="UPN")
@cluster_options
@output_option
def grant(name: str, choice: Choice, output: str) -> int:
    """Grant access."""
    return asyncio.run(_grant(choice, name, output))


async def _grant(choice: Choice, name: str, output: str) -> int:
    async with connected(choice) as target:
        subject = find(await read_objects(target.cluster, target.tenant), name)
        outcomes = await carry_out(target.cluster, [granted(subject)], who=await user_name(target.access))
    return show(outcomes, output, FOLLOWS)


def granted(subject: Subject) -> Decision:
    """Return the decision that a user has access again. Raises ``Problem`` if nothing is withheld from it."""
    name = shown_name(subject)
    if not isinstance(subject, WorkteamUser):
        raise Problem(f"{name} is a group: access is granted to one user at a time.", Exit.FAILED)
    standing = standing_of(subject)
    if standing.state is not State.WITHHELD or subject.status.account_id is None:
        raise Problem(
            f"Nothing is withheld from {name}, which is {standing.state}, {standing.reason}: a grant kept in store "
            f"would give access later, unasked. `workteam resync {name}` lets the operator look at the account now.",
            Exit.FAILED,
        )
    return Decision(subject, Deed.GRANTED, GRANT_ACCESS, subject.status.account_id)
