"""When a tenant is swept: in virtual time, with the real operator on models of both of its sides."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from workteam_cli.trial.virtual_time import VirtualLoop
from workteam_cli.trial.world import NAMESPACE, World
from workteam_crds.kinds import WorkteamTenant
from workteam_crds.kinds.tenants import LastFullSweep
from workteam_crds.testing import TENANT, a_user

MINUTES = 60.0
SEED = 7


def play(story: Callable[[World], Awaitable[None]]) -> None:
    """Play a story from the moment at which its tenant has become ready."""

    async def all_of_it() -> None:
        world = World(Random(SEED))  # noqa: S311 - a story that can be played again
        await world.begin()
        await world.live(10)
        await story(world)
        await world.end()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(all_of_it())


async def last_sweep(world: World) -> LastFullSweep | None:
    return (await world.cluster.get(WorkteamTenant, NAMESPACE, TENANT)).status.last_full_sweep


async def next_sweep(world: World, *, after: datetime | None = None) -> LastFullSweep:
    """Let time pass until a tenant was swept again, two hours at most."""
    for _ in range(2 * 60):
        last = await last_sweep(world)
        if last is not None and last.time is not None and last.time != after:
            return last
        await world.live(MINUTES)
    raise AssertionError("no sweep in two hours")


def test_the_first_sweep_comes_an_interval_after_the_tenant_was_ready() -> None:
    """A little earlier, so that many tenants are not swept at once; and an interval later there is the next one."""

    async def story(world: World) -> None:
        ready = (await world.cluster.get(WorkteamTenant, NAMESPACE, TENANT)).status.first_ready_time
        assert ready is not None
        first = await next_sweep(world)
        assert first.time is not None
        assert timedelta(minutes=27) <= first.time - ready <= timedelta(minutes=31)
        second = await next_sweep(world, after=first.time)
        assert second.time is not None
        assert timedelta(minutes=27) <= second.time - first.time <= timedelta(minutes=31)

    play(story)


def test_a_restart_neither_hurries_nor_forgets_a_sweep() -> None:
    """A new process goes on from when the tenant was swept last: it may restart ever so often."""

    async def story(world: World) -> None:
        first = await next_sweep(world)
        assert first.time is not None
        for _ in range(3):
            await world.live(8 * MINUTES)
            await world.restart()
        assert (await last_sweep(world)) == first
        second = await next_sweep(world, after=first.time)
        assert second.time is not None
        assert timedelta(minutes=27) <= second.time - first.time <= timedelta(minutes=31)

    play(story)


def test_our_own_writes_have_time_to_show() -> None:
    """A list may be older than what was just written: what differs so soon is not looked at."""

    async def story(world: World) -> None:
        await world.edit(world.resource, drift={"interval": "10s"})
        ana = await world.create(a_user("ana", namespace=NAMESPACE, title="Lead"), held=True)
        await world.live(60)
        await world.edit(ana, title="Head")
        await world.live(3)
        [account] = world.tenant.accounts.held.values()
        assert account.attributes["title"] == "Head"
        world.tenant.put_account(replace(account, attributes={"title": "Boss"}))
        await world.live(24)
        assert world.tenant.accounts.held[account.id].attributes["title"] == "Boss"
        await world.live(25)
        assert world.tenant.accounts.held[account.id].attributes["title"] == "Head"

    play(story)


def test_a_sweep_costs_pages_not_people() -> None:
    """Of 120 people in sync it asks for two pages and nobody; the rest are the tenant's own probes."""

    async def story(world: World) -> None:
        for number in range(120):
            await world.create(a_user(f"p{number:03}", namespace=NAMESPACE), held=True)
        await world.live(25 * MINUTES)
        assert (len(world.tenant.accounts.held), await last_sweep(world)) == (120, None)
        before = world.fate.calls
        last = await next_sweep(world)
        assert (last.compared, last.drifted, last.unmanaged) == (120, 0, 0)
        assert world.fate.calls - before < 60

    play(story)
