"""What the operator counts (OPERATOR.md 7). Nothing here decides, and there is never a series per object."""

from typing import Protocol

from prometheus_client import Counter, Gauge, Histogram

RECONCILES = Counter("workteam_reconcile_total", "Passes over objects.", ["kind", "tenant", "result"])
RECONCILE_SECONDS = Histogram("workteam_reconcile_duration_seconds", "How long a pass took.", ["kind"])

QUEUE_DEPTH = Gauge("workteam_workqueue_depth", "Keys that wait for a worker, or for their time.")
QUEUE_ADDS = Counter("workteam_workqueue_adds", "Keys that were added.")
QUEUE_RETRIES = Counter("workteam_workqueue_retries", "Keys that were added again after a failure.")
QUEUE_SECONDS = Histogram(
    "workteam_workqueue_queue_duration_seconds", "How long keys waited for a worker once it was their time."
)

REQUESTS = Counter("workteam_backend_requests_total", "Requests to Workteam.", ["tenant", "method", "code_class"])
REQUEST_SECONDS = Histogram("workteam_backend_request_duration_seconds", "How long they took.", ["tenant", "method"])
THROTTLED_SECONDS = Counter("workteam_backend_throttled_seconds", "How long calls waited for their turn.", ["tenant"])
CIRCUIT = Gauge("workteam_backend_circuit_state", "0: Workteam may be called. 1: it is left alone.", ["tenant"])
BUDGET_REMAINING = Gauge(
    "workteam_deletion_budget_remaining", "How many may still lose access this hour.", ["tenant", "loss"]
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


def forget(tenant: str) -> None:
    """Drop the gauges of a tenant that is no more."""
    for gauge in (CIRCUIT, BUDGET_REMAINING):
        gauge.remove_by_labels({"tenant": tenant})
