"""Where Entra reaches a tenant: the addresses that are pasted into its portal. Pure."""

from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey


def base_url(release: Release, tenant: TenantKey) -> str:
    """Return what Entra calls *Tenant URL*."""
    return f"{release.external_url}/{tenant.namespace}/{tenant.name}/scim/v2"


def token_endpoint(release: Release, tenant: TenantKey) -> str:
    """Return what Entra calls *Token Endpoint*."""
    return f"{release.external_url}/{tenant.namespace}/{tenant.name}/oauth/token"


def requests_url(address: str, tenant: TenantKey) -> str:
    """Return where a facade shows a tenant's last requests."""
    return f"{address.rstrip('/')}/{tenant.namespace}/{tenant.name}/requests"


def address_warning(release: Release) -> str | None:
    """Say that Entra does not call an address, if it does not."""
    if release.external_url.startswith("https://"):
        return None
    return (
        "The Base URL is not https: Entra calls only https addresses with a certificate of a public authority. "
        "Set externalURL of the chart to one."
    )
