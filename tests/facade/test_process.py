"""The process: settings, readiness, logs without names and tokens, and an orderly end."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from uvicorn.server import ServerState

from workteam_crds.naming import TenantKey
from workteam_scim.__main__ import serving
from workteam_scim.connections import Connection

SECRETS = ("Canary", "canary@contoso.example", "+43 1 234567")
"""What a person is known by; none of it may be logged."""


@dataclass(frozen=True)
class Process:
    """A running facade, its base URL and where it logs."""

    child: asyncio.subprocess.Process
    url: str
    log: Path


@asynccontextmanager
async def process(ground: Any, log: Path, **environment: str) -> AsyncIterator[Process]:
    """Run ``python -m workteam_scim`` until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "KUBECONFIG": str(ground.access.kubeconfig),
        "WORKTEAM_SCIM_EXTERNAL_URL": "https://scim.example",
        "WORKTEAM_SCIM_TENANT_NAMESPACES": ground.namespace,
        "WORKTEAM_SCIM_NAMESPACE": ground.namespace,
        "WORKTEAM_SCIM_HOST": "127.0.0.1",
        "WORKTEAM_SCIM_PORT": str(port),
        "WORKTEAM_SCIM_LOG_LEVEL": "DEBUG",
    }
    with log.open("wb") as stderr:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "workteam_scim", env=os.environ | settings | environment, stderr=stderr
        )
        try:
            yield Process(child, f"http://127.0.0.1:{port}", log)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()


async def test_a_process_serves_logs_and_ends(ground: Any, tenant: TenantKey, eventually: Any, tmp_path: Path) -> None:
    """Ready after the first lists; JSON lines with request ids and no person or token in them; SIGTERM ends with 0."""
    token = await ground.token(tenant)
    async with process(ground, tmp_path / "log") as facade, httpx.AsyncClient(trust_env=False) as client:
        await eventually(lambda: is_ready(client, facade.url), within=30)
        base = f"{facade.url}/{tenant.namespace}/{tenant.name}/scim/v2"
        client.headers["Authorization"] = f"Bearer {token}"
        body = {
            "userName": SECRETS[1],
            "displayName": SECRETS[0],
            "phoneNumbers": [{"type": "work", "value": SECRETS[2]}],
        }
        created = await client.post(f"{base}/Users", json=body, headers={"X-Request-Id": "entra-1"})
        assert (created.status_code, created.headers["x-request-id"]) == (201, "entra-1")
        assert created.json()["meta"]["location"].startswith("https://scim.example/")
        await client.post(f"{base}/Users", json=body)
        await client.get(f"{base}/Users", params={"filter": f'userName eq "{SECRETS[1]}" and title co "{SECRETS[0]}"'})
        await client.get(f"{base}/Users/{SECRETS[1]}")
        await client.post(f"{base}/Users", content=b'{"userName": "canary@contoso.example", "emails": [7]}')
        await client.get(f"{base}/Users", headers={"Authorization": f"Bearer {token}x"})
        numbers = (await client.get(f"{facade.url}/metrics")).text
        facade.child.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert await facade.child.wait() == 0

    text = facade.log.read_text()
    lines = [orjson.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["message"] == "request"]
    assert [line["status"] for line in requests] == [201, 409, 200, 404, 400, 401]
    assert requests[0] | {"time": "", "milliseconds": 0} == {
        "time": "",
        "level": "INFO",
        "logger": "workteam_scim.endpoint",
        "message": "request",
        "request_id": "entra-1",
        "op": "create",
        "resource": "Users",
        "tenant": str(tenant),
        "token": token.split("_")[1],
        "status": 201,
        "milliseconds": 0,
    }
    assert 'scim_requests_total{code="201",op="create",resource="Users"} 1.0' in numbers
    for secret in (*SECRETS, token.split("_", 2)[2]):
        assert secret not in text
        assert secret not in numbers
    assert created.json()["id"] not in numbers


async def is_ready(client: httpx.AsyncClient, url: str) -> bool:
    """Say whether the process is ready."""
    try:
        return (await client.get(f"{url}/readyz")).is_success
    except httpx.TransportError:
        return False


async def test_it_is_alive_and_not_ready_while_the_api_server_is_away(
    ground: Any, tmp_path: Path, eventually: Any
) -> None:
    """/healthz 200, /readyz 503 naming what is missing, SCIM 503 with Retry-After: never 401, never 404."""
    dead = tmp_path / "kubeconfig"
    text = ground.access.kubeconfig.read_text()
    dead.write_text(text.replace("server: https://", "server: https://127.0.0.1:1#"))
    async with (
        process(ground, tmp_path / "log", KUBECONFIG=str(dead)) as facade,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        await eventually(lambda: is_alive(client, facade.url), within=30)
        ready = await client.get(f"{facade.url}/readyz")
        assert ready.status_code == 503
        assert ready.json() == {
            "status": "not ready",
            "missing": [
                f"WorkteamTenant in {ground.namespace}",
                f"WorkteamUser in {ground.namespace}",
                f"WorkteamGroup in {ground.namespace}",
                f"WorkteamGroupMembership in {ground.namespace}",
                "the Secret of the tokens",
                f"the Lease workteam-scim in {ground.namespace}",
            ],
        }
        answer = await client.get(f"{facade.url}/{ground.namespace}/acme/scim/v2/Users")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json()["detail"] == "The facade is starting: the objects are not all read yet."


async def is_alive(client: httpx.AsyncClient, url: str) -> bool:
    """Say whether the process answers at all."""
    try:
        return (await client.get(f"{url}/healthz")).is_success
    except httpx.TransportError:
        return False


async def test_an_idle_connection_stays_longer_than_a_proxy_keeps_it() -> None:
    """60 s are what ingress-nginx keeps one: if ours ended first, a POST could meet the close and be lost."""
    config = serving(FastAPI(), "127.0.0.1", 0)
    config.load()
    connections: list[Connection] = []

    def connection() -> Connection:
        connections.append(Connection(config, ServerState(), {}))
        return connections[-1]

    loop = asyncio.get_running_loop()
    async with await loop.create_server(connection, "127.0.0.1", 0) as server, httpx.AsyncClient() as client:
        host, port = server.sockets[0].getsockname()
        await client.get(f"http://{host}:{port}/")
        waits = connections[0].timeout_keep_alive_task
        assert waits is not None
        assert waits.when() - loop.time() > 60


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"WORKTEAM_SCIM_PORT": "none"}, "WORKTEAM_SCIM_PORT: Input should be a valid integer"),
        ({"WORKTEAM_SCIM_EXTERNAL_URL": "scim.example"}, "WORKTEAM_SCIM_EXTERNAL_URL: String should match pattern"),
        ({"WORKTEAM_SCIM_TENANT_NAMESPACES": " , "}, "WORKTEAM_SCIM_TENANT_NAMESPACES: Tuple should have at least 1"),
        ({"WORKTEAM_SCIM_COLOUR": "red"}, "WORKTEAM_SCIM_COLOUR: Extra inputs are not permitted"),
        ({"KUBECONFIG": "/nowhere/kubeconfig"}, "No access to a cluster by the kubeconfig /nowhere/kubeconfig"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_wrong_setting_is_one_sentence_and_78(
    ground: Any, tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    async with process(ground, tmp_path / "log", **environment) as facade:
        async with asyncio.timeout(30):
            assert await facade.child.wait() == 78
    text = facade.log.read_text()
    assert sentence in text
    assert "Traceback" not in text
    assert len([line for line in text.splitlines() if '"WARNING"' not in line]) == 1
