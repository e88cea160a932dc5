"""What a facade tells the command besides SCIM: a tenant's last requests.

Nobody needs a token for it: the command signs one for a few minutes with the key of the release's Secret, which whoever
makes tokens may read.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from workteam_cli.addresses import requests_url
from workteam_cli.output import Exit, Problem
from workteam_crds.cluster.port import Cluster
from workteam_crds.cluster.releases import Release
from workteam_crds.naming import TenantKey
from workteam_scim.access_tokens import AccessToken, Audience, sign
from workteam_scim.sealing import Purpose, derived, read_key

GOOD_FOR = timedelta(minutes=5)
TIMEOUT = 10.0
CLIENT = "workteam-requests"


async def read_requests(
    cluster: Cluster, release: Release, tenant: TenantKey, address: str | None, *, seconds: float = TIMEOUT
) -> Mapping[str, Any]:
    """Return what the facade remembers of a tenant's requests. Raises ``Problem``, ``ClusterError``."""
    secret = await cluster.read_secret(release.namespace, release.token_secret)
    key = read_key(secret.data)
    if key is None:
        raise Problem(
            f"The facade in {release.namespace} has not made its signing key yet: is it running?", Exit.UNAVAILABLE
        )
    now = datetime.now(UTC)
    token = AccessToken(
        aud=Audience.REQUESTS,
        sub="",
        client_id=CLIENT,
        iat=int(now.timestamp()),
        exp=int((now + GOOD_FOR).timestamp()),
    )
    signed = sign(token, derived(key, Purpose.ACCESS_TOKEN, tenant))
    return await _read(requests_url(address or release.external_url, tenant), signed, seconds)


async def _read(url: str, token: str, seconds: float) -> Mapping[str, Any]:
    way_out = (
        "name an address by --facade, such as that of `kubectl port-forward -n NAMESPACE service/workteam-scim 8080:80`"
    )
    try:
        async with httpx.AsyncClient(timeout=seconds, trust_env=False) as client:
            answer = await client.get(url, headers={"Authorization": f"Bearer {token}"})
    except httpx.TransportError as error:
        raise Problem(
            f"The facade does not answer at {url} ({type(error).__name__}): {way_out}.", Exit.UNAVAILABLE
        ) from error
    except httpx.InvalidURL as error:
        raise Problem(f"{url} is no address: {way_out}.", Exit.USAGE) from error
    try:
        if answer.status_code == httpx.codes.OK:
            told: Mapping[str, Any] = answer.json()
            return told
    except ValueError:
        pass
    raise Problem(
        f"What answers at {url} is not the facade of this release (HTTP {answer.status_code}): {way_out}.",
        Exit.UNAVAILABLE,
    )
