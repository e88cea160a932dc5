"""Garbage of every kind at the real process: a SCIM error within its cap, flat memory, others are served meanwhile."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from workteam_cli.controlplane.settings import FACADE
from workteam_cli.controlplane.stack import RunningTenant, Stack

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
FLAT = 48 * 1024
"""KiB by which the process may grow while it is fed what would make gigabytes."""
MEGABYTE = 1024 * 1024
ANSWERED = 30
"""Seconds within which everything is answered or closed, on a busy machine too."""

BODIES = {
    "nothing": (b"", 400),
    "half an object": (b'{"userName": "x"', 400),
    "an array": (b"[]", 400),
    "a number": (b"1e999", 400),
    "no utf-8": (b'{"userName": "\xff\xfe"}', 400),
    "a lone surrogate": (b'{"userName": "\\ud800"}', 400),
    "nul bytes": (b"\x00" * 1000, 400),
    "a byte order mark and utf-16": ('{"userName": "x"}'.encode("utf-16"), 400),
    "100,000 arrays": (b"[" * 100_000, 400),
    "100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400),
    "deep in a known attribute": (b'{"userName":"x","emails":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    "a huge number": (b'{"userName":' + b"9" * 100_000 + b"}", 400),
    "a huge exponent": (b'{"userName":"x","active":1e308}', 400),
    "not a number": (b'{"userName":NaN}', 400),
    "duplicate keys, the last of them empty": (b'{"userName":"x","userName":""}', 400),
    "a long name": (b'{"userName":"' + b"x" * MEGABYTE + b'"}', 400),
    "a long key": (b'{"userName":"x","emails[type eq \\"' + b" " * MEGABYTE + b'x\\"].value":"v"}', 400),
    "10 MB": (b'{"userName":"' + b"x" * 10 * MEGABYTE + b'"}', 413),
}
OPERATIONS = {
    "2,000 operations": ([{"op": "add", "path": "title", "value": "x"}] * 2000, 413),
    "an operation on 5,000 values": ([{"op": "add", "path": "emails", "value": [{"value": "x"}] * 5000}], 413),
    "a filter of spaces": ([{"op": "add", "path": f'emails[type eq "{" " * MEGABYTE}x"].value', "value": "v"}], 400),
    "a filter of terms": ([{"op": "remove", "path": f"emails[{' and '.join(['type eq 1'] * 90_000)}]"}], 400),
    "a path of a megabyte": ([{"op": "remove", "path": "x" * MEGABYTE}], 400),
    "a deep role": ([{"op": "add", "path": "roles", "value": [{"value": '{"a":' * 100_000}]}], 400),
}


class Client:
    """Bytes to the facade, and what comes back."""

    def __init__(self, tenant: RunningTenant) -> None:
        base = urlsplit(tenant.scim.base_url)
        self._host, self._port, self.path = base.hostname, base.port, base.path
        self.bearer = f"Host: x\r\nAuthorization: Bearer {tenant.scim.token}\r\n"

    async def send(self, *pieces: bytes, pause: float = 0) -> httpx.Response | None:
        """Send pieces until the server has enough; return its answer, None if it only closed."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        sending = asyncio.create_task(_write(writer, pieces, pause))
        answer = bytearray()
        try:
            async with asyncio.timeout(ANSWERED):
                while piece := await reader.read(MEGABYTE):
                    answer += piece
        except ConnectionError:  # the end of what is still being sent; the answer came before
            pass
        finally:
            sending.cancel()
            writer.close()
        return _parsed(bytes(answer))

    def head(self, line: str, *headers: str) -> bytes:
        """Return a request's head; it closes the connection, so that the answer ends."""
        further = "".join(f"{one}\r\n" for one in headers)
        return f"{line} HTTP/1.1\r\n{self.bearer}Connection: close\r\n{further}\r\n".encode()


async def _write(writer: asyncio.StreamWriter, pieces: tuple[bytes, ...], pause: float) -> None:
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)
    await asyncio.Event().wait()


def _parsed(answer: bytes) -> httpx.Response | None:
    if not answer:
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    return httpx.Response(int(lines[0].split()[1]), headers=headers, content=body)


def resident(stack: Stack) -> int:
    """Return the memory of the facade in KiB; it is the process that was there before."""
    pid = str(stack.info().pids[FACADE])
    return int(subprocess.run(["ps", "-o", "rss=", "-p", pid], capture_output=True, text=True, check=True).stdout)


@pytest.fixture
async def scim(tenant: RunningTenant) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the tenant."""
    headers = {"Authorization": f"Bearer {tenant.scim.token}", "Content-Type": "application/scim+json"}
    async with httpx.AsyncClient(
        base_url=tenant.scim.base_url, headers=headers, trust_env=False, timeout=ANSWERED
    ) as client:
        yield client


def refused(answer: httpx.Response, *statuses: int) -> None:
    """Find a SCIM error with one of some statuses."""
    assert answer.status_code in statuses
    assert answer.headers["content-type"] == "application/scim+json"
    assert answer.json()["schemas"] == [ERROR]
    assert answer.json()["status"] == str(answer.status_code)
    assert answer.json()["detail"]


@pytest.fixture(autouse=True)
def known(stack: Stack, tenant: RunningTenant) -> None:
    """Begin once the facade takes the tenant's token: garbage of strangers is refused for another reason."""
    stack.await_token(tenant.settings)


async def test_bodies(stack: Stack, scim: httpx.AsyncClient) -> None:
    """Each twice by POST, PUT and PATCH: refused, the user stays, the process too, and it does not grow."""
    created = await scim.post("/Users", json={"userName": "ana@contoso.example"})
    assert created.status_code == httpx.codes.CREATED, created.text
    user = f"/Users/{created.json()['id']}"
    pid = stack.info().pids[FACADE]
    for content, status in BODIES.values():
        refused(await scim.post("/Users", content=content), status)
    before = resident(stack)
    for content, status in BODIES.values():
        refused(await scim.post("/Users", content=content), status)
        refused(await scim.put(user, content=content), status)
        refused(await scim.patch(user, content=content), status)
    for operations, status in OPERATIONS.values():
        refused(await scim.patch(user, json={"Operations": operations}), status)
    assert (await scim.get(user)).json() == created.json()
    assert stack.info().pids[FACADE] == pid
    assert resident(stack) - before < FLAT


async def test_what_is_no_request(stack: Stack, tenant: RunningTenant) -> None:
    """Floods of headers, long addresses and what is no HTTP: 400 or 431, as a SCIM error, and the connection ends."""
    client = Client(tenant)
    users = f"{client.path}/Users"
    before = resident(stack)
    for pieces, statuses in (
        ((client.head(f"GET {users}", *(f"X-{number}: {'x' * 100}" for number in range(10_000))),), (431,)),
        ((client.head(f"GET {users}", f"X: {'x' * MEGABYTE}"),), (431,)),
        ((client.head(f"GET {users}?filter={'x' * MEGABYTE}"),), (431,)),
        ((client.head(f"GET {users}?filter={'(' * 5000}"),), (400,)),
        ((b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 100,), (400,)),
        ((b"nonsense\r\n\r\n",), (400,)),
        ((client.head(f"POST {users}", "Transfer-Encoding: chunked"), b"zz\r\n{}\r\n"), (400,)),
        ((client.head(f"POST {users}", "Content-Length: 5", "Content-Length: 9"), b"{}"), (400,)),
        ((client.head(f"POST {users}", "Content-Length: many"), b"{}"), (400,)),
    ):
        answer = await client.send(*pieces)
        assert answer is not None
        refused(answer, *statuses)
    assert resident(stack) - before < FLAT


async def test_who_is_slow_keeps_nobody_waiting(stack: Stack, tenant: RunningTenant, scim: httpx.AsyncClient) -> None:
    """Heads and bodies byte by byte, and bodies without an end, 60 at once: 408 or 413; others are served meanwhile."""
    client = Client(tenant)
    before = resident(stack)
    post = client.head(f"POST {client.path}/Users", "Content-Type: application/scim+json", "Content-Length: 1000")
    chunked = client.head(f"POST {client.path}/Users", "Transfer-Encoding: chunked")
    endless = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    slow = asyncio.gather(
        *(client.send(*(bytes([byte]) for byte in post), pause=0.7) for _ in range(20)),
        *(client.send(post, *[b" "] * 100, pause=0.7) for _ in range(20)),
        *(client.send(chunked, *[endless] * 1000) for _ in range(20)),
    )
    served = 0
    while not slow.done():
        assert (await scim.get("/Users")).status_code == 200
        served += 1
        await asyncio.sleep(0.05)
    answers = await slow
    for answer in answers[:40]:
        assert answer is not None
        refused(answer, 408)
    for answer in answers[40:]:
        if answer is not None:
            refused(answer, 413)
    assert served > 10
    assert resident(stack) - before < FLAT


async def test_half_a_request_is_not_carried_out(tenant: RunningTenant, scim: httpx.AsyncClient) -> None:
    """A body that could be read, but whose end never came: nobody is made."""
    client = Client(tenant)
    base = urlsplit(tenant.scim.base_url)
    body = b'{"userName": "half@contoso.example"}'
    head = client.head(f"POST {client.path}/Users", f"Content-Length: {len(body) + 10}")
    _, writer = await asyncio.open_connection(base.hostname, base.port)
    writer.write(head + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    for _ in range(20):
        assert (await scim.get("/Users")).json()["totalResults"] == 0
        await asyncio.sleep(0)
