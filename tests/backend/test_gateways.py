"""A gateway before Workteam that answers for it: what it says is no word of Workteam's about an account."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from workteam_operator import metrics
from workteam_operator.backend.port import Account, BackendRejected, BackendUnavailable, DesiredAccount
from workteam_operator.backend.scim import ScimBackend

ANA = DesiredAccount(user_name="ana@contoso.example", external_id="ana", active=True)
PAGE = b"<html>Request blocked</html>"
JSON = b'{"message": "Bad Request"}'
CALLS: dict[str, Callable[[ScimBackend], Awaitable[object]]] = {
    "GET /Users": lambda scim: scim.find_accounts(external_id="ana", user_name="ana@contoso.example"),
    "POST /Users": lambda scim: scim.create_account(ANA),
    "PATCH /Users/7": lambda scim: scim.update_account(
        Account("7", "ana@contoso.example", "ana", active=True), {"active": False}
    ),
    "DELETE /Users/7": lambda scim: scim.delete_account("7"),
}


async def answered(status: int, body: bytes, call: Callable[[ScimBackend], Awaitable[object]]) -> None:
    """Make a call that a gateway answers."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    backend = ScimBackend.connect(f"http://127.0.0.1:{port}/scim/v2", "t", metrics.meter("test"))
    try:
        await call(backend)
    finally:
        await backend.close()
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "body"),
    [(status, body) for status in (400, 402, 405, 406, 409, 410, 421, 422, 451) for body in (PAGE, b"")]
    + [(status, JSON) for status in (402, 405, 406, 410, 421, 451)],
)
async def test_a_gateways_refusal_is_an_outage(status: int, body: bytes, call: str) -> None:
    """It is tried again, counts for the breaker, and stalls nobody."""
    with pytest.raises(BackendUnavailable, match=rf"^{call}: HTTP {status}, and not by SCIM$") as failed:
        await answered(status, body, CALLS[call])
    assert failed.value.undone is False


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [400, 409, 422])
async def test_json_that_is_not_quite_scim_is_about_one_object(status: int, call: str) -> None:
    """A server that is lax about its errors: one value that it refuses opens no breaker."""
    with pytest.raises(BackendRejected, match=rf"^{call}: HTTP {status}$"):
        await answered(status, JSON, CALLS[call])


@pytest.mark.parametrize("status", [413, 414, 431])
async def test_what_is_too_large_is_so_for_a_gateway_too(status: int) -> None:
    """Trying again does not make it smaller, and other requests go through."""
    with pytest.raises(BackendRejected, match=rf"^POST /Users: HTTP {status}$") as failed:
        await answered(status, PAGE, CALLS["POST /Users"])
    assert failed.value.status == status
