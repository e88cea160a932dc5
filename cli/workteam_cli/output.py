"""What a person or a program reads: tables, JSON, YAML, one sentence for a fault, and the exit codes.

Every command ends through here; nobody else prints.
"""

import enum
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import click
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

Json: TypeAlias = Mapping[str, Any] | Sequence[Any]


class Exit(enum.IntEnum):
    """The documented exit codes; from 64 on they are those of sysexits.h."""

    OK = 0
    FAILED = 1
    """The command ran, and part of what it was asked to do failed."""
    DIFFERENT = 2
    """``diff``, ``plan``: the two sides are not equal."""
    USAGE = 64
    """The command line itself is wrong."""
    BAD_FILE = 65
    """A file's content is not what it should be."""
    NO_INPUT = 66
    """A file, object or stack that was named does not exist."""
    UNAVAILABLE = 69
    """A server cannot be reached, or a needed tool is missing."""
    CANNOT_WRITE = 73
    """No space or no permission where something must be written."""
    BUSY = 75
    """Something else holds what is needed: a port or a lock. Try again later."""
    DENIED = 77
    """The token or the account is not allowed to do this."""


class Problem(Exception):
    """One clear sentence with the cause and the way out, and the exit code that goes with it."""

    def __init__(self, sentence: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(sentence)
        self.code = code


FORMATS = ("table", "json", "yaml")

WIDTH = 80
"""Columns of a terminal, for sentences."""
WIDEST = 10_000
"""Columns of the widest table; beyond it cells are cut."""

output_option = click.option(
    "-o", "--output", "output", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
)


def console() -> Console:
    """Where results go. Made anew for each use, so that a redirected stdout is respected."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def progress_console() -> Console:
    """Where progress and remarks go: stderr, so that stdout stays a result that can be piped."""
    return Console(stderr=True, highlight=False)


def counted(number: int, one: str, several: str) -> str:
    """Return a number with its noun."""
    return f"{number} {one if number == 1 else several}"


def prose(text: str, label: str = "", *, indent: int = 0) -> None:
    """Print a sentence behind a label, broken into lines of 80 columns; what follows is indented under its begin."""
    lines = textwrap.wrap(text, WIDTH - indent, break_long_words=False, break_on_hyphens=False) or [""]
    for number, line in enumerate(lines):
        click.echo(f"{'' if number else label:<{indent}}{line}".rstrip())


def document(value: Json, output: str) -> None:
    """Print a value as JSON or YAML; the order of keys is kept."""
    if output == "yaml":
        click.echo(yaml.safe_dump(value, sort_keys=False, allow_unicode=True).rstrip())
    else:
        click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None, err: bool = False
) -> None:
    """Print rows under upper-case headings, each on one line of its own and uncut, as kubectl does.

    ``err``: on stderr, for what a person is asked about before there is a result.
    """
    grid = Table(*[column.upper() for column in columns], title=title, box=None, title_justify="left", pad_edge=False)
    for row in rows:
        grid.add_row(*[Text("" if cell is None else str(cell)) for cell in row])  # text: brackets are no markup
    needed = console().measure(grid, options=console().options.update(max_width=WIDEST)).maximum
    Console(stderr=err, highlight=False, width=max(needed, 1), soft_wrap=True).print(grid)
