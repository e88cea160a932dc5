"""A10: a write whose answer was lost is neither forgotten nor done twice. A real process behind a proxy."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_crds.kinds import WorkteamUser

ANA = {"userName": "ana@contoso.example", "title": "Lead"}


@pytest.fixture
async def entra(ground: Any, until: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a facade that reaches the API server through the proxy."""
    async with ground.facade("facade", 15, proxied=True) as facade, ground.client(facade) as client:
        await until(facade.ready)
        yield client


def once(method: str) -> Match:
    """Match the next write of users."""
    return Match(method, "/workteamusers", count=1)


def unavailable(answer: httpx.Response) -> bool:
    """Say whether an answer is one that Entra comes again after."""
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("point", [Point.COMMITTED, Point.BEFORE], ids=["stored", "not stored"])
async def test_a_post_that_is_repeated_after_a_lost_answer_makes_one_user(
    entra: httpx.AsyncClient, ground: Any, point: Point
) -> None:
    """503, then 201 with the id of the one object; a third POST finds the name taken."""
    ground.proxy.reset(once("POST"), point)
    assert unavailable(await entra.post("/Users", json=ANA))
    created = await entra.post("/Users", json=ANA)
    assert created.status_code == httpx.codes.CREATED
    [stored] = (await ground.cluster.list(WorkteamUser, ground.namespace)).items
    assert (stored.metadata.name, stored.spec.title) == (created.json()["id"], "Lead")
    assert (await entra.post("/Users", json=ANA)).status_code == httpx.codes.CONFLICT


async def test_a_lost_create_keeps_its_name_for_its_own_retry(entra: httpx.AsyncClient, ground: Any) -> None:
    """Nobody else is renamed to it meanwhile, and another POST of the name with other values is a conflict."""
    bob = (await entra.post("/Users", json={"userName": "bob@contoso.example"})).json()["id"]
    ground.proxy.reset(once("POST"), Point.COMMITTED)
    assert unavailable(await entra.post("/Users", json=ANA))
    rename = {"Operations": [{"op": "replace", "path": "userName", "value": "ANA@contoso.example"}]}
    assert (await entra.patch(f"/Users/{bob}", json=rename)).status_code == httpx.codes.CONFLICT
    other = await entra.post("/Users", json={**ANA, "title": "Else"})
    assert other.status_code == httpx.codes.CONFLICT


async def test_a_patch_decides_by_what_a_lost_one_left(entra: httpx.AsyncClient, ground: Any) -> None:
    """The title back to what the cache last knew is written: the lost PATCH had changed it."""
    ana = (await entra.post("/Users", json=ANA)).json()["id"]
    for title, lost in (("Boss", True), ("Lead", False)):
        if lost:
            ground.proxy.reset(once("PATCH"), Point.COMMITTED)
        body = {"Operations": [{"op": "replace", "path": "title", "value": title}]}
        answer = await entra.patch(f"/Users/{ana}", json=body)
        assert unavailable(answer) if lost else answer.is_success
    assert (await ground.cluster.get(WorkteamUser, ground.namespace, ana)).spec.title == "Lead"


async def test_a_lost_deletion_is_not_found_again(entra: httpx.AsyncClient, ground: Any) -> None:
    """The repeated DELETE says 404, or 204 if the first was not done, and the user is gone."""
    ana = (await entra.post("/Users", json=ANA)).json()["id"]
    ground.proxy.reset(once("DELETE"), Point.COMMITTED)
    first = await entra.delete(f"/Users/{ana}")
    assert first.status_code in {204, 503}  # the client library sends a DELETE again on a connection that was reset
    assert (await entra.delete(f"/Users/{ana}")).status_code in {204, 404}
    assert (await entra.get(f"/Users/{ana}")).status_code == httpx.codes.NOT_FOUND
    assert (await ground.cluster.get(WorkteamUser, ground.namespace, ana)).deleting
