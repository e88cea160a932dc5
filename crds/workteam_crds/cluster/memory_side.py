"""Secrets and Leases in memory, and what watches wait for: what of ``memory.py`` no kind of ours needs."""

# ruff: noqa: ARG002 - the port's arguments: nothing takes time here
import asyncio
import base64
import bisect
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import jsonpatch

from workteam_crds.cluster.port import AlreadyExists, Conflict, LeaseRecord, NotFound, Operation, Secret


class Dated(Protocol):
    """What happened at a version."""

    @property
    def version(self) -> int:
        """Return the version that it made."""


@dataclass(frozen=True)
class _Told:
    """One change of a Secret; None: it was deleted."""

    version: int
    place: tuple[str, str]
    secret: Secret | None


class MemorySide:
    """One version for all that is stored, and one call to all who watch."""

    def __init__(self) -> None:
        self.version = 0
        """The newest resourceVersion."""
        self.terminating: set[str] = set()
        """Namespaces that are being deleted."""
        self._secrets: dict[tuple[str, str], Secret] = {}
        self._told: list[_Told] = []
        self._leases: dict[tuple[str, str], LeaseRecord] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}

    async def put_secret(self, namespace: str, name: str, data: Mapping[str, bytes]) -> Secret:
        """Store a Secret, as a person does."""
        old = self._secrets.get((namespace, name))
        self.version += 1
        uid = old.uid if old else f"uid-{self.version}"
        secret = self._secrets[namespace, name] = Secret(namespace, name, uid, str(self.version), dict(data))
        self._told.append(_Told(self.version, (namespace, name), secret))
        self._tell()
        return secret

    async def delete_secret(self, namespace: str, name: str) -> None:
        """Delete a Secret, as a person does."""
        self.version += 1
        del self._secrets[namespace, name]
        self._told.append(_Told(self.version, (namespace, name), None))
        self._tell()

    async def is_terminating(self, namespace: str) -> bool:
        """Say whether a namespace is being deleted."""
        await asyncio.sleep(0)
        return namespace in self.terminating

    async def read_secret(self, namespace: str, name: str) -> Secret:
        """Read one Secret consistently."""
        await asyncio.sleep(0)
        if (secret := self._secrets.get((namespace, name))) is None:
            raise NotFound(f"Secret {namespace}/{name}: HTTP 404")
        return secret

    async def watch_secret(self, namespace: str, name: str, since: str) -> AsyncGenerator[Secret | None, None]:
        """Yield one Secret whenever it changes, None when it is deleted; from "0" on first as it is."""
        at = since_index(self._told, since if since != "0" else str(self.version))
        if since == "0" and (secret := self._secrets.get((namespace, name))) is not None:
            yield secret
        while True:
            while at < len(self._told):
                told, at = self._told[at], at + 1
                if told.place == (namespace, name):
                    yield told.secret
            await self._news()

    async def patch_secret(self, secret: Secret, operations: Sequence[Operation]) -> Secret:
        """Change a Secret by JSON patch."""
        stored = await self.read_secret(secret.namespace, secret.name)
        encoded = {key: base64.b64encode(value).decode() for key, value in stored.data.items()}
        wanted = patched({"data": encoded}, operations, f"Secret {secret.namespace}/{secret.name}")
        data = {key: base64.b64decode(value) for key, value in wanted["data"].items()}
        return await self.put_secret(secret.namespace, secret.name, data)

    async def read_lease(self, namespace: str, name: str, *, within: timedelta) -> LeaseRecord:
        """Read one Lease consistently."""
        await asyncio.sleep(0)
        if (record := self._leases.get((namespace, name))) is None:
            raise NotFound(f"Lease {namespace}/{name}: HTTP 404")
        return record

    async def write_lease(self, record: LeaseRecord, now: datetime, *, within: timedelta) -> LeaseRecord:
        """Create a Lease, or replace it by compare-and-swap."""
        await asyncio.sleep(0)
        place = record.namespace, record.name
        stored = self._leases.get(place)
        if record.resource_version is None and stored is not None:
            raise AlreadyExists(f"Lease {record.namespace}/{record.name}: HTTP 409 AlreadyExists")
        if record.resource_version is not None and stored is None:
            raise NotFound(f"Lease {record.namespace}/{record.name}: HTTP 404")
        if stored is not None and stored.resource_version != record.resource_version:
            raise Conflict(f"Lease {record.namespace}/{record.name}: HTTP 409 Conflict")
        self.version += 1
        self._leases[place] = replace(record, resource_version=str(self.version))
        self._tell()
        return self._leases[place]

    async def lease_changed(self, record: LeaseRecord, *, within: timedelta) -> None:
        """Return when a Lease is no longer as it was read, or when the time is over."""
        try:
            async with asyncio.timeout(within.total_seconds()):
                while self._leases.get((record.namespace, record.name)) == record:
                    await self._news()
        except TimeoutError:
            return

    async def _news(self) -> None:
        """Wait until something is stored."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await future
        finally:
            self._waiting.pop(future, None)

    def _tell(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)


def since_index(past: Sequence[Dated], since: str) -> int:
    """Return where what happened after a version begins."""
    return bisect.bisect_right([each.version for each in past], int(since))


def patched(document: Mapping[str, Any], operations: Sequence[Operation], what: str) -> dict[str, Any]:
    """Apply a JSON patch to a copy. Raises ``Conflict`` if a test fails, or a path is not there."""
    try:
        wanted: dict[str, Any] = jsonpatch.apply_patch(document, [dict(operation) for operation in operations])
    except (jsonpatch.JsonPatchTestFailed, jsonpatch.JsonPatchConflict, jsonpatch.JsonPointerException):
        raise Conflict(f"PATCH {what}: HTTP 422 Invalid: the patch does not fit") from None
    return wanted
