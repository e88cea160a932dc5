"""What a create that failed leaves in doubt (rule A7)."""

from datetime import UTC, datetime, timedelta

import pytest

from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.users import UserStatus
from workteam_operator.backend.port import BackendDenied, BackendError, BackendRejected, BackendUnavailable
from workteam_operator.intents import after_failure, with_intent

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "ana@contoso.example"
NEW = Intent(external_id="ana", user_name=NAME, at=NOW - timedelta(seconds=5))
SAME_OLD = Intent(external_id="ana", user_name=NAME, at=NOW - timedelta(minutes=1))
OTHER_OLD = Intent(external_id="ana", user_name="anna@contoso.example", at=NOW - timedelta(minutes=2))


def at(intent: Intent, when: datetime) -> Intent:
    """Return an intent of another time."""
    return intent.model_copy(update={"at": when})


LOST = BackendUnavailable("POST /Users: ReadError")
UNDONE = BackendUnavailable("POST /Users: HTTP 429", undone=True)
TAKEN = BackendRejected("POST /Users: HTTP 409", status=409, uniqueness=True)
REFUSED = BackendRejected("POST /Users: HTTP 400", status=400)
DENIED = BackendDenied("POST /Users: HTTP 403", status=403)

CASES: dict[str, tuple[tuple[Intent, ...], BackendError, tuple[Intent, ...]]] = {
    "the answer was lost: in doubt from now on": ((), LOST, (at(NEW, NOW),)),
    "lost, with an earlier one for other values": ((OTHER_OLD,), LOST, (OTHER_OLD, at(NEW, NOW))),
    "surely not done": ((), UNDONE, ()),
    "surely not done, the earlier one stays": ((SAME_OLD,), UNDONE, (SAME_OLD,)),
    "taken by another one": ((), TAKEN, ()),
    "taken, perhaps by the earlier create of the same values": ((SAME_OLD,), TAKEN, (at(SAME_OLD, NOW),)),
    "taken, perhaps by the earlier create of other values": ((OTHER_OLD,), TAKEN, (at(OTHER_OLD, NOW),)),
    "refused": ((), REFUSED, ()),
    "refused, the earlier one stays": ((SAME_OLD,), REFUSED, (SAME_OLD,)),
    "denied, the earlier one stays": ((OTHER_OLD,), DENIED, (OTHER_OLD,)),
}


@pytest.mark.parametrize(("before", "error", "left"), CASES.values(), ids=CASES.keys())
def test_after_a_failure(before: tuple[Intent, ...], error: BackendError, left: tuple[Intent, ...]) -> None:
    """What was in doubt, how the create failed, and what is in doubt then."""
    status = UserStatus(pending_create=with_intent(before, "ana", NAME, now=NEW.at))
    assert after_failure(status, before, error, now=NOW).pending_create == left
