"""SIGTERM: another facade answers within about a second, whatever the clients of the old one do."""

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from workteam_scim.leadership import LEASE

LONG = 600
"""Seconds of a Lease that no test outlasts: whoever takes it over was handed it."""
PROMPT = timedelta(seconds=5)
LATEST = 5.0
"""Seconds, on a machine under any load; on a quiet one it is less than one, and the test prints what it was."""


async def test_sigterm_hands_over_while_a_client_is_slow(ground: Any, until: Any) -> None:
    """A request whose body never ends holds nobody up: the second facade answers long before the first one has ended.

    The Lease of ten minutes changed hands twice: it was given up and taken, not waited out.
    """
    async with ground.facade("first", LONG) as first, ground.facade("second", LONG) as second:
        await until(lambda: one_is_ready(first, second))
        old, new = (first, second) if await first.ready() else (second, first)
        async with ground.client(old) as slow, ground.client(new) as entra:
            stuck = asyncio.create_task(slow.post("/Users", content=endless()))
            await until(lambda: refuses(entra))
            assert await old.ready()
            old.child.send_signal(signal.SIGTERM)
            asked = time.perf_counter()
            await until(lambda: answers(entra), within=LATEST)
            print(f"the next facade answered {(time.perf_counter() - asked) * 1000:.0f} ms after SIGTERM")  # noqa: T201
            assert old.child.returncode is None
            lease = await ground.cluster.read_lease(ground.namespace, LEASE, within=PROMPT)
            assert lease.transitions == 2
            created = await entra.post("/Users", json={"userName": "ana@contoso.example"})
            assert created.status_code == httpx.codes.CREATED
            async with asyncio.timeout(15):
                assert await old.child.wait() == 0
            stuck.cancel()


async def endless() -> Any:
    """Begin a body and never end it."""
    yield b'{"userName": '
    await asyncio.Event().wait()


async def one_is_ready(*facades: Any) -> bool:
    """Say whether one of two is ready."""
    return any([await facade.ready() for facade in facades])


async def refuses(client: httpx.AsyncClient) -> bool:
    """Say whether a facade leaves the answer to another one."""
    return await told(client, lambda answer: "Another facade answers" in answer.text)


async def answers(client: httpx.AsyncClient) -> bool:
    """Say whether a facade answers."""
    return await told(client, lambda answer: answer.is_success)


async def told(client: httpx.AsyncClient, holds: Callable[[httpx.Response], bool]) -> bool:
    """Say whether an answer is as it should be."""
    try:
        return holds(await client.get("/Users"))
    except httpx.TransportError:
        return False
