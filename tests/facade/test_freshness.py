"""What one request wrote the next one reads, also with the watch stopped; what others wrote comes by the watch."""

from typing import Any

import httpx

from workteam_crds.kinds import WorkteamGroupMembership, WorkteamUser
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_user


async def test_with_the_watch_stopped_a_write_is_read_at_once(
    ground: Any, watched: Any, run_facade: Any, tenant: TenantKey
) -> None:
    """Create, PATCH, rename and delete show in GET, filter and list without one event."""
    token = await ground.token(tenant)
    async with run_facade(watched) as running:
        watched.deaf = True
        client = running.client(tenant, token)
        user = (await client.post("/Users", json={"userName": "ana@contoso.example"})).json()["id"]
        assert await found(client, 'userName eq "ANA@contoso.example"') == [user]
        rename = {"Operations": [{"op": "replace", "value": {"userName": "bea@contoso.example", "externalId": "B"}}]}
        await client.patch(f"/Users/{user}", json=rename)
        assert (await client.get(f"/Users/{user}")).json()["userName"] == "bea@contoso.example"
        assert await found(client, 'userName eq "bea@contoso.example"') == [user]
        assert await found(client, 'userName eq "ana@contoso.example"') == []
        assert await found(client, 'externalId eq "B"') == [user]
        await client.delete(f"/Users/{user}")
        assert await found(client, 'userName eq "bea@contoso.example"') == []
        assert (await client.get("/Users")).json()["totalResults"] == 0


async def found(client: httpx.AsyncClient, text: str) -> list[str]:
    """Return the ids that a filter finds."""
    answer = await client.get("/Users", params={"filter": text})
    return [user["id"] for user in answer.json()["Resources"]]


async def test_with_the_watch_stopped_all_lists_of_a_group_are_read_at_once(
    ground: Any, watched: Any, run_facade: Any, tenant: TenantKey
) -> None:
    """Members of a further list show in GET and in the filter by member as soon as they came or went."""
    token = await ground.token(tenant)
    async with run_facade(watched) as running:
        watched.deaf = True
        client = running.client(tenant, token)
        body = {"displayName": "crew", "members": [f"m-{number}" for number in range(260)]}
        group = (await client.post("/Groups", json=body)).json()["id"]
        assert await groups_of(client, "m-259") == [group]
        for op, there in (("add", [group]), ("remove", [])):
            late = {"op": op, "path": "members", "value": [{"value": "late"}]}
            await client.patch(f"/Groups/{group}", json={"Operations": [late]})
            answered = (await client.get(f"/Groups/{group}")).json()["members"]
            assert ({"value": "late"} in answered, await groups_of(client, "late")) == (bool(there), there)
        await client.delete(f"/Groups/{group}")
        assert await groups_of(client, "m-259") == []


async def groups_of(client: httpx.AsyncClient, member: str) -> list[str]:
    """Return the ids of the groups that somebody is in."""
    answer = await client.get("/Groups", params={"filter": f'members.value eq "{member}"'})
    return [group["id"] for group in answer.json()["Resources"]]


async def test_with_the_watch_stopped_a_list_that_is_gone_is_no_404(
    ground: Any, watched: Any, run_facade: Any, tenant: TenantKey
) -> None:
    """A membership that somebody deleted by hand: a PATCH of the group that would have written it goes on without."""
    token = await ground.token(tenant)
    async with run_facade(watched) as running:
        client = running.client(tenant, token)
        body: dict[str, Any] = {"displayName": "crew", "members": [f"m-{number}" for number in range(300)]}
        path = f"/Groups/{(await client.post('/Groups', json=body)).json()['id']}"
        watched.deaf = True
        late = {"op": "add", "path": "members", "value": [{"value": "late"}]}
        for membership in (await ground.cluster.list(WorkteamGroupMembership, ground.namespace)).items:
            if membership.tenant == tenant:
                await ground.cluster.delete(membership)
        answer = await client.patch(path, json={"Operations": [late]})
        assert answer.status_code == 200
        answered = [member["value"] for member in (await client.get(path)).json()["members"]]
        assert answered == [*body["members"][:250], "late"]


async def test_changes_by_others_arrive(
    entra: httpx.AsyncClient, ground: Any, tenant: TenantKey, eventually: Any
) -> None:
    """An object made, changed and deleted by kubectl is found, found changed, and gone."""
    made = await ground.cluster.create(
        a_user("from-git", namespace=tenant.namespace, tenant=tenant.name), manager="test"
    )
    await eventually(lambda: is_found(entra, 'userName eq "from-git@contoso.example"'))
    change = {"op": "add", "path": "/spec/externalId", "value": "G1"}
    await ground.cluster.patch(made, [change], manager="test")
    await eventually(lambda: is_found(entra, 'externalId eq "G1"'))
    await ground.cluster.delete(made)
    await eventually(lambda: is_not_found(entra, 'externalId eq "G1"'))


async def is_found(client: httpx.AsyncClient, text: str) -> bool:
    """Say whether a filter finds one."""
    return len(await found(client, text)) == 1


async def is_not_found(client: httpx.AsyncClient, text: str) -> bool:
    """Say whether a filter finds none."""
    return not await found(client, text)


async def test_the_operators_status_writes_change_no_answer(
    entra: httpx.AsyncClient, ground: Any, users: Any, eventually: Any
) -> None:
    """A status moves the resourceVersion and nothing that SCIM sees; a PATCH after it meets no conflict."""
    created = await entra.post("/Users", json={"userName": "ana@contoso.example"})
    user = (await users())["ana@contoso.example"]
    await ground.cluster.apply_status(user, {"accountID": "5171"}, manager="test")
    title = {"Operations": [{"op": "add", "path": "title", "value": "Lead"}]}
    patched = await entra.patch(f"/Users/{created.json()['id']}", json=title)
    assert patched.headers["etag"] == 'W/"2"'
    stored = await ground.cluster.get(WorkteamUser, ground.namespace, created.json()["id"])
    assert (stored.spec.title, stored.status.account_id) == ("Lead", "5171")


async def test_pages_are_stable_and_counted_from_one(entra: httpx.AsyncClient) -> None:
    """Pages of five, startIndex echoed, in the order of creation, none twice and none missing."""
    made = [(await entra.post("/Users", json={"userName": f"u{number}"})).json()["id"] for number in range(11)]
    seen: list[str] = []
    for page, size in ((1, 5), (6, 5), (11, 1), (16, 0)):
        answer = (await entra.get("/Users", params={"startIndex": page, "count": 5})).json()
        assert (answer["totalResults"], answer["startIndex"], answer["itemsPerPage"]) == (11, page, size)
        seen += [user["id"] for user in answer["Resources"]]
    assert seen == made
    for odd, size in (({"count": 0}, 0), ({"count": -1}, 0), ({"startIndex": 0, "count": 3}, 3)):
        assert (await entra.get("/Users", params=odd)).json()["itemsPerPage"] == size
