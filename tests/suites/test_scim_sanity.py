"""scim-sanity's probe, strict, against the running facade."""

import json
import subprocess
import sys

from workteam_cli.dev_stack import Endpoint

NO_AGENTS = ["Agent CRUD Lifecycle", "Agent Rapid Lifecycle", "AgenticApplication CRUD Lifecycle"]
"""Resource types of a draft that the facade does not publish."""


def test_the_strict_probe_of_scim_sanity_passes(endpoint: Endpoint) -> None:
    """28 of 28 without a warning; skipped are the agents of a draft, and nothing else."""
    flags = ["--strict", "--token", endpoint.token, "--json-output", "--i-accept-side-effects"]
    probe = [sys.executable, "-m", "scim_sanity", "probe", endpoint.base_url, *flags]
    run = subprocess.run(probe, capture_output=True, text=True, check=False, timeout=60)
    report = json.loads(run.stdout)
    assert report["issues"] == []
    assert sorted(each["name"] for each in report["results"] if each["status"] == "skip") == NO_AGENTS
    assert report["summary"] == {"total": 31, "passed": 28, "skipped": 3, "failed": 0, "warnings": 0, "errors": 0}
    assert run.returncode == 0
