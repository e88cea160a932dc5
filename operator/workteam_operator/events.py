"""Kubernetes Events about what happened to accounts and teams: few, closed in their reasons, without personal data."""

import asyncio
import enum
import logging
from collections import deque
from typing import NamedTuple

from workteam_crds.cluster.port import Cluster, ClusterError, Severity
from workteam_crds.kinds.custom_resource import CustomResource

log = logging.getLogger(__name__)

BURST = 25
"""Events of one reason that are written at once; then one a second, and the rest is only logged."""
PER_SECOND = 1.0


class Happening(enum.StrEnum):
    """What is told as an Event."""

    CREATED = "Created"
    ADOPTED = "Adopted"
    ACTIVATED = "Activated"
    DEACTIVATED = "Deactivated"
    DELETED = "Deleted"
    EMPTIED = "Emptied"
    ORPHANED = "Orphaned"
    HANDED_OVER = "HandedOver"
    RELEASED = "Released"
    STALLED = "Stalled"
    LOST = "Lost"


class _Note(NamedTuple):
    about: CustomResource
    severity: Severity
    happening: Happening
    text: str


class Announcer:
    """Writes Events in the background; none of them is waited for, and a lost one is no failure."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._notes: deque[_Note] = deque()
        self._came = asyncio.Event()
        self._allowed: dict[Happening, tuple[float, float]] = {}

    def tell(
        self, about: CustomResource, happening: Happening, text: str, *, severity: Severity = Severity.NORMAL
    ) -> None:
        """Log what happened, and write an Event about it unless there were too many of the kind."""
        log.info("%s: %s", happening, text, extra={"key": str(about.key), "happening": str(happening)})
        if self._may(happening):
            self._notes.append(_Note(about, severity, happening, text))
            self._came.set()

    async def run(self) -> None:
        """Write what was told, for ever."""
        while True:
            await self._came.wait()
            self._came.clear()
            await self.drain()

    async def drain(self) -> None:
        """Write what was told so far."""
        while self._notes:
            note = self._notes.popleft()
            try:
                await self._cluster.record(note.about, note.severity, note.happening, note.text)
            except ClusterError as error:
                log.warning("an Event was not written: %s", error)

    def _may(self, happening: Happening) -> bool:
        """Take one from the reason's bucket, if there is one."""
        now = asyncio.get_running_loop().time()
        left, at = self._allowed.get(happening, (float(BURST), now))
        left = min(left + (now - at) * PER_SECOND, BURST)
        allowed = left >= 1
        self._allowed[happening] = (left - allowed, now)
        return allowed
