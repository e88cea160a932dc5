"""Alive, ready, and the metrics: what is not SCIM, as FastAPI routes."""

from collections.abc import Callable
from typing import Any, TypeAlias

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from workteam_scim.metrics import Metrics

Told: TypeAlias = dict[int | str, dict[str, Any]]

NUMBERS: Told = {200: {"description": "All metrics.", "content": {"text/plain": {"schema": {"type": "string"}}}}}
NOT_READY: Told = {
    503: {"description": "What is missing.", "content": {"application/json": {"schema": {"type": "object"}}}}
}


def router(missing: Callable[[], list[str]], metrics: Metrics) -> APIRouter:
    """Return the routes; ``missing`` names what is missing to answer, and ready is who misses nothing."""
    routes = APIRouter()

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process serves requests."""
        return {"status": "ok"}

    @routes.get("/readyz", responses=NOT_READY)
    async def readyz(response: Response) -> dict[str, str | list[str]]:
        """Say whether this facade answers: all is read, and it holds the Leases; 503 names what is missing."""
        lacking = missing()
        if not lacking:
            return {"status": "ok"}
        response.status_code = 503
        return {"status": "not ready", "missing": lacking}

    @routes.get("/metrics", response_class=Response, responses=NUMBERS)
    async def numbers() -> Response:
        """Show the metrics in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
