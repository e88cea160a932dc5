"""Whole lists into our copy: once before anything is reconciled, and then to find what the watch did not tell.

kopf's own list after a broken watch yields no deletions, and here no objects either: one of ours follows each of those
(OPERATOR 3). A list that is older than what was seen before tells that etcd was restored under us (rule A3, docs/adr).
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from workteam_crds.cluster.port import Cluster, ClusterError
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_operator.objects import Objects
from workteam_operator.workqueue import Priority, WorkQueue

log = logging.getLogger(__name__)

GATHERING = 2.0
"""Seconds in which further wishes for a list are answered by the same one."""
PATIENCE = 5.0
"""Seconds after which a failed list is tried again."""

KINDS: tuple[type[CustomResource], ...] = (WorkteamTenant, WorkteamUser, WorkteamGroupMembership, WorkteamGroup)
"""In this order: what others refer to first."""


class Lister:
    """Lists every kind in every namespace."""

    def __init__(
        self,
        cluster: Cluster,
        namespaces: Sequence[str],
        objects: Objects,
        queue: WorkQueue,
        *,
        now: Callable[[], datetime],
        set_back: Callable[[], None],
    ) -> None:
        """``set_back`` is called when the cluster was set back to an earlier state."""
        self._cluster = cluster
        self._namespaces = namespaces
        self._objects = objects
        self._queue = queue
        self._now = now
        self._set_back = set_back
        self._asked = asyncio.Event()
        self.listed_at: float | None = None
        """Seconds of the loop's clock at the last complete list; None before the first."""

    def ask(self) -> None:
        """Have everything listed soon."""
        self._asked.set()

    async def list_all(self) -> None:
        """List everything once, tenants first. Raises ``ClusterError``."""
        places = [(namespace, kind) for namespace in self._namespaces for kind in KINDS]
        while not all([await self._list(kind, namespace) for namespace, kind in places]):
            log.error("the cluster was set back to an earlier state: what it holds is to be accepted by a person")
        self.listed_at = asyncio.get_running_loop().time()

    async def _list(self, kind: type[Any], namespace: str) -> bool:
        """List one kind; False if the cluster was set back, so that everything has to be listed again."""
        since = self._objects.newest(kind)
        listing = await self._cluster.list(kind, namespace)
        set_back = self._objects.set_back(listing, self._now(), since=since)
        if set_back:
            self._set_back()
        for visit in self._objects.replace(kind, namespace, listing, base=Priority.BACKGROUND):
            self._queue.add(visit)
        return not set_back

    async def first(self) -> None:
        """List everything before the first pass, however long the cluster does not answer."""
        while self.listed_at is None:
            self._asked.clear()  # this is the answer
            await self._try()

    async def anew(self) -> None:
        """List everything once more, from now on, however long the cluster does not answer."""
        while not await self._try():
            pass

    async def run(self, interval: timedelta) -> None:
        """List everything again when it was asked for, and at every interval."""
        while True:
            try:
                async with asyncio.timeout(interval.total_seconds()):
                    await self._asked.wait()
                await asyncio.sleep(GATHERING)
            except TimeoutError:
                pass
            self._asked.clear()
            await self._try()

    async def _try(self) -> bool:
        """List everything; if that fails, wait, and say so."""
        try:
            await self.list_all()
        except ClusterError as error:
            log.warning("the objects were not listed: %s", error)
            await asyncio.sleep(PATIENCE)
            self.ask()
            return False
        return True
