"""docs/reference/conformance.md lists every requirement and trap, and each test that it names exists."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "conformance.md").read_text()
ROWS = re.findall(r"^\| (R?\d+) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
CARRIED = re.compile(r"carried by the [\w']+ issue")
NODE = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<name>\w+)(?:\[(?P<id>[^\]]+)\])?`")
TESTS = re.compile(rf"{NODE.pattern}(, `tests/[^`]+`)*")


def test_all_requirements_and_traps_are_on_the_page() -> None:
    assert [row[0] for row in ROWS] == [f"R{number}" for number in range(1, 41)] + [str(n) for n in range(1, 31)]


def test_every_row_names_a_test_or_says_who_carries_it() -> None:
    assert [row[0] for row in ROWS if not TESTS.fullmatch(row[2]) and not CARRIED.fullmatch(row[2])] == []


def test_each_test_exists() -> None:
    """The function, and the id among the texts of its file."""
    missing = []
    for match in NODE.finditer(PAGE):
        tree = ast.parse((ROOT / match["file"]).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        if match["name"] not in functions or (match["id"] and match["id"] not in texts):
            missing.append(match[0])
    assert missing == []
