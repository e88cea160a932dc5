"""The processes of one home: started, known by pid and start time, on recorded ports, ended.

One code, two modes: a starter that guards its processes ends them when it dies; once released they outlive it.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from workteam_cli.controlplane.files import on_disk, write_private
from workteam_cli.controlplane.guard import RELEASE
from workteam_cli.controlplane.known import Known, end_all
from workteam_cli.controlplane.ports import free_port, require_free

GATE = ("/bin/sh", "-c", 'read -r go && exec "$@" </dev/null', "gate")
"""Holds a new process until the guard knows of it; if the starter dies before, it ends by itself."""


@dataclass(frozen=True)
class Record:
    """What is kept of a process over restarts: where it listens, which process it was, and what it was told."""

    port: int
    pid: int
    started: str
    begun: float
    """When it was started, in seconds since 1970: its credentials are as old."""
    told: str
    """A digest of its command and environment: a process that was told something else is started anew."""

    @property
    def process(self) -> Known:
        """The process that was started last under this name; it may be dead."""
        return Known(self.pid, self.started)


def _read(path: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return kept


def told(command: Sequence[str], env: Mapping[str, str] | None) -> str:
    """Digest what a process is told, so that what it was told before can be compared without keeping it."""
    text = json.dumps([list(command), sorted((env or {}).items())])
    return hashlib.sha256(text.encode()).hexdigest()


class Processes:
    """Start and end named processes of a home, with a record of each in ``processes.json``.

    A context manager: leaving it ends what it started unless :meth:`release` was called before.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self._file = self.home / "processes.json"
        self._port_file = self.home / "ports.json"
        self._guard: subprocess.Popen[str] | None = None
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End what was started here and not released, last started first."""
        self.close()

    def records(self) -> dict[str, Record]:
        """Everything that was ever started in this home, by name."""
        return {name: Record(**record) for name, record in _read(self._file).items()}

    def running(self, name: str) -> Record | None:
        """The record of a process that is alive, else None."""
        record = self.records().get(name)
        return record if record and record.process.alive else None

    def log(self, name: str) -> Path:
        """The file that takes stdout and stderr of a process."""
        return self.home / "logs" / f"{name}.log"

    def port(self, name: str) -> int:
        """Return where a process listens, now or when it is started: as before, else a free port, recorded at once."""
        kept: dict[str, int] = _read(self._port_file)
        if name not in kept:
            kept[name] = free_port()
            write_private(self._port_file, json.dumps(kept, indent=2))
        return kept[name]

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        surroundings: Mapping[str, str] | None = None,
    ) -> Record:
        """Start a process, guarded until released, and record it; it may not be ready yet.

        Its environment is ``surroundings`` (this process's own if not given) under ``env``; what it was *told* is
        ``command`` and ``env``. Problem if another program took its port meanwhile.
        """
        self._reap(name)
        require_free(name, self.port(name))
        with on_disk(self.home):
            self.log(name).parent.mkdir(parents=True, exist_ok=True)
            around = os.environ if surroundings is None else surroundings
            child = self._gated(name, command, {**around, **(env or {})})
        known = Known.of(child.pid)
        self._tell(json.dumps(asdict(known)))
        record = Record(self.port(name), known.pid, known.started, time.time(), told(command, env))
        self._keep(name, record)
        assert child.stdin is not None  # noqa: S101 - it is a pipe
        child.stdin.write(b"go\n")
        child.stdin.close()
        self._children[name] = child
        return record

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process by name; ProcessLookupError if it does not run."""
        record = self.records().get(name)
        if record is None or not record.process.send(number):
            raise ProcessLookupError(name)

    def end(self, *names: str, grace: float = 10) -> None:
        """End processes by name, in this order; what does not run is passed over."""
        records = self.records()
        end_all([records[name].process for name in names if name in records], grace=grace)
        for name in names:
            self._reap(name)

    def release(self) -> None:
        """Let everything that was started here outlive this process."""
        if self._guard:
            self._tell(RELEASE)
        self._close_guard()
        for child in self._children.values():
            child.returncode = child.poll() or 0  # no longer ours to wait for
        self._children.clear()

    def close(self) -> None:
        """End what was started here and not released."""
        self.end(*reversed(list(self._children)))
        self._close_guard()

    def _reap(self, name: str) -> None:
        if child := self._children.pop(name, None):
            child.wait()

    def _gated(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command lines
                [*GATE, *command],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=dict(env),
                cwd=self.home,
                start_new_session=True,
            )

    def _keep(self, name: str, record: Record) -> None:
        kept = {other: asdict(old) for other, old in self.records().items()}
        write_private(self._file, json.dumps({**kept, name: asdict(record)}, indent=2))

    def _tell(self, line: str) -> None:
        stdin = self._guarding()
        stdin.write(line + "\n")
        stdin.flush()

    def _guarding(self) -> IO[str]:
        if self._guard is None:
            self._guard = subprocess.Popen(
                [sys.executable, "-m", "workteam_cli.controlplane.guard"],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
                cwd="/",
                env={**os.environ, "PYTHONSAFEPATH": "1"},
            )
        assert self._guard.stdin is not None  # noqa: S101 - it is a pipe
        return self._guard.stdin

    def _close_guard(self) -> None:
        if self._guard and self._guard.stdin:
            self._guard.stdin.close()
            self._guard.wait()
        self._guard = None
