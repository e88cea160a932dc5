"""``workteam get``: one user or group, by any name that it is known by."""

import asyncio
from typing import Any

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.lookup import find
from workteam_cli.objects import Subject, TenantObjects, read_objects, shown_name
from workteam_cli.output import console, document, output_option
from workteam_cli.standing import in_words, standing_of
from workteam_cli.target import connected
from workteam_crds.kinds import WorkteamUser

HELP = """Show one user or group, by userName, displayName, externalId or id, in any case.

\b
Example:
  workteam get adelev@contoso.com
  workteam get sg-Engineering -o yaml

\b
Exit codes: 0 shown, 64 several tenants, 66 nobody or several of that name, 69 no answer from the cluster,
77 not allowed
"""

SHOWN = 20
"""How many groups or members are named in the table; -o json has all."""


@click.command(help=HELP)
@click.argument("name", metavar="UPN")
@cluster_options
@output_option
def get(name: str, choice: Choice, output: str) -> None:
    """Print what is known of it."""
    objects, subject = asyncio.run(_found(choice, name))
    shown = subject_document(objects, subject)
    if output == "table":
        _print(shown, subject)
    else:
        document(shown, output)


async def _found(choice: Choice, name: str) -> tuple[TenantObjects, Subject]:
    async with connected(choice) as target:
        objects = await read_objects(target.cluster, target.tenant)
    return objects, find(objects, name)


def subject_document(objects: TenantObjects, subject: Subject) -> dict[str, Any]:
    """Return state, account or team, groups or members, and the object itself, as JSON values."""
    standing = standing_of(subject)
    words = [in_words(condition) for condition in subject.status.conditions]
    about: dict[str, Any] = {"state": str(standing.state), "reason": str(standing.reason), "conditions": words}
    if isinstance(subject, WorkteamUser):
        about |= {"account": subject.status.account_id, "groups": _named(objects.groups_of(subject))}
    else:
        about |= {"team": subject.status.team_id, "members": _members(objects, objects.members(subject))}
    return {**about, "object": subject.manifest()}


def _named(groups: tuple[Subject, ...]) -> list[dict[str, str]]:
    return [{"id": group.metadata.name, "name": shown_name(group)} for group in groups]


def _members(objects: TenantObjects, ids: tuple[str, ...]) -> list[dict[str, str | None]]:
    """Name each member; None for an id that no user has."""
    names = {user.metadata.name: shown_name(user) for user in objects.users}
    return [{"id": member, "name": names.get(member)} for member in ids]


def _print(shown: dict[str, Any], subject: Subject) -> None:
    spec = subject.spec
    lines = [(subject.kind, subject.metadata.name)]
    if isinstance(subject, WorkteamUser):
        active = {None: "not said", True: "yes", False: "no"}[subject.spec.active]
        lines += [("userName", subject.spec.user_name), ("active", active), ("Account", shown["account"] or "none yet")]
    else:
        lines += [("Team", shown["team"] or "none yet")]
    lines += [("displayName", spec.display_name or ""), ("externalId", spec.external_id or "")]
    lines += [("State", f"{shown['state']}, {shown['reason']}")]
    for label, text in lines:
        console().print(f"{label:<14} {text}", markup=False)
    for sentence in shown["conditions"]:
        console().print(f"{'':<14} {sentence}", markup=False)
    label = "groups" if "groups" in shown else "members"
    _print_list(label.capitalize(), [f"{item['name'] or 'nobody'} ({item['id']})" for item in shown[label]])


def _print_list(label: str, items: list[str]) -> None:
    rest = [f"and {len(items) - SHOWN} more"] if len(items) > SHOWN else []
    for position, item in enumerate([*items[:SHOWN], *rest] or ["none"]):
        console().print(f"{'' if position else label:<14} {item}", markup=False)
