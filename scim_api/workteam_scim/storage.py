"""ClusterStorage: what the SCIM library asks of a storage, for one tenant.

One per tenant: the library's methods receive no request, so a storage shared by tenants would show the users of one to
another. It is bound to no event loop and holds no task.
"""

from collections.abc import Sequence
from typing import Any, cast

from scim2_models import (
    Context,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
)
from scim2_server.storage import AsyncScimStorage, SearchPage

from workteam_scim.entries import Entry
from workteam_scim.members import Edit, Replace
from workteam_scim.queries import Query
from workteam_scim.search import search
from workteam_scim.searched import searched_types
from workteam_scim.tenant_objects import TenantObjects


class ClusterStorage(AsyncScimStorage):
    """Users and groups of one tenant as models of the library."""

    supports_cursors = True

    def __init__(self, provider: ScimProvider, objects: TenantObjects) -> None:
        self.objects = objects
        self._provider = provider
        self._types = searched_types(provider)

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Return a resource; members are left out if they are excluded."""
        entry = self.objects.of(_name(resource_type)).read(resource_id)
        return self.model(resource_type, entry, with_members=not _without_members(response_parameters))

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """Find, order and page resources as our own answers to searches do."""
        types = [self._types[_name(resource_type)] for resource_type in resource_types]
        collection = {kind: self.objects.of(kind.name).shelf for kind in types}
        page = await search(collection, _query(search_request), position)
        named = {_name(resource_type): resource_type for resource_type in resource_types}
        with_members = not _without_members(search_request)
        models = [self.model(named[kind.name], entry, with_members=with_members) for kind, entry in page.entries]
        return SearchPage(page.total, models, page.next, page.previous)

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Store a new resource."""
        return self.model(resource_type, await self.insert(resource_type, resource))

    async def insert(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        members: tuple[str, ...] | None = None,
        *,
        name: str | None = None,
    ) -> Entry:
        """Store a new resource, under an id if one is given, and return what is answered for it.

        ``members`` are those of a group whose model has none: a model of many members takes seconds.
        """
        attributes = dumped(resource)
        listed = members_of(attributes) if members is None else members
        return await self.objects.of(_name(resource_type)).insert_resource(attributes, listed, name=name)

    async def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Make a resource what it is given as."""
        entry = self.objects.of(_name(resource_type)).read(resource.id or "")
        if expected_version is not None and entry.version != expected_version:
            raise PreconditionFailedException
        attributes = dumped(resource)
        edits = [Replace(members_of(attributes))]
        return self.model(resource_type, await self.rewrite(resource_type, entry, attributes, edits))

    async def rewrite(
        self, resource_type: ResourceType, entry: Entry, attributes: dict[str, Any] | None, edits: Sequence[Edit]
    ) -> Entry:
        """Give a resource, as it was read, attributes (None: as they are) and edit its members; return the answer."""
        return await self.objects.of(_name(resource_type)).rewrite_resource(entry, attributes, edits)

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Delete a resource."""
        name = _name(resource_type)
        entry = self.objects.of(name).read(resource_id)
        if expected_version is not None and entry.version != expected_version:
            raise PreconditionFailedException
        await self.objects.of(name).delete(entry)

    def model(self, resource_type: ResourceType, entry: Entry, *, with_members: bool = True) -> Resource[Any]:
        """Return a resource as the library's model; its location is the library's to set."""
        model = self._model_of(resource_type)
        resource = model.model_validate_json(entry.body(with_members=with_members), scim_provider=self._provider)
        if resource.meta is not None:
            resource.meta.location = None
        return resource

    def _model_of(self, resource_type: ResourceType) -> type[Resource[Any]]:
        return cast("type[Resource[Any]]", self._provider.model_for(resource_type))


def dumped(resource: Resource[Any]) -> dict[str, Any]:
    """Return the attributes of a model as JSON, named as documented."""
    attributes: dict[str, Any] = resource.model_dump(scim_ctx=Context.DEFAULT)
    return attributes


def members_of(attributes: dict[str, Any]) -> tuple[str, ...]:
    """Return the ids of the members among the attributes of a group."""
    return tuple(dict.fromkeys(member["value"] for member in attributes.get("members") or () if member.get("value")))


def _name(resource_type: ResourceType) -> str:
    return resource_type.name or ""


def _without_members(parameters: ResponseParameters[Any] | SearchRequest[Any] | None) -> bool:
    excluded = parameters.excluded_attributes if parameters is not None else None
    return any(str(path).lower() == "members" for path in excluded or ())


def _query(asked: SearchRequest[Any]) -> Query:
    by = None if asked.sort_by is None else str(asked.sort_by)
    return Query(
        None if asked.filter is None else str(asked.filter),
        by,
        by is not None and asked.sort_order is SearchRequest.SortOrder.descending,
        asked.start_index or 1,
        asked.count,
        asked.cursor,
    )
