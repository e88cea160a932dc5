"""Counts our copy of the objects by their conditions, and how long people waited. Never a series per object."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from workteam_crds.conditions import ConditionStatus, ConditionType, find_condition
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser
from workteam_crds.naming import Key
from workteam_operator import metrics
from workteam_operator.changes import Resource, takes_access
from workteam_operator.ownership import recorded_id


class Place(NamedTuple):
    """Where an object is counted."""

    kind: str
    tenant: str
    condition: str
    status: str


class Census:
    """Follows every change of our copy."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._counts: Counter[Place] = Counter()
        self._leaving: dict[Key, datetime] = {}
        """Who is to lose access, and since when."""

    def moved(self, old: Resource | None, new: Resource | None) -> None:
        """Take note that an object came, changed or went."""
        before, after = Counter(_places(old)), Counter(_places(new))
        if before != after:
            self._recount(before, after)
        if isinstance(old, WorkteamUser | WorkteamGroup) and isinstance(new, WorkteamUser | WorkteamGroup):
            created = new.metadata.creation_timestamp
            if recorded_id(old) is None and recorded_id(new) is not None and created is not None:
                metrics.FIRST_SYNC_SECONDS.labels(new.kind).observe(max((self._now() - created).total_seconds(), 0))
        self._follow_leaver(old, new)

    def _recount(self, before: Counter[Place], after: Counter[Place]) -> None:
        self._counts.subtract(before)
        self._counts.update(after)
        for place in {*before, *after}:
            if (count := self._counts[place]) > 0:
                metrics.OBJECTS.labels(*place).set(count)
            else:
                del self._counts[place]
                metrics.OBJECTS.remove(*place)

    def _follow_leaver(self, old: Resource | None, new: Resource | None) -> None:
        resource = new or old
        if not isinstance(resource, WorkteamUser):
            return
        if new is not None and takes_access(new):
            self._leaving.setdefault(resource.key, resource.metadata.deletion_timestamp or self._now())
            return
        self._end_leaving(resource.key, gone=new is None or resource.status.synced_active is False)

    def _end_leaving(self, key: Key, *, gone: bool) -> None:
        """Follow somebody no longer; what counts is whether access is gone."""
        since = self._leaving.pop(key, None)
        if since is not None and gone:
            metrics.DEPROVISION_SECONDS.observe(max((self._now() - since).total_seconds(), 0))


def _places(resource: Resource | None) -> list[Place]:
    """Return where an object is counted: once by each condition, and by Ready in any case."""
    if resource is None or isinstance(resource, WorkteamGroupMembership):
        return []
    kind, tenant, conditions = resource.kind, str(resource.tenant), resource.status.conditions
    places = [Place(kind, tenant, condition.type.value, condition.status.value) for condition in conditions]
    if find_condition(conditions, ConditionType.READY) is None:
        places.append(Place(kind, tenant, ConditionType.READY.value, ConditionStatus.UNKNOWN.value))
    return places
