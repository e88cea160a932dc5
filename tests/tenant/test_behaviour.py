"""How a stand-in tenant behaves until it is told otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from workteam_cli.output import Problem
from workteam_cli.tenant.application import StandIn

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ANA = {"schemas": [USER], "userName": "ana@x.test", "externalId": "e1"}


@dataclass
class Clock:
    """A time that stands still until it is moved."""

    seconds: float = 0

    def __call__(self) -> float:
        return self.seconds


def found(scim: httpx.Client) -> int:
    """How many accounts of Ana a search finds."""
    total: int = scim.get("/Users", params={"filter": 'userName eq "ana@x.test"'}).json()["totalResults"]
    return total


def test_no_patch(stand_in: StandIn, scim: httpx.Client) -> None:
    """PATCH is 405, ServiceProviderConfig says so, and PUT works."""
    account = scim.post("/Users", json=ANA).json()["id"]
    stand_in.control.behave(patch=False)
    change = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "x"}]}
    patched = scim.patch(f"/Users/{account}", json=change)
    put = scim.put(f"/Users/{account}", json=ANA | {"title": "x"})
    config = scim.get("/ServiceProviderConfig").json()
    assert (patched.status_code, put.status_code, config["patch"]) == (405, 200, {"supported": False})


def test_uniqueness_off_shows_duplicates(stand_in: StandIn, scim: httpx.Client) -> None:
    """Two creates make two accounts; uniqueness comes back only when one of them is gone."""
    stand_in.control.behave(unique=False)
    created = [scim.post("/Users", json=ANA) for _ in range(2)]
    assert ([answer.status_code for answer in created], found(scim)) == ([201, 201], 2)
    with pytest.raises(Problem, match="1 names stand twice"):
        stand_in.control.behave(unique=True)
    assert scim.delete(f"/Users/{created[0].json()['id']}").status_code == 204
    stand_in.control.behave(unique=True)
    assert (found(scim), scim.post("/Users", json=ANA).status_code) == (1, 409)


def test_searches_lag_until_released(stand_in: StandIn, scim: httpx.Client) -> None:
    """A new account is not found, though its name is taken and its id is read; then it is found."""
    stand_in.control.behave(searches_lag=True)
    created = scim.post("/Users", json=ANA)
    again = scim.post("/Users", json=ANA)
    lagging = (found(scim), scim.get(f"/Users/{created.json()['id']}").status_code)
    stand_in.control.catch_up()
    assert (created.status_code, again.status_code, lagging, found(scim)) == (201, 409, (0, 200), 1)


def test_reads_of_a_new_account_lag(stand_in: StandIn, scim: httpx.Client) -> None:
    """GET by id of a just created account is 404, while PATCH finds it."""
    stand_in.control.behave(reads_lag=True)
    account = scim.post("/Users", json=ANA).json()["id"]
    change = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "title", "value": "x"}]}
    statuses = (scim.get(f"/Users/{account}").status_code, scim.patch(f"/Users/{account}", json=change).status_code)
    stand_in.control.catch_up()
    assert (statuses, scim.get(f"/Users/{account}").json()["title"]) == ((404, 204), "x")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def late(clock: Clock) -> Iterator[httpx.Client]:
    """The administrator of a tenant whose searches are ten seconds late."""
    with StandIn(now=clock) as stand_in:
        stand_in.control.behave(searches_lag=True, lag_seconds=10)
        with httpx.Client(base_url=stand_in.base_url, headers={"Authorization": f"Bearer {stand_in.token}"}) as client:
            yield client


def test_searches_lag_for_ten_seconds(late: httpx.Client, clock: Clock) -> None:
    """Creation and deletion are seen when they are ten seconds old, not before."""
    account = late.post("/Users", json=ANA).json()["id"]
    seen = []
    for seconds in (9, 10):
        clock.seconds = seconds
        seen.append(found(late))
    late.delete(f"/Users/{account}")
    for seconds in (19, 20):
        clock.seconds = seconds
        seen.append(found(late))
    assert seen == [0, 1, 1, 0]


def test_the_administrator_loses_the_permission(stand_in: StandIn, scim: httpx.Client) -> None:
    """The same token reads and no longer writes, until it is given back."""
    stand_in.control.behave(admin=False)
    without = (scim.get("/Users").status_code, scim.post("/Users", json=ANA).status_code)
    stand_in.control.behave(admin=True)
    assert (without, scim.post("/Users", json=ANA).status_code) == ((200, 403), 201)
