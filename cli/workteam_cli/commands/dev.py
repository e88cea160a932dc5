"""``workteam dev``: a control plane and everything of ours on this machine, left running until ``down``."""

from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from workteam_cli.controlplane.bringing import ProcessState, bring_up, states, take_down
from workteam_cli.controlplane.progress import shown
from workteam_cli.controlplane.settings import FACADE, OPERATOR, Setting, StackSettings, TenantSettings
from workteam_cli.dev_stack import StackInfo
from workteam_cli.output import Exit, Problem, console, document, output_option, table

home_option = click.option(
    "--home",
    envvar="WORKTEAM_DEV_HOME",
    default=".dev",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where data, tokens and logs live (or WORKTEAM_DEV_HOME).",
)


@click.group()
def dev() -> None:
    """Run etcd, kube-apiserver, the chart, a stand-in tenant, facade and operator on this machine."""


@dev.command()
@home_option
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False),
    help="An existing cluster to use; a KUBECONFIG in the environment never is.",
)
@click.option("-n", "--namespace", default="workteam", show_default=True, help="Where the tenant lives.")
@click.option("--tenant", default="acme", show_default=True, help="Its name.")
@click.option("--profile", type=click.Choice(["full", "workteam"]), default="full", show_default=True)
@click.option(
    "--log-level", type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]), default="INFO", show_default=True
)
@click.option(
    "--operator-setting",
    "operator_settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="WORKTEAM_OPERATOR_KEY; may repeat.",
)
@click.option(
    "--without",
    multiple=True,
    type=click.Choice([FACADE, OPERATOR]),
    help="Leave one out, to run it yourself; may repeat.",
)
@click.option("--controllers", is_flag=True, help="Run kube-controller-manager too: a deleted namespace goes away.")
@output_option
def up(output: str, operator_settings: tuple[str, ...], **options: Any) -> None:
    """Start what does not run yet, and return when all is ready. Run again, it reuses what runs."""
    tenant = TenantSettings(options["tenant"], options["namespace"], options["profile"])
    settings = StackSettings(
        home=options["home"],
        kubeconfig=_existing(options["kubeconfig"]),
        tenants=(tenant,),
        log_level=options["log_level"],
        operator_settings=dict(_setting(each) for each in operator_settings),
        controllers=options["controllers"],
        processes=frozenset({FACADE, OPERATOR}) - set(options["without"]),
    )
    with shown() as report:
        info = bring_up(settings, report)
    if output == "table":
        _print_stack(info)
    else:
        document(info.document(), output)


@dev.command()
@home_option
@output_option
def status(output: str, home: Path) -> int:
    """Show the processes of the stack; exit 0 if all run, 1 if one does not."""
    found = states(home)
    if not found:
        raise Problem(f"No stack lives in {home}: start one with `workteam dev up`.", Exit.NO_INPUT)
    running = all(state.running for state in found)
    if output == "table":
        columns = ("process", "state", "pid", "port", "log")
        table(columns, [_row(state) for state in found])
    else:
        document({"home": str(home.absolute()), "running": running, "processes": _documents(found)}, output)
    return Exit.OK if running else Exit.FAILED


@dev.command()
@home_option
@output_option
def down(output: str, home: Path) -> None:
    """End the processes that `up` started. Data and tokens stay for the next `up`."""
    with shown() as report:
        ended = take_down(home, report)
    if output == "table":
        console().print(f"ended: {', '.join(ended)}" if ended else f"nothing runs in {escape(str(home))}")
    else:
        document({"ended": ended}, output)


def _existing(kubeconfig: Path | None) -> Path | None:
    if kubeconfig and not kubeconfig.is_file():
        raise Problem(
            f"The kubeconfig {kubeconfig} does not exist: name the file of the cluster to use.", Exit.NO_INPUT
        )
    return kubeconfig


def _setting(text: str) -> tuple[str, Setting]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise Problem(f"--operator-setting {text} is not KEY=VALUE.", Exit.USAGE)
    return key, value


def _row(state: ProcessState) -> tuple[object, ...]:
    return (
        state.name,
        "running" if state.running else "ended",
        state.pid if state.running else None,
        state.port,
        state.log,
    )


def _documents(found: list[ProcessState]) -> dict[str, Any]:
    return {
        state.name: {"running": state.running, "pid": state.pid, "port": state.port, "log": state.log}
        for state in found
    }


def _print_stack(info: StackInfo) -> None:
    rows = [
        ("Base URL", info.scim.base_url),
        ("Bearer token", info.scim.token),
        ("Tenant", f"{info.namespace}/{info.tenant}"),
        ("Workteam", info.workteam.base_url),
        ("Kubeconfig", info.kubeconfig),
        ("Logs", f"{info.home}/logs"),
    ]
    table(("what", "where"), rows)
