"""``workteam explain``: what happened to one person, from Entra's request to the account in Workteam."""

import asyncio
from typing import Any

import click

from workteam_cli.asked import asked_of
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.lookup import find
from workteam_cli.objects import read_objects
from workteam_cli.output import Problem, document, output_option, prose
from workteam_cli.story import Story, gone_lately
from workteam_cli.target import connected
from workteam_crds.cluster.access import Access
from workteam_crds.cluster.people import Told, events_about, objects_with_event
from workteam_crds.cluster.port import Denied
from workteam_crds.part import rfc3339
from workteam_operator.steps import Leaving

HELP = """Explain what happened to one user or group: what Entra asked, what became of the object, what the operator did
and decided, which account it has, what is pending, why, and the way out. Values of attributes and tokens are not shown.

Requests are known since the facade started, Events for an hour. Neither holds a name of a person: who is gone is found
by the object's id, and for a name that nobody has the ids of those that went lately are shown.

\b
Example:
  workteam explain adelev@contoso.com -n workteam --tenant acme

\b
Exit codes: 0 shown, 64 wrong command line or several tenants, 66 nobody or several of that name,
69 no answer from the cluster, 77 not allowed
"""

LABEL = 14


@click.command(help=HELP)
@click.argument("name", metavar="UPN")
@cluster_options
@release_option
@click.option("--facade", metavar="URL", help="Where this machine reaches the facade; else its externalURL.")
@output_option
def explain(name: str, choice: Choice, release_namespace: str | None, facade: str | None, output: str) -> None:
    """Print the story."""
    told = asyncio.run(_story(choice, name, release_namespace, facade)).document()
    if output == "table":
        _print(told)
    else:
        document(told, output)


async def _story(choice: Choice, name: str, release_namespace: str | None, facade: str | None) -> Story:
    async with connected(choice) as target:
        objects = await read_objects(target.cluster, target.tenant)
        asked = await asked_of(target, release_namespace, facade)
        try:
            subject = find(objects, name)
        except Problem as nobody:
            events = await _events(target.access, target.key.namespace, name)
            if asked.about(name) or events:
                return Story(name, objects, None, asked, events)
            gone = gone_lately(objects, asked, await _farewells(target.access, target.key.namespace))
            raise Problem(f"{nobody}{gone}", nobody.code) from nobody
        events = await _events(target.access, target.key.namespace, subject.metadata.name)
        return Story(subject.metadata.name, objects, subject, asked, events)


async def _farewells(access: Access, namespace: str) -> dict[str, str]:
    """Read when objects were let go; who may not read Events is told the rest."""
    try:
        found = [await objects_with_event(access, namespace, reason) for reason in Leaving]
    except Denied:
        return {}
    return {name: rfc3339(at) for told in found for name, at in told.items()}


async def _events(access: Access, namespace: str, name: str) -> tuple[Told, ...]:
    """Read the Events; who may not is shown the rest."""
    try:
        return await events_about(access, namespace, name)
    except Denied:
        return ()


def _print(told: dict[str, Any]) -> None:
    if told.get("gone"):
        prose(f"{told['id']} of {told['namespace']}/{told['tenant']} is gone; what is left of it:")
    else:
        _print_now(told)
    prose("")
    prose("What happened")
    for moment in told["happened"]:
        prose(moment["text"], f"  {moment['at']}  {moment['what']:<9}  ", indent=35)
    if told["requestsUnknown"]:
        prose(f"What Entra asked is not known: {told['requestsUnknown']}", indent=2)
    else:
        prose(f"Requests before {told['requestsSince']} are not remembered.", indent=2)


def _print_now(told: dict[str, Any]) -> None:
    prose(f"{told['kind']} {told['name']} ({told['id']}) of {told['namespace']}/{told['tenant']}")
    prose("")
    lines = [("State", f"{told['state']}, {told['reason']}"), ("Why", told["message"]), ("Way out", told["remedy"])]
    lines += [("Waits for", waits) for waits in told["waitsFor"]]
    lines += [("Object", _object(told)), ("Workteam", _workteam(told["workteam"]))]
    lines += [("Decided", f"{name}: {value}") for name, value in told["decided"].items()]
    for label, text in lines:
        if text:
            prose(text, label, indent=LABEL)


def _object(told: dict[str, Any]) -> str:
    by = f", last changed by the request {told['requestId']}" if told["requestId"] else ""
    seen = "seen" if told["generation"] == told["observedGeneration"] else "not seen"
    return f"from {told['source']}{by}; its edit number {told['generation']} was {seen} by the operator"


def _workteam(known: dict[str, Any]) -> str:
    if known["id"] is None:
        parts = ["no account or team recorded"]
    else:
        access = {None: "", True: ", with access", False: ", without access"}[known.get("active")]
        how = "was there before" if known["adopted"] else "made for this object"
        parts = [f"{known['id']}{access}, {how}"]
    parts += [f"last confirmed {known['lastSync']}"] if known["lastSync"] else []
    parts += [f"{known['createsInDoubt']} creates without an answer"] if known["createsInDoubt"] else []
    parts += [f"{known['booked'].lower()} under way"] if known["booked"] else []
    parts += [f"planned: {known['planned']}"] if known["planned"] else []
    return "; ".join(parts)
