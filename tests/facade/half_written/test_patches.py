"""A PATCH of the members of several lists: whole for every reader, and right when it is cut off and comes again."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx
import pytest


def people(start: int, stop: int) -> list[str]:
    """Return ids."""
    return [f"m-{number}" for number in range(start, stop)]


def on_members(op: str, names: list[str]) -> dict[str, Any]:
    """Return an operation on members."""
    return {"op": op, "path": "members", "value": [{"value": name} for name in names]}


@dataclass(frozen=True)
class Request:
    """One PATCH of a group of 700 that has three lists: who is in afterwards, and by how many writes."""

    operation: dict[str, Any]
    after: frozenset[str]
    writes: int


BEFORE = frozenset(people(0, 700))
REQUESTS = {
    "add one to a list": Request(on_members("add", ["new"]), BEFORE | {"new"}, 1),
    "add to a list and open more": Request(on_members("add", people(700, 1_300)), frozenset(people(0, 1_300)), 5),
    "remove from all lists": Request(
        on_members("remove", people(0, 700)[::7]), BEFORE - frozenset(people(0, 700)[::7]), 3
    ),
    "remove all": Request({"op": "remove", "path": "members"}, frozenset(), 3),
    "replace all": Request(on_members("replace", people(700, 1_400)), frozenset(people(700, 1_400)), 6),
    "replace half": Request(on_members("replace", people(350, 1_050)), frozenset(people(350, 1_050)), 4),
}


@pytest.mark.parametrize("case", REQUESTS)
async def test_no_reader_sees_fewer_members_than_before_or_after(stage: Any, case: str) -> None:
    """One reads all the time, another the cluster after each write: each sees all of before or all of after."""
    wanted, seen = REQUESTS[case], []
    async with stage.mortal() as client:
        group = await stage.made(client, people(0, 700))

        async def look() -> None:
            seen.append((await stage.stored(tidy=False))[group])

        stage.cluster.wrote, stage.cluster.done = look, 0
        changing = asyncio.create_task(client.patch(f"/Groups/{group}", json={"Operations": [wanted.operation]}))
        while not changing.done():
            seen.append(await stage.members(client, group))
            await asyncio.sleep(0)
        assert (await changing).is_success
        assert stage.cluster.done == wanted.writes
        for found in seen:
            assert found >= BEFORE or found >= wanted.after
            assert found <= BEFORE | wanted.after
        assert await stage.members(client, group) == wanted.after
    assert await stage.stored(tidy=True) == {group: wanted.after}


@dataclass(frozen=True)
class Cut:
    """A request that was cut off after some writes, and the group that it left."""

    case: str
    writes: int
    group: str

    @property
    def after(self) -> frozenset[str]:
        """Return who is to be in."""
        return REQUESTS[self.case].after

    async def send(self, client: httpx.AsyncClient) -> httpx.Response:
        """Send the request."""
        return await client.patch(f"/Groups/{self.group}", json={"Operations": [REQUESTS[self.case].operation]})


async def cut_off(stage: Any, client: httpx.AsyncClient, *, answered: bool) -> list[Cut]:
    """Cut each request off after each number of writes, each with a group of its own."""
    cuts = []
    for case, request in REQUESTS.items():
        for writes in range(request.writes) if answered else range(1, request.writes + 1):
            cut = Cut(case, writes, await stage.made(client, people(0, 700)))
            stage.cluster.dies(writes, answered=answered)
            answer = await cut.send(client)
            assert (answer.status_code, answer.headers.get("retry-after")) == (503, "5"), cut
            stage.cluster.lives()
            cuts.append(cut)
    return cuts


async def finish(stage: Any, client: httpx.AsyncClient, cuts: list[Cut]) -> None:
    """Send all requests again, and find each group as it is to be."""
    for cut in cuts:
        assert (await cut.send(client)).is_success, cut
        assert await stage.members(client, cut.group) == cut.after, cut
    assert await stage.stored(tidy=True) == {cut.group: cut.after for cut in cuts}


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "not answered"])
async def test_the_request_again_ends_right_with_a_successor(stage: Any, answered: bool) -> None:  # noqa: FBT001
    """The facade died after each write in turn: another shows what was stored, and finishes it."""
    async with stage.mortal() as client:
        cuts = await cut_off(stage, client, answered=answered)
    left = await stage.stored(tidy=False)
    for cut in cuts:
        assert left[cut.group] >= BEFORE or left[cut.group] >= cut.after, cut
    async with stage.successor() as client:
        assert {cut.group: await stage.members(client, cut.group) for cut in cuts} == left
        await finish(stage, client, cuts)


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "not answered"])
async def test_the_request_again_ends_right_with_the_same_facade(stage: Any, answered: bool) -> None:  # noqa: FBT001
    """The API server went away after each write in turn, and is there again when the request is."""
    async with stage.mortal() as client:
        await finish(stage, client, await cut_off(stage, client, answered=answered))


async def test_of_two_replaces_at_once_one_stays(stage: Any) -> None:
    """Three times two sets that differ in every list: the group has all of one and nobody else."""
    sets = (people(0, 700), people(650, 1_400))
    bodies = [{"Operations": [on_members("replace", each)]} for each in sets]
    async with stage.mortal() as client:
        group = await stage.made(client, people(600, 660))
        for _ in range(3):
            answers = await asyncio.gather(*(client.patch(f"/Groups/{group}", json=body) for body in bodies))
            assert {answer.is_success for answer in answers} == {True}
            found = await stage.members(client, group)
            assert found in map(set, sets)
            assert await stage.stored(tidy=True) == {group: found}
