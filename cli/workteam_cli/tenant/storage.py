"""The tenant's accounts and teams: scim2-server's storage in memory, written through to the journal.

It also plays the search index that lags behind. Everything here runs in one event loop and awaits nothing between
reading and writing.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from scim2_models import Resource, ResourceType, ResponseParameters, ScimProvider, SearchRequest
from scim2_server.memory import AsyncInMemoryStorage, InMemoryStorage
from scim2_server.storage import SearchPage

from workteam_cli.tenant.persistence import AccountKey, Journal
from workteam_cli.tenant.profiles import Behaviour

Stored = Resource[Any]


class TenantStorage(AsyncInMemoryStorage):
    """What the tenant holds. Each write is in the journal when its method returns."""

    def __init__(
        self,
        provider: ScimProvider,
        journal: Journal,
        behaviour: Behaviour,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(InMemoryStorage())
        self._journal = journal
        self._now = now
        self._late: deque[tuple[float, AccountKey, Stored | None]] = deque()
        self._shown: dict[AccountKey, Stored] = {}
        self._replica = InMemoryStorage()
        self._load(provider)
        self.behaviour = behaviour
        self.catch_up()

    def catch_up(self) -> None:
        """Let searches show the present."""
        self._late.clear()
        self._shown = {_key(resource): resource for resource in self.storage.resources}
        self._replica.resources = list(self._shown.values())

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Stored:
        """Read one resource; for a GET, which alone has response parameters, perhaps late."""
        if self.behaviour.reads_lag and response_parameters is not None:
            self._advance()
            return self._replica.get(resource_type, resource_id, response_parameters=response_parameters)
        return await super().get(resource_type, resource_id, response_parameters=response_parameters)

    async def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """Search, perhaps late."""
        if self.behaviour.searches_lag:
            self._advance()
            return self._replica.search(resource_types, search_request, position=position)
        return await super().search(resource_types, search_request, position=position)

    async def create(self, resource_type: ResourceType, resource: Stored) -> Stored:
        """Store a new resource."""
        return self._written(await super().create(resource_type, resource))

    async def update(
        self, resource_type: ResourceType, resource: Stored, *, expected_version: str | None = None
    ) -> Stored:
        """Store a new state of a resource."""
        return self._written(await super().update(resource_type, resource, expected_version=expected_version))

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Remove a resource."""
        await super().delete(resource_type, resource_id, expected_version=expected_version)
        key = AccountKey(str(resource_type.name), resource_id)
        self._journal.remove(key)
        self._note(key, None)

    def _written(self, resource: Stored) -> Stored:
        key = _key(resource)
        self._journal.put(key, resource.model_dump_json().encode())
        self._note(key, resource)
        return resource

    def _note(self, key: AccountKey, resource: Stored | None) -> None:
        if self.behaviour.searches_lag or self.behaviour.reads_lag:
            self._late.append((self._now(), key, resource and resource.model_copy(deep=True)))

    def _advance(self) -> None:
        """Show what has become old enough to be seen."""
        if self.behaviour.lag_seconds is None:
            return
        seen_until = self._now() - self.behaviour.lag_seconds
        if not self._late or self._late[0][0] > seen_until:
            return
        while self._late and self._late[0][0] <= seen_until:
            _, key, resource = self._late.popleft()
            if resource is None:
                self._shown.pop(key, None)
            else:
                self._shown[key] = resource
        self._replica.resources = list(self._shown.values())

    def _load(self, provider: ScimProvider) -> None:
        types = {str(kind.name): kind for kind in provider.resource_types}
        with provider:
            self.storage.resources = [
                cast("type[Stored]", provider.model_for(types[key.kind])).model_validate(document)
                for key, document in self._journal.documents()
                if key.kind in types  # a home that was begun with Groups may be looked at without
            ]
        last = max((_count(resource) for resource in self.storage.resources), default=0)
        self.storage.versions = itertools.count(last + 1)


def _key(resource: Stored) -> AccountKey:
    if resource.meta is None or resource.id is None:
        raise AssertionError("a stored resource has an id and a type")
    return AccountKey(str(resource.meta.resource_type), resource.id)


def _count(resource: Stored) -> int:
    """Read the count from the version that the library gave: ``W/"17"`` is 17."""
    version = resource.meta.version if resource.meta else None
    return int(version[3:-1]) if version else 0
