"""What goes wrong between rehearsal and service, on loopback: retries, escrow, kill -9, a service that is gone."""

import io
import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import httpx
import pytest

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal.client import Patience
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.directory import Directory
from workteam_cli.rehearsal.mapping import SHIPPED, load_mapping
from workteam_cli.rehearsal.service import Settings, rehearsing
from workteam_cli.rehearsal.state import Watermark
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Answer, Hold, Point, RefuseAttribute, Reset, Unanswered

QUICK = Patience(attempts=3, first=0.0, timeout=2.0)
PATTI = "users/a0000000-0000-4000-8000-000000000001"


def settings(tenant: StandIn, state: Path | None = None, patience: Patience = QUICK) -> Settings:
    """Users only and compliant: the reference application takes neither a bare manager nor Entra's group schema."""
    return Settings(
        base_url=tenant.base_url,
        token=tenant.token,
        mapping=load_mapping(SHIPPED / "workteam.yaml"),
        dialect=Dialect.COMPLIANT,
        rate=0,
        patience=patience,
        state=state,
    )


def created(tenant: StandIn) -> Counter[str]:
    """Return how often each userName was really created."""
    posts = [entry for entry in tenant.control.log() if entry.method == "POST" and entry.handled]
    return Counter(entry.body["userName"] for entry in posts if entry.status == httpx.codes.CREATED)


async def test_a_reset_is_tried_again_and_creates_once(stand_in: StandIn, contoso: Directory) -> None:
    """Every second POST and PATCH meets a reset: all arrive in the same cycle, nobody twice."""
    stand_in.control.add(Reset(method="POST", count=10))
    stand_in.control.add(Reset(method="PATCH", after=3, count=5))
    async with rehearsing(settings(stand_in, patience=Patience(attempts=12, first=0.0))) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    assert (summary.created, summary.managers, summary.failures, summary.retries) == (47, 44, 0, 15)
    assert len(created(stand_in)) == 47
    assert set(created(stand_in).values()) == {1}


async def test_a_lost_answer_is_found_by_the_search(stand_in: StandIn, contoso: Directory) -> None:
    """POSTs are done and never answered: the account is found and linked, with uniqueness off at the service."""
    stand_in.control.behave(unique=False)
    stand_in.control.add(Unanswered(method="POST", count=3))
    async with rehearsing(settings(stand_in)) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    assert (summary.created, summary.adopted, summary.failures) == (44, 3, 0)
    assert set(created(stand_in).values()) == {1}


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_obeyed(status: int, stand_in: StandIn, contoso: Directory) -> None:
    """A service that is busy for a moment costs retries and no failure."""
    stand_in.control.add(Answer(status=status, retry_after="0", count=4))
    async with rehearsing(settings(stand_in, patience=Patience(attempts=6, first=3600.0))) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    assert (summary.created, summary.failures, summary.retries) == (47, 0, 4)


@pytest.mark.parametrize(
    ("attempt", "retry_after", "seconds"),
    [
        pytest.param(1, None, 0.5, id="first wait"),
        pytest.param(4, None, 4.0, id="doubling"),
        pytest.param(20, None, 60.0, id="capped"),
        pytest.param(1, 5.0, 5.0, id="Retry-After"),
        pytest.param(1, 7200.0, 60.0, id="Retry-After up to the cap"),
    ],
)
def test_patience(attempt: int, retry_after: float | None, seconds: float) -> None:
    assert Patience().wait(attempt, retry_after) == seconds


async def test_what_fails_waits_in_the_state_file(stand_in: StandIn, contoso: Directory, tmp_path: Path) -> None:
    """A 500 for one person in every attempt: the others arrive; the next cycle brings the one, and its references."""
    state = tmp_path / "state.json"
    fault = stand_in.control.add(Answer(method="POST", status=500, body="PattiF@contoso.com"))
    async with rehearsing(settings(stand_in, state)) as rehearsal:
        first = await rehearsal.run_cycle(contoso)
    kept = Watermark.model_validate_json(state.read_bytes()).escrow
    stand_in.control.remove(fault)
    async with rehearsing(settings(stand_in, state)) as rehearsal:
        second = await rehearsal.run_cycle(contoso)
        third = await rehearsal.run_cycle(contoso)
    reports = sum(user.manager is not None and f"users/{user.manager.id}" == PATTI for user in contoso.users.values())
    assert reports > 0
    assert (first.created, first.managers, first.failures) == (46, 44 - reports, 1 + reports)
    assert kept[PATTI].error == "HTTP 500"
    assert len(kept) == 1 + reports
    assert (second.created, second.managers, second.failures, second.escrow) == (1, reports, 0, 0)
    assert third.requests == {}


async def test_a_refusal_is_logged_with_the_services_own_words(stand_in: StandIn, contoso: Directory) -> None:
    """A 400 is not tried again in the cycle; the log has the service's body, names the person, and no token."""
    stand_in.control.add(RefuseAttribute(attribute="nickName", method="POST", body="PattiF@contoso.com"))
    log = io.StringIO()
    async with rehearsing(settings(stand_in), log=log) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    [failure] = [line for line in lines if line["status"] == "Failure" and line["action"] == "Create"]
    assert summary.retries == 0
    assert (failure["cycle"], failure["sourceId"], failure["identity"], failure["reason"]) == (
        "initial",
        "a0000000-0000-4000-8000-000000000001",
        "PattiF@contoso.com",
        "HTTP 400",
    )
    assert json.loads(failure["error"])["scimType"] == "invalidValue"
    assert stand_in.token not in log.getvalue()
    assert Counter((line["action"], line["status"]) for line in lines)["Create", "Success"] == 46


async def test_a_service_that_is_gone_ends_the_cycle(stand_in: StandIn, contoso: Directory, tmp_path: Path) -> None:
    """After some people without any answer the cycle stops with exit 69; what was acknowledged is kept, and goes on."""
    state = tmp_path / "state.json"
    patience = Patience(attempts=2, first=0.0, unreachable_after=4)
    fault = stand_in.control.add(Reset(after=20))
    async with rehearsing(settings(stand_in, state, patience)) as rehearsal:
        with pytest.raises(Problem) as raised:
            await rehearsal.run_cycle(contoso)
    stand_in.control.remove(fault)
    async with rehearsing(settings(stand_in, state)) as rehearsal:
        summary = await rehearsal.run_cycle(contoso)
    assert raised.value.code == Exit.UNAVAILABLE
    assert (summary.cycle, summary.escrow) == ("initial", 0)
    assert summary.created + summary.adopted < 47
    assert len(created(stand_in)) == 47
    assert set(created(stand_in).values()) == {1}


async def test_a_refused_token_stops_at_once(stand_in: StandIn, contoso: Directory) -> None:
    """A 401 in the middle of a cycle is quarantine: exit 77, and no further requests."""
    stand_in.control.add(Answer(status=401, after=10))
    async with rehearsing(settings(stand_in)) as rehearsal:
        with pytest.raises(Problem) as raised:
            await rehearsal.run_cycle(contoso)
    refused = [entry for entry in stand_in.control.log() if entry.status == httpx.codes.UNAUTHORIZED]
    assert raised.value.code == Exit.DENIED
    assert 1 <= len(refused) <= 5


async def test_an_object_gone_in_the_target_is_an_invalid_anchor(stand_in: StandIn, contoso: Directory) -> None:
    """A 404 for a known id is a failure that names the way out; a DELETE of it counts as done."""
    async with rehearsing(settings(stand_in)) as rehearsal:
        await rehearsal.run_cycle(contoso)
        link = rehearsal.state.watermark.users[PATTI.removeprefix("users/")]
        await rehearsal._client.once("DELETE", f"/Users/{link.target}", kind="by hand")
        users = dict(contoso.users)
        users[PATTI.removeprefix("users/")] = users[PATTI.removeprefix("users/")].model_copy(
            update={"job_title": "Owner"}
        )
        changed = Directory(users, contoso.groups, contoso.roles, contoso.assignments)
        summary = await rehearsal.run_cycle(changed)
        error = rehearsal.state.watermark.escrow[PATTI].error
    assert (summary.updated, summary.failures) == (0, 1)
    assert error == "InvalidAnchor (404): the object is gone in the target; --restart matches anew"


@pytest.mark.parametrize("point", list(Point))
def test_a_killed_run_continues(point: Point, stand_in: StandIn, tmp_path: Path) -> None:
    """Killed by -9 while five POSTs are under way, unsent or already done: the next run completes, nobody twice."""
    stand_in.control.behave(unique=False)
    fault = stand_in.control.add(Hold(point=point, method="POST", after=10))
    command = [sys.executable, "-m", "workteam_cli", "rehearse", "--base-url", stand_in.base_url, "--rate", "0"]
    command += [
        "--mapping",
        "workteam",
        "--dialect",
        "compliant",
        "--state",
        str(tmp_path / "state.json"),
        "-o",
        "json",
    ]
    environment = {"WORKTEAM_TOKEN": stand_in.token, "PATH": ""}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.PIPE) as first:
        stand_in.control.wait_held(5)
        first.send_signal(signal.SIGKILL)
        first.wait(30)
    stand_in.control.remove(fault)
    for held in stand_in.control.held():
        stand_in.control.drop(held)
    second = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=120)
    assert second.returncode == Exit.OK, second.stderr
    [cycle] = json.loads(second.stdout)["cycles"]
    assert cycle["created"] + cycle["adopted"] == 37
    assert cycle["managers"] == 44
    assert len(created(stand_in)) == 47
    assert set(created(stand_in).values()) == {1}
