"""A tenant on the running stack for the suites of one module, and what they reach it by: HTTP, as anybody does."""

import itertools
from collections.abc import Iterator

import httpx
import pytest

from workteam_cli.controlplane.settings import TenantSettings
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.dev_stack import Endpoint

NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def suite_tenant(stack: Stack) -> Iterator[RunningTenant]:
    """Add a tenant for one module, with a stand-in of its own; it is Ready, and has no objects."""
    settings = TenantSettings(f"suite-{next(NUMBERS)}")
    running = stack.add_tenant(settings)
    stack.await_tenant(settings)
    yield running
    stack.end_tenant(settings)


@pytest.fixture(scope="module")
def endpoint(suite_tenant: RunningTenant) -> Endpoint:
    """Return Base URL and bearer token, as an administrator enters them."""
    return suite_tenant.scim


@pytest.fixture(scope="module")
def scim(endpoint: Endpoint) -> Iterator[httpx.Client]:
    """Return a client of the tenant that sends what Microsoft's clients send."""
    headers = {
        "Authorization": f"Bearer {endpoint.token}",
        "Content-Type": "application/scim+json; charset=utf-8",
        "Accept": "application/scim+json",
    }
    with httpx.Client(base_url=endpoint.base_url, headers=headers, trust_env=False, timeout=30) as client:
        yield client
