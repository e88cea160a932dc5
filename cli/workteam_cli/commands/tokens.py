"""``workteam token``: Bearer Tokens for Entra's Secret Token. The name ``token`` is the standard library's."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from workteam_cli.bearer_tokens import Kept, bearer_tokens, create_token
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.credentials import Replacing, Sort, listed, replaced, revoked
from workteam_cli.durations import life_option, overlap_option
from workteam_cli.output import Exit, Problem, console, document, output_option
from workteam_cli.target import connected
from workteam_cli.token_table import token_document, token_table
from workteam_crds.naming import TenantKey
from workteam_crds.part import rfc3339
from workteam_scim.tokens import handle_of

EXITS = """
\b
Exit codes: 0 done, 64 wrong command line or several tenants, 66 no such tenant, release or token,
69 no answer from the cluster, 77 not allowed
"""
TOKENS = Sort("Bearer Token", "token", bearer_tokens, token_document)
ONCE = "This Bearer Token is not shown again: paste it into Secret Token of Entra now."


@click.group()
def token() -> None:
    """Make, list, rotate and revoke the Bearer Tokens of a tenant: Entra's Secret Token.

    Several may be active, so that one can be exchanged for another without a gap.
    """


CREATE = f"""Make a Bearer Token and show it, once: only its hash is kept.

\b
Example:
  workteam token create -n workteam --tenant acme --expires-in 365d
{EXITS}"""


@token.command(help=CREATE)
@cluster_options
@release_option
@life_option
@output_option
def create(choice: Choice, release_namespace: str | None, expires_in: timedelta | None, output: str) -> None:
    """Make a token."""
    made = asyncio.run(_create(choice, release_namespace, expires_in))
    if output == "table":
        click.echo(made["token"])
        click.echo(ONCE, err=True)
    else:
        document(made, output)


async def _create(choice: Choice, release_namespace: str | None, expires_in: timedelta | None) -> dict[str, Any]:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        text = await create_token(target.cluster, release, target.key, expires_in=expires_in)
    return {"handle": handle_of(text), "token": text}


LIST = f"""List the Bearer Tokens of a tenant: handles, when they were made, expire and were last used.

\b
Example:
  workteam token list
{EXITS}"""


@token.command(name="list", help=LIST)
@cluster_options
@release_option
@output_option
def list_(choice: Choice, release_namespace: str | None, output: str) -> None:
    """List tokens."""
    shown = asyncio.run(listed(choice, release_namespace, TOKENS))
    if output == "table":
        token_table(shown)
    else:
        document(shown, output)


ROTATE = f"""Make a Bearer Token in place of the one with HANDLE, and show it, once. The old one goes on opening for the
overlap, so that there is time to paste the new one into Entra, and is refused from then on.

HANDLE may be left out if the tenant has one Bearer Token. The new one lives as long as the old one was to live, unless
--expires-in says otherwise.

\b
Example:
  workteam token rotate 3f9c1b2a7d10 --overlap 24h
{EXITS}"""


@token.command(help=ROTATE)
@click.argument("handle", required=False)
@cluster_options
@release_option
@overlap_option
@life_option
@output_option
def rotate(  # noqa: PLR0917 - one for each option
    handle: str | None,
    choice: Choice,
    release_namespace: str | None,
    overlap: timedelta,
    expires_in: timedelta | None,
    output: str,
) -> None:
    """Replace a token; a whole token is taken for its handle."""
    named = handle and (handle_of(handle) or handle)

    def pick(tokens: Kept, tenant: TenantKey) -> Replacing:
        old = named or _only(tokens, tenant)
        if old not in tokens:
            raise TOKENS.unknown(tenant, old)
        return Replacing(old, [old], expires_in or tokens[old].life, ends=tokens[old].expires)

    made = asyncio.run(replaced(choice, release_namespace, TOKENS, pick, overlap))
    until = rfc3339(made.until)
    if output == "table":
        click.echo(made.text)
        click.echo(f"{ONCE} {made.old.name} is refused from {until} on.", err=True)
    else:
        told = {"handle": handle_of(made.text), "token": made.text, "replaces": made.old.name, "until": until}
        document(told, output)


def _only(tokens: Kept, tenant: TenantKey) -> str:
    now = datetime.now(UTC)
    living = [handle for handle, entry in tokens.items() if entry.alive(now) and entry.replaced_by is None]
    match living:
        case [handle]:
            return handle
        case []:
            raise Problem(f"{tenant} has no Bearer Token to rotate: `workteam token create` makes one.", Exit.NO_INPUT)
        case _:
            raise Problem(f"{tenant} has several Bearer Tokens, name one: {', '.join(living)}.", Exit.USAGE)


REVOKE = f"""Revoke a Bearer Token by its HANDLE: the facade refuses it from now on.

\b
Example:
  workteam token list
  workteam token revoke 3f9c1b2a7d10
{EXITS}"""


@token.command(help=REVOKE)
@click.argument("handle")
@cluster_options
@release_option
@output_option
def revoke(handle: str, choice: Choice, release_namespace: str | None, output: str) -> None:
    """Revoke a token; a whole token is taken for its handle."""
    name = handle_of(handle) or handle
    tenant = asyncio.run(revoked(choice, release_namespace, TOKENS, name))
    if output == "table":
        console().print(f"revoked {name} of {tenant}", markup=False)
    else:
        document({"revoked": name}, output)
