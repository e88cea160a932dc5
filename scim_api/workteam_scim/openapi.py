"""OpenAPI 3.1 of the routes that are served: SCIM's from the routing table and the schema documents. Pure.

What a client may send is wider than what is told here, on purpose: Entra's shapes are forgiven, not advertised.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

from scim2_server.routing import Operation

from workteam_scim.documents import (
    ENTERPRISE,
    ENTERPRISE_SCHEMA,
    ERROR,
    GROUP_SCHEMA,
    LIST_RESPONSE,
    PATCH_OP,
    USER_SCHEMA,
)
from workteam_scim.limits import BULK_OPERATIONS
from workteam_scim.routing import ENDPOINTS, ID, ME, ROUTES

Json: TypeAlias = dict[str, Any]

BASE = "/{namespace}/{name}/scim/v2"
MEDIA = "application/scim+json"
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
TYPES = {"boolean": "boolean", "integer": "integer", "decimal": "number"}
"""JSON's types by SCIM's; all others are texts."""
TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}
SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "The Secret Token of a tenant, or an access token."}
}
READ = ("attributes", "excludedAttributes")
SEARCH = ("filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", *READ)
SEARCHES = frozenset({Operation.search, Operation.search_with_body})
CONDITIONS = {
    Operation.query: ("If-None-Match", "If-Match"),
    Operation.replace: ("If-Match",),
    Operation.patch: ("If-Match",),
    Operation.delete: ("If-Match",),
}
BODIES = {
    Operation.patch: "PatchOp",
    Operation.bulk: "BulkRequest",
    Operation.search_with_body: "SearchRequest",
}
DISCOVERY = {
    Operation.service_provider_config: "Document",
    Operation.resource_types: "ListResponse",
    Operation.resource_type: "Document",
    Operation.schemas: "ListResponse",
    Operation.schema: "Document",
}


def openapi(others: Mapping[str, Any]) -> Json:
    """Add SCIM's paths to a document of all other routes."""
    paths = {f"{BASE}{'' if path == '/' else path}": _path(path, served) for path, served in ROUTES.items()}
    components = dict(others.get("components", {}))
    components["schemas"] = {**components.get("schemas", {}), **_schemas()}
    components["securitySchemes"] = SECURITY
    return {**others, "paths": {**others["paths"], **paths}, "components": components}


def _path(path: str, served: Mapping[str, Operation]) -> Json:
    names = ("namespace", "name", *(["resource_id"] if ID in path else []))
    told: Json = {"parameters": [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]}
    for method, operation in served.items():
        told[method.lower()] = _operation(path, method, operation)
    return told


def _operation(path: str, method: str, operation: Operation) -> Json:
    resource = next((endpoint for endpoint in ENDPOINTS if path.startswith(f"/{endpoint}")), None)
    told: Json = {
        "summary": f"{operation.value.replace('_', ' ').capitalize()} {resource or ''}".strip(),
        "operationId": f"{method.lower()}{path.replace('/', '_').replace('.', '').replace('{', '').replace('}', '')}",
        "tags": ["SCIM"],
        "security": [{"bearer": []}],
        "parameters": _parameters(operation),
        "responses": _responses(path, operation, resource),
    }
    if (body := BODIES.get(operation) or _written(operation, resource)) and path != f"/{ME}":
        told["requestBody"] = {"required": True, "content": {MEDIA: {"schema": _ref(body)}}}
    return told


def _written(operation: Operation, resource: str | None) -> str | None:
    writes = operation in {Operation.create, Operation.replace}
    return f"{resource.removesuffix('s')}Written" if writes and resource else None


def _parameters(operation: Operation) -> list[Json]:
    answered = {Operation.create, Operation.query, Operation.replace, Operation.patch}
    query = SEARCH if operation is Operation.search else READ if operation in answered else ()
    numbers = {"startIndex", "count"}
    return [
        {"name": name, "in": "query", "schema": {"type": "integer"} if name in numbers else TEXT} for name in query
    ] + [{"name": name, "in": "header", "schema": TEXT} for name in CONDITIONS.get(operation, ())]


def _responses(path: str, operation: Operation, resource: str | None) -> Json:
    error = {"description": "What is wrong, and the way out.", "content": {MEDIA: {"schema": _ref("Error")}}}
    if path == f"/{ME}":
        return {"501": error, "default": error}
    one = resource.removesuffix("s") if resource else "Document"
    match operation:
        case Operation.create:
            done = {"201": _answer("What was stored.", one)}
        case Operation.delete:
            done = {"204": {"description": "It is gone."}}
        case Operation.patch:
            done = {"200": _answer("What it became.", one), "204": {"description": "Changed, and not shown."}}
        case Operation.query:
            done = {"200": _answer("The resource.", one), "304": {"description": "As it was."}}
        case Operation.bulk:
            done = {"200": _answer("What came of each operation.", "BulkResponse")}
        case _ if operation in SEARCHES:
            done = {"200": _answer("One page of what matches.", "ListResponse")}
        case _:
            done = {"200": _answer("The document.", DISCOVERY.get(operation, one))}
    return {**done, "default": error}


def _answer(description: str, schema: str) -> Json:
    return {"description": description, "content": {MEDIA: {"schema": _ref(schema)}}}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> Json:
    enterprise = {ENTERPRISE: _object(ENTERPRISE_SCHEMA["attributes"])}
    user, group = _properties(USER_SCHEMA["attributes"]), _properties(GROUP_SCHEMA["attributes"])
    return {
        "User": _resource({**user, **enterprise}),
        "UserWritten": _sent({**user, **enterprise}, "userName"),
        "Group": _resource(group),
        "GroupWritten": _sent(group, "displayName"),
        "Document": {"type": "object", "required": ["schemas"], "properties": {"schemas": TEXTS}},
        "Error": _closed(
            {"schemas": _only(ERROR), "status": TEXT, "scimType": TEXT, "detail": TEXT}, "schemas", "status"
        ),
        "ListResponse": _list(),
        "PatchOp": _patch(),
        "SearchRequest": _search(),
        "BulkRequest": _bulk("BulkRequest", {"bulkId": TEXT, "version": TEXT, "data": {}}, "method", "path"),
        "BulkResponse": _bulk("BulkResponse", {"bulkId": TEXT, "version": TEXT, "location": TEXT, "response": {}}),
    }


def _resource(properties: Json) -> Json:
    meta = dict.fromkeys(("resourceType", "created", "lastModified", "location", "version"), TEXT)
    common = {"schemas": TEXTS, "id": TEXT, "meta": _closed(meta)}
    return _closed({**common, **properties}, "schemas", "id")


def _sent(properties: Json, *required: str) -> Json:
    return {"type": "object", "properties": {"schemas": TEXTS, **properties}, "required": list(required)}


def _list() -> Json:
    numbers = _numbers("totalResults", "startIndex", "itemsPerPage")
    resources = {"type": "array", "items": {"type": "object", "required": ["schemas"]}}
    cursors = {"nextCursor": TEXT, "previousCursor": TEXT}
    return _closed(
        {"schemas": _only(LIST_RESPONSE), **numbers, **cursors, "Resources": resources}, "schemas", "totalResults"
    )


def _patch() -> Json:
    verbs = {"type": "string", "enum": ["add", "replace", "remove"]}
    operation = {"type": "object", "properties": {"op": verbs, "path": TEXT, "value": {}}, "required": ["op"]}
    operations = {"type": "array", "items": operation, "minItems": 1}
    return _sent({"schemas": _only(PATCH_OP), "Operations": operations}, "Operations")


def _search() -> Json:
    numbers = _numbers("startIndex", "count")
    order = {"type": "string", "enum": ["ascending", "descending"]}
    texts = dict.fromkeys(("filter", "sortBy", "cursor"), TEXT)
    return _sent({"attributes": TEXTS, "excludedAttributes": TEXTS, "sortOrder": order, **texts, **numbers})


def _bulk(message: str, more: Json, *required: str) -> Json:
    known = {"type": "string", "enum": ["POST", "PUT", "PATCH", "DELETE"]}
    place = {"method": known, "path": TEXT} if message == "BulkRequest" else {"method": TEXT, "status": TEXT}
    operation: Json = {"type": "object", "properties": {**place, **more}, "required": list(required)}
    operations = {"type": "array", "items": operation, "maxItems": BULK_OPERATIONS}
    ends = {"failOnErrors": {"type": "integer", "minimum": 0}} if message == "BulkRequest" else {}
    return _sent({"schemas": _only(f"{MESSAGES}:{message}"), "Operations": operations, **ends}, "Operations")


def _numbers(*names: str) -> Json:
    return {name: {"type": "integer"} for name in names}


def _only(urn: str) -> Json:
    return {"type": "array", "items": {"type": "string", "enum": [urn]}}


def _object(attributes: list[Json]) -> Json:
    return _closed(_properties(attributes))


def _closed(properties: Json, *required: str) -> Json:
    told: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**told, "required": list(required)} if required else told


def _properties(attributes: list[Json]) -> Json:
    return {attribute["name"]: _value(attribute) for attribute in attributes}


def _value(attribute: Json) -> Json:
    """Return the schema of one attribute's value."""
    if attribute["type"] == "complex":
        one = _object(attribute["subAttributes"])
    else:
        one = {"type": TYPES.get(attribute["type"], "string")}
    one = {**one, "description": attribute["description"]}
    return {"type": "array", "items": one} if attribute["multiValued"] else one
