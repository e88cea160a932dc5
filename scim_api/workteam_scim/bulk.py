"""Bulk: each operation is carried out as a request of its own would be, and answered in one list (RFC 7644 §3.7).

A few run at once, as clients give up on what takes long. What comes of them is what would come of them one by one: they
begin in order, and none beside another that it depends on.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeAlias

from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from workteam_crds.naming import folded
from workteam_scim.audit import Deed, doing
from workteam_scim.bulk_requests import BulkOperation, BulkRequest, unresolved
from workteam_scim.replay import ReplayingHandler
from workteam_scim.routing import Place

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

Failed: TypeAlias = Callable[[Exception], ScimResponse]
"""What turns whatever was raised into an answer."""

AT_ONCE = 8
"""Operations of one Bulk that run at once: more would wait for the API server all the same."""
NOWHERE = Place("/", {})


@dataclass(frozen=True)
class Step:
    """One operation that can begin: its references are filled in, or ``refused`` says why it fails."""

    operation: BulkOperation
    place: Place = NOWHERE
    body: bytes = b""
    name: str | None = None
    """The name, folded, that its resource has so far: another one may get it when this one gives it up."""
    refused: SCIMException | None = None

    @cached_property
    def text(self) -> str:
        """Return the body as names are compared."""
        return folded(self.body.decode())

    def is_met_by(self, later: "Step") -> bool:
        """Say whether another depends on what comes of this one: the same resource, or a name that may change hands."""
        same = self.place.resource_id is not None and self.place.path == later.place.path
        given_up = self.name is not None and self.name in later.text
        return same or given_up or (later.name is not None and later.name in self.text)


class Bulk:
    """One Bulk of one tenant on its way.

    ``deed`` opens a deed for one operation, ``note`` closes it with its answer; ``new_id`` chooses the ids of what is
    created, before anything runs, so that operations may refer to each other in a circle; ``name_at`` tells the name,
    folded, of what is at a place.
    """

    def __init__(
        self,
        handler: ReplayingHandler,
        base_url: str,
        *,
        new_id: Callable[[], str],
        deed: Callable[[Place, Operation], Deed],
        note: Callable[[Deed, ScimResponse], None],
        name_at: Callable[[Place], str | None],
        failed: Failed,
    ) -> None:
        self._handler = handler
        self._base_url = base_url
        self._new_id = new_id
        self._deed = deed
        self._note = note
        self._name_at = name_at
        self._failed = failed
        self._ids: dict[str, str | None] = {}
        """What each bulkId stands for; None once its creation failed."""

    async def run(self, bulk: BulkRequest) -> ScimResponse:
        """Carry out all operations, or as many as ``failOnErrors`` lets, and answer in the order they were sent in."""
        self._ids = {bulk_id: self._new_id() for bulk_id in bulk.creations}
        waiting, under_way = deque(bulk.order()), dict[asyncio.Task[ScimResponse], tuple[int, Step]]()
        results: dict[int, Mapping[str, Any]] = {}
        failures, bearable = 0, math.inf if bulk.fail_on_errors is None else max(bulk.fail_on_errors, 1)
        async with asyncio.TaskGroup() as tasks:
            while True:
                # each may fail: what runs at once never exceeds what may, so nothing is begun that should not be
                room = min(AT_ONCE, bearable - failures)
                while waiting and len(under_way) < room and (step := self._next(bulk, waiting[0], under_way.values())):
                    under_way[tasks.create_task(self._one(step))] = waiting.popleft(), step
                if not under_way:
                    break
                done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    number, step = under_way.pop(task)
                    results[number] = _result(step.operation, task.result())
                    failures += task.result().status >= HTTPStatus.BAD_REQUEST
        listed = [results[number] for number in sorted(results)]
        return ScimResponse(HTTPStatus.OK, {"schemas": [BULK_RESPONSE], "Operations": listed})

    def _next(self, bulk: BulkRequest, number: int, under_way: Iterable[tuple[int, Step]]) -> Step | None:
        """Return an operation so that it can begin; None if it depends on one that is under way."""
        operation, others = bulk.operations[number], [step for _, step in under_way]
        if operation.refused is not None:
            return Step(operation, refused=operation.refused)
        if operation.references.intersection(other.operation.bulk_id or "" for other in others):
            return None
        try:
            place, body = operation.resolved(self._id_of)
        except SCIMException as error:
            return Step(operation, refused=error)
        step = Step(operation, place, body, self._name_at(place))
        return None if any(other.is_met_by(step) for other in others) else step

    async def _one(self, step: Step) -> ScimResponse:
        operation = step.operation
        try:
            answer = await self._carried_out(step)
        except Exception as error:  # noqa: BLE001 - the edge of one operation: the others go on
            answer = self._failed(error)
        if operation.method == "POST" and operation.bulk_id is not None and operation.refused is None:
            location = answer.headers.get("Location")  # another id, if an earlier create of it was found (rule A10)
            self._ids[operation.bulk_id] = location.rsplit("/", 1)[-1] if location else None
        return answer

    async def _carried_out(self, step: Step) -> ScimResponse:
        if step.refused is not None:
            raise step.refused
        operation, place = step.operation, step.place
        verb = place.target(operation.method).operation
        deed = self._deed(place, verb)
        with doing(deed):
            try:
                answer = await self._sent(operation, place, verb, step.body)
            except Exception as error:  # noqa: BLE001 - noted, whatever it was
                answer = self._failed(error)
        self._note(deed, answer)
        if verb is not Operation.create:
            answer.headers.setdefault("Location", f"{self._base_url}{place.path}")
        return answer

    async def _sent(self, operation: BulkOperation, place: Place, verb: Operation, body: bytes) -> ScimResponse:
        headers = [("content-type", "application/scim+json")]
        if operation.version is not None:
            headers.append(("if-match", operation.version))
        request = ScimRequest(operation.method, self._base_url, place.path, query={}, headers=headers, body=body)
        if verb is Operation.create:
            return await self._handler.create(request, name=self._ids[operation.bulk_id or ""])
        return await self._handler.handle(request)

    def _id_of(self, bulk_id: str) -> str:
        found = self._ids.get(bulk_id)
        if found is None:
            raise unresolved(bulk_id)
        return found


def _result(operation: BulkOperation, answer: ScimResponse) -> dict[str, Any]:
    """Return what is told of one operation: where its resource is, and the error's body if it failed."""
    failed = answer.status >= HTTPStatus.BAD_REQUEST
    told = {
        "method": operation.method or None,
        "bulkId": operation.bulk_id,
        "location": answer.headers.get("Location"),
        "version": answer.headers.get("ETag"),
        "status": str(int(answer.status)),
        "response": answer.body if failed else None,
    }
    return {key: value for key, value in told.items() if value is not None}
