"""Alive, ready, and the metrics: what is not SCIM, as FastAPI routes."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST

from workteam_scim.metrics import Metrics


def router(missing: Callable[[], list[str]], metrics: Metrics) -> APIRouter:
    """Return the routes; ``missing`` names what is missing to answer, and ready is who misses nothing."""
    routes = APIRouter()

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process serves requests."""
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readyz(response: Response) -> dict[str, str | list[str]]:
        """Say whether this facade answers: all is read, and it holds the Leases; 503 names what is missing."""
        lacking = missing()
        if not lacking:
            return {"status": "ok"}
        response.status_code = 503
        return {"status": "not ready", "missing": lacking}

    @routes.get("/metrics")
    async def numbers() -> Response:
        """Show the metrics in Prometheus' text format."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    return routes
