"""docs/reference/conditions.md is the closed set of the code, no more and no less."""

import re
from pathlib import Path

from workteam_cli.remedies import REMEDIES
from workteam_crds.conditions import ConditionType, Reason

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "conditions.md").read_text()


def rows(heading: str) -> list[str]:
    """The first cells of the table under a heading row."""
    body = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE)


def test_every_type_and_no_other_is_on_the_page() -> None:
    assert rows("type") == [each.value for each in ConditionType]


def test_every_reason_and_no_other_is_on_the_page() -> None:
    assert rows("reason") == [each.value for each in Reason]


def test_every_reason_has_a_cause_and_a_remedy() -> None:
    body = PAGE.split("| reason |", 1)[1]
    cells = [line.split(" | ") for line in body.splitlines() if line.startswith("| `")]
    assert [row[0] for row in cells if len(row) != 3 or not all(cell.strip(" |") for cell in row)] == []


def test_commands_name_the_remedies_of_the_page() -> None:
    """``workteam explain`` and ``status`` say the way out in the words of the page."""
    body = PAGE.split("| reason |", 1)[1]
    cells = [line.removesuffix(" |").split(" | ") for line in body.splitlines() if line.startswith("| `")]
    assert {row[0].strip("| `"): row[2] for row in cells} == {reason.value: text for reason, text in REMEDIES.items()}
