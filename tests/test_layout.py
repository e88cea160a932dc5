"""The layout: the fence around the standard library, and CONTRIBUTING's map."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLAIN = ("crds", "scim_api", "operator", "cli")
"""Folders on the path, beside whose package no module may lie."""


def tracked(*patterns: str) -> list[Path]:
    """The files that git tracks, or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def test_nothing_shadows_the_standard_library() -> None:
    """`operator/__init__.py` kills Python in the root; an `operator.py` kills it in its own folder."""
    bad = [path for path in tracked("*.py") if path.name == "operator.py"]
    bad += [Path(folder, name) for folder in PLAIN for name in ("__init__.py",) if (ROOT / folder / name).exists()]
    bad += [path for path in tracked("tests/*.py") if path.name == "__init__.py"]
    assert bad == []


def test_the_four_folders_hold_only_their_package() -> None:
    """An editable install puts them on the path: a module beside the package would be importable by anyone."""
    assert [path for folder in PLAIN for path in (ROOT / folder).glob("*.py")] == []


def test_no_folder_of_tests_is_named_as_a_module_of_ours() -> None:
    assert not {path.name for path in (ROOT / "tests").iterdir()} & {"operator", "workteam_crds", "workteam_cli"}


def test_the_map_in_contributing_is_true() -> None:
    """Every folder with code has a line in the map, and every path that the map names is there."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`]+)`", row)}
    folders = {f"{path.parent}/" for path in tracked("*.py") if len(path.parts) > 1}
    assert folders - named == set()
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_no_file_names_a_machine() -> None:
    """Paths of somebody's machine and hosts of registries do not belong into a repository."""
    home = re.compile(r"(?<![\w.$}~/-])/(?:root|home/[a-z]+)/")
    found = []
    for path in tracked("*.py", "*.md", "*.yaml", "*.toml", "*.lock", "Makefile", ".ci/run"):
        found += [f"{path}: {match[0]}" for match in home.finditer((ROOT / path).read_text())]
    assert found == []
