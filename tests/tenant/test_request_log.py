"""What the request log says, and what it never says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.request_log import Outcome, RequestLog

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RequestLog]:
    log = RequestLog(tmp_path / "requests.jsonl", now=lambda: NOON)
    yield log
    log.close()


def test_every_request_has_its_line(stand_in: StandIn, scim: httpx.Client) -> None:
    """Method, path, query, body, status, in the order of arrival; control requests are not there."""
    before = stand_in.control.log()
    scim.post("/Users", json={"schemas": [USER], "userName": "ana"})
    scim.get("/Users", params={"filter": 'userName eq "x"'})
    scim.post("/Users", content=b"no json", headers={"Content-Type": "application/scim+json"})
    entries = stand_in.control.log()
    assert before == []
    assert [(e.method, e.path, e.query, e.body, e.status) for e in entries] == [
        ("POST", "/Users", "", {"schemas": [USER], "userName": "ana"}, 201),
        ("GET", "/Users", "filter=userName+eq+%22x%22", None, 200),
        ("POST", "/Users", "", "no json", 400),
    ]
    assert [e.sequence - entries[0].sequence for e in entries] == [0, 1, 2]
    assert stand_in.control.log(entries[1].sequence) == entries[2:]


def test_an_entry_is_read_with_its_last_outcome(log: RequestLog, tmp_path: Path) -> None:
    """Committed, then answered: one entry, also after a restart; the count goes on."""
    entry = log.decided(log.arrived("POST", "/Users", "", b"{}"), Outcome.COMMITTED, 201)
    assert entry.handled
    log.decided(entry, Outcome.ANSWERED, 201)
    again = RequestLog(tmp_path / "requests.jsonl", now=lambda: NOON)
    read, following = again.since(0), again.arrived("GET", "/Users", "", b"")
    again.close()
    assert [(e.sequence, e.outcome, e.status, e.time) for e in read] == [(1, Outcome.ANSWERED, 201, NOON)]
    assert (following.sequence, following.handled) == (2, False)


def test_a_line_that_a_crash_cut_short_is_dropped(log: RequestLog, tmp_path: Path) -> None:
    path = tmp_path / "requests.jsonl"
    for _ in range(2):
        log.decided(log.arrived("GET", "/Users", "", b""), Outcome.ANSWERED, 200)
    path.write_bytes(path.read_bytes()[:-5])
    again = RequestLog(path, now=lambda: NOON)
    again.decided(again.arrived("PUT", "/Users/1", "", b""), Outcome.ANSWERED, 200)
    again.close()
    third = RequestLog(path, now=lambda: NOON)
    read = third.since(0)
    third.close()
    assert [(entry.sequence, entry.method) for entry in read] == [(1, "GET"), (2, "PUT")]


def test_reset_empties_the_log_and_counts_on(stand_in: StandIn, scim: httpx.Client) -> None:
    scim.get("/Users")
    [first] = stand_in.control.log()
    stand_in.control.reset()
    scim.get("/Users")
    [second] = stand_in.control.log()
    assert second.sequence == first.sequence + 1
