"""Rule A6: how many may lose access in any hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_crds.kinds.progress import BookingKind
from workteam_crds.kinds.tenants import Allowance, LedgerPage, Minute
from workteam_crds.testing import a_tenant
from workteam_operator.budget import Request, allowed, approved_until, decide, remaining, request_for, used

NOON = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)
NOON_MINUTE = 29_926_800
THREE = Allowance(per_hour=3, percent_per_hour=100, always=0)
ASKED = Request(allowance=THREE, users=1_000, now=NOON)


def page(*minutes: tuple[int, int], latched: str | None = None) -> LedgerPage:
    """A page with bookings by minutes before noon."""
    counted = tuple(Minute(at=NOON_MINUTE - ago, count=count) for ago, count in minutes)
    return LedgerPage(minutes=counted, latched=latched is not None, latched_budget=latched)


@pytest.mark.parametrize(
    ("budget", "users", "expected"),
    [
        pytest.param((50, 10, 20), 10_000, 50, id="the number, in a large tenant"),
        pytest.param((50, 10, 20), 300, 30, id="the percentage, in a middling one"),
        pytest.param((50, 10, 20), 40, 20, id="always, in a small one"),
        pytest.param((10, 1, 5), 599, 5, id="percentages are rounded down"),
        pytest.param((0, 0, 0), 10_000, 0, id="nobody"),
    ],
)
def test_allowed(budget: tuple[int, int, int], users: int, expected: int) -> None:
    """The lower of number and percentage, never fewer than always."""
    per_hour, percent, always = budget
    assert allowed(Allowance(per_hour=per_hour, percent_per_hour=percent, always=always), users) == expected


def test_an_hour_counts_to_the_minute_and_never_too_few() -> None:
    """What was booked within the minute an hour ago may be less than an hour ago, so it counts."""
    assert used(page((61, 5), (60, 2), (0, 1)), NOON) == 3


def test_a_granted_loss_is_counted_in_its_minute_and_older_ones_are_dropped() -> None:
    verdict = decide(page((61, 1), (60, 1), (0, 1)), ASKED)
    assert (verdict.granted, verdict.page) == (True, page((60, 1), (0, 2)))


def test_the_first_excess_latches_and_keeps_the_budget_that_was_exceeded() -> None:
    verdict = decide(page((5, 3)), ASKED)
    assert (verdict.granted, verdict.page) == (False, page((5, 3), latched="3/100/0"))


def test_a_latched_page_refuses_even_after_the_hour_is_over() -> None:
    """Or 8,000 mistakes drip out at 50 an hour."""
    latched = page((200, 3), latched="3/100/0")
    verdict = decide(latched, ASKED)
    assert (verdict.granted, verdict.page, remaining(latched, ASKED)) == (False, latched, 0)


@pytest.mark.parametrize(
    ("budget", "granted"),
    [
        pytest.param(Allowance(per_hour=4, percent_per_hour=100, always=0), True, id="raised"),
        pytest.param(Allowance(per_hour=3, percent_per_hour=100, always=0), False, id="the same"),
        pytest.param(Allowance(per_hour=2, percent_per_hour=100, always=0), False, id="lowered"),
        pytest.param(Allowance(per_hour=9, percent_per_hour=0, always=2), False, id="raised where it does not count"),
    ],
)
def test_raising_the_budget_opens_the_latch(budget: Allowance, granted: bool) -> None:  # noqa: FBT001
    """Only if it allows more than the one that was exceeded."""
    verdict = decide(page((5, 3), latched="3/100/0"), replace(ASKED, allowance=budget))
    assert (verdict.granted, verdict.page.latched) == (granted, not granted)


def test_an_approval_lets_every_loss_go_until_its_time_and_counts_them() -> None:
    latched = page((5, 3), latched="3/100/0")
    approved = replace(ASKED, approved_until=NOON + timedelta(seconds=1))
    assert decide(latched, approved).page == page((5, 3), (0, 1))
    assert decide(latched, approved).granted is True
    assert decide(latched, replace(ASKED, approved_until=NOON)).granted is False


def test_what_a_person_released_is_counted_and_leaves_the_latch() -> None:
    """``workte.am/release`` is for one object."""
    verdict = decide(page((5, 3), latched="3/100/0"), replace(ASKED, released=True))
    assert (verdict.granted, verdict.page) == (True, page((5, 3), (0, 1), latched="3/100/0"))


def test_a_clock_that_is_set_back_refills_nothing() -> None:
    """Bookings of the future count, and so does what is booked now."""
    ahead = page((-600, 2))
    verdict = decide(ahead, ASKED)
    assert verdict.page == page((-600, 3))
    assert decide(verdict.page, ASKED).granted is False


def test_the_two_sorts_of_loss_have_budgets_of_their_own() -> None:
    budget = {"deletions": {"perHour": 7}, "deactivations": {"perHour": 8}}
    tenant = a_tenant(deprovisioning={"budget": budget})
    found = {kind: request_for(tenant, kind, users=1, now=NOON).allowance.per_hour for kind in BookingKind}
    assert found == {BookingKind.DELETION: 7, BookingKind.DEACTIVATION: 8}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2026-11-25T12:00:00Z", NOON, id="UTC"),
        pytest.param("2026-11-25T13:00:00+01:00", NOON, id="an offset"),
        pytest.param("2026-11-25T12:00:00", None, id="no offset: whose noon?"),
        pytest.param("tomorrow", None, id="unreadable"),
    ],
)
def test_an_approval_is_a_moment(text: str, moment: datetime | None) -> None:
    tenant = a_tenant()
    metadata = tenant.metadata.model_copy(update={"annotations": {"workte.am/approve-deletions-until": text}})
    annotated = tenant.model_copy(update={"metadata": metadata})
    assert approved_until(annotated) == moment


@given(
    gaps=st.lists(st.integers(-120, 4_000), max_size=60),
    limit=st.integers(0, 5),
    raises=st.sets(st.integers(0, 59), max_size=3),
)
def test_no_hour_ever_sees_more_than_was_allowed(gaps: list[int], limit: int, raises: set[int]) -> None:
    """Whatever the gaps in seconds, clocks set back and raised budgets included; a page never outgrows its kind."""
    found, now, granted = LedgerPage(), NOON, list[datetime]()
    for turn, gap in enumerate(gaps):
        now += timedelta(seconds=gap)
        limit += turn in raises
        budget = Allowance(per_hour=limit, percent_per_hour=100, always=0)
        verdict = decide(found, Request(allowance=budget, users=1_000, now=now))
        found = LedgerPage.model_validate(verdict.page.dump())
        if verdict.granted:
            granted.append(now)
        within = [moment for moment in granted if now - timedelta(hours=1) < moment <= now]
        assert len(within) <= limit
        assert len(found.minutes) <= 61
