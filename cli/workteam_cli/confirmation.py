"""How a decision is confirmed by a person, and how its outcome is shown."""

from collections.abc import Sequence

import click

from workteam_cli.decisions import Outcome, name_of
from workteam_cli.output import Exit, Problem, document, table

VALUE = 32
"""Columns for the value of an annotation."""

yes_option = click.option("-y", "--yes", is_flag=True, help="Do it without asking.")


def confirm(question: str, *, yes: bool) -> None:
    """Ask a person unless ``--yes`` was said. Raises ``Problem`` if nobody is there to be asked, or says no."""
    if yes:
        return
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort as error:
        click.echo(err=True)  # the question has a line of its own
        raise _unconfirmed() from error
    if not agreed:
        raise Problem("Nothing was changed.", Exit.FAILED)


def confirm_name(question: str, name: str, *, yes: bool) -> None:
    """Let a person type a name to confirm what cannot be undone. Raises ``Problem``, as ``confirm``."""
    if yes:
        return
    try:
        typed = click.prompt(question, err=True, default="", show_default=False)
    except click.Abort as error:
        click.echo(err=True)  # the question has a line of its own
        raise _unconfirmed() from error
    if typed.strip() != name:
        raise Problem(f"Nothing was changed: that is not {name}.", Exit.FAILED)


def show(outcomes: Sequence[Outcome], output: str, follows: str) -> Exit:
    """Print what became of decisions, and return the exit code; ``follows`` says what comes of those written."""
    failed = [outcome for outcome in outcomes if outcome.failure is not None]
    if output == "table":
        rows = [_row(outcome) for outcome in outcomes]
        table(["kind", "name", "annotation", "value", "result"], rows)
        for outcome in outcomes:
            if why := outcome.failure or outcome.remark:
                click.echo(f"{name_of(outcome.decision.about)}: {why}", err=True)
        if len(failed) < len(outcomes):
            click.echo(follows, err=True)
    else:
        document([outcome.document() for outcome in outcomes], output)
    return Exit.FAILED if failed else Exit.OK


def _row(outcome: Outcome) -> tuple[str, ...]:
    decision = outcome.decision
    result = "set" if decision.value is not None else "removed"
    return (
        decision.about.kind,
        name_of(decision.about),
        decision.annotation,
        _cut(decision.value or ""),
        result if outcome.failure is None else "not done",
    )


def _cut(text: str) -> str:
    """Keep the table within a terminal; -o json has all of it."""
    return text if len(text) <= VALUE else f"{text[: VALUE - 1]}…"


def _unconfirmed() -> Problem:
    return Problem("Nothing was changed, as nobody confirmed it: --yes confirms it beforehand.", Exit.USAGE)
