"""A process that is known by its pid *and* its start time, so that a pid used again is never mistaken for it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Known:
    """A process: its pid, and when it started in the words of this system."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Known":
        """Take down a process that is alive; ProcessLookupError if it is not."""
        started = start_time(pid)
        if started is None:
            raise ProcessLookupError(pid)
        return cls(pid, started)

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        return start_time(self.pid) == self.started

    def send(self, number: signal.Signals) -> bool:
        """Send a signal to this process only; False if it is gone."""
        if not self.alive:
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def start_time(pid: int) -> str | None:
    """When a process started (boot and clock ticks on Linux, else what ``ps`` says); None if it is dead or a zombie."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return None if fields[0] in "ZX" else f"{boot}/{fields[19]}"
    shown = subprocess.run(  # noqa: S603 - fixed words and a number
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.split(maxsplit=1)
    return None if len(shown) < 2 or shown[0].startswith("Z") else shown[1].strip()  # noqa: PLR2004


def end_all(processes: Iterable[Known], *, grace: float) -> None:
    """End processes one after another: SIGTERM, up to ``grace`` seconds, then SIGKILL."""
    for process in processes:
        process.send(signal.SIGTERM)
        if not gone(process, seconds=grace):
            process.send(signal.SIGKILL)
            gone(process, seconds=grace)


def gone(process: Known, *, seconds: float) -> bool:
    """Wait until a process is gone; False if it still runs after so many seconds."""
    deadline = time.monotonic() + seconds
    while process.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
