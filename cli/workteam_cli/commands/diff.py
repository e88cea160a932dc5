"""``workteam diff``: what ``export`` would change, as a unified diff."""

import asyncio
import difflib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import click

from workteam_cli.choice import Choice, cluster_options
from workteam_cli.objects import read_objects
from workteam_cli.output import Exit, Problem, document, output_option
from workteam_cli.record.folder import Documents, RecordFolder, documents_of
from workteam_cli.record.layout import path_of
from workteam_cli.target import connected

HELP = """Compare the files of DIR with the cluster, object by object; nothing is written anywhere.

Lines with - are in DIR only, lines with + in the cluster only. Files are compared by what they say: comments and the
order of keys do not matter.

\b
Example:
  workteam diff record

\b
Exit codes: 0 equal, 1 an object could not be read, 2 different, 64 several tenants, 65 a file is not what it
should be, 66 no such tenant or no export in DIR, 69 no answer from the cluster, 73 DIR holds foreign files,
77 not allowed
"""

STYLES = {"-": "red", "+": "green", "@": "cyan"}


@click.command(help=HELP)
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@cluster_options
@output_option
def diff(folder: Path, choice: Choice, output: str) -> int:
    """Print the differences; the exit code says whether there are any."""
    found, unreadable = asyncio.run(_diff(folder, choice))
    if output == "table":
        for difference in found:
            _print(difference["diff"])
    else:
        document({"equal": not found, "differences": found}, output)
    if unreadable:
        raise Problem(f"This version cannot read {', '.join(unreadable)}: they were not compared.")
    return Exit.DIFFERENT if found else Exit.OK


async def _diff(folder: Path, choice: Choice) -> tuple[list[dict[str, Any]], list[str]]:
    async with connected(choice) as target:
        record = RecordFolder(folder, target.key.name)
        recorded = record.read(target.key.namespace)
        if not recorded:
            raise Problem(
                f"{folder} holds no record of the tenant {target.key.name}: `workteam export {folder}` writes one.",
                Exit.NO_INPUT,
            )
        objects = await read_objects(target.cluster, target.tenant)
    skipped = {path_of(key.kind, key.name) for key in objects.unreadable}
    compared = {file: text for file, text in recorded.items() if file not in skipped}
    return list(differences(compared, documents_of(objects))), [str(key) for key in objects.unreadable]


def differences(recorded: Documents, live: Documents) -> Iterator[dict[str, str]]:
    """Compare two sets of documents file by file, in the order of their paths."""
    for file in sorted(recorded.keys() | live.keys()):
        old, new = recorded.get(file), live.get(file)
        if old != new:
            change = "added" if old is None else "removed" if new is None else "changed"
            yield {"file": str(file), "change": change, "diff": _unified(file, old, new)}


def _unified(file: PurePosixPath, old: str | None, new: str | None) -> str:
    names = ("/dev/null" if old is None else f"recorded/{file}", "/dev/null" if new is None else f"cluster/{file}")
    before, after = ((text or "").splitlines(keepends=True) for text in (old, new))
    return "".join(difflib.unified_diff(before, after, *names))


def _print(text: str) -> None:
    """Colour each line if a person reads; click drops the colours for a pipe."""
    for line in text.splitlines():
        click.secho(line, fg=STYLES.get(line[0]))
