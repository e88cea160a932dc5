"""The client of the facade's bench: prepared requests over kept connections, one thread, one ``select``.

The same client loads the facade and what it is set against, so its cost is the same on both sides; each outcome says
what that was. It understands as much of HTTP/1.1 as the servers of the bench answer with.
"""

import select
import socket
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

ANSWER_WITHIN = 60.0
"""Seconds after which a server that says nothing is given up."""
AT_ONCE = 1 << 18
"""Bytes that are read at a time."""
HEAD_END = b"\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Server:
    """Where requests go, and what each of them says besides."""

    host: str
    port: int
    headers: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None

    def request(self, method: str, path: str, body: bytes = b"", content_type: str = "application/scim+json") -> bytes:
        """Return the bytes of one request."""
        lines = [f"{method} {path} HTTP/1.1", f"host: {self.host}:{self.port}", "accept: */*", *self.headers]
        if body:
            lines += [f"content-type: {content_type}", f"content-length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass
class Outcome:
    """What came of one load."""

    seconds: float = 0.0
    client_seconds: float = 0.0
    """Of processor time, here."""
    latencies: list[float] = field(default_factory=list)
    """Seconds, from a request's moment to the last byte of its answer, sorted."""
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def rate(self) -> float:
        """Return answers a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """Return the latency that this share of all requests kept within, in milliseconds."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


class Connection:
    """One kept connection with one request under way at most."""

    def __init__(self, server: Server) -> None:
        plain = socket.create_connection((server.host, server.port), timeout=ANSWER_WITHIN)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = plain if server.tls is None else server.tls.wrap_socket(plain, server_hostname=server.host)
        self._socket.setblocking(False)
        self._begun: list[bytes] = []
        self.moment = 0.0
        self.answer = b""

    def fileno(self) -> int:
        """Return what ``select`` waits for."""
        return self._socket.fileno()

    def send(self, request: bytes, moment: float) -> None:
        """Begin a request; ``moment`` is when it was due."""
        self.moment = moment
        left = memoryview(request)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                select.select([], [self], [], ANSWER_WITHIN)

    def receive(self) -> int:
        """Read what is there; return the status once ``answer`` is complete, else 0. Raises ``ConnectionError``."""
        while True:
            try:
                read = self._socket.recv(AT_ONCE)
            except (BlockingIOError, ssl.SSLWantReadError):
                return 0
            if not read:
                raise ConnectionError("the server closed the connection")
            self._begun.append(read)
            if status := self._complete():
                return status

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _complete(self) -> int:
        answer = self._begun[0] if len(self._begun) == 1 else b"".join(self._begun)
        self._begun = [answer]
        head_end = answer.find(HEAD_END)
        if head_end < 0:
            return 0
        if not _whole(answer[:head_end].lower(), answer, head_end + len(HEAD_END)):
            return 0
        self._begun, self.answer = [], answer
        return int(answer[9:12])


def _whole(head: bytes, answer: bytes, body_at: int) -> bool:
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        return len(answer) >= body_at + length
    return b"\r\ntransfer-encoding:" not in head or answer.endswith(LAST_CHUNK)


def body_of(answer: bytes) -> bytes:
    """Return the body of an answer."""
    head, _, rest = answer.partition(HEAD_END)
    if b"\r\ntransfer-encoding:" not in head.lower():
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        body, rest = body + rest[:length], rest[length + 2 :]
    return body


Seen = Callable[[int, bytes], object]
"""Told the status and the bytes of each answer."""


def saturate(server: Server, requests: Iterable[bytes], connections: int, seen: Seen | None = None) -> Outcome:
    """Send all requests, as fast as answers come on so many connections."""
    waiting = iter(requests)
    with _opened(server, connections) as idle, _timed() as outcome:
        busy: set[Connection] = set()
        while True:
            while idle and (request := next(waiting, None)) is not None:
                connection = idle.popleft()
                connection.send(request, time.perf_counter())
                busy.add(connection)
            if not busy:
                return outcome
            for connection in _answered(busy, ANSWER_WITHIN, outcome, seen):
                if (request := next(waiting, None)) is None:
                    busy.discard(connection)
                else:
                    connection.send(request, time.perf_counter())


def pace(server: Server, requests: Iterable[bytes], connections: int, rate: float) -> Outcome:
    """Send all requests at a steady rate, whatever the answers do: who waits for a connection, waits in its latency."""
    waiting = iter(requests)
    with _opened(server, connections) as idle, _timed() as outcome:
        busy: set[Connection] = set()
        due, request = time.perf_counter(), next(waiting, None)
        while busy or request is not None:
            now = time.perf_counter()
            while request is not None and idle and due <= now:
                connection = idle.popleft()
                connection.send(request, due)
                busy.add(connection)
                due, request = due + 1 / rate, next(waiting, None)
            free = request is not None and idle
            for connection in _answered(busy, max(due - now, 0) if free else ANSWER_WITHIN, outcome, None):
                busy.discard(connection)
                idle.append(connection)
        return outcome


def for_seconds(seconds: float, requests: list[bytes]) -> Iterator[bytes]:
    """Repeat requests, in their order, for some time."""
    end = time.perf_counter() + seconds
    while True:
        for request in requests:
            if time.perf_counter() > end:
                return
            yield request


@contextmanager
def _opened(server: Server, connections: int) -> Iterator[deque[Connection]]:
    opened = [Connection(server) for _ in range(connections)]
    try:
        yield deque(opened)
    finally:
        for connection in opened:
            connection.close()


@contextmanager
def _timed() -> Iterator[Outcome]:
    outcome = Outcome()
    began, spent = time.perf_counter(), time.process_time()
    yield outcome
    outcome.seconds = time.perf_counter() - began
    outcome.client_seconds = time.process_time() - spent
    outcome.latencies.sort()


def _answered(busy: set[Connection], within: float, outcome: Outcome, seen: Seen | None) -> Iterator[Connection]:
    """Wait for answers, note them, and yield the connections that are free again."""
    ready, _, _ = select.select(list(busy), [], [], within)
    if not ready and within >= ANSWER_WITHIN:
        raise TimeoutError(f"no answer within {ANSWER_WITHIN:.0f} s")
    for connection in ready:
        if status := connection.receive():
            outcome.latencies.append(time.perf_counter() - connection.moment)
            outcome.statuses[status] += 1
            if seen is not None:
                seen(status, connection.answer)
            yield connection
