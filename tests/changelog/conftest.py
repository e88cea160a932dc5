"""A stage per test, whose operator keeps a change log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, staged


@pytest.fixture
def change_log(tmp_path: Path) -> Path:
    """Name the file of values."""
    return tmp_path / "changes.jsonl"


@pytest.fixture
async def stage(
    cluster_access: Access, namespace: str, monkeypatch: pytest.MonkeyPatch, change_log: Path
) -> AsyncIterator[Stage]:
    """Set up an empty namespace and an empty Workteam tenant."""
    monkeypatch.setenv("KUBECONFIG", str(cluster_access.kubeconfig))
    async with staged(cluster_access, namespace) as stage:
        stage.settings = stage.settings.model_copy(update={"change_log": str(change_log)})
        yield stage
