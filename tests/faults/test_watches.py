"""Watches that break in every way under a facade: somebody reads all the time, and no answer is ever wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.fault_rules import Match, Point, Rule
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

ANA = "ana@contoso.example"
MEMBERS = 260
"""More than a group's own list takes."""
STREAMS = Match("GET", "watch=true")
USERS, GROUPS, LISTS = (Match("GET", f"/workteam{kind}[?]limit=") for kind in ("users", "groups", "groupmemberships"))

FAULTS = [
    pytest.param(lambda proxy: [proxy.end(STREAMS)], id="streams end in order"),
    pytest.param(lambda proxy: [proxy.reset(STREAMS, Point.STREAMING)], id="streams are cut"),
    pytest.param(lambda proxy: [proxy.spoil(STREAMS, 410)], id="410 on the way"),
    pytest.param(lambda proxy: [proxy.refuse(STREAMS, 410)], id="410 at the beginning"),
    pytest.param(lambda proxy: [proxy.spoil(STREAMS, 500)], id="an error event"),
    pytest.param(lambda proxy: [proxy.hold(STREAMS, Point.STREAMING)], id="half open"),
    pytest.param(
        lambda proxy: [proxy.end(STREAMS), proxy.delay(USERS, 0.6), proxy.delay(GROUPS, 0.3)],
        id="lists come in another order",
    ),
    pytest.param(
        lambda proxy: [proxy.end(STREAMS), proxy.delay(LISTS, 0.6), proxy.refuse(Match("GET", "limit=", count=4), 503)],
        id="lists fail and are late",
    ),
]


class Reader:
    """Reads all the time, and knows what is right: what was once seen is never unseen."""

    def __init__(self, entra: httpx.AsyncClient, group: str) -> None:
        self.entra = entra
        self._group = group
        self.titles = [0]
        """What was seen of a number that only grows."""
        self.total = 0
        self.reads = 0

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            await self.once()
            await asyncio.sleep(0)

    async def once(self) -> None:
        """Read everything once."""
        [ana] = (await self._found(f'/Users?filter=userName eq "{ANA}"'))["Resources"]
        assert int(ana["title"]) >= self.titles[-1]
        self.titles.append(int(ana["title"]))
        assert int((await self._found(f"/Users/{ana['id']}"))["title"]) >= self.titles[-1]
        total = (await self._found("/Users?count=0"))["totalResults"]
        assert total >= self.total
        self.total = total
        assert len((await self._found(f"/Groups/{self._group}"))["members"]) == MEMBERS
        self.reads += 1

    async def _found(self, path: str) -> Any:
        answer = await self.entra.get(path)
        assert answer.is_success, answer.text
        return answer.json()


@asynccontextmanager
async def read_all_the_time(reader: Reader) -> AsyncIterator[asyncio.Task[None]]:
    """Read until the block ends; a wrong answer fails the test."""
    reading = asyncio.create_task(reader.run())
    try:
        yield reading
    finally:
        reading.cancel()
        await asyncio.wait([reading])
    if not reading.cancelled():
        reading.result()


@pytest.fixture
async def reader(ground: Any, run_facade: Any) -> AsyncIterator[Reader]:
    """A facade with a user and a large group, and who reads them."""
    async with run_facade(stale=60, lease=15) as running:
        body = {"displayName": "sg-Everybody", "members": [{"value": f"member-{n}"} for n in range(MEMBERS)]}
        group = (await running.entra.post("/Groups", json=body)).json()["id"]
        await running.entra.post("/Users", json={"userName": ANA, "title": "0"})
        await ground.cluster.create(a_user("first", namespace=ground.namespace, tenant="acme"), manager="test")
        yield Reader(running.entra, group)


@pytest.mark.parametrize("begin", FAULTS)
async def test_no_answer_is_wrong_while_watches_break(
    ground: Any, reader: Reader, until: Any, *, begin: Callable[[FaultProxy], list[Rule]]
) -> None:
    """What others write is found in spite of it and never lost again; what the facade writes is read at once."""
    entra = reader.entra
    async with read_all_the_time(reader) as reading:
        rules = begin(ground.proxy)
        for number in (1, 2):
            before = reader.total
            await ground.cluster.create(
                a_user(f"git-{number}", namespace=ground.namespace, tenant="acme"), manager="test"
            )
            await set_title(ground, str(number))
            await until(partial(has_seen, reader, reading, number, before))
            await written_and_read(entra, f"N{number}")
        for rule in rules:
            ground.proxy.remove(rule)
            for held in rule.held:
                held.drop()
        await set_title(ground, "3")
        await until(partial(has_seen, reader, reading, 3, reader.total - 1))
    assert reader.reads > 10


def has_seen(reader: Reader, reading: asyncio.Task[None], title: int, before: int) -> bool:
    """Say whether a change and a new user were read, or reading has failed."""
    return reading.done() or (reader.total > before and reader.titles[-1] == title)


async def set_title(ground: Any, title: str) -> None:
    """Change a user as a person with kubectl does."""
    users = (await ground.cluster.list(WorkteamUser, ground.namespace)).items
    [ana] = [user for user in users if user.spec.user_name == ANA]
    await ground.cluster.patch(ana, [{"op": "replace", "path": "/spec/title", "value": title}], manager="test")


async def written_and_read(entra: httpx.AsyncClient, name: str) -> None:
    """Change a user by the facade, again while it does not know what it missed, and read that."""
    [ana] = (await entra.get(f'/Users?filter=userName eq "{ANA}"')).json()["Resources"]
    body = {"Operations": [{"op": "add", "path": "nickName", "value": name}]}
    async with asyncio.timeout(30):
        while (answer := await entra.patch(f"/Users/{ana['id']}", json=body)).status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
    assert answer.json()["nickName"] == name
    assert (await entra.get(f"/Users/{ana['id']}")).json()["nickName"] == name
