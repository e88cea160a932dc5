"""Bulk: each operation is carried out as a request of its own would be, and answered in one list (RFC 7644 §3.7)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation

from workteam_scim.audit import Deed, doing
from workteam_scim.bulk_requests import BulkOperation, BulkRequest, unresolved
from workteam_scim.replay import ReplayingHandler
from workteam_scim.routing import Place

BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"

Failed: TypeAlias = Callable[[Exception], ScimResponse]
"""What turns whatever was raised into an answer."""


class Bulk:
    """One Bulk of one tenant on its way.

    ``deed`` opens a deed for one operation, ``note`` closes it with its answer; ``new_id`` chooses the ids of what is
    created, before anything runs, so that operations may refer to each other in a circle.
    """

    def __init__(
        self,
        handler: ReplayingHandler,
        base_url: str,
        *,
        new_id: Callable[[], str],
        deed: Callable[[Place, Operation], Deed],
        note: Callable[[Deed, ScimResponse], None],
        failed: Failed,
    ) -> None:
        self._handler = handler
        self._base_url = base_url
        self._new_id = new_id
        self._deed = deed
        self._note = note
        self._failed = failed
        self._ids: dict[str, str | None] = {}
        """What each bulkId stands for; None once its creation failed."""

    async def run(self, bulk: BulkRequest) -> ScimResponse:
        """Carry out all operations, or as many as ``failOnErrors`` lets, and answer in the order they were sent in."""
        self._ids = {bulk_id: self._new_id() for bulk_id in bulk.creations}
        results: dict[int, Mapping[str, Any]] = {}
        failures = 0
        for number in bulk.order():
            operation = bulk.operations[number]
            answer = await self._one(operation)
            results[number] = _result(operation, answer)
            failures += answer.status >= HTTPStatus.BAD_REQUEST
            if bulk.fail_on_errors is not None and failures and failures >= bulk.fail_on_errors:
                break
        listed = [results[number] for number in sorted(results)]
        return ScimResponse(HTTPStatus.OK, {"schemas": [BULK_RESPONSE], "Operations": listed})

    async def _one(self, operation: BulkOperation) -> ScimResponse:
        try:
            answer = await self._carried_out(operation)
        except Exception as error:  # noqa: BLE001 - the edge of one operation: the others go on
            answer = self._failed(error)
        if operation.method == "POST" and operation.bulk_id is not None and operation.refused is None:
            location = answer.headers.get("Location")  # another id, if an earlier create of it was found (rule A10)
            self._ids[operation.bulk_id] = location.rsplit("/", 1)[-1] if location else None
        return answer

    async def _carried_out(self, operation: BulkOperation) -> ScimResponse:
        if operation.refused is not None:
            raise operation.refused
        place, body = operation.resolved(self._id_of)
        verb = place.target(operation.method).operation
        deed = self._deed(place, verb)
        with doing(deed):
            try:
                answer = await self._sent(operation, place, verb, body)
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
