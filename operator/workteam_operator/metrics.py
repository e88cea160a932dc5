"""What the operator counts (OPERATOR.md 7). Nothing here decides, and there is never a series per object."""

from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

WAITS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400)
"""Seconds that people wait."""

RECONCILES = Counter("workteam_reconcile_total", "Passes over objects.", ["kind", "tenant", "result"])
RECONCILE_SECONDS = Histogram("workteam_reconcile_duration_seconds", "How long a pass took.", ["kind"])

QUEUE_DEPTH = Gauge("workteam_workqueue_depth", "Keys that wait for a worker, or for their time.")
QUEUE_ADDS = Counter("workteam_workqueue_adds", "Keys that were added.")
QUEUE_RETRIES = Counter("workteam_workqueue_retries", "Keys that were added again after a failure.")
QUEUE_SECONDS = Histogram(
    "workteam_workqueue_queue_duration_seconds", "How long keys waited for a worker once it was their time."
)
QUEUE_UNFINISHED_SECONDS = Gauge(
    "workteam_workqueue_unfinished_work_seconds", "How long the passes under way have taken, together."
)
QUEUE_LONGEST_SECONDS = Gauge(
    "workteam_workqueue_longest_running_processor_seconds", "How long the longest pass under way has taken."
)

LEADER = Gauge("workteam_leader", "1: this operator holds the Lease and works. 0: it stands by.")
WATCH_EVENTS = Counter("workteam_watch_events", "What the watches told.", ["kind", "type"])
WATCH_AGE = Gauge(
    "workteam_watch_last_event_age_seconds", "How long ago a watch told something, or was begun anew.", ["kind"]
)
CACHE_OBJECTS = Gauge("workteam_cache_objects", "Objects in the operator's copy.", ["kind"])

REQUESTS = Counter("workteam_backend_requests_total", "Requests to Workteam.", ["tenant", "method", "code_class"])
REQUEST_SECONDS = Histogram("workteam_backend_request_duration_seconds", "How long they took.", ["tenant", "method"])
THROTTLED_SECONDS = Counter("workteam_backend_throttled_seconds", "How long calls waited for their turn.", ["tenant"])
CIRCUIT = Gauge("workteam_backend_circuit_state", "0: Workteam may be called. 1: it is left alone.", ["tenant"])
BUDGET_REMAINING = Gauge(
    "workteam_deletion_budget_remaining", "How many may still lose access this hour.", ["tenant", "loss"]
)
DRIFT = Counter(
    "workteam_drift_detected", "Objects that others changed in Workteam, by what.", ["kind", "attribute_class"]
)
SWEEPS = Counter("workteam_sweeps", "Comparisons of whole tenants: full, or void.", ["tenant", "result"])
OBJECTS = Gauge("workteam_objects", "Objects by their conditions.", ["kind", "tenant", "condition", "status"])
LOST = Counter(
    "workteam_objects_lost", "Objects with an account or team that went without our finalizer.", ["kind", "tenant"]
)
FIRST_SYNC_SECONDS = Histogram(
    "workteam_time_to_first_sync_seconds",
    "How long it took from the creation of an object until its account or team was recorded.",
    ["kind"],
    buckets=WAITS,
)
DEPROVISION_SECONDS = Histogram(
    "workteam_deprovision_duration_seconds",
    "How long it took until whoever was to lose access was seen without.",
    buckets=WAITS,
)
TENANT_NOTIFICATION = Gauge(
    "workteam_tenant_notification", "1: alerts about the tenant go to this address.", ["tenant", "email"]
)


class Meter(Protocol):
    """Counts one request to Workteam; see ``transport.Meter``."""

    def __call__(self, method: str, status: int | None, seconds: float) -> None:
        """Count one request."""


def meter(tenant: str) -> Meter:
    """Return what counts the requests of one tenant; an answer that never came is of class ``none``."""

    def count(method: str, status: int | None, seconds: float) -> None:
        code_class = "none" if status is None else f"{status // 100}xx"
        REQUESTS.labels(tenant, method, code_class).inc()
        REQUEST_SECONDS.labels(tenant, method).observe(seconds)

    return count


def notifies(tenant: str, email: str | None) -> None:
    """Publish where alerts about a tenant go; None if nowhere."""
    TENANT_NOTIFICATION.remove_by_labels({"tenant": tenant})
    if email is not None:
        TENANT_NOTIFICATION.labels(tenant, email).set(1)


def forget(tenant: str) -> None:
    """Drop the gauges of a tenant that is no more."""
    for gauge in (CIRCUIT, BUDGET_REMAINING, TENANT_NOTIFICATION):
        gauge.remove_by_labels({"tenant": tenant})
