"""``workteam demo``: the whole path on one machine, from Entra's first request to accounts in Workteam."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from workteam_cli.controlplane.progress import shown
from workteam_cli.controlplane.reporting import Report
from workteam_cli.demonstration import Demonstration, Story
from workteam_cli.output import Exit, console, document, output_option, table

MANY = 4
"""How many names a cell shows before it counts."""


class _Steps:
    """A rehearsal's progress, shown as steps."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._step, self._done, self._total = "", 0, 0

    def begin(self, step: str, total: int) -> None:
        """Show the step anew."""
        self._step, self._done, self._total = f"Entra: {step}", 0, total
        self._report(self._step, 0, total)

    def advance(self) -> None:
        """Show it one further."""
        self._done += 1
        self._report(self._step, self._done, self._total)


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".dev/demo"),
    show_default=True,
    help="A folder of the demo's own; what an earlier demo left in it is ended and removed.",
)
@click.option(
    "--kubeconfig",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="An existing cluster to use; a KUBECONFIG in the environment never is.",
)
@output_option
def demo(home: Path, kubeconfig: Path | None, output: str) -> int:
    """Start everything, play Entra's cycles over a sample directory, show what came of it, leave it running.

    Exit codes: 0 every object is in sync, 1 something failed or does not come in sync, 69 a tool or server is missing,
    73 the folder cannot be written, 75 a port is in use.
    """
    with _demonstration(home, kubeconfig) as demonstration:
        demonstration.start()
        first = demonstration.provision()
        users = demonstration.users()
    _show_first(first, users, output)
    with _continued(demonstration):
        stories = demonstration.follow()
    _show_changes(stories, demonstration, output)
    return Exit.FAILED if any(story.summary.failures for story in (first, *stories)) else Exit.OK


@contextlib.contextmanager
def _demonstration(home: Path, kubeconfig: Path | None) -> Iterator[Demonstration]:
    with shown() as report:
        yield Demonstration(home, kubeconfig, report, _Steps(report))


@contextlib.contextmanager
def _continued(demonstration: Demonstration) -> Iterator[None]:
    """Show progress again after a table was printed."""
    with shown() as report:
        demonstration.report, demonstration.progress = report, _Steps(report)
        yield


def _show_first(story: Story, users: str, output: str) -> None:
    if output != "table":
        return
    summary = story.summary
    out = console()
    out.print(
        f"\n[bold]Initial cycle[/]: {summary.created} users, {summary.managers} managers, "
        f"{summary.groups_created} groups, {summary.memberships_added} memberships; skipped: "
        + ("; ".join(f"{count} {escape(why)}" for why, count in summary.skipped.items()) or "nobody")
    )
    out.print("\n[bold]$ kubectl get workteamusers[/]")
    _plain(out, users)


def _show_changes(stories: Sequence[Story], demonstration: Demonstration, output: str) -> None:
    if output != "table":
        document({"stack": demonstration.info.document(), "cycles": [_document(story) for story in stories]}, output)
        return
    out = console()
    out.print("\n[bold]Six weeks later[/]: one cycle for each day on which something changed")
    rows = [
        (story.summary.cycle, story.title, _names(story.joined), _names(story.changed), _names(story.left))
        for story in stories
    ]
    table(("cycle", "what happened", "joined", "changed", "left"), rows)
    out.print("\n[bold]$ kubectl get workteamusers[/]")
    _plain(out, demonstration.users())
    out.print("\n[bold]$ kubectl get workteamgroups[/]")
    _plain(out, demonstration.groups())
    _show_next(out, demonstration)


def _show_next(out: Console, demonstration: Demonstration) -> None:
    """Name three things to try, each a line that can be copied."""
    info = demonstration.info
    somebody = demonstration.users().splitlines()[1].split()[0]
    out.print("\n[bold]It stays up. Three things to try:[/]")
    lines = (
        f"  export WORKTEAM_DEV_HOME={info.home} KUBECONFIG={info.kubeconfig} PATH=$PWD/.venv/bin:$PATH",
        f"  1. kubectl edit workteamuser -n {info.namespace} {somebody}   # a new title; then: workteam tenant ls",
        "  2. workteam explain LynneO@contoso.com   # what happened to one person, and why",
        "  3. workteam status                   # the tutorial's Current Status",
        "  and to end it: workteam dev down",
    )
    _plain(out, "\n".join(lines))


def _plain(out: Console, text: str) -> None:
    out.print(text.rstrip(), markup=False, no_wrap=True, crop=False, overflow="ignore")


def _names(names: Sequence[str]) -> str:
    if len(names) <= MANY:
        return ", ".join(names)
    return f"{', '.join(names[:MANY])} and {len(names) - MANY} more"


def _document(story: Story) -> dict[str, object]:
    who = {"joined": list(story.joined), "changed": list(story.changed), "left": list(story.left)}
    return {"title": story.title, **who, **story.summary.as_json()}
