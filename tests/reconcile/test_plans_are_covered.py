"""Every branch of the plans is in a table: what decides about people's accounts has no line that nobody reviewed."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECIDE = ("user_plan", "group_plan", "adoption", "intents", "leavers", "restoration", "drift")
TABLES = (
    "tests/reconcile/test_user_plan.py",
    "tests/reconcile/test_user_plan_keeping.py",
    "tests/reconcile/test_group_plan.py",
    "tests/reconcile/test_adoption.py",
    "tests/reconcile/test_intents.py",
    "tests/reconcile/test_restoration.py",
    "tests/reconcile/test_protected.py",
    "tests/drift/test_drift.py",
)


def test_no_branch_of_a_plan_is_without_a_row(tmp_path: Path) -> None:
    """The tables alone take every branch of the modules that decide."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *TABLES]
    measured = [f"--cov=workteam_operator.{name}" for name in DECIDE]
    done = subprocess.run(
        [*command, *measured, "--cov-branch", "--cov-report=term-missing:skip-covered", "--cov-fail-under=100"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "COVERAGE_FILE": str(tmp_path / "coverage")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
