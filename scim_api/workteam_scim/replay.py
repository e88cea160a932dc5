"""ReplayingHandler: what met a conflict is applied again to the fresh object.

The library validates and applies; the operations, not their result, are repeated. Answers are the cache's bytes.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeAlias, cast

from pydantic import ValidationError
from scim2_models import (
    Context,
    PreconditionFailedException,
    Resource,
    ResourceType,
    SCIMException,
)
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService

from workteam_scim import audit
from workteam_scim.entries import Entry
from workteam_scim.group_writes import HalfWritten
from workteam_scim.members import Edit, Replace
from workteam_scim.patching import apply, explained, switched
from workteam_scim.paths import Table, group_table, user_table
from workteam_scim.provider import NORMALISERS, READING
from workteam_scim.queries import Query, read_parameters
from workteam_scim.refusals import Unavailable
from workteam_scim.rendering import Rendered, Shape, rendered, shape_of, shows
from workteam_scim.requests import Patch, read_patch, read_resource
from workteam_scim.searched import searched_types
from workteam_scim.sketches import names, sketch
from workteam_scim.storage import ClusterStorage, dumped

log = logging.getLogger(__name__)

TRIES = 10
LONGEST_PAUSE = 0.05
"""Seconds before the next try, at most; jitter shortens it."""

LARGE = 500
"""A PATCH of a group with more members is answered without them: 204."""

Wanted: TypeAlias = tuple[dict[str, Any] | None, Sequence[Edit]]
"""What a resource is to become: its attributes (None: as they are), and what is done to its members."""


class ReplayingHandler(AsyncScimHandler):
    """Serves one tenant. ``ignored`` is told how many attributes of a request no document names."""

    def __init__(self, service: ScimService, storage: ClusterStorage, ignored: Callable[[int], None]) -> None:
        super().__init__(service, storage)
        self._storage = storage
        self._ignored = ignored
        self._types = searched_types(service.provider)

    async def create(self, request: ScimRequest, *, name: str | None = None) -> ScimResponse:
        """Create a resource, under an id if one is given."""
        with self.service.provider:
            _, resource_type = self._target(request, Operation.create)
            shape = self._shape(request, resource_type)  # before anything is stored: what is refused leaves nothing
            body = self._json(request)
            with told_if_refused(body, resource_type):
                resource, members = self._read_resource(resource_type, body, Context.RESOURCE_CREATION_REQUEST)
                entry = await self._storage.insert(resource_type, resource, members or (), name=name)
            answer = rendered(entry, HTTPStatus.CREATED, shape)
            answer.headers["Location"] = self.service.resource_location(request.base_url, resource_type, entry.name)
            return answer

    async def patch(self, request: ScimRequest) -> ScimResponse:
        """Change a resource by operations."""
        with self.service.provider:
            target, resource_type = self._target(request, Operation.patch)
            resource_id = cast("str", target.resource_id)
            body = self._json(request)
            left_out = 0

            async def wanted(entry: Entry) -> Wanted:
                nonlocal left_out
                result, left_out = await self._patched(resource_type, entry, patch)
                return result

            with told_if_refused(body, resource_type):
                patch = read_patch(body, table_of(resource_type), NORMALISERS, resource_id=resource_id)
                answer = await self._changed(request, resource_type, resource_id, wanted)
            self._ignored(len(patch.ignored) + left_out)
            return answer

    async def replace(self, request: ScimRequest) -> ScimResponse:
        """Replace a resource. Members are kept if the body does not speak of them: absence takes no access."""
        with self.service.provider:
            target, resource_type = self._target(request, Operation.replace)
            resource_id = cast("str", target.resource_id)
            body = self._json(request)
            with told_if_refused(body, resource_type):
                resource, members = self._read_resource(resource_type, body, Context.RESOURCE_REPLACEMENT_REQUEST)
                attributes = dumped(resource)
                edits = [] if members is None else [Replace(members)]

                async def wanted(_: Entry) -> Wanted:
                    return attributes, edits

                return await self._changed(request, resource_type, resource_id, wanted)

    async def delete_resource(self, resource_type: ResourceType, resource_id: str, conditions: Conditions) -> None:
        """Delete a resource."""
        objects = self._storage.objects.of(resource_type.name or "")
        async with objects.lock(resource_id):
            await objects.settle(resource_id)
            conditions.check(objects.read(resource_id).version, "DELETE")
            await self._storage.delete(resource_type, resource_id)

    async def _changed(
        self,
        request: ScimRequest,
        resource_type: ResourceType,
        resource_id: str,
        wanted: Callable[[Entry], Awaitable[Wanted]],
    ) -> ScimResponse:
        """Change a resource and answer with it."""
        query = read_parameters(request.query)
        conditions = self.service.read_conditions(request)
        objects = self._storage.objects.of(resource_type.name or "")
        half_written = False
        for _ in range(TRIES):
            async with objects.lock(resource_id):
                await objects.settle(resource_id)
                entry = objects.read(resource_id)
                if not half_written:
                    conditions.check(entry.version, request.method)
                try:
                    changed = await self._storage.rewrite(resource_type, entry, *await wanted(entry))
                except HalfWritten:
                    half_written = True
                except PreconditionFailedException:
                    if conditions.if_match:
                        raise
                else:
                    return self._answer(request, resource_type, changed, query)
            await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))  # noqa: S311 - jitter
        raise Unavailable("The resource is being changed by others all the time; the request may be sent again.")

    async def _patched(self, resource_type: ResourceType, entry: Entry, patch: Patch) -> tuple[Wanted, int]:
        """Apply operations to a state of a resource; say besides how many of them can meet nothing."""
        if not patch.operations:
            return (None, patch.edits), 0
        attributes = entry.attributes()
        operations = patch.written(attributes)
        if not operations:
            return (None, patch.edits), 0
        if (result := switched(attributes, operations, table_of(resource_type))) is not None:
            return (result, patch.edits), 0
        resource = self.service.get_model(resource_type).model_validate(attributes)
        left_out = await apply(resource, operations)
        return (dumped(resource), patch.edits), left_out

    def _shape(self, request: ScimRequest, resource_type: ResourceType) -> Shape:
        """Return how much of the resource is answered."""
        query = read_parameters(request.query)
        return shape_of(self._types[resource_type.name or ""], query.attributes, query.excluded)

    def _answer(self, request: ScimRequest, resource_type: ResourceType, entry: Entry, query: Query) -> ScimResponse:
        """Answer with what a resource became; a large group that a PATCH changed is not sent whole."""
        kind = self._types[resource_type.name or ""]
        if request.method == "PATCH" and entry.count > LARGE and shows(kind, "members", query):
            return Rendered(HTTPStatus.NO_CONTENT, headers={"ETag": entry.version})
        return rendered(entry, HTTPStatus.OK, shape_of(kind, query.attributes, query.excluded))

    def _target(self, request: ScimRequest, operation: Operation) -> tuple[Target, ResourceType]:
        target = self.service.route(request, operation)
        resource_type = self.service.resource_type_at(cast("str", target.endpoint))
        self.service.authorize(request, target, resource_type)
        return target, resource_type

    def _read_resource(
        self, resource_type: ResourceType, payload: Any, context: Context
    ) -> tuple[Resource[Any], tuple[str, ...] | None]:
        """Read a whole resource and its members: None if they were not spoken of. No model is made of many members."""
        body = read_resource(payload, table_of(resource_type), READING)
        self._ignored(len(body.ignored))
        members: list[dict[str, str]] | None = body.resource.pop("members", None)
        try:
            resource = self.service.get_model(resource_type).model_validate(body.resource, scim_ctx=context)
        except ValidationError as error:
            raise explained(error) from None
        ids = None if members is None else tuple(dict.fromkeys(member["value"] for member in members))
        return resource, ids

    def _json(self, request: ScimRequest) -> Any:
        return self.service.decode_body(request.body, request.header("Content-Type"))


def table_of(resource_type: ResourceType) -> Table:
    """Return the attributes of a resource type."""
    return user_table() if resource_type.name == "User" else group_table()


@contextmanager
def told_if_refused(body: Any, resource_type: ResourceType) -> Iterator[None]:
    """Name in the audit what a body asked for that is not carried out; of one that is malformed log the shape."""
    table = table_of(resource_type)
    try:
        yield
    except Exception as error:
        audit.asked(names(body, table))
        if isinstance(error, SCIMException) and error.status == HTTPStatus.BAD_REQUEST:
            told = {"request_id": audit.request_id(), "scim_type": error.scim_type, "body": sketch(body, table)}
            log.info("a body was refused", extra={"resource": resource_type.name, **told})
        raise
