"""Where the chart was installed: the facade's Deployment says what a person needs to reach it.

The command line calls it. The chart is the only description of an installation, so nothing is configured twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workteam_crds.cluster.access import Access

FACADE = "app.kubernetes.io/name=workteam,app.kubernetes.io/component=scim-api"
"""The labels that the chart gives to the facade's Deployment."""

EXTERNAL_URL = "WORKTEAM_SCIM_EXTERNAL_URL"
TENANT_NAMESPACES = "WORKTEAM_SCIM_TENANT_NAMESPACES"
TOKEN_SECRET = "WORKTEAM_SCIM_TOKEN_SECRET"  # noqa: S105 - a variable's name


@dataclass(frozen=True)
class Release:
    """One installation of the chart."""

    namespace: str
    """Where facade, operator and the Secret of token hashes live."""
    external_url: str
    """Where Entra reaches the facade, without a trailing slash."""
    tenant_namespaces: tuple[str, ...]
    """Where its tenants live."""
    token_secret: str
    """The Secret of token hashes."""


async def find_releases(access: Access, namespace: str | None = None) -> tuple[Release, ...]:
    """Find the releases of one namespace, or of all that may be listed. Raises ``ClusterError``."""
    scope = "" if namespace is None else f"/namespaces/{namespace}"
    found = await access.request("GET", f"/apis/apps/v1{scope}/deployments", query={"labelSelector": FACADE})
    return tuple(_release(deployment) for deployment in found["items"])


def _release(deployment: Mapping[str, Any]) -> Release:
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    environment = {variable["name"]: variable.get("value", "") for variable in container["env"]}
    return Release(
        namespace=deployment["metadata"]["namespace"],
        external_url=environment[EXTERNAL_URL].rstrip("/"),
        tenant_namespaces=tuple(name for name in environment[TENANT_NAMESPACES].split(",") if name),
        token_secret=environment[TOKEN_SECRET],
    )
