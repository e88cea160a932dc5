"""Show long work on stderr: a bar that moves on a terminal, a line per step elsewhere."""

import contextlib
from collections.abc import Iterator

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from workteam_cli.controlplane.reporting import Report
from workteam_cli.output import progress_console


@contextlib.contextmanager
def shown() -> Iterator[Report]:
    """Give something to report steps to, for as long as the block lasts."""
    console = progress_console()
    if not console.is_terminal:
        yield Lines()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)


class Bar:
    """One moving line for the step that is under way, and a line that stays for each step that was finished."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._step = ""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Show that this step is under way, and how far it is."""
        if step != self._step:
            if self._step:
                self._progress.console.print(f"[green]✓[/] {self._step}")
            self._progress.reset(self._task)
            self._step = step
        self._progress.update(self._task, description=step, completed=done, total=total or None)


class Lines:
    """A line per step and per tenth of it, for a log."""

    def __init__(self) -> None:
        self._shown: tuple[str, int] | None = None

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Print the step if it is new, or a tenth further."""
        tenth = 10 * done // total if total else 0
        if (step, tenth) != self._shown:
            self._shown = (step, tenth)
            progress_console().print(f"{step} {tenth * 10} %" if total else step, soft_wrap=True)
