"""``workteam rehearse``: plays Microsoft Entra's provisioning service against a SCIM Base URL."""

import asyncio
import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as RichProgress

from workteam_cli.output import Exit, Problem, console, document, output_option, progress_console, table
from workteam_cli.rehearsal.changes import ChangeSet, load_changes
from workteam_cli.rehearsal.credentials import credentials, trust
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.dry_run import DryRun
from workteam_cli.rehearsal.mapping import SHIPPED, load_mapping
from workteam_cli.rehearsal.record import Summary, unwritable
from workteam_cli.rehearsal.scope import Scope
from workteam_cli.rehearsal.service import Settings, rehearsing
from workteam_cli.rehearsal.timeline import play

_FILE = click.Path(path_type=Path)
_SAMPLE_WORD = "sample"


@dataclass(frozen=True)
class _Asked:
    """What the command line asks for beyond the settings of the service."""

    directory: Directory
    changes: tuple[ChangeSet, ...]
    until: str | None
    restart: bool
    only_test: bool


class _Bar:
    """A progress bar on stderr, one step after the other."""

    def __init__(self, progress: RichProgress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begin(self, step: str, total: int) -> None:
        """Start the bar anew."""
        if self._task is None:
            self._task = self._progress.add_task(step, total=total)
        else:
            self._progress.reset(self._task, total=total, description=step)

    def advance(self) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task)


@click.command()
@click.argument("directory", type=_FILE, required=False)
@click.option(
    "--base-url", envvar="WORKTEAM_BASE_URL", help="The tenant's Base URL; else that of the running dev stack."
)
@click.option("--token", help="The Bearer Token; better in a file, or in WORKTEAM_TOKEN.")
@click.option("--token-file", type=_FILE, help="A file with the Bearer Token.")
@click.option("--ca-file", type=_FILE, help="Certificates of a private authority to trust.")
@click.option("--mapping", default="default", show_default=True, help="default, workteam, or a YAML file.")
@click.option(
    "--scope", type=click.Choice([scope.value for scope in Scope]), default=Scope.ASSIGNED.value, show_default=True
)
@click.option(
    "--dialect",
    type=click.Choice([dialect.value for dialect in Dialect]),
    help="PATCH dialect. [default: by the flag in the Base URL]",
)
@click.option("--changes", type=_FILE, help="Change sets, a cycle for each; 'sample' for the shipped ones.")
@click.option("--until", metavar="ID", help="The last change set to play.")
@click.option("--state", type=_FILE, help="The watermark; without it nothing is known of earlier runs.")
@click.option("--restart", is_flag=True, help="Drop the watermark: a full cycle, matched anew.")
@click.option("--test-connection", "only_test", is_flag=True, help="Test Connection, then stop.")
@click.option("--dry-run", is_flag=True, help="Send nothing; show what would be sent.")
@click.option("--parallel", type=click.IntRange(1, 50), default=5, show_default=True, help="Requests at a time.")
@click.option("--rate", type=click.FloatRange(0), default=25, show_default=True, help="Requests a second; 0: no limit.")
@click.option("--log", "log_file", type=_FILE, help="Append the provisioning log as JSON lines. It names people.")
@output_option
def rehearse(  # noqa: PLR0917 - the options of the command
    directory: Path | None,
    base_url: str | None,
    token: str | None,
    token_file: Path | None,
    ca_file: Path | None,
    mapping: str,
    scope: str,
    dialect: str | None,
    changes: Path | None,
    until: str | None,
    state: Path | None,
    restart: bool,  # noqa: FBT001 - click passes options by name
    only_test: bool,  # noqa: FBT001
    dry_run: bool,  # noqa: FBT001
    parallel: int,
    rate: float,
    log_file: Path | None,
    output: str,
) -> int:
    """Play Microsoft Entra's provisioning service against a SCIM Base URL.

    DIRECTORY is an export in Microsoft Graph property names; without it the shipped sample is used.
    The first run is an initial cycle; with --state the next ones are incremental.

    Exit codes: 0 all right, 1 some objects failed (they stay in the state file), 64 a wrong command line,
    65 a malformed file, 66 a missing file, 69 the service cannot be reached, 73 a file cannot be written,
    75 the state file is in use, 77 the token is refused.
    """
    people = Directory.load(_sample(directory, "contoso.json"))
    shipped = SHIPPED / f"{mapping}.yaml"
    url, secret = credentials(base_url, token, token_file, dry_run=dry_run)
    recorder = DryRun() if dry_run else None
    settings = Settings(
        base_url=url,
        token=secret,
        mapping=load_mapping(shipped if shipped.is_file() else Path(mapping), people),
        scope=Scope(scope),
        dialect=Dialect(dialect) if dialect else _dialect_of(url),
        parallel=parallel,
        rate=0 if dry_run else rate,
        state=state,
        verify=trust(ca_file),
        transport=recorder,
        dry_run=dry_run,
    )
    sets = load_changes(_sample(changes, "changes.json")) if changes else ()
    asked = _Asked(people, sets, until, restart, only_test)
    with _log(log_file) as log:
        summaries = asyncio.run(_run(settings, asked, log))
    _report(summaries, output, recorder)
    return Exit.FAILED if any(summary.failures for summary in summaries) else Exit.OK


async def _run(settings: Settings, asked: _Asked, log: TextIO | None) -> list[Summary]:
    with _bar() as bar:
        async with rehearsing(settings, log=log, progress=bar) as rehearsal:
            await rehearsal.test_connection()
            if asked.only_test:
                return []
            return await play(rehearsal, asked.directory, asked.changes, until=asked.until, restart=asked.restart)


def _dialect_of(base_url: str) -> Dialect:
    return Dialect.COMPLIANT if "aadOptscim062020" in base_url else Dialect.LEGACY


def _sample(file: Path | None, name: str) -> Path:
    return SAMPLE / name if file is None or str(file) == _SAMPLE_WORD else file


@contextlib.contextmanager
def _log(file: Path | None) -> Iterator[TextIO | None]:
    if file is None:
        yield None
        return
    try:
        stream = file.open("a", encoding="utf-8")
        os.fchmod(stream.fileno(), 0o600)
    except OSError as error:
        raise Problem(f"{file} cannot be written ({error.strerror}); name another --log.", Exit.CANNOT_WRITE) from None
    try:
        with stream:
            yield stream
    except OSError as error:  # as the last of it is written
        raise unwritable(error) from None


@contextlib.contextmanager
def _bar() -> Iterator[_Bar]:
    columns = (TextColumn("{task.description:<14}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with RichProgress(*columns, console=progress_console(), transient=True) as progress:
        yield _Bar(progress)


_COUNTS = ("created", "adopted", "updated", "disabled", "deleted", "managers")
_COLUMNS = ("cycle", *_COUNTS, "groups", "members", "failed", "sent")


def _report(summaries: list[Summary], output: str, recorder: DryRun | None) -> None:
    if output != "table":
        result: dict[str, Any] = {"cycles": [summary.as_json() for summary in summaries]}
        if recorder is not None:
            result["requests"] = recorder.requests
        document(result, output)
        return
    if not summaries:
        console().print("Test Connection: the service answers as Entra expects.")
        return
    rows = [_row(summary) for summary in summaries]
    used = [at for at, _ in enumerate(_COLUMNS) if at == 0 or any(row[at] for row in rows)]
    table([_COLUMNS[at] for at in used], [[row[at] for at in used] for row in rows])
    for summary in summaries:
        for reason, count in summary.skipped.items():
            console().print(f"{summary.cycle}: {count} skipped: {reason}")
    last = summaries[-1]
    if last.escrow:
        console().print(f"{last.escrow} failed and will be tried again in the next cycle (see --state and --log).")
    if recorder is not None:
        console().print(
            f"Dry run: {len(recorder.requests)} requests would be sent; -o json shows them. Nothing was sent."
        )


def _row(summary: Summary) -> list[object]:
    """Write one line; what is zero stays empty, and a column of zeros is left out."""
    groups = _signed(summary.groups_created + summary.groups_adopted, summary.groups_updated, summary.groups_deleted)
    members = _signed(summary.memberships_added, 0, summary.memberships_removed)
    counts = [getattr(summary, name) or None for name in _COUNTS]
    sent = sum(summary.requests.values())
    return [summary.cycle, *counts, groups or None, members or None, summary.failures or None, sent]


def _signed(more: int, changed: int, less: int) -> str:
    parts = (f"+{more}" if more else "", f"~{changed}" if changed else "", f"-{less}" if less else "")
    return " ".join(part for part in parts if part)
