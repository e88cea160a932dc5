"""crd_manifest(kind): a kind's pydantic schema becomes the structural schema of a CustomResourceDefinition. Pure.

A structural schema has no ``$ref``, no ``anyOf`` with null and no titles, and every node has a type.
"""

from typing import Any, TypeAlias

from workteam_crds.kinds import KINDS
from workteam_crds.kinds.custom_resource import GROUP, VERSION, Column, CustomResource

Schema: TypeAlias = dict[str, Any]

KEPT = frozenset(
    {"type", "description", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "maxItems"}
)
"""What is carried over as it is; ``x-kubernetes-…`` besides."""


def crd_manifest(kind: type[CustomResource]) -> Schema:
    """Return the CustomResourceDefinition of one kind."""
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": _object_schema(kind)},
        "additionalPrinterColumns": [_column(column) for column in kind.columns],
        "selectableFields": [{"jsonPath": path} for path in kind.selectable],
        "subresources": {"status": {}} if "status" in kind.model_fields else {},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": kind.kind,
                "listKind": f"{kind.kind}List",
                "plural": kind.plural,
                "singular": kind.kind.lower(),
                "shortNames": [kind.short_name],
                "categories": ["workteam"],
            },
            "versions": [{key: value for key, value in version.items() if value not in ([], {})}],
        },
    }


def manifests() -> dict[str, Schema]:
    """Return each kind's manifest by its file name."""
    return {f"{kind.plural}.yaml": crd_manifest(kind) for kind in KINDS}


def _object_schema(kind: type[CustomResource]) -> Schema:
    schema = kind.model_json_schema(by_alias=True, mode="validation")
    inlined: Schema = _structural(schema, schema.get("$defs", {}))
    properties = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    for part in ("spec", "status"):
        if part in inlined["properties"]:
            properties[part] = inlined["properties"][part]
    return {"type": "object", "description": kind.description, "required": ["spec"], "properties": properties}


def _structural(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Inline references, drop the null branch of what is optional, keep only what an API server takes."""
    schema = _resolved(schema, definitions)
    kept = {key: value for key, value in schema.items() if key in KEPT or key.startswith("x-kubernetes-")}
    if isinstance(schema.get("default"), str | bool | int) and schema["default"] != "":
        kept["default"] = schema["default"]
    if "items" in schema:
        kept["items"] = _structural(schema["items"], definitions)
    if "properties" in schema:
        kept["properties"] = {key: _structural(value, definitions) for key, value in schema["properties"].items()}
        if required := [name for name in schema.get("required", []) if name in kept["properties"]]:
            kept["required"] = required
    if isinstance(schema.get("additionalProperties"), dict):
        kept["additionalProperties"] = _structural(schema["additionalProperties"], definitions)
    return kept


def _resolved(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Follow ``$ref`` and ``anyOf`` with null; what stands beside them (a field's own words) wins."""
    while True:
        if "$ref" in schema:
            target = definitions[schema["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in schema:
            (target,) = [branch for branch in schema["anyOf"] if branch.get("type") != "null"]
        else:
            return schema
        schema = target | {key: value for key, value in schema.items() if key not in {"$ref", "anyOf"}}


def _column(column: Column) -> Schema:
    priority = {"priority": 1} if column.wide else {}
    return {"name": column.name, "type": column.type, "jsonPath": column.path, **priority}
