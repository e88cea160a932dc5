"""The way to a tenant, from its Base URL, its token and the environment: address, proxy, whom to trust."""

import os
import ssl
from urllib.request import getproxies, proxy_bypass

import certifi
from yarl import URL


def address(base_url: str) -> URL:
    """Parse a Base URL. Raises ``ValueError`` if it is none, or has a login in it: the token is ours."""
    url = URL(base_url)
    if url.user is not None:
        raise ValueError
    return url


def bearer(token: str) -> str:
    """Write the header. Raises ``ValueError`` if it cannot hold the token."""
    if not (token.isascii() and token.isprintable()):
        raise ValueError
    return f"Bearer {token}"


def proxy(url: URL) -> URL | None:
    """Return the proxy that ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` name for an address.

    aiohttp would ask for it again with each request, and in a thread.
    """
    named = getproxies()
    found = named.get(url.scheme) or named.get("all")
    if not found or proxy_bypass(url.authority):
        return None
    return URL(found if "://" in found else f"http://{found}")


def trust() -> ssl.SSLContext:
    """Trust the public authorities, or those of ``SSL_CERT_FILE`` or ``SSL_CERT_DIR``."""
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"), capath=folder)
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())
