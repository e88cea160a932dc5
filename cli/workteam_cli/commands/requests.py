"""``workteam requests``: what Entra asked of a tenant lately, and what came of it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.facade_client import read_requests
from workteam_cli.output import console, document, output_option, table
from workteam_cli.target import connected

HELP = """Show the last requests to a tenant and their outcome, the newest first: operations, objects, names of
attributes. Values are never kept, so none is shown.

The facade remembers the last 500 changes and failures of a tenant and its last 100 other requests, since it started.
REQUEST ID is the X-Request-Id of the answer; a changed object carries it as the annotation workte.am/request-id.

\b
Example:
  workteam requests -n workteam --tenant acme --failed

\b
Exit codes: 0 shown, 64 wrong command line or several tenants, 66 no such tenant or release,
69 no answer from the cluster or the facade, 77 not allowed
"""


@click.command(help=HELP)
@cluster_options
@release_option
@click.option("--limit", type=click.IntRange(1, 600), default=20, show_default=True, help="How many to show.")
@click.option("--failed", "shown", flag_value="failed", help="Only those that were refused or failed.")
@click.option("--facade", metavar="URL", help="Where this machine reaches the facade; else its externalURL.")
@output_option
def requests(  # noqa: PLR0917 - one for each option
    choice: Choice, release_namespace: str | None, limit: int, shown: str | None, facade: str | None, output: str
) -> None:
    """Print the last requests."""
    told = asyncio.run(_requests(choice, release_namespace, facade))
    found = [one for one in told["requests"] if shown is None or one["outcome"] in {"refused", "failed"}]
    last = {**told, "requests": found[:limit]}
    if output == "table":
        _print(last)
    else:
        document(last, output)


async def _requests(choice: Choice, release_namespace: str | None, facade: str | None) -> Mapping[str, Any]:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        told = await read_requests(target.cluster, release, target.key, facade)
        return {"namespace": target.key.namespace, "tenant": target.key.name, **told}


def _print(shown: Mapping[str, Any]) -> None:
    console().print(f"Requests to {shown['namespace']}/{shown['tenant']} since {shown['since']}\n", markup=False)
    rows = [
        (
            one["at"],
            one["op"],
            one["resource"],
            one.get("object", ""),
            ",".join(one["attributes"]),
            _outcome(one),
            one.get("token", ""),
            one["requestId"],
        )
        for one in shown["requests"]
    ]
    table(["at", "operation", "on", "object", "attributes", "outcome", "token", "request id"], rows)


def _outcome(one: Mapping[str, Any]) -> str:
    return " ".join(str(part) for part in (one["outcome"], one["status"], one.get("scimType")) if part)
