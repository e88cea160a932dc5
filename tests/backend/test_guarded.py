"""A backend behind its tenant's pace, in front of a real SCIM server."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Answer, Hold, Point
from workteam_operator.backend.guarded import GuardedBackend
from workteam_operator.backend.port import BackendDenied, BackendUnavailable
from workteam_operator.backend.scim import ScimBackend


@dataclass
class Diary:
    """Writes down how calls ended."""

    lines: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def answered(self) -> None:
        self.lines.append("answered")

    def unanswered(self, error: BackendUnavailable) -> None:
        self.lines.append(f"unanswered {error}")

    def throttled(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture
def clock() -> Callable[[], float]:
    return time.monotonic


@pytest.fixture
def guarded(scim: ScimBackend, diary: Diary, clock: Callable[[], float]) -> GuardedBackend:
    return GuardedBackend(scim, diary, rate=20, clock=clock)


async def test_what_exceeds_a_seconds_share_waits(guarded: GuardedBackend, diary: Diary) -> None:
    """Twenty a second: of forty calls at once, the later ones wait, and all are answered."""
    await asyncio.gather(*(guarded.read_account("7") for _ in range(40)))
    assert diary.lines == ["answered"] * 40
    assert len([wait for wait in diary.waits if wait > 0.04]) >= 15


async def test_an_answer_is_an_answer_whatever_it_says(
    stand_in: StandIn, guarded: GuardedBackend, diary: Diary
) -> None:
    """Only what is unavailable counts towards an outage."""
    assert await guarded.read_account("7") is None
    stand_in.control.add(Answer(status=403, count=1))
    with pytest.raises(BackendDenied):
        await guarded.read_account("7")
    stand_in.control.add(Answer(status=502, count=1))
    with pytest.raises(BackendUnavailable):
        await guarded.read_account("7")
    assert diary.lines == ["answered", "answered", "unanswered GET /Users/7: HTTP 502"]


async def test_a_pause_ends_when_its_time_is_over(stand_in: StandIn, scim: ScimBackend, diary: Diary) -> None:
    """A minute of silence, by a clock that the test turns; nothing is sent meanwhile."""
    now = [100.0]
    guarded = GuardedBackend(scim, diary, rate=20, clock=lambda: now[0])
    stand_in.control.add(Answer(status=503, retry_after="60", count=1))
    with pytest.raises(BackendUnavailable):
        await guarded.read_account("7")
    assert guarded.paused_for() == timedelta(seconds=60)
    now[0] = 130.0
    with pytest.raises(BackendUnavailable, match=r"^Workteam asked to wait$") as paused:
        await guarded.read_account("7")
    assert paused.value.retry_after == timedelta(seconds=30)
    assert len(stand_in.control.log()) == 1
    now[0] = 160.0
    assert await guarded.read_account("7") is None
    assert guarded.paused_for() == timedelta(0)
    assert len(diary.lines) == 2


async def test_a_short_pause_is_waited_for(stand_in: StandIn, guarded: GuardedBackend) -> None:
    """A second is sooner over than the queue comes back to an object."""
    stand_in.control.add(Answer(status=429, retry_after="1", count=1))
    with pytest.raises(BackendUnavailable):
        await guarded.read_account("7")
    assert await guarded.read_account("7") is None
    assert [entry.status for entry in stand_in.control.log()] == [429, 404]


async def test_closing_lets_calls_that_are_under_way_end(stand_in: StandIn, guarded: GuardedBackend) -> None:
    """A token is replaced while a request is on its way: it is answered; later ones are told."""
    stand_in.control.add(Hold(point=Point.BEFORE))
    call = asyncio.create_task(guarded.read_account("7"))
    [held] = await stand_in.control.until_held()
    closing = asyncio.create_task(guarded.close())
    stand_in.control.release(held)
    assert await call is None
    await closing
    with pytest.raises(BackendUnavailable, match=r"^The connection to Workteam was replaced$"):
        await guarded.read_account("7")


async def test_a_page_of_a_list_lets_everybody_else_go_first(stand_in: StandIn, guarded: GuardedBackend) -> None:
    """Those who waited before it, and those who come while they do."""
    reads = [asyncio.create_task(guarded.read_account("7")) for _ in range(30)]
    page = asyncio.create_task(guarded.list_accounts(1))
    await asyncio.sleep(0)
    reads += [asyncio.create_task(guarded.read_account("7")) for _ in range(5)]
    await asyncio.gather(page, *reads)
    paths = [entry.path for entry in stand_in.control.log()]
    assert (paths[-1], paths.count("/Users/7")) == ("/Users", 35)
