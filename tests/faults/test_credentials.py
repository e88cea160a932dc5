"""Tokens at a real process: what the Secret says counts within about a second, and nobody hides behind a header."""

import secrets
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from workteam_cli.facade_processes import Ground
from workteam_crds.naming import TenantKey
from workteam_scim.throttle import FAILURES
from workteam_scim.tokens import NOISE_BYTES, TOKEN_SECRET, entry_for, handle_of, make_token

LATEST = 5.0
"""Seconds, on a machine under any load; the tests print what it was."""


async def test_a_token_counts_from_the_moment_it_is_in_the_secret_until_it_is_taken_out(
    ground: Ground, until: Any
) -> None:
    """A new token opens and a revoked one is refused, without a restart; the one beside it goes on."""
    async with ground.facade("only", 15) as only, ground.client(only) as entra:
        await until(only.ready)
        token = make_token(secrets.token_bytes(NOISE_BYTES))
        entry = entry_for(token, TenantKey(ground.namespace, "acme"), created=datetime.now(UTC)).write()
        assert await opens(entra, token.text) == httpx.codes.UNAUTHORIZED
        await change(ground, {"op": "add", "path": f"/data/{token.handle}", "value": b64encode(entry).decode()})
        given = await measured(until, lambda: opens_with(entra, token.text, httpx.codes.OK))
        await change(ground, {"op": "remove", "path": f"/data/{handle_of(ground.token)}"})
        taken = await measured(until, lambda: opens_with(entra, ground.token, httpx.codes.UNAUTHORIZED))
        assert await opens(entra, token.text) == httpx.codes.OK
        print(f"a new token opened after {given:.0f} ms, a revoked one was refused after {taken:.0f} ms")  # noqa: T201


async def test_nobody_is_another_address_because_a_header_says_so(ground: Ground, until: Any) -> None:
    """X-Forwarded-For of whoever is no trusted proxy changes nothing: the limiter counts one address; a token opens."""
    async with ground.facade("only", 15) as only, ground.client(only) as entra:
        await until(only.ready)
        statuses = [
            (
                await entra.get(
                    "/Users", headers={"Authorization": "Bearer wt_none_none", "X-Forwarded-For": f"192.0.2.{number}"}
                )
            ).status_code
            for number in range(FAILURES + 5)
        ]
        assert statuses[:FAILURES] == [httpx.codes.UNAUTHORIZED] * FAILURES
        assert httpx.codes.TOO_MANY_REQUESTS in statuses[FAILURES:]
        assert (await entra.get("/Users", headers={"X-Forwarded-For": "192.0.2.1"})).is_success


async def change(ground: Ground, operation: dict[str, str]) -> None:
    """Change the Secret of the tokens."""
    secret = await ground.cluster.read_secret(ground.namespace, TOKEN_SECRET)
    await ground.cluster.patch_secret(secret, [operation])


async def measured(until: Any, condition: Callable[[], Awaitable[bool]]) -> float:
    """Return how many milliseconds it took until something held."""
    began = time.perf_counter()
    await until(condition, within=LATEST)
    return (time.perf_counter() - began) * 1000


async def opens_with(entra: httpx.AsyncClient, token: str, status: int) -> bool:
    """Say whether a token is answered so."""
    return await opens(entra, token) == status


async def opens(entra: httpx.AsyncClient, token: str) -> int:
    """Return what a token is answered with."""
    return (await entra.get("/Users?count=0", headers={"Authorization": f"Bearer {token}"})).status_code
