"""A stand-in Workteam tenant for each profile, one per session and empty for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.profiles import Profile
from workteam_operator import metrics
from workteam_operator.backend.scim import ScimBackend


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
def documented(small_tenant: StandIn) -> StandIn:
    """The tenant of profile workteam, empty and without faults."""
    small_tenant.control.reset()
    return small_tenant


@pytest.fixture
async def scim(stand_in: StandIn) -> AsyncIterator[ScimBackend]:
    """A connection to ``stand_in``, not yet probed."""
    backend = ScimBackend.connect(stand_in.base_url, stand_in.token, metrics.meter("test"))
    yield backend
    await backend.close()
