"""``workteam tenant``: look into a stand-in Workteam tenant, of the dev stack or by its URL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from workteam_cli.dev_stack import Endpoint
from workteam_cli.output import Exit, Problem, document, output_option, table
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.listing import (
    Account,
    Team,
    dev_stack_endpoint,
    read_endpoint,
    read_resources,
)


def endpoint_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the two options that name a tenant other than the dev stack's."""
    for option in (
        click.option(
            "--token-file", type=click.Path(path_type=Path, dir_okay=False), help="Its first line is the token."
        ),
        click.option("--base-url", metavar="URL", help="The tenant's base URL; without it, that of the dev stack."),
    ):
        command = option(command)
    return command


@click.group()
def tenant() -> None:
    """Look into a stand-in Workteam tenant."""


@tenant.command("ls")
@click.option("--users", "part", flag_value="/Users", default="/Users", help="Its accounts (the default).")
@click.option("--groups", "part", flag_value="/Groups", help="Its teams.")
@endpoint_options
@output_option
def ls(part: str, base_url: str | None, token_file: Path | None, output: str) -> None:
    """List the accounts or the teams of a tenant."""
    resources = read_resources(_endpoint(base_url, token_file), part)
    if resources is None:
        raise Problem(f"the tenant has no {part}: its profile knows users only", Exit.NO_INPUT)
    name = "userName" if part == "/Users" else "displayName"
    resources = sorted(resources, key=lambda resource: (str(resource.get(name)), str(resource.get("id"))))
    if output != "table":
        document(resources, output)
    elif part == "/Users":
        _print_accounts([Account.model_validate(resource) for resource in resources])
    else:
        _print_teams([Team.model_validate(resource) for resource in resources])


@tenant.command("log")
@click.option("--since", type=click.IntRange(0), default=0, show_default=True, help="Only after this number.")
@endpoint_options
@output_option
def log(since: int, base_url: str | None, token_file: Path | None, output: str) -> None:
    """Show what the stand-in was asked, and what became of it."""
    endpoint = _endpoint(base_url, token_file)
    with Control(endpoint.base_url, endpoint.token) as control:
        entries = control.log(since)
    if output != "table":
        document([entry.model_dump(mode="json") for entry in entries], output)
        return
    columns = ["number", "time", "method", "path", "query", "status", "outcome"]
    rows = [
        [entry.sequence, f"{entry.time:%H:%M:%S}", entry.method, entry.path, entry.query, entry.status, entry.outcome]
        for entry in entries
    ]
    table(columns, rows)


def _print_accounts(accounts: list[Account]) -> None:
    names: dict[str | None, str] = {account.id: account.user_name for account in accounts}
    columns = ["user", "name", "active", "external-id", "title", "department", "manager", "id"]
    rows = [
        [
            account.user_name,
            account.display_name,
            None if account.active is None else str(account.active).lower(),
            account.external_id,
            account.title,
            account.enterprise.department,
            names.get(account.enterprise.manager.value, account.enterprise.manager.value),
            account.id,
        ]
        for account in accounts
    ]
    table(columns, rows)


def _print_teams(teams: list[Team]) -> None:
    rows = [[team.display_name, len(team.members), team.external_id, team.id] for team in teams]
    table(["group", "members", "external-id", "id"], rows)


def _endpoint(base_url: str | None, token_file: Path | None) -> Endpoint:
    if base_url is None and token_file is None:
        return dev_stack_endpoint()
    if base_url is None or token_file is None:
        raise Problem(
            "--base-url and --token-file belong together: give both, or neither for the dev stack", Exit.USAGE
        )
    return read_endpoint(base_url, token_file)
