"""Which cluster, namespace and tenant a command speaks about: its options, the running dev stack, the usual rules."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from workteam_cli.output import Exit, Problem

DEV_HOME = "WORKTEAM_DEV_HOME"


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


class Stack(BaseModel):
    """What these commands need of the running dev stack, as ``workteam dev up -o json`` prints it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kubeconfig: str
    namespace: str
    tenant: str


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


def running_stack() -> Stack | None:
    """Return the stack of ``$WORKTEAM_DEV_HOME`` (else ``.dev``), or None if there is none.

    Raises ``Problem`` if its file is not what ``workteam dev up`` writes.
    """
    path = Path(os.environ.get(DEV_HOME, ".dev")) / "stack.json"
    try:
        return Stack.model_validate(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (OSError, orjson.JSONDecodeError, ValidationError) as error:
        raise Problem(
            f"{path} does not describe a dev stack ({type(error).__name__}): `workteam dev up` writes it anew, "
            "or name the cluster by --kubeconfig.",
            Exit.BAD_FILE,
        ) from error


def _usual_kubeconfig() -> str | None:
    if named := os.environ.get("KUBECONFIG"):
        return named
    usual = Path.home() / ".kube" / "config"
    return str(usual) if usual.is_file() else None
