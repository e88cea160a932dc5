"""The SCIM endpoints as a plain ASGI application: authenticate → read → answer; failures are translated here, once."""

import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

from scim2_models import SCIMException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target

from workteam_crds.cluster.fenced import NotHolding
from workteam_crds.cluster.port import ClusterError, ClusterUnavailable
from workteam_crds.naming import TenantKey
from workteam_scim.audit import Audit, Deed, doing
from workteam_scim.auth import Callers, address_of
from workteam_scim.bulk import Bulk
from workteam_scim.bulk_requests import read_bulk
from workteam_scim.entries import Entry
from workteam_scim.exchange import Exchange, Receive, Scope, Send
from workteam_scim.limits import read_body
from workteam_scim.metrics import Metrics
from workteam_scim.queries import read_body as read_search
from workteam_scim.queries import read_parameters
from workteam_scim.refusals import SOON, Unavailable
from workteam_scim.rendering import Rendered
from workteam_scim.request_ids import request_id_of
from workteam_scim.routing import Place, split
from workteam_scim.service import FacadeService
from workteam_scim.tenancy import Responder, Tenancy

log = logging.getLogger(__name__)

TAKING_OVER = "Another facade takes over; the request may be sent again."
FROM_BYTES = frozenset({Operation.query, Operation.search, Operation.search_with_body})
"""What reads users and groups, without the library."""


class ScimApplication:
    """Answers everything below ``/{namespace}/{tenant}/scim/v2``."""

    def __init__(
        self,
        service: FacadeService,
        callers: Callers,
        tenancy: Tenancy,
        metrics: Metrics,
        audit: Audit,
        *,
        admit: Callable[[str, str], None],
        catch_up: Callable[[str, str], Awaitable[None]],
        new_id: Callable[[], str],
    ) -> None:
        self._service = service
        self._callers = callers
        self._tenancy = tenancy
        self._metrics = metrics
        self._audit = audit
        self._admit = admit
        self._catch_up = catch_up
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request; other kinds are none of ours."""
        if scope["type"] != "http":
            return
        exchange = Exchange(scope, Deed(""), time.perf_counter())
        exchange.deed.request_id = request_id_of(exchange.header(b"x-request-id"), self._new_id)
        with doing(exchange.deed):
            try:
                answer = await self._answer(exchange, receive)
            except Exception as error:  # noqa: BLE001 - the edge: whatever it was becomes an answer
                answer = self._failed(exchange.deed.request_id, error)
        if exchange.deed.object is None and answer.status < HTTPStatus.BAD_REQUEST:
            exchange.deed.object = exchange.resource_id  # else it is anything a client invents
        seconds = time.perf_counter() - exchange.began
        self._note(exchange.deed, answer, seconds)
        _log(exchange.deed, seconds)
        await exchange.send(send, answer)

    async def _answer(self, exchange: Exchange, receive: Receive) -> ScimResponse:
        tenant, place = split(exchange.scope["path"])
        exchange.deed.tenant = tenant
        _describe(exchange, place)
        responder = self._authenticated(exchange, tenant)
        if exchange.method == "OPTIONS" and place.served:
            return ScimResponse(HTTPStatus.NO_CONTENT, headers={"Allow": ", ".join(place.allowed)})
        target = place.target(exchange.method)
        if target.operation in FROM_BYTES:
            return await self._read(responder, target, exchange, receive)
        request = exchange.request(responder.base_url, place)
        entry = _entry_at(responder, place)
        exchange.deed.object = None if entry is None else entry.name
        request.body = await read_body(receive)
        await self._catch_up(tenant.namespace, exchange.deed.op)
        if target.operation is Operation.bulk:
            return await self._bulk(exchange.deed, responder, request)
        answer = await responder.handler.handle(request)
        return responder.shortened(request, answer) if request.method == "PATCH" else answer

    def _authenticated(self, exchange: Exchange, tenant: TenantKey) -> Responder:
        """Return what answers; a token opens its own tenant and no other, and costs one of the tenant's requests."""
        self._admit(tenant.namespace, exchange.deed.op)
        address = address_of(exchange.scope.get("client"))
        caller = self._callers.caller(exchange.header(b"authorization"), tenant, address)
        exchange.deed.token = caller.handle
        return self._tenancy.responder(tenant)

    async def _read(self, responder: Responder, target: Target, exchange: Exchange, receive: Receive) -> Rendered:
        """Answer from bytes what is read, without the library."""
        kind = target.endpoint.removesuffix("s") if target.endpoint else None
        if target.operation is Operation.search_with_body:
            body = self._service.decode_body(await read_body(receive), exchange.header(b"content-type"))
            return await responder.answers.several(kind, read_search(body))
        query = read_parameters(exchange.query())
        if target.operation is Operation.search:
            return await responder.answers.several(kind, query)
        return responder.answers.one(kind or "", target.resource_id or "", query, exchange.conditions())

    async def _bulk(self, deed: Deed, responder: Responder, request: ScimRequest) -> ScimResponse:
        """Carry out a Bulk; each of its operations is noted, and costs, as a request of its own."""
        bulk = read_bulk(self._service.decode_body(request.body, request.header("Content-Type")))
        responder.bucket.charge(max(len(bulk.operations) - 1, 0))

        def name_at(place: Place) -> str | None:
            entry = _entry_at(responder, place)
            return None if entry is None else entry.unique

        def opened(place: Place, operation: Operation) -> Deed:
            entry = _entry_at(responder, place)
            return Deed(
                deed.request_id,
                op=operation.value,
                resource=place.resource,
                tenant=deed.tenant,
                token=deed.token,
                object=None if entry is None else entry.name,
            )

        run = Bulk(
            responder.handler,
            responder.base_url,
            new_id=responder.new_id,
            deed=opened,
            note=self._note,
            name_at=name_at,
            failed=partial(self._failed, deed.request_id),
        )
        return await run.run(bulk)

    def _failed(self, request_id: str, error: Exception) -> ScimResponse:
        """Turn whatever was raised into an answer."""
        match error:
            case SCIMException():
                return self._service.error_response(error)
            case NotHolding():
                return self._service.error_response(Unavailable(TAKING_OVER))
            case ClusterError():
                log.warning("the API server: %s", error, extra={"request_id": request_id})
                wait = error.retry_after if isinstance(error, ClusterUnavailable) else None
                detail = "The Kubernetes API does not answer; the request may be sent again."
                return self._service.error_response(Unavailable(detail, retry_after=wait or SOON))
            case _:
                log.error("a request failed", exc_info=error, extra={"request_id": request_id})
                return self._service.error_response(error)

    def _note(self, deed: Deed, answer: ScimResponse, seconds: float | None = None) -> None:
        """Note what came of a request, or of one operation of a Bulk."""
        deed.status = int(answer.status)
        deed.scim_type = scim_type_of(answer)
        if seconds is not None:
            self._metrics.answered(deed.op, deed.resource, deed.status, seconds)
        if deed.token and deed.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._metrics.throttled("tenant")
        self._audit.note(deed, known=deed.tenant is not None and self._tenancy.knows(deed.tenant))


def _log(deed: Deed, seconds: float) -> None:
    log.info(
        "request",
        extra={
            "request_id": deed.request_id,
            "op": deed.op,
            "resource": deed.resource,
            "tenant": str(deed.tenant) if deed.token else None,
            "token": deed.token,
            "status": deed.status,
            "milliseconds": round(seconds * 1000, 1),
        },
    )


def _describe(exchange: Exchange, place: Place) -> None:
    """Note operation and resource by closed sets of names: metrics have no series of a client's invention."""
    deed, operation = exchange.deed, place.served.get(exchange.method)
    deed.resource, exchange.resource_id = place.resource, place.resource_id
    deed.op = "none" if operation is None else operation.value


def _entry_at(responder: Responder, place: Place) -> Entry | None:
    """Return what the tenant has at a place; an id that it does not have is anything a client invents."""
    if place.endpoint is None or place.resource_id is None:
        return None
    return responder.objects.of(place.endpoint.removesuffix("s")).shelf.get(place.resource_id)


def scim_type_of(answer: ScimResponse) -> str | None:
    """Return what kind of error an answer names."""
    return answer.body.get("scimType") if isinstance(answer.body, dict) else None
