"""Who changed what: a line for each request that would change something, its id on the object, no value anywhere."""

import logging
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from workteam_crds.naming import TenantKey
from workteam_scim.access_tokens import AccessToken, Audience, sign
from workteam_scim.audit import CHANGES_KEPT, READS_KEPT, Audit, Deed

REQUEST_ID = "workte.am/request-id"
ACME = TenantKey("teams", "acme")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return what the audit wrote, without what every line of a test has in common."""
    common = {"request_id", "tenant", "token", "resource"}
    names = ("op", "object", "attributes", "ignored", "status", "scim_type", "outcome")
    return [
        {name: vars(record)[name] for name in names if name in vars(record)}
        for record in caplog.records
        if record.name == "workteam_scim.audit" and common <= set(vars(record))
    ]


async def test_a_line_for_each_change(entra: httpx.AsyncClient, users: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Operation, object, names of attributes, outcome; reads have none, and what changes nothing says so."""
    with caplog.at_level(logging.INFO, "workteam_scim"):
        body = {"userName": "canary@contoso.example", "displayName": "Canary"}
        created = await entra.post("/Users", json=body, headers={"X-Request-Id": "entra-1"})
        name = created.json()["id"]
        await entra.post("/Users", json=body)
        for _ in range(2):
            patch = {"Operations": [{"op": "replace", "path": "title", "value": "Canary"}]}
            await entra.patch(f"/Users/{name}", json=patch, headers={"X-Request-Id": "entra-2"})
        await entra.get(f"/Users/{name}")
        await entra.delete("/Users/canary@contoso.example")
    told = {"ignored": 0, "status": 200, "op": "patch", "object": name}
    assert lines(caplog) == [
        {**told, "op": "create", "attributes": ["userName", "displayName"], "status": 201, "outcome": "done"},
        {
            "op": "create",
            "attributes": ["userName", "displayName"],
            "ignored": 0,
            "status": 409,
            "scim_type": "uniqueness",
            "outcome": "refused",
        },
        {**told, "attributes": ["title"], "outcome": "done"},
        {**told, "attributes": [], "outcome": "unchanged"},
        {"op": "delete", "attributes": [], "ignored": 0, "status": 404, "outcome": "refused"},
    ]
    assert "anary" not in str([vars(record) for record in caplog.records if record.name.startswith("workteam_scim")])
    user = (await users())["canary@contoso.example"]
    assert (user.metadata.annotations[REQUEST_ID], user.metadata.generation) == ("entra-2", 2)


def patch(**operation: Any) -> dict[str, Any]:
    """Return a PATCH of one operation, as a Bulk has it."""
    return {"method": "PATCH", "data": {"Operations": [operation]}}


@pytest.mark.parametrize(
    ("operation", "attributes", "status"),
    [
        pytest.param(patch(op="replace", path="active", value="canary"), ["active"], 400, id="value"),
        pytest.param(patch(op="add", value={"title": "x", "canary": 1, "name": 1}), ["title", "name"], 400, id="keys"),
        pytest.param(patch(op="add", path="title", value="x") | {"version": 'W/"9"'}, ["title"], 412, id="stale"),
        pytest.param(patch(op="add", path="userName", value="BEN@contoso.example"), ["userName"], 409, id="taken"),
        pytest.param(
            {"method": "PUT", "data": {"userName": "x", "active": "canary"}}, ["userName", "active"], 400, id="put"
        ),
        pytest.param({"method": "PATCH", "data": "canary"}, [], 400, id="no-patch"),
        pytest.param({"method": "DELETE", "version": 'W/"9"'}, [], 412, id="delete"),
    ],
)
async def test_a_refused_change_names_object_and_attributes(
    entra: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    operation: dict[str, Any],
    attributes: list[str],
    status: int,
) -> None:
    """What was asked of whom, alone or in a Bulk; names that no document has are not told."""
    name = (await entra.post("/Users", json={"userName": "ana@contoso.example"})).json()["id"]
    await entra.post("/Users", json={"userName": "ben@contoso.example"})
    headers = {"If-Match": operation["version"]} if "version" in operation else {}
    method, path = operation["method"], f"/Users/{name}"
    with caplog.at_level(logging.INFO, "workteam_scim"):
        answer = await entra.request(method, path, json=operation.get("data"), headers=headers)
        await entra.post("/Bulk", json={"Operations": [{**operation, "path": path}]})
    assert answer.status_code == status
    told = [(line["op"], line["object"], line["attributes"], line["status"]) for line in lines(caplog)[:2]]
    op = {"PATCH": "patch", "PUT": "replace", "DELETE": "delete"}[method]
    assert told == [(op, name, attributes, status)] * 2
    assert "canary" not in str([vars(record) for record in caplog.records if record.name.startswith("workteam_scim")])


async def test_the_id_of_a_request_makes_no_write(entra: httpx.AsyncClient, users: Any) -> None:
    """A PATCH that changes nothing leaves the object as it was, the id of the request before included."""
    created = await entra.post("/Users", json={"userName": "a@contoso.example"}, headers={"X-Request-Id": "one"})
    before = (await users())["a@contoso.example"]
    patch = {"Operations": [{"op": "replace", "path": "userName", "value": "a@contoso.example"}]}
    await entra.patch(f"/Users/{created.json()['id']}", json=patch, headers={"X-Request-Id": "two"})
    assert (await users())["a@contoso.example"] == before
    assert before.metadata.annotations[REQUEST_ID] == "one"


async def test_the_last_requests_are_shown_to_whoever_has_the_key(
    entra: httpx.AsyncClient, running: Any, tenant: TenantKey
) -> None:
    """The newest first, refused callers too; a bearer token opens them not, nor does what was signed for another."""
    await entra.post("/Users", json={"userName": "canary@contoso.example"}, headers={"X-Request-Id": "one"})
    await entra.get("/Users", headers={"Authorization": "Bearer none"})
    url = f"https://scim.example/{tenant.namespace}/{tenant.name}/requests"

    async def shown(tenant: TenantKey, audience: Audience) -> httpx.Response:
        now = int(running.facade.now().timestamp())
        token = AccessToken(aud=audience, sub="", client_id="test", iat=now, exp=now + 60)
        signed = sign(token, running.facade.tokens.access_key(tenant))
        return await entra.get(url, headers={"Authorization": f"Bearer {signed}"})

    told = (await shown(tenant, Audience.REQUESTS)).json()
    newest = [(one["op"], one["outcome"], one["status"], one.get("attributes")) for one in told["requests"][:2]]
    assert newest == [("search", "refused", 401, []), ("create", "done", 201, ["userName"])]
    assert told["requests"][1]["requestId"] == "one"
    assert "canary" not in str(told)
    for other in (await shown(ACME, Audience.REQUESTS), await shown(tenant, Audience.SCIM), await entra.get(url)):
        assert (other.status_code, other.json()["error"]) == (401, "invalid_token")


def test_reads_and_strangers_push_out_no_change() -> None:
    """The last changes stay, however much is read and however many are refused."""
    audit = Audit(lambda: NOON)
    audit.note(Deed("first", "patch", "Users", ACME, "handle", status=200), known=True)
    for number in range(CHANGES_KEPT + READS_KEPT):
        audit.note(Deed(f"read-{number}", "search", "Users", ACME, "handle", status=200), known=True)
        audit.note(Deed(f"stranger-{number}", "patch", "Users", ACME, status=401), known=True)
    kept = audit.newest(ACME, 1000)
    assert len(kept) == READS_KEPT + 1
    assert [deed.request_id for deed in kept if deed.token and not deed.reads] == ["first"]
    audit.note(Deed("x", "patch", "Users", TenantKey("a", "b"), status=401), known=False)
    assert audit.newest(TenantKey("a", "b"), 10) == []
