"""How fast and how soon again: a token bucket, and back-off. Pure: time comes in as seconds of a monotonic clock."""

from dataclasses import dataclass, replace
from datetime import timedelta

LEAST_SHARE = 0.1
"""Of the rate, with which a bucket begins after an outage."""


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
    eased_at: float = 0
    """When it began to fill slowly, as after an outage."""
    eased_for: float = 0
    """Seconds after that until it fills at its whole rate."""

    @classmethod
    def full(cls, rate: float, *, now: float) -> "Bucket":
        """Return a full bucket that holds what one second brings."""
        return cls(rate=rate, size=max(rate, 1.0), tokens=max(rate, 1.0), at=now)

    def eased(self, over: float, *, now: float) -> "Bucket":
        """Return an empty bucket that fills at a tenth of its rate now, and at all of it ``over`` seconds later."""
        return replace(self, tokens=0, at=now, eased_at=now, eased_for=over)

    def take(self, count: float, *, now: float) -> tuple["Bucket", float]:
        """Return what is left, and how many seconds the taker must wait before it goes on."""
        rate = self._rate_at(now)
        filled = min(self.size, self.tokens + max(now - self.at, 0) * rate)
        left = filled - count
        return replace(self, tokens=left, at=max(now, self.at)), max(-left / rate, 0)

    def _rate_at(self, now: float) -> float:
        share = (now - self.eased_at) / self.eased_for if self.eased_for else 1
        return self.rate * min(max(share, LEAST_SHARE), 1)


def backoff(failures: int, *, first: timedelta, longest: timedelta, jitter: float) -> timedelta:
    """Return how long to wait after a number of failures in a row, at least one.

    The ceiling is ``first`` after one failure, doubles with each further one, and ends at ``longest``. Full jitter:
    ``jitter``, from 0 to 1, is the share of the ceiling that is waited, so that many do not come back together.
    """
    doublings = min(max(failures - 1, 0), 60)  # an outage of a week must not overflow
    ceiling = min(first.total_seconds() * 2.0**doublings, longest.total_seconds())
    return timedelta(seconds=ceiling * jitter)
