"""The committed manifests are the kinds' own, and structural."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from workteam_crds.kinds import KINDS
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.manifest import crd_manifest


def nodes(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for child in schema.get("properties", {}).values():
        yield from nodes(child)
    if "items" in schema:
        yield from nodes(schema["items"])


def schema_of(kind: type[CustomResource]) -> dict[str, Any]:
    [version] = crd_manifest(kind)["spec"]["versions"]
    schema: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return schema


def test_the_committed_manifests_match_the_kinds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workteam_crds", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_schemas_are_structural_and_bounded(kind: type[CustomResource]) -> None:
    """Each node has a type; each string a length, a format or an enum; each list a limit: CEL costs need them."""
    for node in nodes(schema_of(kind)):
        assert "type" in node
        assert not {"$ref", "$defs", "anyOf", "title"} & set(node)
        if node["type"] == "array":
            assert "maxItems" in node
            assert "x-kubernetes-list-type" in node
    for name in ("spec", "status"):
        for node in nodes(schema_of(kind)["properties"].get(name, {"type": "object"})):
            if node["type"] == "string":
                assert {"maxLength", "format", "enum"} & set(node)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_field_explains_itself(kind: type[CustomResource]) -> None:
    """`kubectl explain` has words for every field of spec and status."""
    for name in ("spec", "status"):
        for node in nodes(schema_of(kind)["properties"].get(name, {"type": "object"})):
            for field, child in node.get("properties", {}).items():
                assert child.get("description"), f"{kind.kind}: {field}"


def test_no_default_changes_what_a_directory_sent() -> None:
    """Users and groups have no defaults at all: what is absent stays absent."""
    for kind in KINDS:
        if kind.kind != "WorkteamTenant":
            assert not [node for node in nodes(schema_of(kind)) if "default" in node]
