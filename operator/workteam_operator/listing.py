"""Whole lists into our copy: once before anything is reconciled, and then to find what the watch did not tell.

kopf's own list after a broken watch yields no deletions, so each one of those asks for one of ours (OPERATOR 3).
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from workteam_crds.cluster.port import Cluster, ClusterError
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_operator.objects import Objects
from workteam_operator.workqueue import Priority, WorkQueue

log = logging.getLogger(__name__)

GATHERING = 2.0
"""Seconds in which further wishes for a list are answered by the same one."""
PATIENCE = 5.0
"""Seconds after which a failed list is tried again."""


class Lister:
    """Lists every kind in every namespace."""

    def __init__(self, cluster: Cluster, namespaces: Sequence[str], objects: Objects, queue: WorkQueue) -> None:
        self._cluster = cluster
        self._namespaces = namespaces
        self._objects = objects
        self._queue = queue
        self._asked = asyncio.Event()
        self.listed_at: float | None = None
        """Seconds of the loop's clock at the last complete list; None before the first."""

    def ask(self) -> None:
        """Have everything listed soon."""
        self._asked.set()

    async def list_all(self) -> None:
        """List everything once, tenants first. Raises ``ClusterError``."""
        for namespace in self._namespaces:
            for kind in (WorkteamTenant, WorkteamUser, WorkteamGroupMembership, WorkteamGroup):
                listing = await self._cluster.list(kind, namespace)
                for visit in self._objects.replace(kind, namespace, listing, base=Priority.BACKGROUND):
                    self._queue.add(visit)
        self.listed_at = asyncio.get_running_loop().time()

    async def first(self) -> None:
        """List everything before the first pass, however long the cluster does not answer."""
        while self.listed_at is None:
            await self._try()

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

    async def _try(self) -> None:
        try:
            await self.list_all()
        except ClusterError as error:
            log.warning("the objects were not listed: %s", error)
            await asyncio.sleep(PATIENCE)
            self.ask()
