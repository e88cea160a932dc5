"""The token bucket and back-off."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_operator.pace import Bucket, backoff


def test_a_full_bucket_lets_one_second_through_and_then_makes_wait() -> None:
    """At 2 a second: two at once, the third after half a second, the fourth after a whole."""
    bucket = Bucket.full(2, now=100)
    waits = []
    for _ in range(4):
        bucket, wait = bucket.take(1, now=100)
        waits.append(wait)
    assert waits == [0, 0, 0.5, 1.0]


def test_idling_fills_a_bucket_to_the_brim_and_no_further() -> None:
    bucket, _ = Bucket.full(2, now=100).take(2, now=100)
    assert bucket.take(2, now=101)[1] == 0
    assert bucket.take(3, now=1_000)[1] == 0.5


def test_a_call_of_many_requests_pays_for_all() -> None:
    """What costs more than there is waits until it is paid."""
    assert Bucket.full(2, now=0).take(4, now=0)[1] == 1.0


def test_after_an_outage_a_bucket_begins_empty_at_a_tenth_and_ends_at_its_rate() -> None:
    """At 10 a second, eased for 10 seconds: one after a second, five a second half way, and all of it at the end."""
    eased = Bucket.full(10, now=90).eased(10, now=100)
    assert eased.take(1, now=100)[1] == 1.0
    half_way, _ = eased.take(0, now=105)
    assert half_way.take(half_way.tokens + 5, now=105)[1] == pytest.approx(1.0)
    ended, _ = eased.take(0, now=110)
    assert ended.tokens == 10
    assert ended.take(20, now=110)[1] == 1.0


@given(
    rate=st.integers(1, 100),
    calls=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 4)), max_size=50),
)
def test_no_second_sees_more_than_the_rate_after_the_first_burst(rate: int, calls: list[tuple[float, int]]) -> None:
    """What was let through by any moment is at most one bucket and what flowed in since, and the call in question."""
    bucket, now, cost_so_far = Bucket.full(rate, now=0), 0.0, 0
    for gap, cost in calls:
        now += gap
        bucket, wait = bucket.take(cost, now=now)
        cost_so_far += cost
        assert cost_so_far <= rate + rate * (now + wait) + 1e-6


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (10_000, 300)],
)
def test_back_off_doubles_to_its_end(failures: int, wait: int) -> None:
    """From 1 s to 5 min, with the whole of the jitter."""
    found = backoff(failures, first=timedelta(seconds=1), longest=timedelta(minutes=5), jitter=1)
    assert found == timedelta(seconds=wait)


def test_jitter_is_a_share_of_the_whole() -> None:
    """Full jitter: from nothing to the ceiling."""
    one, five = timedelta(seconds=1), timedelta(minutes=5)
    assert backoff(3, first=one, longest=five, jitter=0.25) == timedelta(seconds=1)
    assert backoff(3, first=one, longest=five, jitter=0) == timedelta(0)
