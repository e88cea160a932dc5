"""A second release, for itself: what upgrades and removals leave, and Secrets by name."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.chart import chart_folder
from workteam_cli.output import Problem

TENANTS, SYSTEM = "narrow", "narrow-system"
HASH = base64.b64encode(b'{"hash": "sha256:00"}').decode()


def upgrade(access: Access, *more: str) -> None:
    """Install or upgrade the second release; the kinds belong to the first."""
    given = ("--set", "externalURL=https://scim.example.com", "--set", f"tenantNamespaces={{{TENANTS}}}")
    narrow = ("--set", "tenantSecrets={named}", "--set", "crds.enabled=false")
    where = ("-n", SYSTEM, "--install", "workteam", str(chart_folder()))
    access.helm("upgrade", *where, *given, *narrow, *more)


def token_hash(access: Access) -> str | None:
    """Read one entry of the token Secret."""
    secret = access.get("secret", "workteam-scim-tokens", "-n", SYSTEM) or {}
    found: str | None = secret.get("data", {}).get("handle")
    return found


@pytest.fixture
def release(cluster_access: Access) -> Iterator[Access]:
    """Install the second release with a token in it; it is gone afterwards, and its token Secret too."""
    for name in (TENANTS, SYSTEM):
        if cluster_access.get("namespace", name) is None:
            cluster_access.kubectl("create", "namespace", name)
    upgrade(cluster_access)
    patch = json.dumps({"data": {"handle": HASH}})
    cluster_access.kubectl("patch", "secret", "workteam-scim-tokens", "-n", SYSTEM, "--type=merge", "-p", patch)
    yield cluster_access
    cluster_access.helm("uninstall", "workteam", "-n", SYSTEM, "--ignore-not-found")
    cluster_access.kubectl("delete", "secret", "workteam-scim-tokens", "-n", SYSTEM)


@pytest.mark.parametrize(
    "how", [(), ("--server-side=false",), ("--force-conflicts",)], ids=["as usual", "client side", "forced"]
)
def test_upgrade_keeps_tokens(release: Access, how: tuple[str, ...]) -> None:
    """An upgrade changes what it should and no token."""
    upgrade(release, "--set", "scimApi.logLevel=DEBUG", *how)
    deployment = release.get("deployment", "workteam-scim", "-n", SYSTEM)
    assert deployment is not None
    variables = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "WORKTEAM_SCIM_LOG_LEVEL", "value": "DEBUG"} in variables
    assert token_hash(release) == HASH


def test_uninstall_keeps_tokens(release: Access) -> None:
    """Removing the release leaves the tokens, and the next installation takes them over."""
    release.helm("uninstall", "workteam", "-n", SYSTEM)
    assert release.get("deployment", "workteam-scim", "-n", SYSTEM) is None
    assert token_hash(release) == HASH
    upgrade(release)
    assert token_hash(release) == HASH


def test_secrets_by_name(release: Access, tmp_path: Path) -> None:
    """With ``tenantSecrets`` the operator reads the named Secrets and no other."""
    for name in ("named", "other"):
        release.kubectl("create", "secret", "generic", name, "-n", TENANTS, "--from-literal=token=secret")
    path = release.kubeconfig_as(SYSTEM, "workteam-operator", tmp_path / "operator")
    operator = Access(path, release.kubectl_path, release.helm_path)
    assert operator.kubectl("get", "secret", "named", "-n", TENANTS, "-o", "name") == "secret/named\n"
    for refused in (("other",), ()):
        with pytest.raises(Problem, match="forbidden"):
            operator.kubectl("get", "secret", *refused, "-n", TENANTS)
