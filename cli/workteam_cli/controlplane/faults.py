"""A proxy before the API server that holds, refuses or resets chosen requests; all else passes untouched.

For tests and rehearsals of crashes and outages: a process is given the proxy's URL in its kubeconfig
(``StackSettings.api_servers``) and keeps its own credentials. It runs in a thread, so that blocking code can decide.
"""

import asyncio
import base64
import socket
import ssl
import struct
import threading
from collections.abc import Coroutine
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from aiohttp import web
from yarl import URL

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.fault_rules import (
    Delay,
    Ending,
    Held,
    Match,
    Point,
    Refusal,
    Release,
    Reset,
    Rule,
    Verdict,
)
from workteam_cli.controlplane.ports import LOOPBACK, free_port

HOP_BY_HOP = {"connection", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
"""Headers that belong to one connection (RFC 9110 §7.6.1), and Host, which names the next server."""
AT_ONCE = 0.01
"""Seconds to wait for open streams at the end: they have none of their own. (To aiohttp, 0 is for ever.)"""


class FaultProxy:
    """A context manager. ``url`` is known at once; requests are served after ``serve``."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}"
        self._rules: tuple[Rule, ...] = ()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)
        self._runner: web.ServerRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._call(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def serve(self, access: Access) -> None:
        """Begin to pass requests to a cluster's API server."""
        seen = access.kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json")
        self._call(self._start(orjson.loads(seen)["clusters"][0]["cluster"]))

    def hold(self, match: Match, point: Point) -> Rule:
        """Hold matching requests from now on until somebody decides about each; a stream that is held is half open."""
        return self._add(Rule(match, point, None))

    def refuse(self, match: Match, status: int, retry_after: int | None = None) -> Rule:
        """Answer matching requests with an error; the API server does not see them."""
        return self._add(Rule(match, Point.BEFORE, Refusal(status, retry_after)))

    def delay(self, match: Match, seconds: float) -> Rule:
        """Let matching requests reach the API server late."""
        return self._add(Rule(match, Point.BEFORE, Delay(seconds)))

    def end(self, match: Match) -> Rule:
        """End matching streams in order when something more is to be passed on."""
        return self._add(Rule(match, Point.STREAMING, Ending()))

    def spoil(self, match: Match, status: int) -> Rule:
        """Let matching watches end with an ERROR event, such as 410, when something more is to be passed on."""
        return self._add(Rule(match, Point.STREAMING, Refusal(status)))

    def reset(self, match: Match, point: Point = Point.BEFORE) -> Rule:
        """Reset the connections of matching requests before they are sent on, or instead of an answer."""
        return self._add(Rule(match, point, Reset()))

    def remove(self, rule: Rule) -> None:
        """Take a rule out of force; what it holds stays held."""
        self._rules = tuple(other for other in self._rules if other is not rule)

    def _add(self, rule: Rule) -> Rule:
        self._rules = (*self._rules, rule)
        return rule

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)

    async def _start(self, cluster: dict[str, str]) -> None:
        trust = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        connector = aiohttp.TCPConnector(ssl=trust, limit=0)
        timeout = aiohttp.ClientTimeout(total=None)
        self._session = aiohttp.ClientSession(
            cluster["server"], connector=connector, timeout=timeout, auto_decompress=False
        )
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=AT_ONCE)
        await self._runner.setup()
        await web.TCPSite(self._runner, LOOPBACK, self._port).start()

    async def _stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        if self._session:
            await self._session.close()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # what is held, or waits for an answer that nobody wants
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        text = body.decode(errors="replace")
        verdict = await self._verdict(request, text, Point.BEFORE)
        if not isinstance(verdict, Release):
            return _ended(request, verdict)
        try:
            async with self._forwarded(request, body) as answer:
                verdict = await self._verdict(request, text, Point.COMMITTED)
                if not isinstance(verdict, Release):
                    return _ended(request, verdict)
                return await self._passed(request, text, answer)
        except (aiohttp.ClientError, ConnectionError):  # one side is gone, and the other shall see it
            return _ended(request, Reset())

    def _forwarded(self, request: web.BaseRequest, body: bytes) -> Any:
        assert self._session is not None  # noqa: S101 - it is there before the first request
        headers = [(name, value) for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP]
        url = URL(request.raw_path, encoded=True)
        return self._session.request(
            request.method,
            url,
            headers=headers,
            data=body or None,
            skip_auto_headers=("Accept", "Content-Type", "User-Agent"),
            allow_redirects=False,
        )

    async def _verdict(self, request: web.BaseRequest, text: str, point: Point) -> Verdict:
        """Decide by the first rule that hits; a request passes if none does."""
        for rule in self._rules:
            if rule.point is point and rule.hits(request.method, request.raw_path, text):
                if isinstance(rule.verdict, Delay):
                    await asyncio.sleep(rule.verdict.seconds)
                    return Release()
                if rule.verdict is not None:
                    return rule.verdict
                held = Held(request.method, request.raw_path, self._loop, lambda: request.transport is not None)
                rule.caught(held)
                return await held.verdict()
        return Release()

    async def _passed(self, request: web.BaseRequest, text: str, answer: aiohttp.ClientResponse) -> web.StreamResponse:
        """Send the answer on, piece by piece as it comes: a watch is an answer without an end."""
        response = web.StreamResponse(status=answer.status, reason=answer.reason)
        response.headers.extend((key, value) for key, value in answer.headers.items() if key.lower() not in HOP_BY_HOP)
        await response.prepare(request)
        async for piece in answer.content.iter_any():
            match await self._verdict(request, text, Point.STREAMING):
                case Release():
                    await response.write(piece)
                case Refusal() as refusal:
                    await response.write(_error_event(refusal))
                    break
                case Ending():
                    break
                case verdict:
                    return _ended(request, verdict)
        await response.write_eof()
        return response


def _ended(request: web.BaseRequest, verdict: Verdict) -> web.StreamResponse:
    """End a request without the API server's answer."""
    if isinstance(verdict, Refusal):
        return _status(verdict)
    if (transport := request.transport) is not None:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()  # there is nobody to get it


def _status(refusal: Refusal) -> web.Response:
    """Return an error in the API server's form."""
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    return web.json_response(_status_object(refusal), status=refusal.status, headers=headers)


def _error_event(refusal: Refusal) -> bytes:
    """Return the last event of a watch that fails."""
    return orjson.dumps({"type": "ERROR", "object": _status_object(refusal)}) + b"\n"


def _status_object(refusal: Refusal) -> dict[str, Any]:
    phrase = HTTPStatus(refusal.status).phrase
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": phrase.title().replace(" ", ""),
        "message": f"the proxy was told to answer {refusal.status} {phrase}",
        "code": refusal.status,
    }
