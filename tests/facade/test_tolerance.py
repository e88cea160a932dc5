"""One odd operation among good ones, on the real API server: it is ignored and counted, the rest is applied."""

from typing import Any

import httpx
import pytest

USER = {"userName": "ana@contoso.example", "emails": [{"type": "work", "value": "ana@contoso.example"}]}
LEAVES = {"op": "replace", "path": "active", "value": "False"}


@pytest.mark.parametrize(
    "odd",
    [
        {"op": "replace", "path": 'emails[kind eq "x"].value', "value": "v"},
        {"op": "replace", "path": 'emails[type eq "other" or type eq "z"].value', "value": "v"},
        {"op": "replace", "path": "emails[type eq (work)].value", "value": "v"},
        {"op": "replace", "path": 'emails[type near "work"].value', "value": "v"},
        {"op": "replace", "path": 'emails[value eq "secretperson@contoso.example"].value', "value": "v"},
        {"op": "replace", "path": "title[primary eq true or x]", "value": "Lead"},
        {"op": "remove", "path": 'manager[value sw "m"]'},
        {"op": "add", "path": "memberSince", "value": "2020"},
    ],
    ids=lambda odd: odd["path"],
)
async def test_an_odd_path_keeps_nobody_active(entra: httpx.AsyncClient, running: Any, odd: dict[str, Any]) -> None:
    """Before and after the operation that matters: 200, the user is inactive, and nothing else is changed."""
    created = (await entra.post("/Users", json=USER | {"active": True})).json()
    for operations in ([odd, LEAVES], [LEAVES, odd]):
        restored = {"op": "replace", "path": "active", "value": True}
        await entra.patch(f"/Users/{created['id']}", json={"Operations": [restored]})
        before = ignored(running)
        answer = await entra.patch(f"/Users/{created['id']}", json={"Operations": operations})
        assert answer.status_code == 200
        assert without_meta(answer.json()) == without_meta(created | {"active": False})
        assert ignored(running) == before + 1


def without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a resource."""
    return {name: value for name, value in resource.items() if name != "meta"}


def ignored(running: Any) -> float:
    """Return how many attributes were ignored."""
    lines = running.facade.metrics.text().decode().splitlines()
    [line] = [line for line in lines if line.startswith("scim_ignored_attributes_total ")]
    return float(line.split()[1])


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        pytest.param(
            [{"op": "replace", "path": "emails[type eq 'work'].value", "value": "b@x"}],
            {"emails": [{"type": "work", "value": "b@x"}]},
            id="single-quotes",
        ),
        pytest.param(
            [
                {"op": "add", "path": "roles", "value": [{"value": "a\nb"}]},
                {"op": "add", "path": "roles", "value": [{"value": "a\nb", "display": "A"}]},
            ],
            {"roles": [{"value": "a\nb", "display": "A"}]},
            id="line-break",
        ),
        pytest.param(
            [
                {"op": "replace", "path": 'addresses[type eq "work"]', "value": {"locality": "L", "country": "AT"}},
                {"op": "replace", "path": 'addresses[type eq "work"]', "value": {"locality": "M", "country": ""}},
            ],
            {"addresses": [{"type": "work", "locality": "M"}]},
            id="empty-part-of-an-element",
        ),
        pytest.param(
            [{"op": "replace", "path": 'emails[type eq "work"]', "value": {"type": "home", "value": "h@x"}}],
            {"emails": [{"type": "home", "value": "h@x"}]},
            id="an-element-changes-what-it-was-found-by",
        ),
        pytest.param(
            [{"op": "replace", "path": "emails", "value": [{"value": n, "primary": True} for n in ("a@x", "b@x")]}],
            {"emails": [{"value": "a@x", "primary": False}, {"value": "b@x", "primary": True}]},
            id="two-primaries",
        ),
        pytest.param(
            [{"op": "replace", "path": "roles.value", "value": "Admin"}],
            {"roles": [{"value": "Admin"}]},
            id="no-role-yet",
        ),
        pytest.param(
            [
                {"op": "add", "path": "department", "value": "D"},
                {"op": "add", "path": "manager", "value": "m1"},
                {"op": "replace", "value": '{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": null}'},
            ],
            {},
            id="no-extension",
        ),
    ],
)
async def test_a_shape_is_stored_as_it_was_meant(
    entra: httpx.AsyncClient, operations: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    created = (await entra.post("/Users", json=USER | {"active": True})).json()
    answer = await entra.patch(f"/Users/{created['id']}", json={"Operations": operations})
    assert answer.status_code == 200
    assert without_meta(answer.json()) == without_meta(created) | expected


@pytest.mark.parametrize(
    "body",
    [
        {"emails": [{"foo": 1}]},
        {"roles": [{"value": {"a": 1}}]},
        {"name": "Ana"},
        {f'emails[type eq "{" " * 40_000}x"].value': "v"},
    ],
    ids=lambda body: next(iter(body))[:30],
)
async def test_what_cannot_be_meant_is_400(entra: httpx.AsyncClient, body: dict[str, Any]) -> None:
    """By POST and by PUT; the user stays as it was."""
    created = (await entra.post("/Users", json=USER)).json()
    user = f"/Users/{created['id']}"
    for answer in (
        await entra.post("/Users", json={"userName": "b@x"} | body),
        await entra.put(user, json=USER | {"userName": "b@x", "emails": []} | body),
    ):
        assert answer.status_code == 400
    assert (await entra.get(user)).json() == created


async def test_deep_json_in_a_role_is_a_text(entra: httpx.AsyncClient) -> None:
    """As POST and as PATCH: the kind refuses its length, nothing fails."""
    deep = '{"a":' * 3000
    created = (await entra.post("/Users", json=USER)).json()
    patch = {"Operations": [{"op": "add", "path": "roles", "value": [{"value": deep}]}]}
    for answer in (
        await entra.post("/Users", json={"userName": "b@x", "roles": [deep]}),
        await entra.patch(f"/Users/{created['id']}", json=patch),
    ):
        assert (answer.status_code, answer.json()["scimType"]) == (400, "invalidValue")
