"""Counters and durations; nothing here decides, and no series speaks of one person or object."""

from collections.abc import Callable, Iterable
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """What ``/metrics`` shows of one facade."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "scim_requests", "Requests answered.", ["op", "resource", "code"], registry=self._registry
        )
        self._durations = Histogram(
            "scim_request_duration_seconds",
            "From the request's head to its answer.",
            ["op", "resource"],
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._series = cache(self._found)
        self._ignored = Counter(
            "scim_ignored_attributes", "Attributes in requests that no schema names.", registry=self._registry
        )
        self._refused = Counter(
            "scim_refused_callers", "Requests without a token that opens.", ["cause"], registry=self._registry
        )
        self._throttled = Counter(
            "scim_throttled_requests", "Requests answered 429.", ["limit"], registry=self._registry
        )
        self._granted = Counter(
            "scim_token_requests", "Requests for an access token.", ["code"], registry=self._registry
        )
        self._staleness = Gauge(
            "scim_cache_staleness_seconds",
            "How long the API server has not been heard of.",
            ["kind", "namespace"],
            registry=self._registry,
        )

    def answered(self, op: str, resource: str, code: int, seconds: float) -> None:
        """Count one answer."""
        requests, durations = self._series(op, resource, code)
        requests.inc()
        durations.observe(seconds)

    def _found(self, op: str, resource: str, code: int) -> tuple[Counter, Histogram]:
        """Return what counts answers of one sort: the library takes longer to find it than to count."""
        return self._requests.labels(op, resource, str(code)), self._durations.labels(op, resource)

    def refused(self, cause: str) -> None:
        """Count a request that nobody was let in for."""
        self._refused.labels(cause).inc()

    def throttled(self, limit: str) -> None:
        """Count a request beyond a limit: ``tenant`` or ``failures``."""
        self._throttled.labels(limit).inc()

    def granted(self, code: int) -> None:
        """Count an answer of the token endpoint."""
        self._granted.labels(str(code)).inc()

    def ignored(self, attributes: int) -> None:
        """Count attributes that were ignored."""
        self._ignored.inc(attributes)

    def watch_staleness(self, ages: Iterable[tuple[str, str, Callable[[], float]]]) -> None:
        """Show how old the news of each kind in each namespace is, whenever it is asked for."""
        for kind, namespace, age in ages:
            self._staleness.labels(kind, namespace).set_function(age)

    def text(self) -> bytes:
        """Return all in Prometheus' text format."""
        return generate_latest(self._registry)
