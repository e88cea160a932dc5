"""``workteam token``: Bearer Tokens for Entra's Secret Token. The name ``token`` is the standard library's."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import click

from workteam_cli.bearer_tokens import create_token, list_tokens, revoke_token
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.output import Exit, Problem, console, document, output_option
from workteam_cli.target import connected
from workteam_cli.token_table import token_document, token_table
from workteam_scim.tokens import handle_of

EXITS = """
\b
Exit codes: 0 done, 64 wrong command line or several tenants, 66 no such tenant, release or token,
69 no answer from the cluster, 77 not allowed
"""

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=3650)


class Life(click.ParamType[timedelta]):
    """A time such as 365d or 12h."""

    name = "DURATION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read the text of the command line."""
        found = re.fullmatch(r"(\d{1,5})([hd])", str(value))
        life = timedelta(0) if found is None else int(found[1]) * UNITS[found[2]]
        if not timedelta(0) < life <= LONGEST:
            self.fail(f"{value!r} is no time from 1h to 3650d, such as 365d or 12h", param, ctx)
        return life


@click.group()
def token() -> None:
    """Make, list and revoke the Bearer Tokens of a tenant: Entra's Secret Token.

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
@click.option("--expires-in", type=Life(), help="When it stops being valid, such as 365d or 12h; else never.")
@output_option
def create(choice: Choice, release_namespace: str | None, expires_in: timedelta | None, output: str) -> None:
    """Make a token."""
    made = asyncio.run(_create(choice, release_namespace, expires_in))
    if output == "table":
        click.echo(made["token"])
        click.echo("This Bearer Token is not shown again: paste it into Secret Token of Entra now.", err=True)
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
    shown = asyncio.run(_list(choice, release_namespace))
    if output == "table":
        token_table(shown)
    else:
        document(shown, output)


async def _list(choice: Choice, release_namespace: str | None) -> list[dict[str, str | None]]:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        return token_document(await list_tokens(target.cluster, release, target.key))


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
    tenant = asyncio.run(_revoke(choice, release_namespace, name))
    if output == "table":
        console().print(f"revoked {name} of {tenant}", markup=False)
    else:
        document({"revoked": name}, output)


async def _revoke(choice: Choice, release_namespace: str | None, handle: str) -> str:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        if not await revoke_token(target.cluster, release, target.key, handle):
            raise Problem(
                f"{target.key} has no Bearer Token {handle}: `workteam token list` names those it has.", Exit.NO_INPUT
            )
        return str(target.key)
