"""What is newer than our copy, what is old, and whether the cluster was set back to an earlier state (A3). Pure."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from workteam_crds.cluster.port import Listing
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key

TOMBSTONES = 10_000
"""How many deleted objects are remembered, so that an answer that comes late does not bring one back."""


class Recency:
    """The resourceVersions that were seen: within a kind they are ordered (promised since Kubernetes 1.35)."""

    def __init__(self) -> None:
        self.set_back_time: datetime | None = None
        """When the cluster was seen to be set back."""
        self._newest: dict[str, int] = {}
        self._listed: dict[tuple[str, str], int] = {}
        self._gone: OrderedDict[str, int | None] = OrderedDict()
        self._stale: set[Key] = set()

    def newest(self, kind: str) -> int:
        """Return the highest resourceVersion that was seen of a kind: an object's or a list's."""
        return self._newest.get(kind, 0)

    def is_news(self, held: CustomResource | None, came: CustomResource) -> bool:
        """Say whether what came is newer than what is held; of what a later list lacked nothing is."""
        if came.metadata.uid in self._gone:
            return False
        if held is None:
            return version_of(came) > self._listed.get((came.kind, came.metadata.namespace), -1)
        return came.key in self._stale or version_of(held) < version_of(came)

    def saw(self, came: CustomResource) -> None:
        """Note that an object was taken."""
        self._newest[came.kind] = max(self.newest(came.kind), version_of(came))
        self._stale.discard(came.key)

    def listed(self, kind: str, namespace: str, version: int) -> None:
        """Note that a whole list was taken."""
        self._newest[kind] = max(self.newest(kind), version)
        self._listed[kind, namespace] = version

    def lacked(self, held: CustomResource, version: int) -> bool:
        """Say whether an object that a list of a version lacks is gone; else it was written after the list."""
        return held.key in self._stale or version_of(held) <= version

    def gone(self, key: Key, uid: str | None, version: int | None) -> None:
        """Note that an object is gone, and at which version, if that is known."""
        self._stale.discard(key)
        if uid is not None:
            self._gone[uid] = version
            while len(self._gone) > TOMBSTONES:
                self._gone.popitem(last=False)

    def is_set_back(self, listing: Listing[Any], held: Callable[[Key], CustomResource | None], *, since: int) -> bool:
        """Say whether a list tells of an earlier state than one that was seen: etcd was restored.

        ``since`` is what ``newest`` was before the list was asked for. A busy cluster may have caught up with it: then
        an object is older than it was seen to be at a version that the list includes, or one that was gone is back.
        """
        version = int(listing.resource_version)
        return version < since or any(self._has_gone_back(item, held(item.key), version) for item in listing.items)

    def begin_anew(self, held: Iterable[Key], now: datetime) -> None:
        """Take every object as it comes next, however old that is: the cluster was set back."""
        self.set_back_time = now.replace(microsecond=0)
        self._stale = set(held)
        self._gone.clear()
        self._listed.clear()
        self._newest.clear()

    def _has_gone_back(self, item: CustomResource, held: CustomResource | None, listed: int) -> bool:
        same = held is not None and held.metadata.uid == item.metadata.uid
        before = version_of(held) if held is not None and same else self._gone.get(item.metadata.uid or "")
        return before is not None and version_of(item) < before <= listed


def version_of(resource: CustomResource) -> int:
    """Return the resourceVersion as a number."""
    return int(resource.metadata.resource_version or 0)
