"""The body of a Bulk, its references and the order of its operations (RFC 7644 §3.7). Pure.

An operation that cannot be read fails alone, as it would as a single request. The ids of what a Bulk creates are chosen
before anything runs: a reference can be filled in although what it means is created later, so circles are no riddle.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from scim2_models import (
    ConflictException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    PayloadTooLargeException,
    SCIMException,
)
from scim2_server.routing import Operation

from workteam_scim.limits import BULK_OPERATIONS
from workteam_scim.routing import Place, place

REFERENCE = "bulkId:"
DEEPEST = 32
"""Levels of an operation's data at most: no resource of ours has more than four."""
VERBS = frozenset({Operation.create, Operation.replace, Operation.patch, Operation.delete})


@dataclass(frozen=True)
class BulkOperation:
    """One operation as it was sent; ``refused`` says why it cannot run."""

    method: str = ""
    path: str = ""
    bulk_id: str | None = None
    version: str | None = None
    data: Any = None
    refused: SCIMException | None = field(default=None, compare=False)

    @property
    def references(self) -> frozenset[str]:
        """Return the bulkIds that path and data refer to."""
        found: list[str] = []

        def collect(bulk_id: str) -> str:
            found.append(bulk_id)
            return bulk_id

        self.resolved(collect)
        return frozenset(found)

    def resolved(self, id_of: Callable[[str], str]) -> tuple[Place, bytes]:
        """Return where it goes and with which body, its references filled in. Raises what ``id_of`` raises."""
        segments = [_filled(segment, id_of) for segment in self.path.split("/") if segment]
        body = b"" if self.data is None else orjson.dumps(_filled(self.data, id_of))
        return place(segments), body


@dataclass(frozen=True)
class BulkRequest:
    """All operations in the order they were sent in."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None = None
    """How many failures end the Bulk; None lets all operations run."""

    @property
    def creations(self) -> dict[str, int]:
        """Return the position of the POST that each bulkId stands for."""
        found: dict[str, int] = {}
        for number, operation in enumerate(self.operations):
            if operation.method == "POST" and operation.bulk_id is not None and operation.refused is None:
                found.setdefault(operation.bulk_id, number)
        return found

    def order(self) -> Iterator[int]:
        """Yield positions in the order to run them: what is referred to first, else as sent; a circle anyhow."""
        creations, begun = self.creations, set[int]()
        for root in range(len(self.operations)):
            stack = [] if root in begun else [(root, self._needs(root, creations))]
            begun.add(root)
            while stack:
                number, needed = stack[-1]
                following = next(needed, None)
                if following is None:
                    stack.pop()
                    yield number
                elif following not in begun:
                    begun.add(following)
                    stack.append((following, self._needs(following, creations)))

    def _needs(self, number: int, creations: Mapping[str, int]) -> Iterator[int]:
        operation = self.operations[number]
        references = () if operation.refused else operation.references
        return iter(sorted(creations[bulk_id] for bulk_id in references if bulk_id in creations))


def read_bulk(payload: Any) -> BulkRequest:
    """Read a body. Raises a ``SCIMException``; then nothing of it is done."""
    if not isinstance(payload, dict):
        raise InvalidSyntaxException(detail="The body must be a JSON object with Operations.")
    keys = {key.lower(): value for key, value in payload.items()}
    operations, fail_on_errors = keys.get("operations"), keys.get("failonerrors")
    if not isinstance(operations, list):
        raise InvalidSyntaxException(detail="Operations must be a list.")
    if len(operations) > BULK_OPERATIONS:
        raise PayloadTooLargeException(detail=f"A Bulk may have up to {BULK_OPERATIONS} operations.")
    whole = isinstance(fail_on_errors, int) and not isinstance(fail_on_errors, bool) and fail_on_errors >= 0
    if fail_on_errors is not None and not whole:
        raise InvalidValueException(detail="failOnErrors must be a whole number.")
    return BulkRequest(tuple(_distinct(map(_read_operation, operations))), fail_on_errors)


def _distinct(operations: Iterator[BulkOperation]) -> Iterator[BulkOperation]:
    seen: set[str] = set()
    for operation in operations:
        if operation.method == "POST" and operation.bulk_id is not None and operation.refused is None:
            if operation.bulk_id in seen:
                yield _refused(operation, InvalidValueException(detail="bulkId: another POST of this Bulk has it."))
                continue
            seen.add(operation.bulk_id)
        yield operation


def _read_operation(raw: Any) -> BulkOperation:
    if not isinstance(raw, dict):
        return _refused(BulkOperation(), InvalidSyntaxException(detail="Each operation must be a JSON object."))
    keys = {key.lower(): value for key, value in raw.items()}
    texts = [keys.get(name) for name in ("method", "path", "bulkid", "version")]
    if any(text is not None and not isinstance(text, str) for text in texts):
        return _refused(
            BulkOperation(), InvalidSyntaxException(detail="method, path, bulkId and version must be texts.")
        )
    method, path, bulk_id, version = texts
    operation = BulkOperation((method or "").upper(), path or "", bulk_id, version or None, keys.get("data"))
    try:
        _check(operation)
    except SCIMException as error:
        return _refused(operation, error)
    return operation


def _check(operation: BulkOperation) -> None:
    """Refuse what could not be a request of its own. Raises a ``SCIMException``."""
    if operation.method not in {"POST", "PUT", "PATCH", "DELETE"}:
        raise InvalidSyntaxException(detail="method must be POST, PUT, PATCH or DELETE.")
    if not operation.path:
        raise InvalidPathException(detail="path is missing.")
    if operation.method == "POST" and not operation.bulk_id:
        raise InvalidValueException(detail="bulkId: a POST needs one.")
    if _deep(operation.data):
        raise InvalidSyntaxException(detail=f"data may have up to {DEEPEST} levels.")
    meant, _ = operation.resolved(lambda bulk_id: bulk_id)
    if meant.served and not VERBS.intersection(meant.served.values()):
        raise InvalidPathException(detail="path must be that of a resource, or of a resource type for a POST.")
    if meant.target(operation.method).operation not in VERBS:
        raise InvalidPathException(detail="path must be that of a resource, or of a resource type for a POST.")


def _refused(operation: BulkOperation, error: SCIMException) -> BulkOperation:
    return BulkOperation(operation.method, operation.path, operation.bulk_id, operation.version, refused=error)


def _deep(value: Any) -> bool:
    level: Sequence[Any] = [value]
    for _ in range(DEEPEST):
        nested = [item for item in level if isinstance(item, list | dict)]
        level = [part for item in nested for part in (item.values() if isinstance(item, dict) else item)]
        if not level:
            return False
    return True


def _filled(value: Any, id_of: Callable[[str], str]) -> Any:
    match value:
        case str() if value.startswith(REFERENCE):
            return id_of(value.removeprefix(REFERENCE))
        case list():
            return [_filled(item, id_of) for item in value]
        case dict():
            return {key: _filled(item, id_of) for key, item in value.items()}
        case _:
            return value


def unresolved(bulk_id: str) -> ConflictException:
    """Return the refusal of an operation that refers to what this Bulk did not create (RFC 7644 §3.7.2)."""
    return ConflictException(detail=f"bulkId: nothing was created for the reference to {bulk_id[:64]!r}.")
