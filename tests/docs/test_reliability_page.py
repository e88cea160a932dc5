"""docs/reliability.md promises nothing without a test, and names none that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| promise")]


def test_every_promise_names_a_test() -> None:
    assert len(ROWS) > 30
    assert [row for row in ROWS if not re.fullmatch(r"\| [^|]+ \| `tests/[\w/]+\.py::test_\w+` \|", row)] == []


def test_every_test_that_is_named_exists() -> None:
    named = [name.split("::") for name in re.findall(r"`(tests/[^`]+)`", PAGE)]
    missing = [
        f"{path}::{name}"
        for path, name in named
        if not (ROOT / path).exists()
        or not re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert missing == []
