"""What Entra asked of a tenant lately, for commands that show more: that it is not known is no failure there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workteam_cli.facade_client import read_requests
from workteam_cli.output import Problem
from workteam_cli.target import Target
from workteam_crds.cluster.port import Denied

SECONDS = 3.0
"""How long a facade is waited for that has only to be mentioned."""

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """The last requests, the newest first; or why they are not known."""

    requests: Sequence[Request] = ()
    since: str | None = None
    """Since when the facade remembers."""
    unknown: str | None = None
    """Why nothing is known."""

    def about(self, name: str) -> list[Request]:
        """Return the requests that met one object, the oldest first."""
        return [request for request in reversed(self.requests) if request.get("object") == name]


async def asked_of(target: Target, release_namespace: str | None, facade: str | None) -> Asked:
    """Ask the facade. Raises ``ClusterError``."""
    try:
        release = await target.release(release_namespace)
        told = await read_requests(target.cluster, release, target.key, facade, seconds=SECONDS)
    except Problem as problem:
        return Asked(unknown=str(problem))
    except Denied:
        return Asked(unknown="This account may not read the Secret of the tokens, which opens the facade's record.")
    return Asked(told["requests"], told["since"])
