"""Bulk: many operations in one request, each as if it had come alone (RFC 7644 §3.7)."""

import asyncio
import logging
from typing import Any

import httpx
import pytest
from scim2_models import SCIMException

from workteam_scim.bulk_requests import BulkRequest, read_bulk
from workteam_scim.limits import BULK_OPERATIONS

pytestmark = pytest.mark.asyncio(loop_scope="module")

REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def post(bulk_id: str, path: str = "/Users", **data: Any) -> dict[str, Any]:
    """Return an operation that creates something."""
    return {"method": "POST", "path": path, "bulkId": bulk_id, "data": data}


def user(bulk_id: str, manager: str | None = None) -> dict[str, Any]:
    """Return the creation of a user."""
    extension: dict[str, Any] = {ENTERPRISE: {"manager": {"value": manager}}} if manager else {}
    return post(bulk_id, userName=f"{bulk_id}@contoso.example", **extension)


async def bulk(client: httpx.AsyncClient, *operations: Any, **more: Any) -> tuple[int, list[dict[str, Any]]]:
    """Send operations; return status and results."""
    answer = await client.post("/Bulk", json={"schemas": [REQUEST], "Operations": list(operations), **more})
    body = answer.json()
    if answer.status_code == 200:
        assert body["schemas"] == [RESPONSE]
    return answer.status_code, body.get("Operations", [body])


def statuses(results: list[dict[str, Any]]) -> list[str]:
    """Return the status of each result: a text (RFC 7644 §3.7.3)."""
    return [result["status"] for result in results]


def id_of(result: dict[str, Any]) -> str:
    """Return the id in a result's location."""
    return str(result["location"]).rsplit("/", 1)[-1]


async def test_operations_refer_to_each_other_in_any_order(lasting: Any) -> None:
    """A group before its members, managers of each other in a circle; the answers are in the order sent."""
    async with lasting.client() as (_, client):
        status, results = await bulk(
            client,
            post("team", "/Groups", displayName="Team", members=[{"value": "bulkId:ana"}, {"value": "bulkId:bob"}]),
            user("ana", "bulkId:bob"),
            user("bob", "bulkId:ana"),
            {
                "method": "PATCH",
                "path": "/Users/bulkId:ana",
                "data": {"Operations": [{"op": "add", "value": {"title": "x"}}]},
            },
        )
        assert (status, statuses(results)) == (200, ["201", "201", "201", "200"])
        assert [result.get("bulkId") for result in results] == ["team", "ana", "bob", None]
        team, ana, bob = (id_of(result) for result in results[:3])
        assert id_of(results[3]) == ana
        group = (await client.get(f"/Groups/{team}")).json()
        assert {member["value"] for member in group["members"]} == {ana, bob}
        held = (await client.get(f"/Users/{ana}")).json()
        assert (held["title"], held[ENTERPRISE]["manager"]["value"]) == ("x", bob)
        assert results[3]["version"] == held["meta"]["version"]


async def test_each_fails_alone(lasting: Any) -> None:
    """A name that is taken, no such user, a stale version, a reference to what was not made; the rest is done."""
    async with lasting.client() as (_, client):
        status, results = await bulk(
            client,
            user("ana"),
            {**user("ana"), "bulkId": "twin"},
            post("team", "/Groups", displayName="Team", members=[{"value": "bulkId:twin"}]),
            {"method": "DELETE", "path": "/Users/nobody"},
            {"method": "PATCH", "path": "/Users/bulkId:ana", "version": 'W/"99"', "data": {"Operations": [
                {"op": "replace", "path": "title", "value": "x"}]}},
            {"method": "GET", "path": "/Users"},
            {"method": "POST", "path": "/Users", "data": {"userName": "c@contoso.example"}},
            {"method": "POST", "path": "/Schemas", "bulkId": "s", "data": {}},
            7,
            user("bob"),
        )  # fmt: skip
        assert status == 200
        assert statuses(results) == ["201", "409", "409", "404", "412", "400", "400", "400", "400", "201"]
        refusal = results[1]["response"]
        assert (refusal["schemas"], refusal["status"], refusal["scimType"]) == ([ERROR], "409", "uniqueness")
        assert "location" not in results[1]
        assert (await client.get("/Users")).json()["totalResults"] == 2
        assert (await client.get("/Groups")).json()["totalResults"] == 0


async def test_fail_on_errors_ends_it(lasting: Any) -> None:
    """What comes after so many failures is not carried out and not answered."""
    async with lasting.client() as (_, client):
        missing = {"method": "DELETE", "path": "/Users/nobody"}
        _, results = await bulk(client, missing, user("ana"), missing, user("bob"), failOnErrors=2)
        assert statuses(results) == ["404", "201", "404"]
        assert (await client.get("/Users")).json()["totalResults"] == 1


@pytest.mark.parametrize("bearable", [0, 1, 2, 3, 4])
async def test_nothing_is_begun_after_so_many_failures(lasting: Any, bearable: int) -> None:
    """As if one came after the other: what the last failure follows is done, what follows it is not."""
    missing = {"method": "DELETE", "path": "/Users/nobody"}
    sent = [user("a"), user("b"), missing, user("c"), missing, missing, user("d"), user("e"), missing, user("f")]
    expected = ["201", "201", "404", "201", "404", "404", "201", "201", "404"]
    last = {0: 3, 1: 3, 2: 5, 3: 6, 4: 9}[bearable]
    async with lasting.client() as (_, client):
        _, results = await bulk(client, *sent, failOnErrors=bearable)
        assert statuses(results) == expected[:last]
        assert (await client.get("/Users")).json()["totalResults"] == expected[:last].count("201")


async def test_eight_run_at_once(lasting: Any) -> None:
    """None of eight creations is let through before all eight are on their way; the answers are in the order sent."""
    together = asyncio.Barrier(8)
    async with lasting.client() as (_, client), asyncio.timeout(20):
        lasting.watched.before["create"] = together.wait
        try:
            _, results = await bulk(client, *(user(f"u{number}") for number in range(24)))
        finally:
            del lasting.watched.before["create"]
    assert statuses(results) == ["201"] * 24
    assert [result["bulkId"] for result in results] == [f"u{number}" for number in range(24)]


async def test_what_is_referred_to_is_there_before(lasting: Any) -> None:
    """Each is created when what it refers to can be read, in whatever order they were sent."""
    seen: list[int] = []
    async with lasting.client() as (_, client):

        async def look() -> None:
            seen.append((await client.get("/Users")).json()["totalResults"])

        lasting.watched.before["create"] = look
        try:
            chain = [user(f"u{number}", f"bulkId:u{number + 1}") for number in range(4)]
            _, results = await bulk(client, *chain, user("u4"))
        finally:
            del lasting.watched.before["create"]
    assert (statuses(results), seen) == (["201"] * 5, [0, 1, 2, 3, 4])


async def test_what_depends_on_another_waits_for_it(lasting: Any) -> None:
    """One resource twice, and a name that is handed on: as if one came after the other, whoever is faster."""
    async with lasting.client() as (_, client):
        _, made = await bulk(client, user("ana"), user("ben"), post("t", "/Groups", displayName="Crew"))
        ana, ben, crew = (id_of(result) for result in made)
        named = {name: {"userName": f"{name}@contoso.example"} for name in ("ana", "ben", "other")}
        renamed = {"Operations": [{"op": "replace", "path": "userName", "value": "BEN@contoso.example"}]}
        titles = [{"Operations": [{"op": "replace", "path": "title", "value": str(number)}]} for number in range(9)]
        _, results = await bulk(
            client,
            *({"method": "PATCH", "path": f"/users/{ana}", "data": title} for title in titles),
            {"method": "PUT", "path": f"/Users/{ben}", "data": named["other"]},
            {"method": "PATCH", "path": f"/Users/{ana}", "data": renamed},
            user("ana"),
            {"method": "DELETE", "path": f"/Groups/{crew}"},
            post("again", "/Groups", displayName="CREW"),
            post("twin", "/Groups", displayName="Crew"),
        )
        assert statuses(results) == ["200"] * 11 + ["201", "204", "201", "409"]
        held = (await client.get(f"/Users/{ana}")).json()
        assert (held["userName"], held["title"]) == ("BEN@contoso.example", "8")


async def test_the_leniency_of_single_requests_holds(lasting: Any) -> None:
    """Booleans as texts, dotted and filtered keys, both dialects of PATCH."""
    async with lasting.client() as (_, client):
        made = post("a", userName="a@contoso.example", active="False", **{"name.givenName": "Ana"})
        patch = [{"op": "Add", "path": 'emails[type eq "work"].value', "value": "a@x.example"},
                 {"op": "Replace", "value": {"active": "True"}}]  # fmt: skip
        _, results = await bulk(
            client, made, {"method": "PATCH", "path": "/Users/bulkId:a", "data": {"Operations": patch}}
        )
        held = (await client.get(f"/Users/{id_of(results[0])}")).json()
        assert (held["active"], held["name"], held["emails"]) == (
            True,
            {"givenName": "Ana"},
            [{"type": "work", "value": "a@x.example"}],
        )


async def test_it_costs_and_is_noted_like_its_operations(lasting: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Each operation has a line of its own with the request's id, and is taken from the tenant's bucket."""
    async with lasting.client(scim={"requestsPerSecond": 10}) as (_, client):
        with caplog.at_level(logging.INFO, "workteam_scim.audit"):
            operations = [user(f"u{number}") for number in range(30)]
            answer = await client.post("/Bulk", json={"Operations": operations}, headers={"X-Request-Id": "bulk-1"})
        assert statuses(answer.json()["Operations"]) == ["201"] * 30
        noted = [vars(record) for record in caplog.records if record.name == "workteam_scim.audit"]
        assert [record["op"] for record in noted] == ["create"] * 30 + ["bulk"]
        assert {record["request_id"] for record in noted} == {"bulk-1"}
        made = {id_of(each) for each in answer.json()["Operations"]}
        assert ({record["object"] for record in noted[:30]}, len(made)) == (made, 30)
        assert (await client.get("/Users")).status_code == 429


async def test_what_is_no_bulk_is_refused_whole(lasting: Any) -> None:
    """Too many operations are 413, and nothing is written."""
    async with lasting.client() as (_, client):
        for body, status in (
            ({"Operations": [user(f"u{number}") for number in range(BULK_OPERATIONS + 1)]}, 413),
            ({"Operations": "x"}, 400),
            ([], 400),
            ({"Operations": [], "failOnErrors": "x"}, 400),
        ):
            assert (await client.post("/Bulk", json=body)).status_code == status
        assert (await client.get("/Users")).json()["totalResults"] == 0
        config = (await client.get("/ServiceProviderConfig")).json()["bulk"]
        assert config == {"supported": True, "maxOperations": BULK_OPERATIONS, "maxPayloadSize": 2 * 1024 * 1024}


def order(*operations: Any) -> list[int]:
    """Return the order in which operations run."""
    return list(read_bulk({"operations": list(operations)}).order())


async def test_what_is_referred_to_runs_first() -> None:
    """Chains of a thousand, circles, and references to nothing end."""
    chain = [user(f"u{number}", f"bulkId:u{number + 1}") for number in range(BULK_OPERATIONS)]
    assert order(*chain) == list(reversed(range(BULK_OPERATIONS)))
    assert order(user("a", "bulkId:b"), user("b", "bulkId:a")) == [1, 0]
    assert order(user("a", "bulkId:zz"), user("b")) == [0, 1]
    assert order(user("a", "bulkId:a")) == [0]


async def test_nested_data_is_bounded() -> None:
    """A body that no resource needs is refused before anything walks it."""
    deep: Any = "x"
    for _ in range(500):
        deep = [deep]
    read: BulkRequest = read_bulk({"Operations": [post("a", userName=deep)]})
    assert isinstance(read.operations[0].refused, SCIMException)
