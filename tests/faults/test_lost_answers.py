"""A POST whose answer was lost, and a facade that takes over: the repeated POST finds the one object (ADR 7)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.naming import NOISE_BYTES, uuid7
from workteam_crds.testing import a_user

ANA = {"userName": "ana@contoso.example", "title": "Lead", "emails": [{"type": "work", "value": "ana@contoso.example"}]}
TEAM = {"displayName": "sg-Engineering", "externalId": "7"}
POSTS = [
    pytest.param("/Users", ANA, WorkteamUser, id="a user"),
    pytest.param("/Groups", TEAM, WorkteamGroup, id="a group"),
]


@pytest.mark.parametrize(("path", "body", "kind"), POSTS)
async def test_a_post_repeated_at_the_next_facade_makes_one_object(
    ground: Any, run_facade: Any, unavailable: Any, *, path: str, body: dict[str, Any], kind: Any
) -> None:
    """503 from the first one, 201 from the next one with the id of what is stored, and 409 from then on."""
    async with run_facade(lease=1) as first:
        ground.proxy.reset(Match("POST", "/workteam(users|groups)", count=1), Point.COMMITTED)
        assert unavailable(await first.entra.post(path, json=body))
    async with run_facade(lease=15) as second:
        other = await second.entra.post(path, json={**body, "externalId": "else"})
        assert (other.status_code, other.json()["scimType"]) == (409, "uniqueness")
        created = await second.entra.post(path, json=body)
        [stored] = (await ground.cluster.list(kind, ground.namespace)).items
        assert (created.status_code, created.json()["id"]) == (201, stored.metadata.name)
        assert created.headers["Location"].endswith(f"{path}/{stored.metadata.name}")
        assert (await second.entra.post(path, json=body)).status_code == 409
        assert (await second.entra.get(path)).json()["totalResults"] == 1


async def test_what_was_not_made_lately_by_scim_is_taken(ground: Any, run_facade: Any) -> None:
    """Objects from Git, those that are older than five minutes, and those that were changed since: 409 for the same."""
    old = uuid7(datetime.now(UTC) - timedelta(minutes=6), bytes(NOISE_BYTES))
    new = uuid7(datetime.now(UTC), bytes(NOISE_BYTES))
    scim = {"labels": {"workte.am/source": "scim", "workte.am/tenant": "acme"}}
    for name, labels in ((old, scim), (new, {}), ("from-git", {})):
        user = a_user(name, namespace=ground.namespace, tenant="acme", userName=f"{name}@contoso.example")
        metadata = user.metadata.model_copy(update=labels)
        await ground.cluster.create(user.model_copy(update={"metadata": metadata}), manager="test")
    async with run_facade() as running:
        for name in (old, "from-git"):
            again = await running.entra.post("/Users", json={"userName": f"{name}@contoso.example"})
            assert again.status_code == 409
        changed = await running.entra.patch(
            f"/Users/{new}", json={"Operations": [{"op": "add", "path": "active", "value": False}]}
        )
        assert changed.is_success
        again = await running.entra.post("/Users", json={"userName": f"{new}@contoso.example", "active": False})
        assert again.status_code == 409
