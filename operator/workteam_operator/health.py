"""``/healthz``, ``/readyz`` and ``/metrics`` over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


@asynccontextmanager
async def served(host: str, port: int, *, alive: Callable[[], bool], ready: Callable[[], bool]) -> AsyncIterator[None]:
    """Answer probes while the context is open. Raises ``OSError`` if the port cannot be used."""

    async def healthz(_: web.Request) -> web.Response:
        return _answer(holds=alive())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(holds=alive() and ready())

    async def metrics(_: web.Request) -> web.Response:
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


def _answer(*, holds: bool) -> web.Response:
    return web.Response(text="ok" if holds else "not yet", status=200 if holds else 503)
