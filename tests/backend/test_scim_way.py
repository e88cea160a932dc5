"""The way to a tenant: through the proxy that the environment names, and to no server that is not trusted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import yaml

from workteam_cli.controlplane.access import Access
from workteam_operator import metrics
from workteam_operator.backend.port import BackendUnavailable
from workteam_operator.backend.scim import ScimBackend


@asynccontextmanager
async def a_proxy() -> AsyncIterator[tuple[str, list[str]]]:
    """Run a proxy that refuses to forward; yield its address, and what it is asked: request lines and logins."""
    asked: list[str] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        asked.extend(line for line in lines if " HTTP/1.1" in line or line.startswith("Proxy-"))
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


@pytest.mark.parametrize(
    ("scheme", "variable", "line"),
    [
        ("http", "http_proxy", "GET http://tenant.invalid/scim/v2/Users/7 HTTP/1.1"),
        ("https", "https_proxy", "CONNECT tenant.invalid:443 HTTP/1.1"),
        ("https", "all_proxy", "CONNECT tenant.invalid:443 HTTP/1.1"),
    ],
)
async def test_the_way_leads_through_the_proxy(
    monkeypatch: pytest.MonkeyPatch, scheme: str, variable: str, line: str
) -> None:
    """With the login that its address has, and only until NO_PROXY names the tenant."""
    base_url = f"{scheme}://tenant.invalid/scim/v2"
    async with a_proxy() as (address, asked):
        monkeypatch.setenv(variable, f"http://me:secret@{address}")
        through = ScimBackend.connect(base_url, "t", metrics.meter("test"))
        with pytest.raises(BackendUnavailable) as failed:
            await through.read_account("7")
        await through.close()
        monkeypatch.setenv("no_proxy", "tenant.invalid")
        past = ScimBackend.connect(base_url, "t", metrics.meter("test"))
        with pytest.raises(BackendUnavailable, match="the host name is unknown"):
            await past.read_account("7")
        await past.close()
    assert asked == [line, "Proxy-Authorization: Basic bWU6c2VjcmV0"]
    assert failed.value.undone is (scheme == "https")  # a tunnel that never came about carried nothing
    assert "secret" not in str(failed.value)


async def test_a_certificate_that_nobody_vouches_for_is_named(cluster_access: Access) -> None:
    """An API server's own, for example; nothing was sent then, the token neither."""
    [cluster] = yaml.safe_load(cluster_access.kubeconfig.read_text())["clusters"]
    backend = ScimBackend.connect(cluster["cluster"]["server"], "t", metrics.meter("test"))
    with pytest.raises(BackendUnavailable, match=r"^GET /Users/7: TLS certificate refused \(\D+\)$") as failed:
        await backend.read_account("7")
    assert failed.value.undone is True
    await backend.close()
