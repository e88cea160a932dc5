"""The stand-in Workteam tenant as a server on loopback: composition root of this package.

``TenantServer`` runs in the foreground for ``python -m workteam_cli.tenant``, ``StandIn`` in a thread for tests: the
same code, the same files.
"""

import gc
import secrets
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from scim2_server.applications.asgi import Receive, Scope, Send
from typing_extensions import override

from workteam_cli.output import Exit, Problem
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.exchange import Connections, Exchange
from workteam_cli.tenant.faults import Faults
from workteam_cli.tenant.holds import Holds
from workteam_cli.tenant.persistence import Lock
from workteam_cli.tenant.profiles import Profile
from workteam_cli.tenant.request_log import RequestLog
from workteam_cli.tenant.switchboard import PREFIX, Switchboard
from workteam_cli.tenant.workteam import Tokens, Workteam

LOOPBACK = "127.0.0.1"
MOUNT = "/scim"
BASE_PATH = f"{MOUNT}/v2"
"""The reference application has ``/v2`` fixed; what stands before it is ours."""


@dataclass(frozen=True)
class Settings:
    """What a stand-in is started with. ``port`` 0 is any free one. ``now``: seconds, for lagging searches."""

    home: Path
    profile: Profile
    tokens: Tokens
    port: int = 0
    now: Callable[[], float] = time.monotonic


class TenantApplication:
    """The whole ASGI application: the tenant below its base URL, and the control endpoint."""

    def __init__(self, exchange: Exchange, switchboard: Switchboard) -> None:
        self._exchange = exchange
        self._switchboard = switchboard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the one that it is for."""
        path = scope["path"]
        if path.startswith(f"{PREFIX}/"):
            await self._switchboard(scope, receive, send)
        elif path == BASE_PATH or path.startswith(f"{BASE_PATH}/"):
            await self._exchange({**scope, "root_path": MOUNT}, receive, send)
        else:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})


class TenantServer(uvicorn.Server):
    """uvicorn with the tenant in it. ``close`` it after ``run``, also if that raised."""

    def __init__(self, settings: Settings) -> None:
        """Take the port and the home, and read the accounts.

        Raises ``Problem`` if the port or the home is in use (busy), or a file is damaged (bad file).
        """
        self._lock = Lock(settings.home)
        self._socket = _listening(settings.port)
        self.base_url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}{BASE_PATH}"
        self.ready = threading.Event()
        self._workteam = Workteam(settings.home, settings.profile, settings.tokens, now=settings.now)
        self._log = RequestLog(settings.home / "requests.jsonl", now=lambda: datetime.now(UTC))
        self._holds = Holds()
        super().__init__(
            uvicorn.Config(
                self._application,
                http="h11",
                ws="none",
                lifespan="off",
                interface="asgi3",
                proxy_headers=False,
                access_log=False,
                log_config=None,
                timeout_keep_alive=60,
            )
        )
        faults = Faults()
        self._connections = Connections(self.server_state)
        self._tenant = TenantApplication(
            Exchange(self._workteam, self._log, faults, self._holds, self._connections),
            Switchboard(self._workteam, settings.tokens, self._log, faults, self._holds),
        )

    async def _application(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._tenant(scope, receive, send)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, and say so."""
        await super().startup([self._socket])
        self.ready.set()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once: nobody decides about held requests any more."""
        self._holds.drop_all()
        self._connections.reset_all()
        await super().shutdown([self._socket])

    @override
    def handle_exit(self, sig: int, frame: object) -> None:
        """End in good order on SIGTERM and SIGINT, with exit code 0 instead of the signal."""
        self.should_exit = True

    def close(self) -> None:
        """Close the files and let the home go."""
        self._socket.close()
        self._log.close()
        self._workteam.close()
        self._lock.close()


class StandIn:
    """A stand-in tenant in this process, on a free loopback port, as a context manager.

    ``base_url`` and ``token`` are what the operator is configured with; ``reader_token`` lacks the Admin permission;
    ``control`` is its ``Control``. Without ``home`` the accounts are in a temporary folder and gone afterwards.
    """

    def __init__(
        self,
        home: Path | None = None,
        *,
        profile: Profile = Profile.FULL,
        token: str | None = None,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.token = token or secrets.token_urlsafe()
        self.reader_token = secrets.token_urlsafe()
        self._temporary = tempfile.TemporaryDirectory() if home is None else None
        self.home = home or Path(self._temporary.name if self._temporary else "")
        self._settings = Settings(self.home, profile, Tokens(self.token, self.reader_token), port, now)

    def __enter__(self) -> Self:
        self._server = TenantServer(self._settings)
        self.base_url = self._server.base_url
        self.control = Control(self.base_url, self.token)
        self._thread = threading.Thread(target=self._server.run, name="stand-in tenant", daemon=True)
        self._thread.start()
        self._server.ready.wait(timeout=30)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.control.close()
        self._server.should_exit = True
        self._thread.join()
        self._server.close()
        if self._temporary:
            self._temporary.cleanup()


def serve(settings: Settings, started: Callable[[str], None]) -> None:
    """Run a tenant in this process until SIGTERM or SIGINT; ``started`` is told the base URL once it answers."""
    server = TenantServer(settings)
    gc.freeze()  # the accounts and models stay: a full collection would only walk them

    def tell() -> None:
        server.ready.wait()
        started(server.base_url)

    threading.Thread(target=tell, daemon=True).start()
    try:
        server.run()
    finally:
        server.close()


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise Problem(f"port {port} cannot be used: {error.strerror}; choose another --port", Exit.BUSY) from error
    listener.listen()
    return listener
