"""What the chart renders, and that a real API server takes it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.chart import chart_folder

Render = Callable[[dict[str, Any]], Sequence[dict[str, Any]]]
GENERATED = Path(__file__).parent.parent.parent / "crds"

MATRIX: dict[str, dict[str, Any]] = {
    "as it is": {},
    "not running": {"scimApi": {"replicas": 0}, "operator": {"replicas": 0}},
    "two tenants' namespaces": {"tenantNamespaces": ["workteam", "default"]},
    "named Secrets": {"tenantSecrets": ["acme-workteam", "globex-workteam"]},
    "Ingress with TLS": {
        "ingress": {
            "enabled": True,
            "className": "nginx",
            "annotations": {"cert-manager.io/cluster-issuer": "letsencrypt"},
            "tlsSecret": "scim-tls",
        }
    },
    "Ingress, bare": {"ingress": {"enabled": True}},
    "operator's settings": {"operator": {"settings": {"WORKERS": 5, "CREATE_SETTLE": 0.5, "RELIST_INTERVAL": 1000000}}},
    "image by digest": {"image": {"repository": "registry.example.com/w", "digest": f"sha256:{'a' * 64}"}},
    "user chosen by the platform": {"runAsUser": None, "imagePullSecrets": [{"name": "pull"}]},
}


def of(rendered: Sequence[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    """Pick one object out of a rendered chart."""
    (found,) = [each for each in rendered if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def environment(rendered: Sequence[dict[str, Any]], name: str) -> dict[str, str]:
    """Read the plain variables of a Deployment."""
    variables = of(rendered, "Deployment", name)["spec"]["template"]["spec"]["containers"][0]["env"]
    return {each["name"]: each["value"] for each in variables if "value" in each}


def test_lint(cluster_access: Access) -> None:
    """Helm's own checks find nothing, warnings included."""
    said = cluster_access.helm("lint", str(chart_folder()), "--strict", "--set", "externalURL=https://scim.example.com")
    assert "1 chart(s) linted, 0 chart(s) failed" in said


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX.keys())
def test_server_takes_it(cluster_access: Access, render: Render, values: dict[str, Any]) -> None:
    """The API server accepts every rendered object under strict field validation (and stores none here)."""
    text = yaml.safe_dump_all(render(values))
    how = ("--dry-run=server", "--validate=strict", "--server-side", "--force-conflicts")
    said = cluster_access.kubectl("apply", *how, "-f", "-", stdin=text)
    assert said.count("(server dry run)") == text.count("\napiVersion:") + text.startswith("apiVersion:")


@pytest.mark.parametrize("values", [{}, MATRIX["user chosen by the platform"]], ids=["own user", "platform's user"])
@pytest.mark.parametrize("name", ["workteam-scim", "workteam-operator"])
def test_pod_security(cluster_access: Access, render: Render, name: str, values: dict[str, Any]) -> None:
    """A pod of either Deployment is admitted where Pod Security enforces *restricted*."""
    spec = of(render(values), "Deployment", name)["spec"]["template"]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "workteam-system"}, "spec": spec}
    labels = cluster_access.get("namespace", "workteam-system")
    assert labels is not None
    assert labels["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    said = cluster_access.kubectl("create", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(pod))
    assert said == f"pod/{name} created (server dry run)\n"


def test_kinds_are_the_generated_ones(render: Render) -> None:
    """The chart carries the four generated manifests, with nothing but the annotation that keeps them."""
    rendered = {each["metadata"]["name"]: each for each in render({}) if each["kind"] == "CustomResourceDefinition"}
    generated = [yaml.load(path.read_text(), yaml.CSafeLoader) for path in sorted(GENERATED.glob("*.yaml"))]
    assert len(generated) == 4
    for crd in generated:
        crd["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    assert rendered == {crd["metadata"]["name"]: crd for crd in generated}


def test_kinds_left_out(render: Render) -> None:
    """``crds.enabled=false`` renders no kind."""
    assert [each for each in render({"crds": {"enabled": False}}) if each["kind"] == "CustomResourceDefinition"] == []


def test_kinds_not_kept(render: Render) -> None:
    """``crds.keep=false`` lets the kinds go with the release."""
    crds = [each for each in render({"crds": {"keep": False}}) if each["kind"] == "CustomResourceDefinition"]
    assert [crd["metadata"].get("annotations") for crd in crds] == [None] * 4


def test_operator_environment(render: Render) -> None:
    """Settings become variables, numbers as they were written."""
    rendered = render({"tenantNamespaces": ["a", "b"], **MATRIX["operator's settings"]})
    assert environment(rendered, "workteam-operator") == {
        "WORKTEAM_OPERATOR_TENANT_NAMESPACES": "a,b",
        "WORKTEAM_OPERATOR_LEASE": "workteam-operator",
        "WORKTEAM_OPERATOR_LEASE_SECONDS": "15",
        "WORKTEAM_OPERATOR_HOST": "0.0.0.0",  # noqa: S104 - in a pod
        "WORKTEAM_OPERATOR_PORT": "8081",
        "WORKTEAM_OPERATOR_LOG_LEVEL": "INFO",
        "WORKTEAM_OPERATOR_WORKERS": "5",
        "WORKTEAM_OPERATOR_CREATE_SETTLE": "0.5",
        "WORKTEAM_OPERATOR_RELIST_INTERVAL": "1000000",
    }


def test_ingress_host(render: Render) -> None:
    """The Ingress takes its host, without a port, from externalURL."""
    ingress = of(
        render({"externalURL": "https://scim.example.com:8443", **MATRIX["Ingress with TLS"]}),
        "Ingress",
        "workteam-scim",
    )
    assert ingress["spec"] == {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["scim.example.com"], "secretName": "scim-tls"}],
        "rules": [
            {
                "host": "scim.example.com",
                "http": {
                    "paths": [
                        {
                            "path": "/workteam",
                            "pathType": "Prefix",
                            "backend": {"service": {"name": "workteam-scim", "port": {"name": "http"}}},
                        }
                    ]
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("url", "paths"),
    [("https://scim.example.com", ["/a", "/b"]), ("https://example.com:8443/x/y", ["/x/y/a", "/x/y/b"])],
    ids=["host", "host and path"],
)
def test_ingress_publishes_tenants_alone(render: Render, url: str, paths: list[str]) -> None:
    """By prefix what lies below a tenants' namespace; /metrics, /readyz and /openapi.json are nobody's outside."""
    values = {"externalURL": url, "tenantNamespaces": ["a", "b"], "ingress": {"enabled": True}}
    (rule,) = of(render(values), "Ingress", "workteam-scim")["spec"]["rules"]
    found = [(path["path"], path["pathType"]) for path in rule["http"]["paths"]]
    assert found == [(path, "Prefix") for path in paths]


def test_one_at_a_time(render: Render) -> None:
    """Both take turns by a Lease; no rollout waits for a facade that cannot be ready, or ends an operator too early."""
    deployments = [each for each in render({}) if each["kind"] == "Deployment"]
    assert {each["metadata"]["name"]: (each["spec"]["replicas"], each["spec"]["strategy"]) for each in deployments} == {
        "workteam-scim": (2, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 1}}),
        "workteam-operator": (2, {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}),
    }
