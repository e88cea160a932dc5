"""Each fault, as the client of a real server on loopback meets it."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from workteam_cli.output import Exit, Problem
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.faults import Answer, Hold, Latency, Point, RefuseAttribute, Reset, Unanswered

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ANA = {"schemas": [USER], "userName": "ana@x.test", "externalId": "e1"}


def found(scim: httpx.Client) -> int:
    """How many accounts of Ana a search finds."""
    total: int = scim.get("/Users", params={"filter": 'userName eq "ana@x.test"'}).json()["totalResults"]
    return total


def story(stand_in: StandIn) -> list[tuple[str, int | None, str]]:
    """What the log says of each request."""
    return [(entry.method, entry.status, str(entry.outcome)) for entry in stand_in.control.log()]


def test_429_with_retry_after_once(stand_in: StandIn, scim: httpx.Client) -> None:
    """The next POST is refused and not handled, the one after it succeeds."""
    stand_in.control.add(Answer(status=429, retry_after="7", method="POST", count=1))
    first, second = scim.post("/Users", json=ANA), scim.post("/Users", json=ANA)
    assert (first.status_code, first.headers["Retry-After"], second.status_code) == (429, "7", 201)
    assert story(stand_in) == [("POST", 429, "refused"), ("POST", 201, "answered")]


def test_5xx_until_it_is_switched_off(stand_in: StandIn, scim: httpx.Client) -> None:
    """Every request fails in SCIM's form, until ``remove``."""
    number = stand_in.control.add(Answer(status=502))
    failed = [scim.get("/Users") for _ in range(3)]
    stand_in.control.remove(number)
    assert [(answer.status_code, answer.json()["status"]) for answer in failed] == [(502, "502")] * 3
    assert scim.get("/Users").status_code == 200


def test_a_reset_connection_means_nothing_was_done(stand_in: StandIn, scim: httpx.Client) -> None:
    """The client sees the reset; the tenant stays empty."""
    stand_in.control.add(Reset(method="POST", count=1))
    with pytest.raises(httpx.TransportError, match="reset by peer"):
        scim.post("/Users", json=ANA)
    assert (found(scim), story(stand_in)[0]) == (0, ("POST", None, "reset"))


def test_a_timeout_after_the_commit(stand_in: StandIn, scim: httpx.Client) -> None:
    """The account exists, and its creator never hears of it."""
    stand_in.control.add(Unanswered(method="POST", count=1))
    with pytest.raises(httpx.ReadTimeout):
        scim.post("/Users", json=ANA, timeout=0.2)
    assert (found(scim), story(stand_in)[0]) == (1, ("POST", 201, "unanswered"))


def test_a_request_held_before_it_is_handled(stand_in: StandIn, scim: httpx.Client, aside: ThreadPoolExecutor) -> None:
    """Nothing happens while it is held; released, it goes on as if nothing had been."""
    stand_in.control.add(Hold(point=Point.BEFORE, method="POST", count=1))
    creation = aside.submit(scim.post, "/Users", json=ANA)
    [held] = stand_in.control.wait_held()
    meanwhile = found(scim)
    stand_in.control.release(held)
    assert (held.method, held.path, meanwhile, creation.result().status_code) == ("POST", "/Users", 0, 201)


def test_a_request_held_before_it_is_handled_and_dropped(
    stand_in: StandIn, scim: httpx.Client, aside: ThreadPoolExecutor
) -> None:
    """It never happened."""
    stand_in.control.add(Hold(point=Point.BEFORE, method="POST", count=1))
    creation = aside.submit(scim.post, "/Users", json=ANA)
    [held] = stand_in.control.wait_held()
    stand_in.control.drop(held)
    assert isinstance(creation.exception(), httpx.TransportError)
    assert (found(scim), story(stand_in)[0]) == (0, ("POST", None, "reset"))


def test_a_request_held_with_its_answer(stand_in: StandIn, scim: httpx.Client, aside: ThreadPoolExecutor) -> None:
    """While it is held the account is there and the log says committed; released, the answer arrives."""
    stand_in.control.add(Hold(point=Point.COMMITTED, method="POST", count=1))
    creation = aside.submit(scim.post, "/Users", json=ANA)
    [held] = stand_in.control.wait_held()
    meanwhile = (found(scim), story(stand_in)[0])
    stand_in.control.release(held)
    assert meanwhile == (1, ("POST", 201, "committed"))
    assert (creation.result().status_code, story(stand_in)[0]) == (201, ("POST", 201, "answered"))


def test_an_answer_that_is_dropped(stand_in: StandIn, scim: httpx.Client, aside: ThreadPoolExecutor) -> None:
    """The account is there, and the client saw a reset."""
    stand_in.control.add(Hold(point=Point.COMMITTED, method="POST", count=1))
    creation = aside.submit(scim.post, "/Users", json=ANA)
    stand_in.control.drop(stand_in.control.wait_held()[0])
    assert isinstance(creation.exception(), httpx.TransportError)
    assert (found(scim), story(stand_in)[0]) == (1, ("POST", 201, "unanswered"))


def test_a_client_that_died_while_it_was_held(stand_in: StandIn, scim: httpx.Client) -> None:
    """Released afterwards, its request still takes effect, late, and nobody hears the answer."""
    stand_in.control.add(Hold(point=Point.BEFORE, method="POST", count=1))
    with pytest.raises(httpx.ReadTimeout):
        scim.post("/Users", json=ANA, timeout=0.2)
    [held] = stand_in.control.wait_held()
    stand_in.control.release(held)
    deadline = time.monotonic() + 10
    while not found(scim) and time.monotonic() < deadline:
        pass
    assert (found(scim), story(stand_in)[0]) == (1, ("POST", 201, "unanswered"))


async def test_a_coroutine_waits_without_stopping_its_loop(stand_in: StandIn) -> None:
    """``until_held`` lets the same loop send the request that it waits for."""
    stand_in.control.add(Hold(point=Point.COMMITTED, method="POST", count=1))
    headers = {"Authorization": f"Bearer {stand_in.token}"}
    async with httpx.AsyncClient(base_url=stand_in.base_url, headers=headers) as client:
        creation = asyncio.create_task(client.post("/Users", json=ANA))
        [held] = await stand_in.control.until_held()
        stand_in.control.release(held)
        assert (await creation).status_code == 201


def test_waiting_for_a_request_that_does_not_come(stand_in: StandIn) -> None:
    with pytest.raises(TimeoutError, match=r"0 of 1 requests were held within 0\.05 s"):
        stand_in.control.wait_held(seconds=0.05)


def test_latency_delays_and_changes_nothing_else(
    stand_in: StandIn, scim: httpx.Client, aside: ThreadPoolExecutor
) -> None:
    """A later request is answered first."""
    stand_in.control.add(Latency(seconds=0.5, method="POST"))
    order: list[str] = []
    slow = aside.submit(lambda: order.append(f"POST {scim.post('/Users', json=ANA).status_code}"))
    while not stand_in.control.log():  # until the slow one has arrived
        threading.Event().wait(0.01)
    order.append(f"GET {scim.get('/Users').status_code}")
    slow.result()
    assert order == ["GET 200", "POST 201"]


def test_one_attribute_is_refused(stand_in: StandIn, scim: httpx.Client) -> None:
    """A write that names it is 400 invalidValue and has no effect, others pass."""
    account = scim.post("/Users", json=ANA).json()["id"]
    stand_in.control.add(RefuseAttribute(attribute="emails"))

    def patch(path: str, value: object) -> httpx.Response:
        change = {"op": "add", "path": path, "value": value}
        return scim.patch(f"/Users/{account}", json={"schemas": [PATCH], "Operations": [change]})

    refused = patch("emails", [{"type": "work", "value": "a@x.test"}])
    passed = patch("active", value=False)
    assert (refused.status_code, refused.json()["scimType"], passed.status_code) == (400, "invalidValue", 204)
    assert "emails" not in scim.get(f"/Users/{account}").json()


def test_a_fault_tells_how_many_it_met(stand_in: StandIn, scim: httpx.Client) -> None:
    number = stand_in.control.add(Answer(path="/Users"))
    scim.get("/Users")
    scim.get("/ResourceTypes")
    assert stand_in.control.matched() == {number: 1}


def test_the_control_endpoint_wants_the_administrators_token(stand_in: StandIn) -> None:
    with Control(stand_in.base_url, stand_in.reader_token) as control, pytest.raises(Problem) as problem:
        control.log()
    assert (problem.value.code, str(problem.value)) == (
        Exit.DENIED,
        "the stand-in tenant refused GET /log: this needs the administrator's token",
    )
