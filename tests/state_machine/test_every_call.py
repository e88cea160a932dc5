"""Each story of a person or a group, with the operator dead at each of its calls in turn, before and after the effect.

A story is told once without a death to count the calls; then once for each call and side. Time is virtual.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from workteam_cli.trial.verdict import unresolved
from workteam_cli.trial.virtual_time import VirtualLoop
from workteam_cli.trial.world import NAMESPACE, World
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import GRANT_ACCESS
from workteam_crds.testing import a_group, a_user
from workteam_operator.backend.port import Account

Story = Callable[[World], Awaitable[None]]

GUID = "7c1d2f7e-0d4d-4a3c-9a57-000000000001"


def ana(name: str = "ana", **spec: Any) -> WorkteamUser:
    """Return Ana as Entra creates her."""
    return a_user(name, namespace=NAMESPACE, userName="ana@contoso.example", externalId=GUID, **spec)


async def joins(world: World) -> None:
    """Ana joins."""
    await world.create(ana(), held=True)


async def joins_by_git(world: World) -> None:
    """Ana joins by Git: the operator puts the finalizer on."""
    await world.create(ana(), held=False)


async def leaves(world: World) -> None:
    """Ana joins, changes her name and her title, and is deleted."""
    user = await world.create(ana(), held=True)
    await world.live(5)
    await world.edit(user, userName="ana.maria@contoso.example", title="Lead")
    await world.live(5)
    await world.delete(user)


async def leaves_at_once(world: World) -> None:
    """Ana is deleted while she is created."""
    user = await world.create(ana(), held=True)
    await world.live(0.7)
    await world.delete(user)


async def is_suspended(world: World) -> None:
    """Ana's access is taken and given again."""
    user = await world.create(ana(), held=True)
    await world.live(5)
    await world.edit(user, active=False, title="Gone")
    await world.live(5)
    await world.edit(user, active=True)


async def is_succeeded(world: World) -> None:
    """Ana is deleted, and created again under another id while she terminates (rule A1)."""
    user = await world.create(ana(), held=True)
    await world.live(5)
    await world.delete(user)
    await world.create(ana("ana-2"), held=True)


async def loses_access_in_workteam(world: World) -> None:
    """HR takes Ana's access; a new title does not give it back, a grant does (rule A3)."""
    user = await world.create(ana(), held=True)
    await world.live(50)
    for account in list(world.tenant.accounts.held.values()):
        world.tenant.put_account(replace(account, active=False))
    await world.edit(user, title="Lead")
    await world.live(5)
    for account in list(world.tenant.accounts.held.values()):
        await world.annotate(user, GRANT_ACCESS, account.id)


async def brings_her_account(world: World) -> None:
    """Ana has an account already, and a manager who comes later."""
    await world.create(ana(enterprise={"manager": {"value": "bo"}}), held=True)
    await world.live(3)
    await world.create(a_user("bo", namespace=NAMESPACE), held=True)


async def is_in_a_crew(world: World) -> None:
    """A crew gets Ana and Bo, a stranger in Workteam, a new name, and loses Bo; Ana is deleted, then the crew."""
    stranger = world.tenant.put_account(Account("stranger", "dee@contoso.example", None, active=True))
    user = await world.create(ana(), held=True)
    crew = await world.create(a_group("crew", "ana", namespace=NAMESPACE), held=True)
    await world.live(4)
    for team in list(world.tenant.teams.held.values()):
        world.tenant.put_team(replace(team, members=(team.members or frozenset()) | {stranger.id}))
    await world.create(a_user("bo", namespace=NAMESPACE), held=True)
    await world.edit(crew, members=["ana", "bo"], displayName="Crew of two")
    await world.live(4)
    await world.edit(crew, members=["ana"])
    await world.live(4)
    await world.delete(user)
    await world.edit(crew, members=[])
    await world.live(4)
    await world.delete(crew)


STORIES: tuple[Story, ...] = (
    joins,
    joins_by_git,
    leaves,
    leaves_at_once,
    is_suspended,
    is_succeeded,
    loses_access_in_workteam,
    brings_her_account,
    is_in_a_crew,
)


QUICK = {("Deactivate", 0.0), ("Delete", 15.0)}
"""What becomes of the account of a deleted user, and by how many seconds searches lag."""
CASES = [
    pytest.param(
        story,
        on_delete,
        lag,
        id=f"{story.__name__}-{on_delete}-{lag:.0f}",
        marks=() if (on_delete, lag) in QUICK and (story is not is_in_a_crew or not lag) else pytest.mark.slow,
    )
    for story in STORIES
    for on_delete in ("Deactivate", "Delete", "Orphan")
    for lag in (0.0, 15.0)
]


@pytest.mark.parametrize(("story", "on_delete", "lag"), CASES)
def test_a_death_at_any_call_does_no_harm(story: Story, on_delete: str, lag: float) -> None:
    """One account at most is made of a person, nobody loses or gets access without cause, and all ends well."""
    calls = play(story, on_delete, lag, None)
    assert calls >= 5
    for number in range(1, calls + 1):
        for has_effect in (False, True):
            play(story, on_delete, lag, (number, has_effect))


def play(story: Story, on_delete: str, lag: float, last: tuple[int, bool] | None) -> int:
    """Tell one story with a death at a call, or none; return how many calls there were."""
    random.seed(1)
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_played(story, on_delete, lag, last))


async def _played(story: Story, on_delete: str, lag: float, last: tuple[int, bool] | None) -> int:
    world = World(Random(1), onDelete=on_delete)  # noqa: S311 - a trial
    world.tenant.lag, world.tenant.unique = lag, False  # a second create would not be refused
    await world.begin()
    await world.live(5)
    before = world.fate.calls
    if last is not None:
        world.doom(last[0], has_effect=last[1])
    await story(world)
    await world.live(20)
    calls = world.fate.calls - before
    await world.live(130)
    await world.visit_all()
    await world.live(60)
    what = f"{story.__name__}, {last}"
    assert world.deaths == (0 if last is None else 1), what
    assert world.witness.wrongs == [], what
    assert list(unresolved(world.witness, world.tenant)) == [], what
    await world.end()
    return calls
