"""What the facade's bench writes: creates, suspensions and memberships, beside the API server's own rates."""

from collections.abc import Iterator
from itertools import count, islice

import orjson
import people
from figures import Claim, Findings, Slice, interleaved, ratio, resident
from ground import PARALLEL, RAW, SIZES, USERS, Ground, group_id
from load import Server, saturate

AT_A_TIME = 150
"""Writes of one slice."""
ADDS = 12
"""Members that are added to each group in one round, one after the other."""
JSON_PATCH = "application/json-patch+json"
POST, PATCH, CREATE, SUSPEND = "POST a user", "PATCH active", "raw create", "raw patch"


def writes(ground: Ground, findings: Findings, rounds: int) -> None:
    """Measure creates and suspensions: the facade's and the API server's in turn."""
    slices = {
        CREATE: _write(ground.cluster, _creates(ground)),
        POST: _write(ground.facade, _posts(ground)),
        SUSPEND: _write(ground.cluster, _suspends(ground)),
        PATCH: _write(ground.facade, _patches(ground)),
    }
    pids = {POST: ground.pid("facade"), PATCH: ground.pid("facade")}
    measured = interleaved(slices, rounds, pids)
    findings.figures += [each.figure(name) for name, each in measured.items()]
    findings.claims += [
        Claim(f"{POST} / {CREATE}", ratio(measured[POST], measured[CREATE]), 0.6),
        Claim(f"{PATCH} / {SUSPEND}", ratio(measured[PATCH], measured[SUSPEND]), 0.7),
    ]


def adds(ground: Ground, findings: Findings, rounds: int) -> None:
    """Add one member to each size of group, one after the other."""
    numbers = count(1_000_000)
    slices = {f"a member more in {size:,}": _add(ground, size, numbers) for size in SIZES}
    measured = interleaved(slices, rounds, dict.fromkeys(slices, ground.pid("facade")))
    findings.figures += [each.figure(name) for name, each in measured.items()]
    least, most = (measured[f"a member more in {size:,}"] for size in (SIZES[0], SIZES[-1]))
    findings.claims.append(
        Claim(f"a member more in {SIZES[-1]:,} / in {SIZES[0]}", 1 / ratio(most, least), 1.5, at_most=True)
    )
    findings.notes.append(f"memory after all groups: {resident(ground.pid('facade')):.0f} MiB")


def _write(server: Server, requests: Iterator[bytes]) -> Slice:
    return lambda: saturate(server, list(islice(requests, AT_A_TIME)), PARALLEL)


def _creates(ground: Ground) -> Iterator[bytes]:
    for number in count():
        made = people.stored(number, "raw", people.user_id(number), RAW)
        yield ground.raw("POST", USERS, orjson.dumps(made.manifest()))


def _suspends(ground: Ground) -> Iterator[bytes]:
    """Suspend what ``_creates`` made, each once."""
    for number in count():
        yield ground.raw(
            "PATCH", f"{USERS}/{people.user_id(number)}", people.suspension(number, "raw", RAW), JSON_PATCH
        )


def _posts(ground: Ground) -> Iterator[bytes]:
    for number in count():
        yield ground.scim("POST", "/Users", orjson.dumps(people.user(number, "new")))


def _patches(ground: Ground) -> Iterator[bytes]:
    """Suspend what was there before, each once."""
    body = people.patch(people.SUSPEND)
    for number in count():
        yield ground.scim("PATCH", f"/Users/{people.user_id(number % ground.people)}", body)


def _add(ground: Ground, size: int, numbers: Iterator[int]) -> Slice:
    path = f"/Groups/{group_id(size)}"
    one_more = (ground.scim("PATCH", path, people.addition([people.user_id(number)])) for number in numbers)
    return lambda: saturate(ground.facade, list(islice(one_more, ADDS)), 1)
