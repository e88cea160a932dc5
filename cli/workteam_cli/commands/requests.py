"""``workteam requests``: what Entra asked of a tenant lately, and what came of it."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from workteam_cli.asked import Request
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.facade_client import read_requests
from workteam_cli.output import console, document, output_option, table
from workteam_cli.target import connected

HELP = """Show the last requests to a tenant and their outcome, the newest first: operations, objects, names of
attributes. Values are never kept, so none is shown.

The facade remembers the last 500 changes and failures of a tenant and its last 100 other requests, since it started.
The table has the ends of objects' ids, the beginnings of request ids and as many attributes as there is room for;
--wide has all of it. REQUEST ID is the X-Request-Id of the answer; a changed object carries it as the annotation
workte.am/request-id. `workteam explain UPN` shows the requests about one person.

\b
Example:
  workteam requests -n workteam --tenant acme --failed
  workteam requests --wide

\b
Exit codes: 0 shown, 64 wrong command line or several tenants, 66 no such tenant or release,
69 no answer from the cluster or the facade, 77 not allowed
"""


WIDE: Mapping[str, Callable[[Request], str]] = {
    "at": lambda one: str(one["at"]),
    "operation": lambda one: str(one["op"]),
    "on": lambda one: str(one["resource"]),
    "object": lambda one: str(one.get("object", "")),
    "attributes": lambda one: ",".join(one["attributes"]),
    "outcome": lambda one: " ".join(str(p) for p in (one["outcome"], one["status"], one.get("scimType")) if p),
    "token": lambda one: str(one.get("token", "")),
    "request id": lambda one: str(one["requestId"]),
}
"""Columns of the wide table."""

ID, REQUEST, ATTRIBUTES = 9, 14, 10
"""How wide an id is, what was asked, and the names of attributes: the table then has no more than 80 columns."""


@click.command(help=HELP)
@cluster_options
@release_option
@click.option("--limit", type=click.IntRange(1, 600), default=20, show_default=True, help="How many to show.")
@click.option("--failed", "shown", flag_value="failed", help="Only those that were refused or failed.")
@click.option("--facade", metavar="URL", help="Where this machine reaches the facade; else its externalURL.")
@click.option("--wide", is_flag=True, help="All of it, however wide the table is.")
@output_option
def requests(
    *,
    choice: Choice,
    release_namespace: str | None,
    limit: int,
    shown: str | None,
    facade: str | None,
    wide: bool,
    output: str,
) -> None:
    """Print the last requests."""
    told = asyncio.run(_requests(choice, release_namespace, facade))
    found = [one for one in told["requests"] if shown is None or one["outcome"] in {"refused", "failed"}]
    last = {**told, "requests": found[:limit]}
    if output == "table":
        _print(last, wide=wide)
    else:
        document(last, output)


async def _requests(choice: Choice, release_namespace: str | None, facade: str | None) -> Mapping[str, Any]:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        told = await read_requests(target.cluster, release, target.key, facade)
        return {"namespace": target.key.namespace, "tenant": target.key.name, **told}


def _print(shown: Mapping[str, Any], *, wide: bool) -> None:
    console().print(f"Requests to {shown['namespace']}/{shown['tenant']} since {shown['since']}\n", markup=False)
    if wide:
        table(list(WIDE), [[row(one) for row in WIDE.values()] for one in shown["requests"]])
        return
    today = datetime.now(UTC).date().isoformat()
    rows = [short_row(one, today) for one in shown["requests"]]
    table(["at", "request", "object", "attributes", "result", "id"], rows)


def short_row(one: Request, today: str) -> tuple[str, ...]:
    """Return what fits into 80 columns of one request; ``today`` is a date, on which the seconds are shown."""
    day, _, time = str(one["at"]).removesuffix("Z").partition("T")
    kind = one.get("scimType") or ("unchanged" if one["outcome"] == "unchanged" else "")
    known = str(one.get("object", ""))
    return (
        time if day == today else f"{day[5:]} {time[:5]}",
        _cut(f"{one['op']} {one['resource']}", REQUEST),
        known if len(known) <= ID else f"…{known[1 - ID :]}",
        _cut(",".join(one["attributes"]), ATTRIBUTES),
        f"{one['status']} {kind}".rstrip(),
        _cut(str(one["requestId"]), ID),
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
