"""Departures: the memberships of deleted groups are deleted, also those that a facade which died left behind.

A deleted group is gone for SCIM at once; the operator keeps its finalizer on it until its memberships are gone too.
"""

import asyncio
import logging
import random

from workteam_crds.cluster.fenced import NotHolding
from workteam_crds.cluster.port import ClusterError, Conflict, ObjectStore
from workteam_crds.kinds import WorkteamGroupMembership
from workteam_crds.naming import TenantKey
from workteam_scim.cache import Cache
from workteam_scim.rosters import MemberList
from workteam_scim.writing import addressed, loop_time

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.2, 30.0
"""Seconds before it is tried again, at most."""


class Departures:
    """Deletes what deleted groups leave; ``run`` ends only when it is cancelled."""

    def __init__(self, cache: Cache, cluster: ObjectStore) -> None:
        self._cache = cache
        self._cluster = cluster

    async def run(self) -> None:
        """Wait for deleted groups, and delete their lists."""
        wait = FIRST_WAIT
        while True:
            await self._cache.departed.wait()
            self._cache.departed.clear()
            try:
                for tenant, left in self._cache.left_over():
                    await self._delete(tenant, left)
                wait = FIRST_WAIT
            except NotHolding:  # another facade deletes them; when this one takes over, it goes on at once
                self._cache.departed.set()
                await asyncio.sleep(FIRST_WAIT)
            except ClusterError as error:
                log.warning("memberships of a deleted group are left: %s", error)
                self._cache.departed.set()
                await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - jitter
                wait = min(wait * 2, LONGEST_WAIT)

    async def _delete(self, tenant: TenantKey, left: MemberList) -> None:
        lists = self._cache.lists(tenant)
        try:
            await self._cluster.delete(addressed(WorkteamGroupMembership, tenant, left.name, left.uid))
        except Conflict:  # another one has its name
            lists.remove(left.name, left.uid)
        else:
            lists.bury(left, loop_time())
