"""``workteam settings``: what the tutorial's *SCIM Settings* dialog shows."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from workteam_cli.addresses import address_warning, base_url, token_endpoint
from workteam_cli.bearer_tokens import bearer_tokens, client_secrets, read_entries
from workteam_cli.choice import Choice, cluster_options, release_option
from workteam_cli.output import console, document, output_option
from workteam_cli.target import connected
from workteam_cli.token_table import client_document, client_table, token_document, token_table
from workteam_cli.token_warnings import token_warnings

HELP = """Show the SCIM Settings of a tenant: what goes into Entra's Admin Credentials.

Base URL goes into Tenant URL, a Bearer Token into Secret Token. Where Entra asks for OAuth2 Client Credentials Grant,
Token Endpoint and a Client Identifier go there with its Client Secret. Tokens and secrets are shown once, when
`workteam token create` and `workteam client create` make them; here are the handles of those that exist.

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
        entries = await read_entries(target.cluster, release, target.key)
        warnings = [address_warning(release), *token_warnings(entries, target.key, datetime.now(UTC))]
        return {
            "namespace": target.key.namespace,
            "tenant": target.key.name,
            "enabled": target.tenant.spec.scim.enabled,
            "paused": target.tenant.spec.scim.paused,
            "baseURL": base_url(release, target.key),
            "bearerTokens": token_document(bearer_tokens(entries)),
            "tokenEndpoint": token_endpoint(release, target.key),
            "clients": client_document(client_secrets(entries)),
            "warnings": [warning for warning in warnings if warning],
        }


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
    out.print(f"Token Endpoint {shown['tokenEndpoint']}", markup=False)
    if not shown["clients"]:
        out.print("Clients        none")
    else:
        out.print("Clients")
        client_table(shown["clients"])
    option = f"-n {shown['namespace']} --tenant {shown['tenant']}"
    for warning in shown["warnings"]:
        out.print(f"\nWarning: {warning}", markup=False)
    out.print(f"\nGenerate a Bearer Token: workteam token create {option}", markup=False)
