"""What Entra asked of a tenant lately, for commands that show more: that it is not known is no failure there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workteam_cli.facade_client import read_requests
from workteam_cli.output import Exit, Problem
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
        no_facade = problem.code is Exit.NO_INPUT and release_namespace is None
        return Asked(unknown="no facade serves this namespace." if no_facade else str(problem))
    except Denied:
        return Asked(unknown="this account may not read the Deployments and the Secret that open its record.")
    return Asked(told["requests"], told["since"])


def in_words(request: Request) -> str:
    """Say a request and what came of it: names of attributes, handles of tokens, never a value."""
    attributes = f" ({', '.join(request['attributes'])})" if request["attributes"] else ""
    kind = f" {request['scimType']}" if request.get("scimType") else ""
    came = f"{request['outcome']}, {request['status']}{kind}"
    by = f" by the token {request['token']}" if request.get("token") else ""
    return f"{request['op']} {request['resource']}{attributes}{by}: {came} (request {request['requestId']})"
