"""Which cluster, namespace and tenant a command speaks about: its options, the running dev stack, the usual rules."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from workteam_cli.dev_stack import running_stack


@dataclass(frozen=True)
class Choice:
    """What a person asked for on the command line; None means: find out."""

    kubeconfig: str | None
    namespace: str | None
    tenant: str | None


@dataclass(frozen=True)
class Place:
    """Where to look: a kubeconfig (None: the pod's service account), and what is preferred there."""

    kubeconfig: str | None
    namespace: str | None
    tenant: str | None
    is_stack: bool = False


release_option = click.option(
    "--release-namespace", metavar="NAME", help="Where the chart is installed; needed only without cluster-wide rights."
)


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose cluster, namespace and tenant; the command receives one ``Choice``."""

    @functools.wraps(command)
    def chosen(kubeconfig: str | None, namespace: str | None, tenant: str | None, **rest: Any) -> Any:
        return command(choice=Choice(kubeconfig, namespace, tenant), **rest)

    for option in (
        click.option("--tenant", metavar="NAME", help="The WorkteamTenant; needed only if there are several."),
        click.option("-n", "--namespace", metavar="NAME", help="The tenant's namespace; else found."),
        click.option(
            "--kubeconfig",
            metavar="FILE",
            type=click.Path(exists=True, dir_okay=False),
            help="The cluster; else the running dev stack, else KUBECONFIG or ~/.kube/config.",
        ),
    ):
        option(chosen)
    return chosen


def place_of(choice: Choice) -> Place:
    """Apply the rules: the named file, else the dev stack, else what kubectl would use."""
    if choice.kubeconfig:
        return Place(choice.kubeconfig, choice.namespace, choice.tenant)
    if stack := running_stack():
        elsewhere = choice.namespace not in (None, stack.namespace)
        tenant = choice.tenant or (None if elsewhere else stack.tenant)
        return Place(stack.kubeconfig, choice.namespace or stack.namespace, tenant, is_stack=True)
    return Place(_usual_kubeconfig(), choice.namespace, choice.tenant)


def _usual_kubeconfig() -> str | None:
    if named := os.environ.get("KUBECONFIG"):
        return named
    usual = Path.home() / ".kube" / "config"
    return str(usual) if usual.is_file() else None
