"""docs/reference: commands, exit codes, annotations, labels and finalizers are those of the code, and no others."""

import re
from pathlib import Path

import pytest

from workteam_cli.__main__ import COMMANDS
from workteam_cli.output import Exit
from workteam_crds.kinds import custom_resource

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, heading: str) -> dict[str, str]:
    """The first two cells of each row of the table under a heading."""
    body = (DOCS / page).read_text().split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", body, re.MULTILINE))


def test_every_command_is_on_the_page_in_the_words_of_the_help() -> None:
    assert list(rows("reference/commands.md", "command").items()) == list(COMMANDS.items())


def test_every_exit_code_is_on_the_page() -> None:
    """And 130, which is the shell's."""
    assert [int(code) for code in rows("reference/commands.md", "exit code")] == [*Exit, 130]


def test_every_annotation_label_and_finalizer_is_on_the_page() -> None:
    tables = [rows("reference/annotations.md", heading) for heading in ("annotation", "label", "finalizer")]
    names = {value for value in vars(custom_resource).values() if isinstance(value, str) and "workte.am/" in value}
    wanted = {name for name in names if re.fullmatch(r"workte\.am/[a-z-]+", name)}
    assert {name for table in tables for name in table} == wanted


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_pages_name_commands_and_annotations_that_exist(page: Path) -> None:
    """What a page tells people to type is there to be typed."""
    text = page.read_text()
    typed = set(re.findall(r"`workteam ([a-z]+)", text))
    said = set(re.findall(r"workte\.am/[a-z-]+\b", text))
    known = {value for value in vars(custom_resource).values() if isinstance(value, str)}
    assert (typed - set(COMMANDS), said - known) == (set(), set())
