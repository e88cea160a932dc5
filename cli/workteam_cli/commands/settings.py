"""``workteam settings``: what the tutorial's *SCIM Settings* dialog shows."""

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from workteam_cli.bearer_tokens import list_tokens
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.output import console, document, output_option
from workteam_cli.target import Target, connected
from workteam_cli.token_table import token_document, token_table

HELP = """Show the SCIM Settings of a tenant: what goes into Entra's Admin Credentials.

Base URL goes into Tenant URL, a Bearer Token into Secret Token. A token is shown once, when `workteam token create`
makes it; here are the handles of those that exist.

\b
Example:
  workteam settings -n workteam --tenant acme

\b
Exit codes: 0 shown, 64 several tenants, 66 no such tenant or release, 69 no answer from the cluster, 77 not allowed
"""


@click.command(help=HELP)
@cluster_options
@release_option
@output_option
def settings(choice: Choice, release_namespace: str | None, output: str) -> None:
    """Print the settings."""
    shown = asyncio.run(_settings(choice, release_namespace))
    if output == "table":
        _print(shown)
    else:
        document(shown, output)


async def _settings(choice: Choice, release_namespace: str | None) -> dict[str, Any]:
    async with connected(choice) as target:
        release = await target.release(release_namespace)
        tokens = await list_tokens(target.cluster, release, target.key)
        return {
            "namespace": target.key.namespace,
            "tenant": target.key.name,
            "enabled": target.tenant.spec.scim.enabled,
            "paused": target.tenant.spec.scim.paused,
            "baseURL": base_url(release.external_url, target),
            "bearerTokens": token_document(tokens),
        }


def base_url(external_url: str, target: Target) -> str:
    """Return what Entra calls *Tenant URL*."""
    return f"{external_url}/{target.key.namespace}/{target.key.name}/scim/v2"


def _print(shown: Mapping[str, Any]) -> None:
    out = console()
    out.print(f"SCIM Settings of {shown['namespace']}/{shown['tenant']}\n", markup=False)
    enabled = "yes" if shown["enabled"] else "no: set spec.scim.enabled of the WorkteamTenant to true"
    out.print(f"Enabled        {enabled}", markup=False)
    if shown["paused"]:
        out.print("Paused         yes: spec.scim.paused of the WorkteamTenant is true", markup=False)
    out.print(f"Base URL       {shown['baseURL']}", markup=False)
    if not shown["bearerTokens"]:
        out.print("Bearer Tokens  none")
    else:
        out.print("Bearer Tokens")
        token_table(shown["bearerTokens"])
    option = f"-n {shown['namespace']} --tenant {shown['tenant']}"
    out.print(f"\nGenerate a Bearer Token: workteam token create {option}", markup=False)
