"""What the facade's bench reads: filters, ids, pages and groups, beside a bare FastAPI route and the library."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
import people
from baselines import BARE, RESOURCE
from figures import Claim, Findings, Measured, Slice, client_share, interleaved, ratio, resident
from ground import PARALLEL, Ground, group_id
from load import Server, body_of, for_seconds, pace, saturate

SECONDS = 1.0
"""Of one slice."""
PACED_SECONDS = 8.0
STEP = 37
"""Between the users that are asked for, so that they are spread over all."""
FILTER, ID, PAGE, GROUP, NAME = "filter eq", "GET by id", "page of 100", "GET group of 1,000", "group by name"
FASTAPI = "bare FastAPI route"


def reads(ground: Ground, findings: Findings, rounds: int) -> None:
    """Measure everything that is read."""
    findings.claims.append(
        Claim(f"memory at {ground.people} users", resident(ground.pid("facade")), 200, at_most=True, unit=" MiB")
    )
    asked = requests(ground)
    verify(ground, asked)
    bare = [ground.fastapi.request("GET", BARE)]
    slices = {name: _slice(ground.facade, found) for name, found in asked.items()} | {
        FASTAPI: _slice(ground.fastapi, bare),
        f"{FASTAPI}, with one user": _slice(ground.fastapi, [ground.fastapi.request("GET", RESOURCE)]),
    }
    pids = {name: ground.pid("facade" if name in asked else "fastapi") for name in slices}
    measured = interleaved(slices, rounds, pids)
    findings.figures += [each.figure(name) for name, each in measured.items()]
    findings.claims += [
        Claim(f"{FILTER} / {FASTAPI}", ratio(measured[FILTER], measured[FASTAPI]), 1),
        Claim(f"{ID} / {FASTAPI}", ratio(measured[ID], measured[FASTAPI]), 1),
        Claim(PAGE, measured[PAGE].figure(PAGE).rate, 1_000, unit=" a second"),
        Claim(GROUP, measured[GROUP].figure(GROUP).rate, 2_000, unit=" a second"),
    ]
    findings.notes.append(f"client: {client_share(list(measured.values())):.3f} ms of CPU a request")
    calmly(ground, findings, asked, measured)


def requests(ground: Ground) -> Mapping[str, list[bytes]]:
    """Prepare what is asked, by the name of its figure."""
    numbers = [number * STEP % ground.people for number in range(997)]
    names = [quote(f'userName eq "{people.user_name(number, "user")}"') for number in numbers]
    name = quote(f'displayName eq "{group_id(1_000)}"')
    return {
        FILTER: [ground.scim("GET", f"/Users?filter={each}") for each in names],
        ID: [ground.scim("GET", f"/Users/{people.user_id(number)}") for number in numbers],
        PAGE: [
            ground.scim("GET", f"/Users?startIndex={number % (ground.people - 99) + 1}&count=100") for number in numbers
        ],
        GROUP: [ground.scim("GET", f"/Groups/{group_id(1_000)}")],
        NAME: [ground.scim("GET", f"/Groups?excludedAttributes=members&filter={name}")],
    }


def verify(ground: Ground, asked: Mapping[str, list[bytes]]) -> None:
    """Ask each sort once, and look at the answer: a wrong one is no figure."""
    found = {name: ask(ground.facade, sent[0]) for name, sent in asked.items()}
    seen = {
        FILTER: [each["id"] for each in found[FILTER]["Resources"]],
        ID: found[ID]["id"],
        PAGE: len(found[PAGE]["Resources"]),
        GROUP: len(found[GROUP]["members"]),
        NAME: [(each["id"], "members" in each) for each in found[NAME]["Resources"]],
    }
    first = people.user_id(0)
    wanted = {FILTER: [first], ID: first, PAGE: 100, GROUP: 1_000, NAME: [(group_id(1_000), False)]}
    if seen != wanted:
        raise SystemExit(f"the facade answered {seen}, not {wanted}")


def ask(server: Server, request: bytes) -> Any:
    """Send one request and return the parsed answer."""
    bodies: list[bytes] = []
    saturate(server, [request], 1, lambda _, answer: bodies.append(body_of(answer)))
    return orjson.loads(bodies[0])


def calmly(
    ground: Ground, findings: Findings, asked: Mapping[str, list[bytes]], measured: Mapping[str, Measured]
) -> None:
    """Ask at half the rate that saturates: what the slowest of a hundred waits for."""
    for name in (FILTER, ID):
        rate = measured[name].figure(name).rate / 2
        outcome = pace(ground.facade, for_seconds(PACED_SECONDS, asked[name]), PARALLEL, rate)
        calm = Measured([outcome]).figure(f"{name}, at half the load")
        findings.figures.append(calm)
        findings.claims.append(Claim(f"{name}, at half the load: p99 / p50", calm.p99 / calm.p50, 5, at_most=True))


def _slice(server: Server, sent: list[bytes]) -> Slice:
    return lambda: saturate(server, for_seconds(SECONDS, sent), PARALLEL)
