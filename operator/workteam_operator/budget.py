"""How many people may still lose access: arithmetic over one page of a tenant's ledger (rule A6). Pure."""

import math
from dataclasses import dataclass
from datetime import datetime

from workteam_crds.kinds.custom_resource import APPROVE_DELETIONS_UNTIL
from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Allowance, Ledger, LedgerPage, Minute, WorkteamTenant

HOUR = 60
"""Minutes. A page holds one more: the hour that ends now began within its oldest minute."""


@dataclass(frozen=True)
class Request:
    """One loss of access that is about to happen, and what it is judged by."""

    allowance: Allowance
    users: int
    """How many users the tenant has, for the percentage."""
    now: datetime
    approved_until: datetime | None = None
    """Until when a person lets every loss go (``workte.am/approve-deletions-until``)."""
    released: bool = False
    """Whether a person let this one go (``workte.am/release``)."""


@dataclass(frozen=True)
class Verdict:
    """What became of a request."""

    granted: bool
    page: LedgerPage
    """The page that must be written before the loss may happen."""


def allowance_of(tenant: WorkteamTenant, kind: BookingKind) -> Allowance:
    """Return the budget for one sort of loss."""
    budget = tenant.spec.deprovisioning.budget
    return budget.deletions if kind is BookingKind.DELETION else budget.deactivations


def page_of(ledger: Ledger, kind: BookingKind) -> LedgerPage:
    """Return the page for one sort of loss."""
    return ledger.deletions if kind is BookingKind.DELETION else ledger.deactivations


def approved_until(tenant: WorkteamTenant) -> datetime | None:
    """Return until when a person lets every loss go; None if nobody does, or not in RFC 3339 with an offset."""
    return tenant.moment(APPROVE_DELETIONS_UNTIL)


def allowed(allowance: Allowance, users: int) -> int:
    """Return how many may lose something in any hour: the lower of number and percentage, never fewer than always."""
    return max(min(allowance.per_hour, math.floor(users * allowance.percent_per_hour / 100)), allowance.always)


def request_for(
    tenant: WorkteamTenant, kind: BookingKind, *, users: int, now: datetime, released: bool = False
) -> Request:
    """Return how one loss of a tenant is judged now."""
    return Request(
        allowance=allowance_of(tenant, kind),
        users=users,
        now=now,
        approved_until=approved_until(tenant),
        released=released,
    )


def remaining(page: LedgerPage, request: Request) -> int:
    """Return how many more may lose access before a person is asked; 0 while the page is latched."""
    left = allowed(request.allowance, request.users) - used(page, request.now)
    return max(left, 0) if is_open(page, request) else 0


def used(page: LedgerPage, now: datetime) -> int:
    """Return how many were booked in the hour that ends now, to the minute and never too few."""
    return sum(minute.count for minute in page.minutes if minute.at >= _minute(page, now) - HOUR)


def decide(page: LedgerPage, request: Request) -> Verdict:
    """Grant or refuse one loss. The first refusal latches the page; while it is latched all are refused."""
    if request.released:
        return Verdict(granted=True, page=_booked(page, request.now))
    if is_approved(request):
        return Verdict(granted=True, page=_booked(_open(page), request.now))
    if not is_open(page, request):
        return Verdict(granted=False, page=page)
    page = _open(page)
    if used(page, request.now) >= allowed(request.allowance, request.users):
        latched = {"latched": True, "latched_budget": written(request.allowance)}
        return Verdict(granted=False, page=page.model_copy(update=latched))
    return Verdict(granted=True, page=_booked(page, request.now))


def is_raised(page: LedgerPage, allowance: Allowance, users: int) -> bool:
    """Say whether a person allowed more than the budget that latched the page."""
    before = _read(page.latched_budget) if page.latched else None
    return before is not None and allowed(allowance, users) > allowed(before, users)


def is_approved(request: Request) -> bool:
    """Say whether a person lets every loss go at the moment."""
    return request.approved_until is not None and request.now < request.approved_until


def is_open(page: LedgerPage, request: Request) -> bool:
    """Say whether the next loss would not be refused because of the latch."""
    return not page.latched or is_approved(request) or is_raised(page, request.allowance, request.users)


def written(allowance: Allowance) -> str:
    """Write a budget as a page keeps it: number, percentage, always."""
    return f"{allowance.per_hour}/{allowance.percent_per_hour}/{allowance.always}"


def _read(text: str | None) -> Allowance | None:
    if text is None:
        return None
    per_hour, percent, always = map(int, text.split("/"))
    return Allowance(per_hour=per_hour, percent_per_hour=percent, always=always)


def _open(page: LedgerPage) -> LedgerPage:
    return page.model_copy(update={"latched": False, "latched_budget": None})


def _booked(page: LedgerPage, now: datetime) -> LedgerPage:
    """Count one more in this minute, and drop what is older than an hour."""
    this = _minute(page, now)
    counts = {minute.at: minute.count for minute in page.minutes if minute.at >= this - HOUR}
    counts[this] = counts.get(this, 0) + 1
    return page.model_copy(update={"minutes": tuple(Minute(at=at, count=counts[at]) for at in sorted(counts))})


def _minute(page: LedgerPage, now: datetime) -> int:
    """Return the minute that is now, never before the last booking: a clock that is set back refills nothing."""
    return max([int(now.timestamp()) // 60, *(minute.at for minute in page.minutes)])
