"""The figures of the facade's bench: how they are taken, what they are to reach, and how they are written."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from load import Outcome

TICKS = os.sysconf("SC_CLK_TCK")
COLUMNS = f"{'':<44}{'a second':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>8}"


@dataclass(frozen=True)
class Figure:
    """What was measured about one sort of request; rates and milliseconds are medians over the rounds."""

    name: str
    rate: float
    p50: float
    p99: float
    cpu: float | None = None
    """Milliseconds of processor time that the serving process spent on one request, nothing else counted."""


@dataclass(frozen=True)
class Claim:
    """What is to be reached, and what was."""

    what: str
    reached: float
    wanted: float
    at_most: bool = False
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Say whether it was reached."""
        return self.reached <= self.wanted if self.at_most else self.reached >= self.wanted


@dataclass
class Findings:
    """All that one run found."""

    figures: list[Figure] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return all as JSON."""
        return {
            "figures": [asdict(figure) for figure in self.figures],
            "claims": [asdict(claim) | {"holds": claim.holds} for claim in self.claims],
            "notes": self.notes,
        }

    def text(self) -> Iterable[str]:
        """Write all for a person."""
        if self.figures:
            yield COLUMNS
        for figure in self.figures:
            cpu = "-" if figure.cpu is None else f"{figure.cpu:.3f}"
            yield f"{figure.name:<44}{figure.rate:>9.0f}{figure.p50:>9.2f}{figure.p99:>9.2f}{cpu:>8}"
        for claim in self.claims:
            bound = "at most" if claim.at_most else "at least"
            verdict = "reached" if claim.holds else "OUT OF REACH"
            yield f"{claim.what}: {claim.reached:.2f}{claim.unit} ({bound} {claim.wanted:g}{claim.unit}: {verdict})"
        yield from self.notes


Slice = Callable[[], Outcome]
"""Loads a server for a moment."""


@dataclass
class Measured:
    """The slices of one sort of request, and what its server spent."""

    outcomes: list[Outcome] = field(default_factory=list)
    spent: float = 0.0

    def figure(self, name: str) -> Figure:
        """Sum the slices up."""
        count = sum(len(outcome.latencies) for outcome in self.outcomes)
        return Figure(
            name,
            rate=median(outcome.rate for outcome in self.outcomes),
            p50=median(outcome.quantile(0.5) for outcome in self.outcomes),
            p99=median(outcome.quantile(0.99) for outcome in self.outcomes),
            cpu=self.spent / count * 1000 if self.spent else None,
        )


def interleaved(
    slices: Mapping[str, Slice], rounds: int, pids: Mapping[str, int], *, answers: int = 200
) -> dict[str, Measured]:
    """Take slices in turn, so that what else the machine does meets all of them alike."""
    measured = {name: Measured() for name in slices}
    for _ in range(rounds):
        for name, load in slices.items():
            before = spent(pids[name]) if name in pids else 0.0
            outcome = load()
            measured[name].spent += spent(pids[name]) - before if name in pids else 0.0
            measured[name].outcomes.append(outcome)
            if set(outcome.statuses) - {answers, 201, 204}:
                raise SystemExit(f"{name}: answers were {dict(outcome.statuses)}")
    return measured


def ratio(measured: Measured, beside: Measured) -> float:
    """Return how much faster one was than the other, as the median over the rounds."""
    pairs = zip(measured.outcomes, beside.outcomes, strict=True)
    return median(one.rate / other.rate for one, other in pairs)


def client_share(measured: Sequence[Measured]) -> float:
    """Return the milliseconds of processor time that the client spent on one request."""
    outcomes = [outcome for each in measured for outcome in each.outcomes]
    return sum(each.client_seconds for each in outcomes) / sum(len(each.latencies) for each in outcomes) * 1000


def spent(pid: int) -> float:
    """Return the seconds of processor time that a process has spent, by Linux's /proc; 0 elsewhere."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS


def resident(pid: int) -> float:
    """Return the MiB of memory that a process holds."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)  # noqa: S603, S607 - a program of every system
    return int(told.stdout) / 1024
