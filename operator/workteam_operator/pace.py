"""How fast and how soon again: a token bucket, and back-off. Pure: time comes in as seconds of a monotonic clock."""

from dataclasses import dataclass, replace
from datetime import timedelta


@dataclass(frozen=True)
class Bucket:
    """A budget of requests that fills up at ``rate`` a second to ``size``.

    It may be overdrawn: whoever takes more than there is waits until the debt is paid, and those who come later wait
    longer, so nobody is passed over.
    """

    rate: float
    size: float
    tokens: float
    at: float

    @classmethod
    def full(cls, rate: float, *, now: float) -> "Bucket":
        """Return a full bucket that holds what one second brings."""
        return cls(rate=rate, size=max(rate, 1.0), tokens=max(rate, 1.0), at=now)

    def take(self, count: float, *, now: float) -> tuple["Bucket", float]:
        """Return what is left, and how many seconds the taker must wait before it goes on."""
        filled = min(self.size, self.tokens + max(now - self.at, 0) * self.rate)
        left = filled - count
        return replace(self, tokens=left, at=max(now, self.at)), max(-left / self.rate, 0)


def backoff(failures: int, *, first: timedelta, longest: timedelta, jitter: float) -> timedelta:
    """Return how long to wait after a number of failures in a row, at least one.

    The ceiling is ``first`` after one failure, doubles with each further one, and ends at ``longest``. Full jitter:
    ``jitter``, from 0 to 1, is the share of the ceiling that is waited, so that many do not come back together.
    """
    doublings = min(max(failures - 1, 0), 60)  # an outage of a week must not overflow
    ceiling = min(first.total_seconds() * 2.0**doublings, longest.total_seconds())
    return timedelta(seconds=ceiling * jitter)
