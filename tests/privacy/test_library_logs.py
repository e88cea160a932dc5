"""What libraries log at DEBUG: a kubeconfig names its user, who may be a person."""

import subprocess
import sys
from pathlib import Path

import pytest

KUBECONFIG = """
current-context: here
contexts: [{name: here, context: {cluster: c, user: ana.canary@contoso.example}}]
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: ana.canary@contoso.example, user: {token: t}}]
"""
PROGRAM = """
import asyncio, sys
from workteam_crds.cluster.access import Access
from workteam_operator import logs
logs.configure("DEBUG")
if sys.argv[2] == "heard":
    import logging
    logging.getLogger("kubernetes").setLevel("DEBUG")
asyncio.run(Access.load(sys.argv[1]))
"""


@pytest.mark.parametrize(("loud", "found"), [("quiet", False), ("heard", True)])
def test_the_operator_does_not_say_whose_kubeconfig_it_reads(tmp_path: Path, loud: str, found: bool) -> None:  # noqa: FBT001
    """The second row proves that the library would."""
    file = tmp_path / "kubeconfig"
    file.write_text(KUBECONFIG)
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(file), loud], capture_output=True, text=True, check=True, timeout=60
    )
    assert ("canary" in ran.stdout + ran.stderr) is found
