"""What the facts and the remembered status of a user become by a step that succeeded. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from workteam_crds.kinds.progress import Plan, Refusal
from workteam_crds.kinds.users import UserStatus
from workteam_operator.adoption import not_found
from workteam_operator.backend.port import Account
from workteam_operator.mapping import synced_attributes
from workteam_operator.refusals import MOST, without
from workteam_operator.user_situation import UserFacts, candidate


def with_account(facts: UserFacts, account: Account, now: datetime, *, adopted: bool) -> UserFacts:
    """Record an account that was created or adopted.

    A terminating object takes one after the other of what its unanswered creates made; a live one has waited them out.
    What it takes besides was never its own, so that ``adopted`` stays open.
    """
    met_leaving = adopted and facts.user.deleting
    unresolved = not_found(facts.intents, [candidate(account)]) if facts.user.deleting else ()
    status = facts.status.model_copy(
        update={
            "account_id": account.id,
            "adopted": None if met_leaving else adopted,
            "synced_user_name": account.user_name,
            "synced_external_id": account.external_id,
            "synced_active": active_if_agreed(facts, account, before=None),
            "synced_attributes": () if adopted else about_to_write(facts),
            "pending_create": unresolved,
            "last_sync_time": now,
            "retired_time": None,
        }
    )
    return replace(facts, status=status, account=account, seen=True, found=(), intents=unresolved)


def about_to_write(facts: UserFacts) -> tuple[str, ...]:
    """Return the paths that are ours, and those that the next write makes ours.

    They are noted before the write: should we crash after it while the directory clears one of them, it is still unset.
    """
    return tuple(sorted({*facts.status.synced_attributes, *synced_attributes(facts.desired)}))


def noting_withheld(facts: UserFacts) -> UserFacts:
    """Note that Workteam took access away, while that is so: it is still known if the account is deleted next."""
    if facts.account is None:
        return facts
    return replace(facts, status=facts.status.model_copy(update={"access_withheld": facts.withheld or None}))


def retired(facts: UserFacts, now: datetime) -> UserFacts:
    """Note that a leaver's account is gone: what is confirmed is that the user has no access."""
    update = {
        "account_id": None,
        "adopted": None,
        "synced_user_name": None,
        "synced_external_id": None,
        "synced_active": False,
        "synced_attributes": (),
        "booked": None,
        "access_withheld": None,
        "inactive_since": None,
        "retired_time": now,
        "last_sync_time": now,
    }
    return replace(facts, status=facts.status.model_copy(update=update), account=None, erased=False)


def confirmed(facts: UserFacts, now: datetime) -> UserFacts:
    """Note that Workteam took a change of attributes."""
    account = facts.account
    if account is None:
        return facts
    update: dict[str, Any] = {
        "synced_user_name": account.user_name,
        "synced_external_id": account.external_id,
        "synced_active": active_if_agreed(facts, account, before=facts.status.synced_active),
        "synced_attributes": synced_attributes(facts.desired, facts.status.synced_attributes),
        "last_sync_time": now,
    }
    return replace(facts, status=facts.status.model_copy(update=update))


def deactivated(facts: UserFacts, now: datetime) -> UserFacts:
    """Note that Workteam took the access away at our request."""
    update = {"booked": None, "synced_active": False, "last_sync_time": now}
    return replace(facts, status=facts.status.model_copy(update=update))


def active_if_agreed(facts: UserFacts, account: Account, *, before: bool | None) -> bool | None:
    """Return the last value of ``active`` that was confirmed for the object: only what object and account agree on."""
    return account.active if facts.desired.active is account.active else before


def leaving_out(facts: UserFacts, refused: Iterable[Refusal]) -> UserFacts:
    """Note values that Workteam refuses by name: the others are to arrive without them."""
    status = facts.status.model_copy(update={"refused": (*facts.status.refused, *refused)[-MOST:]})
    return replace(facts, status=status, desired=without(facts.desired, refused))


def disowned(status: UserStatus) -> UserStatus:
    """Forget the account: it is another organisation's (rule A9)."""
    kept = {"observed_generation", "conditions", "plan"}
    return UserStatus(**{name: getattr(status, name) for name in kept})


def with_plan(status: UserStatus, plan: Plan) -> UserStatus:
    """Note what would be done."""
    return status.model_copy(update={"plan": plan})
