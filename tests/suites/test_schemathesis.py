"""schemathesis against /openapi.json: requests invented from what the facade says of itself, valid ones and others."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from workteam_cli.controlplane.stack import RunningTenant

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "use_after_free",
    "ensure_resource_availability",
)
"""Not those that know only what the document says: filters have a grammar of their own, and Entra is forgiven much."""
NEVER_SERVED = "/Me$"
"""Its five methods are answered with 501, as RFC 7644 §3.11 has it: here that would be a failure."""


@pytest.mark.parametrize(
    ("phases", "least"),
    [
        pytest.param("fuzzing,stateful", 120, id="random-and-in-sequence"),
        pytest.param("coverage", 1900, id="every-boundary", marks=pytest.mark.slow),
    ],
)
def test_nothing_breaks_the_description(suite_tenant: RunningTenant, tmp_path: Path, phases: str, least: int) -> None:
    """No 5xx, no undescribed status, type or key, on all 27 operations; the requests are the same in every run."""
    report = examined(suite_tenant, tmp_path, phases)
    assert report["failures"] == []
    assert report["errors"] == []
    assert report["operations"]["tested"] == 27
    assert report["test_cases"]["generated"] >= least
    assert report["exit_code"] == 0


def examined(tenant: RunningTenant, folder: Path, phases: str) -> dict[str, Any]:
    """Run schemathesis in a folder of its own and return its report."""
    base = urlsplit(tenant.scim.base_url)
    report, parameters = folder / "report.json", {"namespace": tenant.settings.namespace, "name": tenant.settings.name}
    lines = ["[parameters]", *(f'"path.{name}" = "{value}"' for name, value in parameters.items())]
    (folder / "schemathesis.toml").write_text("\n".join(lines))
    options = {
        "--header": f"Authorization: Bearer {tenant.scim.token}",
        "--phases": phases,
        "--checks": ",".join(CHECKS),
        "--exclude-path-regex": NEVER_SERVED,
        "--max-examples": "6",
        "--seed": "1",
        "--request-timeout": "30",
        "--suppress-health-check": "too_slow",  # a busy machine is no fault of the facade
        "--report-json-path": str(report),
    }
    flags = ["--generation-deterministic", "--no-shrink", "--continue-on-failure"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{base.scheme}://{base.netloc}/openapi.json"]
    run = subprocess.run(
        [*command, *(part for option in options.items() for part in option), *flags],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), run.stdout + run.stderr
    return dict(json.loads(report.read_text()))
