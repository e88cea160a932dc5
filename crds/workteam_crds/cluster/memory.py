"""The port without an API server: objects in memory, for tests that need thousands of crashes rather than Kubernetes.

It passes the same contract as the Kubernetes driver (``tests/contract``), and promises nothing besides.
"""

# ruff: noqa: ARG002 - the port's arguments: nothing takes time here, and only a status knows its managers
import asyncio
import copy
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from workteam_crds.cluster.applied import Applied
from workteam_crds.cluster.memory_side import MemorySide, patched, since_index
from workteam_crds.cluster.port import (
    AlreadyExists,
    Change,
    Conflict,
    Event,
    Listing,
    NotFound,
    Operation,
    Rejected,
    Severity,
)
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.naming import Key
from workteam_crds.part import rfc3339

R = TypeVar("R", bound=CustomResource)

OURS_TO_SET = ("labels", "annotations", "finalizers")
"""What of the metadata a writer may change."""


@dataclass
class _Stored:
    """One object: its JSON without status, and who said what in the status."""

    body: dict[str, Any]
    status: Applied = field(default_factory=Applied)

    @property
    def metadata(self) -> dict[str, Any]:
        found: dict[str, Any] = self.body["metadata"]
        return found

    def manifest(self) -> dict[str, Any]:
        """Return the whole object."""
        return copy.deepcopy(self.body) | {"status": self.status.status()}


class Told(NamedTuple):
    """One Kubernetes Event."""

    about: Key
    severity: Severity
    reason: str
    note: str
    component: str


@dataclass(frozen=True)
class _Past:
    """One change that watches tell of."""

    version: int
    change: Change
    key: Key
    manifest: dict[str, Any]


class MemoryCluster(MemorySide):
    """One cluster in memory; see ``port.Cluster`` for the promises. Each call takes one turn of the loop."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self._now = now
        self._objects: dict[Key, _Stored] = {}
        self._past: list[_Past] = []
        self.told: Callable[[Change, CustomResource], None] = lambda *_: None
        """Called with each change, at once."""
        self.events: Counter[Told] = Counter()
        """Kubernetes Events, and how often each was told."""

    async def get(self, kind: type[R], namespace: str, name: str) -> R:
        """Read one object consistently."""
        await asyncio.sleep(0)
        return _parsed(kind, self._found(Key(kind.kind, namespace, name)).manifest())

    async def list(self, kind: type[R], namespace: str) -> Listing[R]:
        """Read all objects of a kind consistently."""
        await asyncio.sleep(0)
        found = (stored for key, stored in self._objects.items() if key[:2] == (kind.kind, namespace))
        return Listing(tuple(_parsed(kind, stored.manifest()) for stored in found), str(self.version))

    async def pages(self, kind: type[R], namespace: str) -> AsyncGenerator[Listing[R], None]:
        """Yield all objects of a kind in one page."""
        yield await self.list(kind, namespace)

    async def watch(self, kind: type[R], namespace: str, since: str) -> AsyncGenerator[Event[R], None]:
        """Yield changes after a resourceVersion, for ever."""
        at = since_index(self._past, since)
        while True:
            while at < len(self._past):
                past, at = self._past[at], at + 1
                if past.key[:2] == (kind.kind, namespace):
                    yield Event(past.change, str(past.version), _parsed(kind, past.manifest), past.key)
            await self._news()

    async def create(self, resource: R, *, manager: str, within: timedelta | None = None) -> R:
        """Create an object under its own name."""
        await asyncio.sleep(0)
        if resource.key in self._objects:
            raise AlreadyExists(f"{resource.key}: HTTP 409 AlreadyExists")
        body = resource.manifest()
        body.pop("status", None)
        made = {"uid": f"uid-{self.version + 1}", "generation": 1, "creationTimestamp": rfc3339(self._now())}
        body["metadata"] = _settable(body) | {"name": resource.key.name, "namespace": resource.key.namespace} | made
        _parsed(type(resource), body)
        stored = self._objects[resource.key] = _Stored(body)
        return await self._keep(type(resource), stored, Change.ADDED)

    async def patch(
        self, resource: R, operations: Sequence[Operation], *, manager: str, within: timedelta | None = None
    ) -> R:
        """Change an object by JSON patch; status and what the server sets in the metadata stay as they are."""
        await asyncio.sleep(0)
        stored = self._found(resource.key)
        wanted = patched(stored.manifest(), operations, str(resource.key))
        kept = {name: value for name, value in stored.metadata.items() if name not in OURS_TO_SET}
        body = wanted | {"metadata": kept | _settable(wanted)}
        body.pop("status")
        if body == stored.body:
            return _parsed(type(resource), stored.manifest())
        self._refuse(stored, body)
        _parsed(type(resource), body)
        if body["spec"] != stored.body["spec"]:
            body["metadata"]["generation"] += 1
        stored.body = body
        return await self._keep(type(resource), stored, Change.MODIFIED)

    async def delete(
        self, resource: CustomResource, *, unchanged: bool = False, within: timedelta | None = None
    ) -> None:
        """Delete an object if it is still the same one, and with ``unchanged`` if it is still as it was read."""
        await asyncio.sleep(0)
        stored = self._objects.get(resource.key)
        if stored is None:
            return
        self._expect(stored, resource, resource.metadata.resource_version if unchanged else None)
        if stored.metadata.get("finalizers") and "deletionTimestamp" in stored.metadata:
            return
        stored.metadata["deletionTimestamp"] = rfc3339(self._now())
        stored.metadata["generation"] += 1
        await self._keep(type(resource), stored, Change.MODIFIED)

    async def apply_status(
        self, resource: R, status: Mapping[str, Any], *, manager: str, resource_version: str | None = None
    ) -> R:
        """Apply one manager's part of the status."""
        await asyncio.sleep(0)
        stored = self._found(resource.key)
        self._expect(stored, resource, resource_version)
        before = stored.manifest()
        applied = copy.deepcopy(stored.status)
        applied.apply(manager, copy.deepcopy(dict(status)))
        _parsed(type(resource), before | {"status": applied.status()})
        stored.status = applied
        if stored.manifest() == before:
            return _parsed(type(resource), before)
        return await self._keep(type(resource), stored, Change.MODIFIED)

    async def record(
        self, about: CustomResource, severity: Severity, reason: str, note: str, *, component: str = "workteam-operator"
    ) -> None:
        """Keep a Kubernetes Event about an object, or count it up."""
        await asyncio.sleep(0)
        self.events[Told(about.key, severity, reason, note, component)] += 1

    def _found(self, key: Key) -> _Stored:
        if (stored := self._objects.get(key)) is None:
            raise NotFound(f"{key}: HTTP 404 NotFound")
        return stored

    async def _keep(self, kind: type[R], stored: _Stored, change: Change) -> R:
        """Store a change under a new version, or remove what was deleted and is held by nobody; tell who watches."""
        self.version += 1
        stored.metadata["resourceVersion"] = str(self.version)
        manifest = stored.manifest()
        key = Key(kind.kind, stored.metadata["namespace"], stored.metadata["name"])
        if "deletionTimestamp" in stored.metadata and not stored.metadata.get("finalizers"):
            del self._objects[key]
            change = Change.DELETED
        self._past.append(_Past(self.version, change, key, manifest))
        kept = _parsed(kind, manifest)
        self.told(change, kept)
        self._tell()
        return kept

    @staticmethod
    def _expect(stored: _Stored, resource: CustomResource, version: str | None) -> None:
        """Hold the uid, and a version if one is given, against what is stored."""
        if resource.metadata.uid not in {None, stored.metadata["uid"]}:
            raise Conflict(f"{resource.key}: HTTP 409 Conflict: another uid")
        if version not in {None, stored.metadata["resourceVersion"]}:
            raise Conflict(f"{resource.key}: HTTP 409 Conflict: another resourceVersion")

    @staticmethod
    def _refuse(stored: _Stored, body: Mapping[str, Any]) -> None:
        """Refuse what the server does: another tenant, and a finalizer more on what is terminating."""
        if body["spec"].get("tenantRef") != stored.body["spec"].get("tenantRef"):
            raise Rejected("HTTP 422 Invalid spec")
        added = set(body["metadata"].get("finalizers", ())) - set(stored.metadata.get("finalizers", ()))
        if added and "deletionTimestamp" in stored.metadata:
            raise Rejected("HTTP 422 Invalid metadata.finalizers")


def _settable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a writer may say in the metadata, without empty lists and maps."""
    metadata = body["metadata"]
    return {name: metadata[name] for name in OURS_TO_SET if metadata.get(name)}


def _parsed(kind: type[R], manifest: Mapping[str, Any]) -> R:
    try:
        return kind.parse(manifest)
    except ValidationError:
        raise Rejected(f"{kind.kind}: HTTP 422 Invalid") from None
