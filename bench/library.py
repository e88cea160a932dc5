"""What scim2-server's own in-memory application answers to the same requests: the facade's rules come from it."""

from collections.abc import Iterator
from itertools import count, islice
from urllib.parse import quote

import orjson
import people
from figures import Findings, Slice, interleaved
from ground import PARALLEL, Ground
from load import body_of, for_seconds, saturate

HELD = 1_000
"""Users that it holds: a tenth of the facade's, as its filters walk over all of them."""
CREATED = 200
"""Creates of one slice."""
SECONDS = 1.0


def library(ground: Ground, findings: Findings, rounds: int) -> None:
    """Measure reads and writes of users."""
    server, ids = ground.library, _fill(ground)
    filters = [quote(f'userName eq "{people.user_name(number, "user")}"') for number in range(HELD)]
    sent = {
        "filter eq": [server.request("GET", f"/v2/Users?filter={each}") for each in filters],
        "GET by id": [server.request("GET", f"/v2/Users/{each}") for each in ids],
        "page of 100": [server.request("GET", "/v2/Users?startIndex=1&count=100")],
        "PATCH active": [
            server.request("PATCH", f"/v2/Users/{each}", people.patch(operation))
            for operation in (people.SUSPEND, people.RESUME)
            for each in ids
        ],
    }
    posts = _posts(ground, "more")
    slices: dict[str, Slice] = {
        "POST a user": lambda: saturate(server, list(islice(posts, CREATED)), PARALLEL),
        **{name: _repeated(ground, requests) for name, requests in sent.items()},
    }
    measured = interleaved({f"scim2-server in memory: {name}": each for name, each in slices.items()}, rounds, {})
    findings.figures += [each.figure(name) for name, each in measured.items()]


def _repeated(ground: Ground, requests: list[bytes]) -> Slice:
    return lambda: saturate(ground.library, for_seconds(SECONDS, requests), PARALLEL)


def _posts(ground: Ground, crowd: str) -> Iterator[bytes]:
    for number in count():
        yield ground.library.request("POST", "/v2/Users", orjson.dumps(people.user(number, crowd)))


def _fill(ground: Ground) -> list[str]:
    """Create the users, and return their ids."""
    ids: list[str] = []
    created = list(islice(_posts(ground, "user"), HELD))
    saturate(ground.library, created, PARALLEL, lambda _, answer: ids.append(orjson.loads(body_of(answer))["id"]))
    return ids
