"""A file of a record back into an object; what is wrong with it becomes one sentence with file and line."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from pydantic import ValidationError

from workteam_cli.output import Exit, Problem
from workteam_crds.kinds.custom_resource import API_VERSION, CustomResource
from workteam_crds.naming import Key

TIMESTAMP = "tag:yaml.org,2002:timestamp"

Trail: TypeAlias = Sequence[str | int]
"""Keys and positions that lead to a value."""


class Loader(yaml.CSafeLoader):
    """Reads what looks like a date as text, as Kubernetes does."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_resource(path: Path, kind: type[CustomResource], key: Key) -> CustomResource:
    """Read a file that is to hold one object, whose key its place tells. Raises ``Problem``."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader)
        raw = yaml.load(text, Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: this is not UTF-8 (byte {error.start}): correct the file.", Exit.BAD_FILE) from error
    except yaml.MarkedYAMLError as error:
        raise Problem(f"{path}:{_line(error)}: {error.problem}: correct the YAML.", Exit.BAD_FILE) from error
    except yaml.YAMLError as error:
        raise Problem(f"{path}: this is not YAML: {error}.", Exit.BAD_FILE) from error
    wrong = _wrong_envelope(raw, key)
    if wrong or not isinstance(node, yaml.MappingNode):
        raise Problem(f"{path}:1: {wrong}.", Exit.BAD_FILE)
    return _parsed(path, node, raw, kind, key)


def _parsed(
    path: Path, node: yaml.MappingNode, raw: Mapping[str, Any], kind: type[CustomResource], key: Key
) -> CustomResource:
    metadata = {key: raw["metadata"].get(key) or {} for key in ("labels", "annotations")}
    metadata |= {"name": key.name, "namespace": key.namespace}
    try:
        resource = kind.parse({"metadata": metadata, "spec": raw.get("spec")})
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        where = f"{path}:{line_of(node, problem['loc'])}"
        field = ".".join(str(part) for part in problem["loc"])
        raise Problem(f"{where}: {field}: {problem['msg']}.", Exit.BAD_FILE) from error
    unknown = next(_unknown(raw["spec"], resource.dump()["spec"], ("spec",)), None)
    if unknown is not None:
        field = ".".join(str(part) for part in unknown)
        raise Problem(f"{path}:{line_of(node, unknown)}: {kind.kind} has no {field}.", Exit.BAD_FILE)
    return resource


def line_of(node: yaml.Node, trail: Trail) -> int:
    """Return the line (from 1) where a value stands, or the innermost part of the way to it that is there."""
    line = node.start_mark.line
    for step in trail:
        match node:
            case yaml.MappingNode():
                pair = next(((key, value) for key, value in node.value if key.value == step), None)
            case yaml.SequenceNode() if isinstance(step, int) and step < len(node.value):
                pair = (node.value[step], node.value[step])
            case _:
                pair = None
        if pair is None:
            break
        line, node = pair[0].start_mark.line, pair[1]
    return int(line) + 1


def _line(error: yaml.MarkedYAMLError) -> int:
    mark = error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1


def _wrong_envelope(raw: Any, key: Key) -> str:
    """Say what a document is not, or nothing."""
    if not isinstance(raw, dict) or not isinstance(raw.get("metadata"), dict):
        return "this is not a Kubernetes object"
    if (raw.get("apiVersion"), raw.get("kind")) != (API_VERSION, key.kind):
        return f"this is not a {key.kind} of {API_VERSION}"
    if raw["metadata"].get("name") != key.name:
        return f"metadata.name is not {key.name}, as the file's place says"
    return ""


def _unknown(raw: Any, known: Any, trail: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Find what the kind dropped, as it does not know it. What is empty is dropped too, and means nothing."""
    match raw, known:
        case dict(), dict():
            for key, value in raw.items():
                if key in known:
                    yield from _unknown(value, known[key], (*trail, key))
                elif value not in (None, []):
                    yield (*trail, key)
        case list(), list():
            for position, (one, other) in enumerate(zip(raw, known, strict=False)):
                yield from _unknown(one, other, (*trail, position))
