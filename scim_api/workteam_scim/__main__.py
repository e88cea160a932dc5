"""python -m workteam_scim: settings → cluster → facade → uvicorn. The only place that knows a concrete driver."""

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import uvicorn
import uvloop
from fastapi import FastAPI

from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.port import ClusterError
from workteam_crds.naming import NOISE_BYTES, uuid7
from workteam_scim.app import Facade, create_app
from workteam_scim.connections import HEAD, Connection
from workteam_scim.journal import log_as_json
from workteam_scim.settings import BadSettings, Settings

log = logging.getLogger(__name__)

BAD_CONFIGURATION = 78
"""EX_CONFIG of sysexits.h."""
GENERATIONS = (50_000, 20, 100)
"""How rarely the collector looks: a full look at a warm cache costs tens of milliseconds of every request's time."""
KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than ingress-nginx and load balancers of AWS keep theirs, 60.

Who closes first must be the proxy. A request that meets our close is lost, and no proxy may repeat a POST or PATCH.
"""
GRACE = 10
"""Seconds for requests that are under way when the process is asked to end."""
DRAIN = 0.5
"""Seconds in which they may still write; then another facade takes over."""


def main() -> int:
    """Serve until SIGTERM or SIGINT; 78 if the configuration is wrong."""
    try:
        settings = Settings.read(os.environ)
    except BadSettings as error:
        sys.stderr.write(f"{error}\n")
        return BAD_CONFIGURATION
    log_as_json(settings.log_level)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again once all requests are answered
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:  # half the cost of each answer's writes
            loop.run(serve(settings))
    except ClusterError as error:
        log.critical("%s", error)
        return BAD_CONFIGURATION
    return 0


async def serve(settings: Settings) -> None:
    """Connect, serve, and close in order."""
    async with KubernetesCluster.connect() as cluster:
        facade = Facade(settings, cluster, new_id=new_id, now=now)
        app = create_app(facade, new_id=lambda: str(uuid.uuid4()))
        warming = asyncio.create_task(freeze_when_warm(facade))
        await Server(serving(app, settings.host, settings.port, settings.proxies), facade).serve()
        warming.cancel()


def serving(app: FastAPI, host: str, port: int, proxies: Sequence[str] = ()) -> uvicorn.Config:
    """Return how an application is served; of ``proxies`` it is believed whom they speak for."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
        ws="none",
        h11_max_incomplete_event_size=HEAD,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


class Server(uvicorn.Server):
    """Hands over as soon as the process is asked to end: a slow client does not keep the Lease."""

    def __init__(self, config: uvicorn.Config, facade: Facade) -> None:
        super().__init__(config)
        self._facade = facade

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the requests under way end, and another facade take over meanwhile."""
        handing_over = asyncio.create_task(self._hand_over())
        await super().shutdown(sockets)
        await handing_over

    async def _hand_over(self) -> None:
        if under_way := self.server_state.tasks.copy():
            await asyncio.wait(under_way, timeout=DRAIN)
        await self._facade.leadership.retire()


async def freeze_when_warm(facade: Facade) -> None:
    """Take what was read at the start out of the garbage collector's sight, and let it look rarely."""
    await facade.warm()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GENERATIONS)
    log.info("ready")


def new_id() -> str:
    """Return a new name for an object: it sorts by creation."""
    return uuid7(now(), secrets.token_bytes(NOISE_BYTES))


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


if __name__ == "__main__":
    sys.exit(main())
