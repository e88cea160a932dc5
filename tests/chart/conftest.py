"""The chart, rendered by the real helm and tried on the real API server."""

import base64
import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
import yaml

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.chart import chart_folder
from workteam_cli.controlplane.stack import Stack

Values: TypeAlias = dict[str, Any]
Rendered: TypeAlias = Sequence[dict[str, Any]]

URL = "https://scim.example.com"


@pytest.fixture(scope="session")
def render(cluster_access: Access) -> Callable[[Values], Rendered]:
    """Render the chart with values laid over the least that is required; Problem if helm refuses them."""

    def rendered(values: Values) -> Rendered:
        text = cluster_access.helm(
            "template", "workteam", str(chart_folder()), "-n", "workteam-system", "--values", "-",
            stdin=yaml.safe_dump({"externalURL": URL, **values}),
        )  # fmt: skip
        return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]

    return rendered


def act_as(stack: Stack, account: str, folder: Path) -> Iterator[httpx.Client]:
    """Reach the API server with the token of one of the chart's own ServiceAccounts.

    Plain HTTP, as kubectl reads before it patches: a forbidden read would hide an allowed write.
    """
    written = stack.access.kubeconfig_as(stack.settings.release_namespace, account, folder / account).read_text()
    kubeconfig = yaml.safe_load(written)
    cluster, token = kubeconfig["clusters"][0]["cluster"], kubeconfig["users"][0]["user"]["token"]
    trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=cluster["server"], verify=trust, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def facade(prepared_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Reach the API server as the facade does."""
    yield from act_as(prepared_stack, "workteam-scim", tmp_path_factory.mktemp("facade"))


@pytest.fixture(scope="session")
def operator(prepared_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Reach the API server as the operator does."""
    yield from act_as(prepared_stack, "workteam-operator", tmp_path_factory.mktemp("operator"))
