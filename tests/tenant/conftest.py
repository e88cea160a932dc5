"""A stand-in tenant for each profile, one per session and empty for each test, and its administrator as a client."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.profiles import Profile


def connect(base_url: str, token: str) -> httpx.Client:
    """Return a client with a token."""
    return httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False)


@pytest.fixture(scope="session")
def full_tenant() -> Iterator[StandIn]:
    with StandIn(profile=Profile.FULL) as tenant:
        yield tenant


@pytest.fixture(scope="session")
def small_tenant() -> Iterator[StandIn]:
    with StandIn(profile=Profile.WORKTEAM) as tenant:
        yield tenant


@pytest.fixture
def stand_in(full_tenant: StandIn) -> StandIn:
    """The tenant of profile full, empty and without faults."""
    full_tenant.control.reset()
    return full_tenant


@pytest.fixture
def scim(stand_in: StandIn) -> Iterator[httpx.Client]:
    """An administrator of ``stand_in``."""
    with connect(stand_in.base_url, stand_in.token) as client:
        yield client


@pytest.fixture
def reader(stand_in: StandIn) -> Iterator[httpx.Client]:
    """A caller of ``stand_in`` without Admin permission."""
    with connect(stand_in.base_url, stand_in.reader_token) as client:
        yield client


@pytest.fixture
def documented(small_tenant: StandIn) -> Iterator[httpx.Client]:
    """An administrator of an empty tenant of profile workteam."""
    small_tenant.control.reset()
    with connect(small_tenant.base_url, small_tenant.token) as client:
        yield client


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests that are not answered at once."""
    with ThreadPoolExecutor(max_workers=4) as threads:
        yield threads


@pytest.fixture
def token_file(stand_in: StandIn, tmp_path: Path) -> Path:
    """A file with the token of ``stand_in``."""
    path = tmp_path / "token"
    path.write_text(f"{stand_in.token}\n")
    return path
