"""Install the chart by helm, and read back what its Deployments would run.

The chart is the only description of an installation: local processes get their command, arguments and environment
from here, and only the address they listen on is another.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.settings import FACADE, OPERATOR, StackSettings
from workteam_cli.output import Exit, Problem

RELEASE = "workteam"
DEPLOYMENTS = {FACADE: "workteam-scim", OPERATOR: "workteam-operator"}
"""Process and Deployment; the ServiceAccount is called as the Deployment."""
PREFIXES = {FACADE: "WORKTEAM_SCIM_", OPERATOR: "WORKTEAM_OPERATOR_"}
KINDS = ("workteamtenants", "workteamusers", "workteamgroups", "workteamgroupmemberships")
UNFINISHED = "owner=helm,name=workteam,status in (pending-install,pending-upgrade,pending-rollback)"


@dataclass(frozen=True)
class Launch:
    """What one process is started with."""

    command: tuple[str, ...]
    env: Mapping[str, str]


def chart_folder() -> Path:
    """Find the chart: in an installed package beside this module, in a working tree at its root."""
    packaged = Path(__file__).with_name("chart")
    folder = packaged if packaged.is_dir() else Path(__file__).parents[3] / "charts" / "workteam"
    if not (folder / "Chart.yaml").is_file():
        raise Problem(f"The chart is missing at {folder}: install this package anew.", Exit.UNAVAILABLE)
    return folder


def chart_values(settings: StackSettings, external_url: str) -> dict[str, Any]:
    """Return the values of a stack: no replicas, as the processes run on this machine."""
    return {
        "externalURL": external_url,
        "tenantNamespaces": list(settings.tenant_namespaces),
        "tenantSecrets": list(settings.tenant_secrets),
        "scimApi": {"replicas": 0, "logLevel": settings.log_level},
        "operator": {"replicas": 0, "logLevel": settings.log_level, "settings": dict(settings.operator_settings)},
    }


def install(access: Access, settings: StackSettings, external_url: str) -> None:
    """Create the namespaces, install or upgrade the release, and wait until the four kinds are served."""
    access.apply(*(a_namespace(name) for name in (settings.release_namespace, *settings.tenant_namespaces)))
    if settings.kubeconfig is None:  # an `up` that was killed; in another's cluster that may be somebody at work
        access.kubectl("delete", "secrets", "-n", settings.release_namespace, "-l", UNFINISHED)
    values = yaml.safe_dump(chart_values(settings, external_url))
    where = ("--namespace", settings.release_namespace)
    access.helm("upgrade", "--install", RELEASE, str(chart_folder()), *where, "--values", "-", stdin=values)
    await_kinds(access)


def await_kinds(access: Access) -> None:
    """Wait until the four kinds are served: a new kind is Established before its storage answers (429 meanwhile)."""
    names = [f"crd/{kind}.workte.am" for kind in KINDS]
    access.kubectl("wait", "--for=condition=Established", "--timeout=30s", *names)
    for kind in KINDS:
        access.kubectl("get", "--raw", f"/apis/workte.am/v1alpha1/{kind}?limit=1")  # kubectl waits as Retry-After says


def a_namespace(name: str) -> dict[str, Any]:
    """Return a Namespace in which Pod Security is enforced as strictly as the chart's pods allow."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def launch(access: Access, settings: StackSettings, name: str) -> Launch:
    """Read what the Deployment of a process would run, as the cluster has it after the installation."""
    deployment = access.get("deployment", DEPLOYMENTS[name], "-n", settings.release_namespace)
    if deployment is None:
        raise Problem(f"The release has no Deployment {DEPLOYMENTS[name]}: run `workteam dev up` again.", Exit.NO_INPUT)
    return read_launch(deployment)


def read_launch(deployment: Mapping[str, Any]) -> Launch:
    """Read command and environment of a Deployment's only container; the downward API gives namespace and name."""
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    words = [*container["command"], *container.get("args", [])]
    command = (sys.executable, *words[1:]) if words[0] == "python" else tuple(words)
    fields = {f"metadata.{key}": deployment["metadata"][key] for key in ("namespace", "name")}
    env = {each["name"]: _value(each, fields) for each in container.get("env", [])}
    return Launch(command, env)


def _value(variable: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    if "valueFrom" in variable:
        return fields[variable["valueFrom"]["fieldRef"]["fieldPath"]]
    return str(variable.get("value", ""))
