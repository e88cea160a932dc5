"""How often: token buckets, one for each tenant, and one for each address that fails to identify itself. Pure.

Time comes in as monotonic seconds.
"""

import ipaddress
from collections import OrderedDict

BURST = 2.0
"""Seconds of a tenant's rate that may come at once."""
FAILURES = 20
"""Attempts without a valid token that an address may make at once."""
FORGIVEN = 1 / 6
"""Attempts a second that it gets back."""
ADDRESSES = 10_000
"""Addresses that are remembered; those that failed longest ago are forgotten first."""
SITE = 64
"""Bits of an IPv6 address that one site shares (RFC 6177)."""


class Bucket:
    """Lets ``rate`` through a second, and ``burst`` at once."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._left, self._since = burst, now

    def take(self, now: float) -> float:
        """Take one, and return 0; or take nothing, and return the seconds until there is one."""
        self._fill(now)
        if self._left < 1:
            return (1 - self._left) / self.rate
        self._left -= 1
        return 0

    def charge(self, count: int) -> None:
        """Take more, what is not there yet included: whoever comes next waits for it."""
        self._left -= count

    def resize(self, rate: float, burst: float) -> None:
        """Go on with another rate; what was taken stays taken."""
        if (rate, burst) != (self.rate, self.burst):
            self._left += burst - self.burst
            self.rate, self.burst = rate, burst

    def _fill(self, now: float) -> None:
        self._left = min(self._left + (now - self._since) * self.rate, self.burst)
        self._since = now


class Failures:
    """Who fails to identify itself, how often. It is asked only about those who failed."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def failed(self, address: str, now: float) -> float:
        """Note a failure; return the seconds to wait if there were too many, else 0."""
        site = _site(address)
        bucket = self._buckets.pop(site, None) or Bucket(FORGIVEN, FAILURES, now)
        self._buckets[site] = bucket
        if len(self._buckets) > ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(now)


def _site(address: str) -> str:
    """Return whom an address speaks for: an IPv6 site has more addresses than could be counted."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if read.version == 4:  # noqa: PLR2004 - IPv4
        return address
    return str(ipaddress.ip_network((read, SITE), strict=False))
