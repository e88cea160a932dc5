"""``workteam client``: OAuth clients, for Entra's *OAuth2 Client Credentials Grant*."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta

import click

from workteam_cli.addresses import base_url, token_endpoint
from workteam_cli.bearer_tokens import Kept, client_secrets, create_token
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.credentials import Replacing, Sort, listed, replaced, revoked
from workteam_cli.durations import life_option, overlap_option
from workteam_cli.output import console, document, output_option
from workteam_cli.target import connected
from workteam_cli.token_table import client_document, client_table
from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey
from workteam_crds.part import rfc3339

EXITS = """
\b
Exit codes: 0 done, 64 wrong command line or several tenants, 66 no such tenant, release or client,
69 no answer from the cluster, 77 not allowed
"""
CLIENTS = Sort("OAuth client or secret", "client", client_secrets, client_document)
ONCE = "The Client Secret is not shown again: paste it into Entra now."
LABELS = {
    "tenantURL": "Tenant URL",
    "tokenEndpoint": "Token Endpoint",
    "clientIdentifier": "Client Identifier",
    "clientSecret": "Client Secret",
}
"""What Entra calls the fields of *OAuth2 Client Credentials Grant*."""


@click.group()
def client() -> None:
    """Make, list, rotate and revoke OAuth clients of a tenant: Entra's Client Identifier and Client Secret.

    A client may have several secrets, so that one can be exchanged for another without a gap.
    """


CREATE = f"""Make an OAuth client and show its secret, once: only its hash is kept.

\b
Example:
  workteam client create -n workteam --tenant acme --expires-in 365d
{EXITS}"""


@client.command(help=CREATE)
@cluster_options
@release_option
@life_option
@output_option
def create(choice: Choice, release_namespace: str | None, expires_in: timedelta | None, output: str) -> None:
    """Make a client."""
    made = asyncio.run(_create(choice, release_namespace, expires_in))
    _print(made, output)
    if output == "table":
        click.echo(ONCE, err=True)


async def _create(choice: Choice, release_namespace: str | None, expires_in: timedelta | None) -> dict[str, str]:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        name = f"wtc-{secrets.token_hex(6)}"
        text = await create_token(target.cluster, release, target.key, expires_in=expires_in, client=name)
        return _fields(target.key, release, name, text)


LIST = f"""List the OAuth clients of a tenant: their secrets' handles, when they were made, expire and were last used.

\b
Example:
  workteam client list
{EXITS}"""


@client.command(name="list", help=LIST)
@cluster_options
@release_option
@output_option
def list_(choice: Choice, release_namespace: str | None, output: str) -> None:
    """List clients."""
    shown = asyncio.run(listed(choice, release_namespace, CLIENTS))
    if output == "table":
        client_table(shown)
    else:
        document(shown, output)


ROTATE = f"""Make another secret of an OAuth CLIENT, and show it, once. Those before it go on opening for the overlap,
so that there is time to paste the new one into Entra, and are refused from then on, with all access tokens they gave.

\b
Example:
  workteam client rotate wtc-3f9c1b2a7d10 --overlap 24h
{EXITS}"""


@client.command(help=ROTATE)
@click.argument("name", metavar="CLIENT")
@cluster_options
@release_option
@overlap_option
@life_option
@output_option
def rotate(  # noqa: PLR0917 - one for each option
    name: str,
    choice: Choice,
    release_namespace: str | None,
    overlap: timedelta,
    expires_in: timedelta | None,
    output: str,
) -> None:
    """Replace a client's secrets."""

    def pick(secrets_: Kept, tenant: TenantKey) -> Replacing:
        old = client_secrets(secrets_, name)
        if not old:
            raise CLIENTS.unknown(tenant, name)
        return Replacing(name, _living(old), expires_in or _life(old), client=name)

    made = asyncio.run(replaced(choice, release_namespace, CLIENTS, pick, overlap))
    until, fields = rfc3339(made.until), _fields(made.tenant, made.release, name, made.text)
    _print(fields if output == "table" else {**fields, "until": until}, output)
    if output == "table":
        click.echo(f"{ONCE} The secrets before it are refused from {until} on.", err=True)


def _living(old: Kept) -> list[str]:
    now = datetime.now(UTC)
    return [handle for handle, entry in old.items() if entry.alive(now)]


def _life(old: Kept) -> timedelta | None:
    """Return how long the newest secret was to live; None for ever."""
    return list(old.values())[-1].life


REVOKE = f"""Revoke an OAuth CLIENT, or one of its secrets by its handle: the facade refuses it from now on, and the
access tokens that it gave.

\b
Example:
  workteam client list
  workteam client revoke wtc-3f9c1b2a7d10
{EXITS}"""


@client.command(help=REVOKE)
@click.argument("name", metavar="CLIENT")
@cluster_options
@release_option
@output_option
def revoke(name: str, choice: Choice, release_namespace: str | None, output: str) -> None:
    """Revoke a client or a secret."""
    tenant = asyncio.run(revoked(choice, release_namespace, CLIENTS, name))
    if output == "table":
        console().print(f"revoked {name} of {tenant}", markup=False)
    else:
        document({"revoked": name}, output)


def _fields(tenant: TenantKey, release: Release, name: str, text: str) -> dict[str, str]:
    return {
        "tenantURL": base_url(release, tenant),
        "tokenEndpoint": token_endpoint(release, tenant),
        "clientIdentifier": name,
        "clientSecret": text,
    }


def _print(made: dict[str, str], output: str) -> None:
    if output != "table":
        document(made, output)
        return
    for key, label in LABELS.items():
        click.echo(f"{label:<18} {made[key]}")
