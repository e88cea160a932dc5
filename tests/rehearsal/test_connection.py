"""Test Connection and the command: how each answer is read, one sentence each, and the exit codes."""

import json
import ssl
from collections.abc import Callable

import httpx
import pytest

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.client import Patience
from workteam_cli.rehearsal.service import Settings, rehearsing

EMPTY = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": []}
BASE = "https://scim.example/v2"


def refuse(error: httpx.TransportError, cause: Exception | None = None) -> Callable[[httpx.Request], httpx.Response]:
    """Make a connection that fails."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise error from cause

    return handler


def answer(status: int, content: bytes = b"", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """Make a service that always answers the same."""
    return lambda _: httpx.Response(status, content=content, headers=headers)


@pytest.mark.parametrize(
    ("handler", "words", "code"),
    [
        pytest.param(answer(401), "refuses the token (401); Entra says that you appear", Exit.DENIED, id="401"),
        pytest.param(
            answer(403, json.dumps({"detail": "Ask an administrator."}).encode()),
            "/Users forbids the search (403: Ask an administrator.); ensure that the token belongs to an account with "
            "Admin permission",
            Exit.DENIED,
            id="403",
        ),
        pytest.param(
            answer(404),
            "answers a search with 404, which Entra reads as invalid credentials",
            Exit.UNAVAILABLE,
            id="404",
        ),
        pytest.param(answer(400), "does not understand Entra's search (400)", Exit.UNAVAILABLE, id="400"),
        pytest.param(answer(415), "does not understand Entra's search (415)", Exit.UNAVAILABLE, id="415"),
        pytest.param(answer(302), "answers with a redirect (302); give the address", Exit.UNAVAILABLE, id="redirect"),
        pytest.param(
            answer(200, b"<html>Sign in</html>"), "what is no SCIM list (a web page", Exit.UNAVAILABLE, id="HTML"
        ),
        pytest.param(answer(200, b"[]"), "what is no SCIM list", Exit.UNAVAILABLE, id="bare array"),
        pytest.param(answer(200, b'{"Resources": []}'), "what is no SCIM list", Exit.UNAVAILABLE, id="no totalResults"),
        pytest.param(answer(200), "what is no SCIM list", Exit.UNAVAILABLE, id="empty body"),
        pytest.param(answer(501), "answers a search with 501; see the service's log.", Exit.UNAVAILABLE, id="501"),
        pytest.param(
            answer(503, json.dumps({"detail": "Paused."}).encode()),
            "is not ready (HTTP 503: Paused.); wait until it is",
            Exit.UNAVAILABLE,
            id="503",
        ),
        pytest.param(
            refuse(httpx.ConnectError("refused")),
            "cannot be reached (ConnectError); check host and port",
            Exit.UNAVAILABLE,
            id="refused",
        ),
        pytest.param(
            refuse(httpx.ConnectTimeout("slow")), "does not answer in time; check host", Exit.UNAVAILABLE, id="time-out"
        ),
        pytest.param(
            refuse(httpx.ConnectError("failed"), ssl.SSLError("certificate verify failed")),
            "has no certificate that can be trusted, or speaks no TLS 1.2",
            Exit.UNAVAILABLE,
            id="TLS",
        ),
    ],
)
async def test_answer_is_read_as_entra_does(
    handler: Callable[[httpx.Request], httpx.Response], words: str, code: Exit
) -> None:
    made = Settings(BASE, "t", transport=httpx.MockTransport(handler), patience=Patience(attempts=2, first=0.0))
    async with rehearsing(made) as rehearsal:
        with pytest.raises(Problem) as raised:
            await rehearsal.test_connection()
    assert words in str(raised.value)
    assert (str(raised.value).count("\n"), raised.value.code) == (0, code)


async def test_users_and_groups_are_searched_for_what_cannot_exist() -> None:
    """Two searches by the matching attributes, for one random GUID; the flag of the Base URL stays in the query."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        return httpx.Response(200, json=EMPTY)

    made = Settings(f"{BASE}/?aadOptscim062020", "t", transport=httpx.MockTransport(handler), rate=0)
    async with rehearsing(made) as rehearsal:
        await rehearsal.test_connection()
    guid = seen[0][-39:-3]
    assert seen == [
        f"/v2/Users?aadOptscim062020&filter=userName+eq+%22{guid}%22",
        f"/v2/Groups?aadOptscim062020&excludedAttributes=members&filter=displayName+eq+%22{guid}%22",
    ]
