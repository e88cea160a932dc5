"""The tenant that a command speaks about, found in its cluster; failures of the cluster become one sentence here."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import click

from workteam_cli.choice import Choice, Place, place_of
from workteam_cli.output import Exit, Problem
from workteam_crds.cluster.access import Access
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.port import ClusterError, ClusterUnavailable, Denied, NotFound, Rejected
from workteam_crds.cluster.releases import Release, find_releases
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.naming import TenantKey


@dataclass(frozen=True)
class Target:
    """One tenant in one cluster."""

    access: Access
    cluster: KubernetesCluster
    tenant: WorkteamTenant

    @property
    def key(self) -> TenantKey:
        """Return which tenant it is."""
        return self.tenant.tenant

    async def release(self, namespace: str | None = None) -> Release:
        """Find the release that serves the tenant, in one namespace or in all. Raises ``Problem``, ``ClusterError``."""
        found = await find_releases(self.access, namespace)
        serving = [release for release in found if self.key.namespace in release.tenant_namespaces]
        match serving:
            case [release]:
                return release
            case []:
                raise Problem(
                    f"No release of the chart serves the namespace {self.key.namespace}: install one, "
                    "or add the namespace to its tenantNamespaces.",
                    Exit.NO_INPUT,
                )
            case _:
                names = ", ".join(sorted(release.namespace for release in serving))
                raise Problem(
                    f"Several releases serve the namespace {self.key.namespace} (in {names}): only one may.",
                    Exit.FAILED,
                )


@dataclass(frozen=True)
class Reached:
    """One cluster, for what is not about a tenant that exists."""

    access: Access
    cluster: KubernetesCluster
    place: Place

    async def namespaces(self) -> list[str]:
        """Return where to look: the chosen namespace, else those of all releases. Raises ``Problem``."""
        return [self.place.namespace] if self.place.namespace else await _tenant_namespaces(self.access)


@asynccontextmanager
async def connected(choice: Choice) -> AsyncIterator[Target]:
    """Connect to the chosen cluster and find the chosen tenant. Raises only ``Problem``."""
    async with reached(choice) as found:
        yield Target(found.access, found.cluster, await _tenant(found))


@asynccontextmanager
async def reached(choice: Choice) -> AsyncIterator[Reached]:
    """Connect to the chosen cluster. Raises only ``Problem``."""
    place = place_of(choice)
    with cluster_failures(place):
        access = await _access(place)
        try:
            if not place.is_stack:
                click.echo(f"cluster: {access.server} ({place.kubeconfig or 'the one this pod runs in'})", err=True)
            yield Reached(access, KubernetesCluster(access), place)
        finally:
            await access.close()


@contextmanager
def cluster_failures(place: Place) -> Iterator[None]:
    """Turn what the cluster raises into one sentence with the way out."""
    try:
        yield
    except ClusterUnavailable as error:
        way_out = "`workteam dev up` starts the dev stack again." if place.is_stack else "Is the kubeconfig current?"
        raise Problem(f"The API server does not answer: {error}. {way_out}", Exit.UNAVAILABLE) from error
    except Rejected as error:
        raise Problem(f"An object is not what this version understands: {error}.", Exit.FAILED) from error
    except NotFound as error:
        raise Problem(f"The cluster does not have it: {error}.", Exit.NO_INPUT) from error
    except Denied as error:
        raise Problem(f"This account may not do that in this cluster: {error}.", Exit.DENIED) from error
    except ClusterError as error:
        raise Problem(f"{error}.", Exit.FAILED) from error


async def _access(place: Place) -> Access:
    try:
        return await Access.load(place.kubeconfig)
    except ClusterError as error:
        if place.kubeconfig:
            raise Problem(f"{error}.", Exit.BAD_FILE) from error
        raise Problem(
            "No cluster is named: `workteam dev up` starts one here, --kubeconfig FILE names another.",
            Exit.UNAVAILABLE,
        ) from error


async def _tenant(around: Reached) -> WorkteamTenant:
    place, namespaces = around.place, await around.namespaces()
    found = [tenant for name in namespaces for tenant in await _tenants(around.cluster, name)]
    fitting = [tenant for tenant in found if place.tenant in (None, tenant.metadata.name)]
    match fitting:
        case [tenant]:
            return tenant
        case []:
            what = f"WorkteamTenant {place.tenant}" if place.tenant else "WorkteamTenant"
            others = f"; there is {_listed(found)}" if found else ""
            raise Problem(f"There is no {what} in {', '.join(namespaces)}{others}.", Exit.NO_INPUT)
        case _:
            raise Problem(f"There are several tenants, name one by -n and --tenant: {_listed(fitting)}.", Exit.USAGE)


async def _tenants(cluster: KubernetesCluster, namespace: str) -> tuple[WorkteamTenant, ...]:
    return (await cluster.list(WorkteamTenant, namespace)).items


async def _tenant_namespaces(access: Access) -> list[str]:
    releases = await find_releases(access)
    if not releases:
        raise Problem(
            "There is no release of the chart workteam in this cluster: name the tenant's namespace by -n.",
            Exit.NO_INPUT,
        )
    return sorted({name for release in releases for name in release.tenant_namespaces})


def _listed(tenants: list[WorkteamTenant]) -> str:
    return ", ".join(sorted(str(tenant.tenant) for tenant in tenants))
