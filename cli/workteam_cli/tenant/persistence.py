"""The accounts of a stand-in tenant in a file: a journal of what changed, compacted now and then.

Whatever was answered was written before, so a killed process loses nothing that a client knows of. One process at a
time may have a home open.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from workteam_cli.output import Exit, Problem


class AccountKey(NamedTuple):
    """One resource of the tenant: the name of its type, and its id."""

    kind: str
    id: str


class Lock:
    """Keeps a second process out of a home, until ``close``; the system lets go when the process dies."""

    def __init__(self, home: Path) -> None:
        """Take the lock, making the home if there is none.

        Raises ``Problem`` (busy) if another process holds it, (cannot write) if the folder cannot be made.
        """
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._file = (home / "lock").open("w")
        except OSError as error:
            raise Problem(
                f"cannot write in {home}: {error.strerror}; choose another --home", Exit.CANNOT_WRITE
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise Problem(
                f"another stand-in tenant uses {home}; stop it or choose another --home", Exit.BUSY
            ) from error

    def close(self) -> None:
        """Let the next one in."""
        self._file.close()


class Journal:
    """Each resource as its last JSON document, one line per change, in the order they were first written."""

    def __init__(self, path: Path, *, slack: int = 2_000) -> None:
        """Read the file, if there is one; ``slack`` is how many outdated lines it may hold before it is compacted.

        Raises ``Problem`` (bad file) for a line that is no record, unless it is the last: that one was cut short by a
        crash before it was answered, and is dropped.
        """
        self._path = path
        self._slack = slack
        self._lines: dict[AccountKey, bytes] = {}
        self._outdated = 0
        for key, line in _records(path):
            self._keep(key, line)
        self._compact()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def documents(self) -> Iterator[tuple[AccountKey, dict[str, Any]]]:
        """Yield every resource as it was last put."""
        for key, line in self._lines.items():
            yield key, orjson.loads(line)["resource"]

    def put(self, key: AccountKey, document: bytes) -> None:
        """Write a resource, a JSON object without line breaks, through to the system before returning."""
        self._write(
            key, b'{"kind":%b,"id":%b,"resource":%b}\n' % (orjson.dumps(key.kind), orjson.dumps(key.id), document)
        )

    def remove(self, key: AccountKey) -> None:
        """Write that a resource is gone."""
        self._write(key, b'{"kind":%b,"id":%b,"resource":null}\n' % (orjson.dumps(key.kind), orjson.dumps(key.id)))

    def clear(self) -> None:
        """Forget every resource."""
        self._lines.clear()
        self._file.close()
        self._compact()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, key: AccountKey, line: bytes) -> None:
        self._file.write(line)
        self._keep(key, line)
        if self._outdated > self._slack + len(self._lines):
            self._file.close()
            self._compact()

    def _keep(self, key: AccountKey, line: bytes) -> None:
        self._outdated += key in self._lines
        if line.endswith(b'"resource":null}\n'):
            self._outdated += 1
            self._lines.pop(key, None)
        else:
            self._lines[key] = line

    def _compact(self) -> None:
        """Put a file with the current lines in the place of the old one, at once or not at all."""
        draft = self._path.with_suffix(".draft")
        try:
            with _private(draft, "wb") as file:
                file.writelines(self._lines.values())
            draft.replace(self._path)
            self._file = _private(self._path, "ab")
        except OSError as error:
            raise Problem(f"cannot write {self._path}: {error.strerror}", Exit.CANNOT_WRITE) from error
        self._outdated = 0


def _records(path: Path) -> Iterator[tuple[AccountKey, bytes]]:
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    for number, line in enumerate(lines, 1):
        if not line.endswith(b"\n"):
            return  # only the last line can lack its end
        try:
            record = orjson.loads(line)
            key = AccountKey(record["kind"], record["id"])
            known = record["resource"] is None or isinstance(record["resource"], dict)
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            raise Problem(f"line {number} of {path} is no account; delete the file to begin anew", Exit.BAD_FILE)
        yield key, line


def _private(path: Path, mode: str) -> Any:
    """Open a file that nobody else may read, without a buffer: people's names are in it."""
    return open(path, mode, buffering=0, opener=lambda name, flags: os.open(name, flags, 0o600))
