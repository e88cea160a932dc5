"""A tenant whose facade dies between two writes, and what the cluster then holds of its groups."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from workteam_crds.cluster.port import ClusterUnavailable
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership
from workteam_crds.naming import TenantKey

WRITES = {"create", "patch", "delete"}
NAMES = itertools.count(1)


class Mortal:
    """The real cluster for a facade that writes so many times and then no more, as one that was killed."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self.left = 1_000
        """How many writes are still done."""
        self.answered = True
        """Whether the last one's answer arrives."""
        self.done = 0
        self.wrote: Callable[[], Any] = lambda: asyncio.sleep(0)
        """What is awaited after each write."""

    def __getattr__(self, name: str) -> Any:
        """Return a method of the cluster; a write counts."""
        method = getattr(self._cluster, name)

        async def write(*positional: Any, **named: Any) -> Any:
            if not self.left:
                raise ClusterUnavailable("killed")
            self.left -= 1  # before it is sent: others may write meanwhile
            last = not self.left
            result = await method(*positional, **named)
            self.done += 1
            await self.wrote()
            if last and not self.answered:
                raise ClusterUnavailable("killed")
            return result

        return write if name in WRITES else method

    def dies(self, writes: int, *, answered: bool = True) -> None:
        """Do so many writes from now on and no more."""
        self.left, self.answered = writes, answered

    def lives(self) -> None:
        """Be there again."""
        self.dies(1_000)


@dataclass(frozen=True)
class Stage:
    """A tenant, and facades of it that may die."""

    ground: Any
    run_facade: Any
    tenant: TenantKey
    token: str
    cluster: Mortal

    @asynccontextmanager
    async def mortal(self) -> AsyncIterator[httpx.AsyncClient]:
        """Run a facade that ``cluster`` lets die, and return a client of it."""
        async with self.run_facade(self.cluster) as running, running.client(self.tenant, self.token) as client:
            yield client

    @asynccontextmanager
    async def successor(self) -> AsyncIterator[httpx.AsyncClient]:
        """Run a facade that knows what is in the cluster and no more, and return a client of it."""
        async with self.run_facade() as running, running.client(self.tenant, self.token) as client:
            yield client

    async def made(self, client: httpx.AsyncClient, members: list[str]) -> str:
        """Create a group, and return its id."""
        body = {"displayName": f"crew-{next(NAMES)}", "members": [{"value": name} for name in members]}
        return str((await client.post("/Groups", json=body)).json()["id"])

    async def members(self, client: httpx.AsyncClient, group: str) -> set[str]:
        """Return the members that are answered; nobody twice."""
        answered = [member["value"] for member in (await client.get(f"/Groups/{group}")).json().get("members", [])]
        assert len(answered) == len(set(answered))
        return set(answered)

    async def lists(self) -> dict[str, list[tuple[str, ...]]]:
        """Return the further lists that the cluster holds of each group."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for each in (await self.ground.cluster.list(WorkteamGroupMembership, self.ground.namespace)).items:
            if each.tenant == self.tenant and not each.deleting:
                found.setdefault(each.spec.group_ref.name, []).append(each.spec.members)
        return found

    async def stored(self, *, tidy: bool) -> dict[str, set[str]]:
        """Return the members that the cluster holds of each group.

        If ``tidy``, nobody stands in two lists of it, none is empty, and it says how many there are.
        """
        groups = (await self.ground.cluster.list(WorkteamGroup, self.ground.namespace)).items
        further, found = await self.lists(), {}
        for group in groups:
            if group.tenant == self.tenant and not group.deleting:
                lists = further.get(group.metadata.name, [])
                everybody = [*group.spec.members, *(name for each in lists for name in each)]
                found[group.metadata.name] = set(everybody)
                if tidy:
                    assert len(everybody) == len(set(everybody))
                    assert (all(lists), group.spec.memberships or 0) == (True, len(lists))
        return found


@pytest.fixture
async def stage(ground: Any, run_facade: Any) -> Stage:
    """A tenant that may be asked as often as wanted."""
    tenant = await ground.tenant(scim={"requestsPerSecond": 10_000})
    return Stage(ground, run_facade, tenant, await ground.token(tenant), Mortal(ground.cluster))
