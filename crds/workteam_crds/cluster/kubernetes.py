"""The API server behind the port."""

import base64
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Self, TypeVar

import orjson
from pydantic import ValidationError

from workteam_crds.cluster.access import APPLY_PATCH, JSON_PATCH, LIST_TIMEOUT, SILENCE, Access, Requests
from workteam_crds.cluster.fenced import Fence, FencedRequests
from workteam_crds.cluster.kubernetes_events import KubernetesEvents
from workteam_crds.cluster.kubernetes_leases import KubernetesLeases
from workteam_crds.cluster.port import (
    WATCH_TIME,
    Change,
    ClusterError,
    Conflict,
    Event,
    Gone,
    Listing,
    NotFound,
    Operation,
    Rejected,
    Secret,
    joined,
)
from workteam_crds.kinds.custom_resource import API_VERSION, CustomResource
from workteam_crds.naming import Key

R = TypeVar("R", bound=CustomResource)

PAGE = 500
"""Objects per page of a list."""
STATUS_TRIES = 5
"""How often a status is applied again when somebody else wrote the object in between."""


class KubernetesCluster(KubernetesLeases, KubernetesEvents):
    """One real API server; see ``port.Cluster`` for the promises."""

    def __init__(self, access: Requests) -> None:
        KubernetesLeases.__init__(self, access)
        KubernetesEvents.__init__(self, access)

    @classmethod
    @asynccontextmanager
    async def connect(cls, kubeconfig: str | None = None, *, silence: timedelta = SILENCE) -> AsyncIterator[Self]:
        """Connect by a kubeconfig file, ``KUBECONFIG`` or the pod; a watch that is silent for so long is half open."""
        access = await Access.load(kubeconfig, silence=silence)
        try:
            yield cls(access)
        finally:
            await access.close()

    def under(self, fence: Fence) -> Self:
        """Return the same server; what is written there has to pass a fence."""
        return type(self)(FencedRequests(self._access, fence))

    async def get(self, kind: type[R], namespace: str, name: str) -> R:
        """Read one object consistently."""
        return _parsed(kind, await self._access.request("GET", _path(kind, namespace, name)))

    async def list(self, kind: type[R], namespace: str) -> Listing[R]:
        """Read all objects of a kind consistently."""
        return joined([page async for page in self.pages(kind, namespace)])

    async def pages(self, kind: type[R], namespace: str) -> AsyncGenerator[Listing[R], None]:
        """Read all objects of a kind consistently, page by page."""
        query = {"limit": str(PAGE)}
        while True:
            page = await self._access.request("GET", _path(kind, namespace), query=query, within=LIST_TIMEOUT)
            yield _listing(kind, page)
            if not (rest := page["metadata"].get("continue")):
                return
            query = {"limit": str(PAGE), "continue": rest}

    async def watch(self, kind: type[R], namespace: str, since: str) -> AsyncGenerator[Event[R], None]:
        """Yield changes after a resourceVersion until the server ends the stream."""
        async with self._access.stream(_path(kind, namespace), _watch_query(since)) as lines:
            async for line in lines:
                yield _event(kind, orjson.loads(line))

    async def create(self, resource: R, *, manager: str, within: timedelta | None = None) -> R:
        """Create an object under its own name."""
        answer = await self._access.request(
            "POST",
            _path(type(resource), resource.metadata.namespace),
            query={"fieldManager": manager, "fieldValidation": "Strict"},
            body=resource.manifest(),
            within=within,
        )
        return _parsed(type(resource), answer)

    async def patch(
        self, resource: R, operations: Sequence[Operation], *, manager: str, within: timedelta | None = None
    ) -> R:
        """Change an object by JSON patch."""
        answer = await self._access.request(
            "PATCH",
            _path(type(resource), resource.metadata.namespace, resource.metadata.name),
            query={"fieldManager": manager, "fieldValidation": "Strict"},
            body=list(operations),
            content_type=JSON_PATCH,
            within=within,
        )
        return _parsed(type(resource), answer)

    async def apply_status(
        self, resource: R, status: Mapping[str, Any], *, manager: str, resource_version: str | None = None
    ) -> R:
        """Apply one manager's part of the status.

        The server ignores a uid in a status apply (tried on 1.37) and obeys a resourceVersion, so that is the guard:
        where the caller asks for no swap, a version that moved is read again, and its uid compared.
        """
        if resource_version is not None:
            return await self._apply_status(resource, status, manager, resource_version)
        current = resource
        for _ in range(STATUS_TRIES):
            try:
                return await self._apply_status(current, status, manager, current.metadata.resource_version)
            except Conflict:
                current = await self.get(type(resource), resource.metadata.namespace, resource.metadata.name)
                if current.metadata.uid != resource.metadata.uid:
                    raise
        raise Conflict(f"{resource.key}: the status was out of date {STATUS_TRIES} times")

    async def _apply_status(
        self, resource: R, status: Mapping[str, Any], manager: str, resource_version: str | None
    ) -> R:
        metadata = {"name": resource.metadata.name, "resourceVersion": resource_version}
        answer = await self._access.request(
            "PATCH",
            _path(type(resource), resource.metadata.namespace, resource.metadata.name) + "/status",
            query={"fieldManager": manager, "force": "true", "fieldValidation": "Strict"},
            body={"apiVersion": API_VERSION, "kind": resource.kind, "metadata": metadata, "status": dict(status)},
            content_type=APPLY_PATCH,
        )
        return _parsed(type(resource), answer)

    async def delete(
        self, resource: CustomResource, *, unchanged: bool = False, within: timedelta | None = None
    ) -> None:
        """Delete an object if it is still the same one, and with ``unchanged`` if it is still as it was read."""
        path = _path(type(resource), resource.metadata.namespace, resource.metadata.name)
        preconditions = {"uid": resource.metadata.uid}
        if unchanged:
            preconditions["resourceVersion"] = resource.metadata.resource_version
        try:
            await self._access.request("DELETE", path, body={"preconditions": preconditions}, within=within)
        except NotFound:
            return

    async def is_terminating(self, namespace: str) -> bool:
        """Say whether a namespace is being deleted, or is gone."""
        try:
            found = await self._access.request("GET", f"/api/v1/namespaces/{namespace}")
        except NotFound:
            return True
        return "deletionTimestamp" in found["metadata"]

    async def read_secret(self, namespace: str, name: str) -> Secret:
        """Read one Secret consistently."""
        return _secret(await self._access.request("GET", _secret_path(namespace, name)))

    async def watch_secret(self, namespace: str, name: str, since: str) -> AsyncGenerator[Secret | None, None]:
        """Yield one Secret whenever it changes, None when it is deleted."""
        query = _watch_query(since) | {"fieldSelector": f"metadata.name={name}"}
        async with self._access.stream(_secret_path(namespace), query) as lines:
            async for line in lines:
                event = orjson.loads(line)
                _refuse_error(event)
                if event["type"] != "BOOKMARK":
                    yield None if event["type"] == "DELETED" else _secret(event["object"])

    async def patch_secret(self, secret: Secret, operations: Sequence[Operation]) -> Secret:
        """Change a Secret by JSON patch."""
        path = _secret_path(secret.namespace, secret.name)
        return _secret(await self._access.request("PATCH", path, body=list(operations), content_type=JSON_PATCH))


def _path(kind: type[CustomResource], namespace: str, name: str | None = None) -> str:
    path = f"/apis/{API_VERSION}/namespaces/{namespace}/{kind.plural}"
    return path if name is None else f"{path}/{name}"


def _secret_path(namespace: str, name: str | None = None) -> str:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    return path if name is None else f"{path}/{name}"


def _watch_query(since: str) -> dict[str, str]:
    return {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": since,
        "timeoutSeconds": str(round(WATCH_TIME.total_seconds())),
    }


def _key(kind: type[CustomResource], raw: Any) -> Key:
    return Key(kind.kind, raw["metadata"]["namespace"], raw["metadata"]["name"])


def _parsed(kind: type[R], raw: Any) -> R:
    try:
        return kind.parse(raw)
    except ValidationError as error:
        fields = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
        raise Rejected(f"{_key(kind, raw)} does not parse: {', '.join(fields)}") from None


def _listing(kind: type[R], page: Any) -> Listing[R]:
    items: list[R] = []
    unreadable: list[Key] = []
    for raw in page["items"]:
        try:
            items.append(kind.parse(raw))
        except ValidationError:
            unreadable.append(_key(kind, raw))
    return Listing(tuple(items), page["metadata"]["resourceVersion"], tuple(unreadable))


def _event(kind: type[R], raw: Any) -> Event[R]:
    _refuse_error(raw)
    version = raw["object"]["metadata"]["resourceVersion"]
    if raw["type"] == "BOOKMARK":
        return Event(None, version)
    change = Change(raw["type"])
    try:
        resource = kind.parse(raw["object"])
    except ValidationError:
        return Event(change, version, None, _key(kind, raw["object"]))
    return Event(change, version, resource, resource.key)


def _refuse_error(event: Any) -> None:
    """An ERROR event ends a watch; 410 says that its history is gone."""
    if event["type"] != "ERROR":
        return
    code = event["object"].get("code")
    raise Gone("WATCH: 410") if code == 410 else ClusterError(f"WATCH: ERROR {code}")  # noqa: PLR2004 - HTTP Gone


def _secret(raw: Any) -> Secret:
    metadata = raw["metadata"]
    data = {key: base64.b64decode(value) for key, value in (raw.get("data") or {}).items()}
    return Secret(metadata["namespace"], metadata["name"], metadata["uid"], metadata["resourceVersion"], data)
