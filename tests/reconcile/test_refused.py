"""What an object says when Workteam refuses it: a reason of the closed set for each answer."""

import pytest

from workteam_crds.conditions import Reason
from workteam_operator.backend.port import BackendDenied, BackendError, BackendRejected, BackendUnavailable
from workteam_operator.verdicts import refused

REFUSALS = [
    pytest.param(BackendRejected("POST /Users: HTTP 400", status=400), Reason.INVALID_ATTRIBUTE, "Invalid", id="400"),
    pytest.param(
        BackendRejected("POST /Users: HTTP 409", status=409, uniqueness=True),
        Reason.UNIQUENESS_CONFLICT,
        "Conflict",
        id="409 uniqueness",
    ),
    pytest.param(BackendRejected("PATCH /Groups: HTTP 413", status=413), Reason.SIZE_LIMIT, "Invalid", id="413"),
    pytest.param(BackendDenied("PATCH /Users: HTTP 403", status=403), Reason.UNAUTHORIZED, "Invalid", id="403"),
]


@pytest.mark.parametrize(("error", "reason", "ready"), REFUSALS)
def test_reason_of_a_refusal(error: BackendError, reason: Reason, ready: str) -> None:
    verdict = refused(error)
    assert verdict is not None
    assert verdict.stalled is not None
    assert verdict.ready is not None
    assert (verdict.stalled.reason, verdict.ready.reason.value) == (reason, ready)


def test_an_outage_is_no_refusal() -> None:
    assert refused(BackendUnavailable("GET /Users: HTTP 503")) is None


def test_what_is_tried_again_says_so() -> None:
    """However long Workteam's own words are: a message has 1024 characters."""
    verdict = refused(BackendRejected("PATCH /Users/7: HTTP 400", status=400, detail="no " * 500), again=True)
    assert verdict is not None
    assert verdict.stalled is not None
    assert verdict.stalled.message.startswith("Workteam refuses this: PATCH /Users/7: HTTP 400: no no ")
    assert verdict.stalled.message.endswith("no no; it is tried again by itself until it is done")
    assert (len(verdict.stalled.message), verdict.synced.message) == (1024, verdict.stalled.message)
