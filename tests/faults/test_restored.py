"""etcd is restored to an older state under a running facade: it heals, and no answer in between is wrong."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.backup import Backup
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.controlplane.plane import ControlPlane
from workteam_cli.facade_processes import facade_ground
from workteam_crds.kinds import WorkteamGroup, WorkteamUser

pytestmark = pytest.mark.slow

NAMESPACE = "restored"
OLD, LEAVER, NEW = "old@contoso.example", "leaver@contoso.example", "new@contoso.example"
BACK = "back@contoso.example"
"""Deleted since the backup: free as far as the facade knows, and taken once etcd is restored."""


class Crowd:
    """Clients that ask all the time, before, while and after etcd is restored; what is right is known of each answer.

    An answer tells of the state before or of the one after; nobody who was told of the latter is told of the former.
    """

    def __init__(self, entra: httpx.AsyncClient, ids: dict[str, str]) -> None:
        self._entra = entra
        self._ids = ids
        self._restored = False
        self.outage = False
        """Set when the API server is gone."""
        self._asks: list[asyncio.Task[None]] = []
        self.answers: dict[str, set[int]] = {"read": set(), "post": set(), "patch": set()}

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Ask until the block ends; a wrong answer fails the test."""
        asks = self._asks = [asyncio.create_task(self._for_ever(ask)) for ask in (self._read, self._post, self._patch)]
        try:
            yield
        finally:
            for ask in asks:
                ask.cancel()
            await asyncio.wait(asks)
        for ask in asks:
            if not ask.cancelled():
                ask.result()

    def has_met(self, status: int) -> bool:
        """Say whether what is gone was met as gone and what is back as taken, or something wrong was met."""
        met = status in self.answers["read"] & self.answers["patch"] and 409 in self.answers["post"]
        return met or any(ask.done() for ask in self._asks)

    async def _for_ever(self, ask: Any) -> None:
        while True:
            await ask()
            await asyncio.sleep(0.02)

    async def _read(self) -> None:
        """A user that was changed, one that was made, and one that was deleted and made again, since the backup."""
        old = await self._asked("read", "GET", f"/Users/{self._ids[OLD]}")
        if old.status_code == httpx.codes.OK:
            assert old.json()["title"] in ({"before"} if self._restored else {"before", "after"})
            self._restored = self._restored or old.json()["title"] == "before"
        new = await self._asked("read", "GET", f"/Users/{self._ids[NEW]}")
        assert new.status_code in ({404, 503} if self._restored else {200, 404, 503})
        found = await self._asked("read", "GET", f'/Users?filter=userName eq "{LEAVER}"')
        if found.status_code == httpx.codes.OK:
            [one] = [user["id"] for user in found.json()["Resources"]]
            assert one in ({self._ids["first"]} if self._restored else {self._ids["first"], self._ids["second"]})

    async def _post(self) -> None:
        """A name that is free before is not given a second time after: it is not known until everything was read."""
        if self.outage:
            answer = await self._asked("post", "POST", "/Users", json={"userName": BACK, "title": "Else"})
            assert answer.status_code in {409, 503}

    async def _patch(self) -> None:
        """What was made since the backup is not made again by a change of it."""
        body = {"Operations": [{"op": "add", "path": "nickName", "value": "N"}]}
        answer = await self._asked("patch", "PATCH", f"/Users/{self._ids[NEW]}", json=body)
        assert answer.status_code in {200, 404, 503}

    async def _asked(self, word: str, method: str, path: str, json: Any = None) -> httpx.Response:
        answer = await self._entra.request(method, path, json=json)
        assert answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or int(answer.headers["Retry-After"]) > 0
        self.answers[word].add(answer.status_code)
        return answer


async def test_an_older_state_is_taken_over_without_a_wrong_answer(
    plane: ControlPlane, running_at: Any, until: Any, done: Any, tmp_path: Path
) -> None:
    """What was made since is gone, what was deleted is back, what was changed is as it was; writes go on from there."""
    backup = Backup(plane)
    with FaultProxy() as proxy:
        proxy.serve(plane.access)
        async with (
            facade_ground(plane.access, NAMESPACE, proxy, tmp_path) as ground,
            running_at(ground, lease=15, stale=120) as running,
        ):
            entra = running.entra
            ids = {OLD: await made(done, entra, OLD), "first": await made(done, entra, LEAVER)}
            ids[BACK] = await made(done, entra, BACK)
            team = (await entra.post("/Groups", json={"displayName": "sg", "members": [{"value": ids[OLD]}]})).json()
            await asyncio.to_thread(backup.save)
            await later(done, entra, ids, team["id"])
            crowd = Crowd(entra, ids)
            async with crowd.asking():
                await until(lambda: crowd.answers["read"] and crowd.answers["patch"])
                await asyncio.to_thread(backup.stop)
                crowd.outage = True
                await asyncio.to_thread(backup.restore)
                await until(lambda: crowd.has_met(404))
            assert 409 in crowd.answers["post"]

            users = (await ground.cluster.list(WorkteamUser, NAMESPACE)).items
            assert {user.metadata.name: user.spec.title for user in users} == {
                ids[OLD]: "before",
                ids["first"]: "before",
                ids[BACK]: "before",
            }
            [group] = (await ground.cluster.list(WorkteamGroup, NAMESPACE)).items
            assert group.spec.members == (ids[OLD],)
            again = await made(done, entra, NEW)
            assert again != ids[NEW]
            change = {"Operations": [{"op": "replace", "path": "title", "value": "again"}]}
            assert (await done(entra, "PATCH", f"/Users/{ids[OLD]}", change)).json()["title"] == "again"
            assert (await ground.cluster.get(WorkteamUser, NAMESPACE, ids[OLD])).spec.title == "again"


async def made(done: Any, entra: httpx.AsyncClient, name: str) -> str:
    """Create a user and return its id."""
    return str((await done(entra, "POST", "/Users", {"userName": name, "title": "before"})).json()["id"])


async def later(done: Any, entra: httpx.AsyncClient, ids: dict[str, str], team: str) -> None:
    """Change, delete, make again and make users, and a group."""
    title = {"Operations": [{"op": "replace", "path": "title", "value": "after"}]}
    await done(entra, "PATCH", f"/Users/{ids[OLD]}", title)
    await done(entra, "DELETE", f"/Users/{ids['first']}")
    await done(entra, "DELETE", f"/Users/{ids[BACK]}")
    ids["second"] = await made(done, entra, LEAVER)
    ids[NEW] = await made(done, entra, NEW)
    member = {"Operations": [{"op": "add", "path": "members", "value": [{"value": ids[NEW]}]}]}
    await done(entra, "PATCH", f"/Groups/{team}", member)
