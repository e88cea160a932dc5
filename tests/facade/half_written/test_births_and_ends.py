"""A POST or DELETE of a group of several lists that is cut off: the group is there whole or not at all."""

from functools import partial
from typing import Any

import httpx
import pytest


def people(start: int, stop: int) -> list[str]:
    """Return ids."""
    return [f"m-{number}" for number in range(start, stop)]


BEFORE = set(people(0, 700))
"""Who is in a group that has three lists: three writes make it, the group itself is the last."""


def called(name: str, members: list[str]) -> dict[str, Any]:
    """Return the body that creates a group."""
    return {"displayName": name, "members": [{"value": member} for member in members]}


async def names_of(client: httpx.AsyncClient) -> list[str]:
    """Return the names of the groups that have the last member, by an index; all groups have it."""
    found = {"filter": 'members.value eq "m-699"', "excludedAttributes": "members"}
    listed = (await client.get("/Groups", params=found)).json()["Resources"]
    assert (await client.get("/Groups", params={"count": "0"})).json()["totalResults"] == len(listed)
    return sorted(each["displayName"] for each in listed)


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "not answered"])
async def test_a_group_is_there_whole_or_not_at_all(stage: Any, answered: bool) -> None:  # noqa: FBT001
    """A POST of 700 dies after each write: a successor shows all of them or no group, and takes it again."""
    bodies = {writes: called(f"new-{writes}", people(0, 700)) for writes in (1, 2, 3)}
    for writes, body in bodies.items():
        stage.cluster.lives()
        async with stage.mortal() as client:
            stage.cluster.dies(writes, answered=answered)
            answer = await client.post("/Groups", json=body)
            assert answer.status_code == (201 if answered and writes == 3 else 503)
    async with stage.successor() as client:
        assert await names_of(client) == ["new-3"]
        for writes, body in bodies.items():
            assert (await client.post("/Groups", json=body)).status_code == (409 if writes == 3 else 201)
        assert await names_of(client) == ["new-1", "new-2", "new-3"]
        assert list((await stage.stored(tidy=True)).values()) == [BEFORE] * 3


@pytest.mark.parametrize(("writes", "answered"), [(0, True), (1, True), (1, False), (2, True), (2, False)])
async def test_nobody_of_a_request_that_failed_is_in(
    stage: Any,
    eventually: Any,
    writes: int,
    answered: bool,  # noqa: FBT001
) -> None:
    """A POST dies after each write; the same facade takes one with others in: these alone, and nothing is left over.

    It is 503 as long as the first one may still be stored.
    """
    async with stage.mortal() as client:
        stage.cluster.dies(writes, answered=answered)
        assert (await client.post("/Groups", json=called("again", people(0, 700)))).status_code == 503
        stage.cluster.lives()
        answers: list[httpx.Response] = []

        async def taken() -> bool:
            answers.append(await client.post("/Groups", json=called("again", people(100, 800))))
            return answers[-1].status_code != 503

        await eventually(taken)
        assert answers[-1].status_code == 201
        group = answers[-1].json()["id"]
        assert await stage.members(client, group) == set(people(100, 800))
        await eventually(partial(alone, stage, group))
        assert await stage.stored(tidy=True) == {group: set(people(100, 800))}


async def alone(stage: Any, group: str) -> bool:
    """Say whether no other group has lists in the cluster."""
    return list(await stage.lists()) == [group]


@pytest.mark.parametrize(
    ("again", "status"), [(people(0, 700), 201), ([*people(0, 699), "else"], 409)], ids=["the same", "others"]
)
async def test_a_post_whose_last_answer_was_lost_is_found(stage: Any, again: list[str], status: int) -> None:
    """With the same members it is 201 and the group that was made; with others it is 409, for the name is taken."""
    async with stage.mortal() as client:
        stage.cluster.dies(3, answered=False)
        assert (await client.post("/Groups", json=called("found", people(0, 700)))).status_code == 503
        stage.cluster.lives()
        answer = await client.post("/Groups", json=called("found", again))
        assert answer.status_code == status
        [(group, stored)] = (await stage.stored(tidy=True)).items()
        assert (await stage.members(client, group), stored) == (BEFORE, BEFORE)
        assert answer.json().get("id") == (group if status == 201 else None)


async def seen_of(client: httpx.AsyncClient, group: str) -> tuple[int, list[str]]:
    """Return the status of a group, and the ids of the groups that its last member is in."""
    found = {"filter": 'members.value eq "m-699"', "excludedAttributes": "members"}
    listed = (await client.get("/Groups", params=found)).json()["Resources"]
    return (await client.get(f"/Groups/{group}")).status_code, [each["id"] for each in listed]


async def gone(stage: Any, group: str) -> bool:
    """Say whether a group has no further lists in the cluster."""
    return group not in await stage.lists()


@pytest.mark.parametrize("writes", [1, 2])
async def test_a_deleted_group_is_hidden_and_its_memberships_go(stage: Any, eventually: Any, writes: int) -> None:
    """The facade dies after the group's deletion, or a membership's: a successor hides it too and deletes the rest."""
    async with stage.mortal() as client:
        group, other = [await stage.made(client, people(0, 700)) for _ in range(2)]
        stage.cluster.dies(writes)
        last = stage.cluster.done + writes
        assert (await client.delete(f"/Groups/{group}")).status_code == 204
        assert await seen_of(client, group) == (404, [other])
        await eventually(lambda: stage.cluster.done == last)
    assert len((await stage.lists())[group]) == 3 - writes
    async with stage.successor() as client:
        assert await seen_of(client, group) == (404, [other])
        await eventually(partial(gone, stage, group))
        assert await stage.members(client, other) == BEFORE
    assert await stage.stored(tidy=True) == {other: BEFORE}


async def test_a_deletion_that_was_not_done_may_be_sent_again(stage: Any, eventually: Any) -> None:
    """503, and the group is whole; 204 for the second, and its lists go."""
    async with stage.mortal() as client:
        group = await stage.made(client, people(0, 700))
        stage.cluster.dies(0)
        assert (await client.delete(f"/Groups/{group}")).status_code == 503
        assert await stage.members(client, group) == BEFORE
        stage.cluster.lives()
        assert (await client.delete(f"/Groups/{group}")).status_code == 204
        assert await seen_of(client, group) == (404, [])
        await eventually(partial(gone, stage, group))
