"""The storage keeps the promises that the SCIM library publishes for storages, over the real API server."""

import asyncio
import itertools
import math
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from scim2_models import ScimProvider, SearchRequest
from scim2_server.storage import ScimStorage
from scim2_server.testing import AsyncScimStorageContract, BlockingStorage

from workteam_cli.controlplane.access import Access
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.naming import NOISE_BYTES, TenantKey, uuid7
from workteam_scim.cache import Cache
from workteam_scim.provider import facade_provider
from workteam_scim.storage import ClusterStorage
from workteam_scim.tenant_objects import TenantObjects
from workteam_scim.writing import Surroundings

NUMBERS = itertools.count(1)


def new_id() -> str:
    """Return a name for an object."""
    return uuid7(datetime.now(UTC), secrets.token_bytes(NOISE_BYTES))


class TestClusterStorage(AsyncScimStorageContract):
    """108 tests; none is skipped: sorting and cursors are announced, and every filter and order is taken."""

    @staticmethod
    def require(supported: bool, feature: str) -> None:  # noqa: FBT001 - the library's signature
        """Fail where the library would skip."""
        assert supported, feature

    def search_request_or_skip(self, models: Any, **parameters: Any) -> SearchRequest[Any]:
        """Refuse nothing."""
        return self.search_request(models, **parameters)

    def search_or_skip(self, storage: Any, resource_types: Any, search_request: SearchRequest[Any]) -> Any:
        """Refuse nothing."""
        return self.search(storage, resource_types, search_request)

    @pytest.fixture
    def provider(self) -> ScimProvider:
        """Describe our service."""
        return facade_provider()

    @pytest.fixture
    def storage(self, provider: ScimProvider, cluster_access: Access, facade_namespace: str) -> Iterator[ScimStorage]:
        """A storage of a tenant that has nothing, under our policy; no watch runs: every answer is its own write."""
        tenant = TenantKey(facade_namespace, f"contract-{next(NUMBERS)}")
        with asyncio.Runner() as runner, provider:
            connection = KubernetesCluster.connect(str(cluster_access.kubeconfig))
            cluster = runner.run(connection.__aenter__())
            around = Surroundings(cluster, new_id, lambda: datetime.now(UTC))
            objects = TenantObjects(tenant, Cache(lambda _: "https://scim.example"), around)
            yield BlockingStorage(ClusterStorage(provider, objects), runner)
            runner.run(connection.__aexit__(None, None, None))


def test_the_contract_does_not_shrink() -> None:
    """The library publishes 108 tests for storages; an upgrade that has fewer is looked at."""
    tests = [getattr(TestClusterStorage, name) for name in dir(TestClusterStorage) if name.startswith("test_")]
    assert sum(_cases(test) for test in tests) == 108


def _cases(test: Any) -> int:
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    return math.prod(len(mark.args[1]) for mark in marks)
