"""Ten minutes of Entra's mix at 100 requests a second, while the answering facade is ended twice.

Entra quarantines a connection whose calls fail: so outside the stated windows of a hand-over nothing is refused, and
never is there a status that it would count as a failure.
"""

import asyncio
import itertools
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias

import aiohttp
import pytest

from workteam_cli.facade_processes import Facade, Ground, until

SECONDS, RATE = 600, 100
SIGTERM_AT, SIGKILL_AT = 180, 360
HANDED_OVER, TAKEN_OVER = 5, 30
"""Seconds that refusals may last: after SIGTERM; and after SIGKILL, which leaves a Lease of 15 s and a margin of 5."""
WARM = 60
"""Seconds after which the memory of the last leader is expected to stay where it is."""
GROWTH = 1.1
PEOPLE = 10_000
LOOK = 0.25
"""Seconds between two looks at who is ready, as a Service's endpoints are kept."""
FINE = frozenset({200, 201, 204})

pytestmark = pytest.mark.endurance

Request: TypeAlias = tuple[str, str, Any]
"""Method, path below the Base URL, and body."""


@dataclass
class Told:
    """What Entra saw."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    refused_at: list[float] = field(default_factory=list)
    """When, in seconds from the start, a request was sent that was refused or not answered."""
    odd: list[tuple[int, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    retry_after: str | None
    text: str


class Service:
    """Sends to whoever is ready, as a Service of Kubernetes does.

    Over aiohttp: httpx takes ten times the processor time of an answer, and at this rate its waits would be measured.
    """

    def __init__(self, ground: Ground, session: aiohttp.ClientSession) -> None:
        self._ground = ground
        self._session = session
        self._facades: list[Facade] = []
        self.leader: Facade | None = None

    async def look(self) -> None:
        """Keep looking who is ready."""
        while True:
            ready = [facade for facade in tuple(self._facades) if await self._is_ready(facade)]
            self.leader = ready[0] if ready else None
            await asyncio.sleep(LOOK)

    async def _is_ready(self, facade: Facade) -> bool:
        try:
            async with self._session.get(f"{facade.url}/readyz") as answer:
                return answer.ok
        except aiohttp.ClientError:
            return False

    def add(self, facade: Facade) -> Facade:
        """Send to a facade, too."""
        self._facades.append(facade)
        return facade

    async def send(self, method: str, path: str, body: Any) -> Answer | None:
        """Send a request to the leader; None if there is none or it does not answer."""
        if self.leader is None:
            return None
        url = f"{self.leader.url}/{self._ground.namespace}/acme/scim/v2{path}"
        headers = {"Authorization": f"Bearer {self._ground.token}", "Content-Type": "application/scim+json"}
        try:
            async with self._session.request(method, url, json=body, headers=headers) as answer:
                return Answer(answer.status, answer.headers.get("Retry-After"), await answer.text())
        except aiohttp.ClientError:
            return None


def entras_mix() -> Iterator[Request]:
    """Matching mostly, then reads, changes of attributes and of members, and a new person now and then."""
    for number in itertools.count():
        person = f"u{number * 7919 % PEOPLE:05}"
        match number % 20:
            case 0:
                yield "POST", "/Users", {"userName": f"new{number}@contoso.example", "active": True}
            case 1 | 2:
                title = {"op": "Replace", "path": "title", "value": f"Title {number}"}
                yield "PATCH", f"/Users/{person}", {"Operations": [title]}
            case 3:
                member = {"op": "Add", "path": "members", "value": [{"value": person}]}
                yield "PATCH", "/Groups/crew", {"Operations": [member]}
            case 4 | 5 | 6 | 7:
                yield "GET", f"/Users/{person}", None
            case 8:
                yield "GET", '/Groups?excludedAttributes=members&filter=displayName eq "crew"', None
            case _:
                yield "GET", f'/Users?filter=userName eq "{person}@contoso.example"', None


async def load(service: Service, told: Told, began: float) -> None:
    """Send each request at its moment, whatever became of those before."""
    tasks: set[asyncio.Task[None]] = set()
    for number, request in enumerate(itertools.islice(entras_mix(), SECONDS * RATE)):
        await asyncio.sleep(max(began + number / RATE - time.monotonic(), 0))
        task = asyncio.create_task(_one(service, told, began, request))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def _one(service: Service, told: Told, began: float, request: Request) -> None:
    method, path, body = request
    sent = time.monotonic()
    answer = await service.send(method, path, body)
    if answer is None or answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        told.refused_at.append(sent - began)
        if answer is not None and answer.retry_after is None:
            told.odd.append((503, method, "no Retry-After"))
        return
    told.latencies.append(time.monotonic() - sent)
    told.statuses[answer.status] += 1
    if answer.status not in FINE:
        told.odd.append((answer.status, method, answer.text[:200]))


def resident(facade: Facade) -> float:
    """Return how much memory a process holds, in MiB."""
    pages = int(Path(f"/proc/{facade.child.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def _at(began: float, seconds: float) -> None:
    await asyncio.sleep(max(began + seconds - time.monotonic(), 0))


async def test_ten_minutes_of_entras_mix(ground: Ground, capsys: pytest.CaptureFixture[str]) -> None:
    """The leader ends by SIGTERM, the next one by SIGKILL; the memory of the third stays flat."""
    told = Told()
    async with aiohttp.ClientSession() as session, AsyncExitStack() as running:
        service = Service(ground, session)

        async def facade(name: str) -> Facade:
            return service.add(await running.enter_async_context(ground.facade(name, 15)))

        first = await facade("first")
        await until(first.ready)
        looking = asyncio.create_task(service.look())
        second = await facade("second")
        await until(_leads(service))
        await service.send("POST", "/Groups", {"displayName": "warm-up"})
        began = time.monotonic()
        loading = asyncio.create_task(load(service, told, began))
        await _at(began, SIGTERM_AT)
        first.child.send_signal(signal.SIGTERM)
        third = await facade("third")
        await _at(began, SIGKILL_AT)
        second.child.kill()
        await _at(began, SIGKILL_AT + WARM)
        before = resident(third)
        await loading
        after = resident(third)
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
    seen = sorted(told.latencies)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are the report
            f"\n{len(seen)} answered {dict(told.statuses)}, p50 {seen[len(seen) // 2] * 1000:.1f} ms, "
            f"p99 {seen[len(seen) * 99 // 100] * 1000:.1f} ms; {len(told.refused_at)} refused: "
            f"{_spans(told.refused_at)}; memory {before:.0f} → {after:.0f} MiB"
        )
    assert told.odd == []
    assert [at for at in told.refused_at if not _stated(at)] == []
    assert after <= before * GROWTH


def _leads(service: Service) -> Any:
    async def leads() -> bool:
        return service.leader is not None

    return leads


def _stated(at: float) -> bool:
    """Say whether refusals are stated for a moment: a request may have been under way when its facade ended."""
    return SIGTERM_AT - 1 <= at <= SIGTERM_AT + HANDED_OVER or SIGKILL_AT - 1 <= at <= SIGKILL_AT + TAKEN_OVER


def _spans(moments: list[float]) -> str:
    """Say from when to when, for each of the two."""
    spans = [[at for at in moments if begin <= at < begin + SIGTERM_AT] for begin in (SIGTERM_AT - 1, SIGKILL_AT - 1)]
    return ", ".join(f"{min(span):.1f} to {max(span):.1f} s" for span in spans if span)
