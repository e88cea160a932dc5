"""Creates that were begun: written down before the request, resolved after it (rule A7). Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.users import UserStatus
from workteam_operator.backend.port import BackendError, BackendRejected, BackendUnavailable

S = TypeVar("S", UserStatus, GroupStatus)

LOOKS = 3
"""How often it is looked for an account at least, before a create counts as not done."""
MOST = 10
"""Intents that a status holds; the oldest go first."""


def with_intent(intents: Iterable[Intent], external_id: str, name: str, *, now: datetime) -> tuple[Intent, ...]:
    """Return the intents with one begun now, as the last; an earlier one for the same values is replaced."""
    others = [i for i in intents if (i.external_id, i.user_name) != (external_id, name)]
    return (*others, Intent(external_id=external_id, user_name=name, at=now))[-MOST:]


def after_failure(status: S, before: tuple[Intent, ...], error: BackendError, *, now: datetime) -> S:
    """Return what a failed create leaves; ``before`` are the creates that were in doubt before this one was noted.

    An answer that was lost: from now on look-ups must stay empty. Surely not done: only the earlier ones are in doubt;
    if another one has the values (409), that may be what an earlier create made, so these are in doubt from now on.
    """
    at = now.replace(microsecond=0)
    match error:
        case BackendUnavailable(undone=False):
            *others, last = status.pending_create
            kept = (*others, _renewed(last, at))
        case BackendRejected(uniqueness=True):
            kept = tuple(_renewed(intent, at) for intent in before)
        case _:
            kept = before
    return status.model_copy(update={"pending_create": kept})


def look_again(
    unfound: Iterable[Intent], searched: Mapping[Intent, datetime], *, settle: timedelta, now: datetime
) -> timedelta | None:
    """Return when to look again for what unanswered creates may have made; None if look-ups were empty long enough.

    ``searched`` says since when they have been empty: a process that has just started looks as long as any other.
    """
    ends = [max(intent.at, searched.get(intent, now)) + settle for intent in unfound]
    left = max(ends, default=now) - now
    return min(left, settle / LOOKS) if left > timedelta(0) else None


def too_new(confirmed: datetime | None, settle: timedelta, now: datetime) -> timedelta | None:
    """Return how long a 404 says nothing, as what was just created may not show yet; None if it counts."""
    left = confirmed + settle - now if confirmed else timedelta(0)
    return left if left > timedelta(0) else None


def _renewed(intent: Intent, at: datetime) -> Intent:
    return intent.model_copy(update={"at": at})
