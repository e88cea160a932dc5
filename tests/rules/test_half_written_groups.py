"""DESIGN 3: a facade that is killed between two writes of a group leaves it whole, and right when asked again."""

import asyncio
from typing import Any

from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership


def people(start: int, stop: int) -> list[str]:
    """Return ids."""
    return [f"m-{number}" for number in range(start, stop)]


async def stored(ground: Any) -> tuple[list[str], int, int | None]:
    """Return who stands in the lists of the one group, how many further lists there are, and how many it says."""
    [group] = (await ground.cluster.list(WorkteamGroup, ground.namespace)).items
    lists = [each.spec.members for each in (await ground.cluster.list(WorkteamGroupMembership, ground.namespace)).items]
    return [*group.spec.members, *(name for each in lists for name in each)], len(lists), group.spec.memberships


async def test_a_kill_between_two_writes_of_a_replace(ground: Any, until: Any) -> None:
    """SIGKILL while the second of its writes is held: nobody is missing; the next facade finishes it.

    That one waits for no Lease here: rule A11 is proven elsewhere.
    """
    body = {"displayName": "crew", "members": people(0, 700)}
    replace = {"Operations": [{"op": "replace", "path": "members", "value": people(600, 1_300)}]}
    async with ground.facade("first", 15, proxied=True) as first, ground.client(first) as client:
        await until(first.ready)
        path = f"/Groups/{(await client.post('/Groups', json=body)).json()['id']}"
        rule = ground.proxy.hold(Match("POST|PATCH|DELETE", "/workteamgroup", after=1), Point.BEFORE)
        changing = asyncio.create_task(client.patch(path, json=replace))
        held = await asyncio.to_thread(rule.next_held)
        first.child.kill()
        await first.child.wait()
        held.drop()
        await asyncio.gather(changing, return_exceptions=True)
        ground.proxy.remove(rule)
    union, lists, _ = await stored(ground)
    assert (set(people(0, 700)) < set(union), lists) == (True, 3)
    async with ground.facade("second", 15, lease="next") as second, ground.client(second) as client:
        await until(second.ready)
        assert {member["value"] for member in (await client.get(path)).json()["members"]} == set(union)
        assert (await client.patch(path, json=replace)).status_code == 204
        answered = [member["value"] for member in (await client.get(path)).json()["members"]]
    union, lists, said = await stored(ground)
    assert sorted(union) == sorted(answered) == sorted(people(600, 1_300))
    assert lists == said
