"""``/healthz``, ``/readyz`` and ``/metrics`` over HTTP; 503 names what is wrong or missing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


class Probed(Protocol):
    """Who is asked."""

    def ailing(self) -> Sequence[str]:
        """Say what a restart would cure; nothing if all is well."""

    def missing(self) -> Sequence[str]:
        """Say what is missing to be ready."""

    def measure(self) -> None:
        """Bring the figures up to date."""


@asynccontextmanager
async def served(host: str, port: int, probed: Probed) -> AsyncIterator[None]:
    """Answer probes while the context is open. Raises ``OSError`` if the port cannot be used."""

    async def healthz(_: web.Request) -> web.Response:
        return _answer("not alive", probed.ailing())

    async def readyz(_: web.Request) -> web.Response:
        return _answer("not ready", [*probed.ailing(), *probed.missing()])

    async def metrics(_: web.Request) -> web.Response:
        probed.measure()
        text = await asyncio.to_thread(generate_latest)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    application = web.Application()
    application.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics)])
    runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


def _answer(otherwise: str, why: Sequence[str]) -> web.Response:
    if not why:
        return web.json_response({"status": "ok"})
    return web.json_response({"status": otherwise, "missing": list(why)}, status=503)
