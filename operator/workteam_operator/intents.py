"""Creates that were begun: written down before the request, resolved after it (rule A7). Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.users import Intent, UserStatus

S = TypeVar("S", UserStatus, GroupStatus)

MOST = 10
"""Intents that a status holds; the oldest go first."""


def with_intent(intents: Iterable[Intent], external_id: str, name: str, *, now: datetime) -> tuple[Intent, ...]:
    """Return the intents with one begun now, as the last; an earlier one for the same values is replaced."""
    others = [i for i in intents if (i.external_id, i.user_name) != (external_id, name)]
    return (*others, Intent(external_id=external_id, user_name=name, at=now))[-MOST:]


def without_last(status: S) -> S:
    """Drop the last intent: its create was surely not done."""
    return status.model_copy(update={"pending_create": status.pending_create[:-1]})


def doubted(status: S, *, now: datetime) -> S:
    """Renew the last intent, whose answer was lost: it is from now on that look-ups must stay empty."""
    renewed = status.pending_create[-1].model_copy(update={"at": now.replace(microsecond=0)})
    return status.model_copy(update={"pending_create": (*status.pending_create[:-1], renewed)})


def too_new(confirmed: datetime | None, settle: timedelta, now: datetime) -> timedelta | None:
    """Return how long a 404 says nothing, as what was just created may not show yet; None if it counts."""
    left = confirmed + settle - now if confirmed else timedelta(0)
    return left if left > timedelta(0) else None
