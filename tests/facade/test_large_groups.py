"""Groups of any size: whole in every answer, in lists of 250 in the cluster, and judged whole before a write."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRITES = ("create", "patch", "delete")


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return the message around operations."""
    return {"Operations": list(operations)}


def add(*names: str) -> dict[str, Any]:
    """Return the operation that adds members."""
    return {"op": "Add", "path": "members", "value": [{"value": name} for name in names]}


def people(count: int, word: str = "m") -> list[str]:
    """Return ids."""
    return [f"{word}-{number}" for number in range(count)]


@dataclass(frozen=True)
class Stage:
    """A client of a tenant, and what the cluster holds of its groups."""

    client: httpx.AsyncClient
    lasting: Any

    async def post(self, name: str, members: list[str]) -> str:
        """Create a group, and return its id."""
        body = {"displayName": name, "members": [{"value": member} for member in members]}
        answer = await self.client.post("/Groups", json=body)
        assert answer.status_code == 201
        return str(answer.json()["id"])

    async def members(self, group: str) -> list[str]:
        """Return the members that are answered."""
        answer = await self.client.get(f"/Groups/{group}")
        return [member["value"] for member in answer.json().get("members", [])]

    async def group(self, name: str) -> WorkteamGroup:
        """Read a group in the cluster."""
        found: WorkteamGroup = await self.lasting.ground.cluster.get(WorkteamGroup, self.lasting.ground.namespace, name)
        return found

    async def lists(self, group: str) -> list[tuple[str, ...]]:
        """Return what the further lists of a group hold in the cluster."""
        found = await self.lasting.ground.cluster.list(WorkteamGroupMembership, self.lasting.ground.namespace)
        return [each.spec.members for each in found.items if each.spec.group_ref.name == group and not each.deleting]

    def writes(self) -> int:
        """Say how many writes were sent to the API server so far."""
        return sum(self.lasting.watched.calls[name] for name in WRITES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(lasting: Any) -> AsyncIterator[Stage]:
    """A tenant for all tests of this module."""
    async with lasting.client(scim={"requestsPerSecond": 10_000}) as (_, client):
        yield Stage(client, lasting)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def judged(stage: Stage) -> dict[str, Any]:
    """A group of 600 as it is answered, beside one that is called `taken`."""
    await stage.post("taken", [])
    group: dict[str, Any] = (await stage.client.get(f"/Groups/{await stage.post('judged', people(600))}")).json()
    return group


@pytest.mark.parametrize(("size", "further"), [(250, 0), (251, 1), (1_000, 3), (20_000, 79)])
async def test_a_group_is_made_whole_by_one_request(stage: Stage, size: int, further: int) -> None:
    """All are answered, once and in their order; no list is longer than 250; each leads to the group."""
    group = await stage.post(f"made-{size}", people(size, f"made-{size}"))
    answer = await stage.client.get(f"/Groups/{group}")
    assert [member["value"] for member in answer.json()["members"]] == people(size, f"made-{size}")
    stored, lists = await stage.group(group), await stage.lists(group)
    assert (len(stored.spec.members), len(lists), stored.spec.memberships or 0) == (250, further, further)
    assert max(map(len, [stored.spec.members, *lists])) <= 250
    for name in (f"made-{size}-0", f"made-{size}-{size - 1}"):
        found = await stage.client.get("/Groups", params={"filter": f'members.value eq "{name}"'})
        assert [each["id"] for each in found.json()["Resources"]] == [group]
        probe = {"filter": f'id eq "{group}" and members eq "{name}"', "excludedAttributes": "members"}
        assert (await stage.client.get("/Groups", params=probe)).json()["totalResults"] == 1


@pytest.mark.parametrize("size", [251, 1_000, 20_000])
async def test_a_group_grows_by_one_request(stage: Stage, size: int) -> None:
    """From nobody to all by one PATCH, in as many writes as there are lists."""
    group = await stage.post(f"grown-{size}", [])
    before = stage.writes()
    answer = await stage.client.patch(f"/Groups/{group}", json=patch(add(*people(size))))
    assert answer.is_success
    assert stage.writes() - before == -(-size // 250)
    assert await stage.members(group) == people(size)


async def test_a_large_group_is_answered_without_its_members_where_they_are_not_asked_for(stage: Stage) -> None:
    """R18, R23: excludedAttributes leaves them out; a PATCH above 500 is 204 with the ETag unless they are left out."""
    group = await stage.post("answered", people(500))
    path = f"/Groups/{group}"
    small = await stage.client.patch(path, json=patch(add("m-0")))
    assert (small.status_code, len(small.json()["members"])) == (200, 500)
    large = await stage.client.patch(path, json=patch(add("m-500")))
    assert (large.status_code, large.content) == (204, b"")
    read = await stage.client.get(path, params={"excludedAttributes": "members"})
    assert (sorted(read.json()), large.headers["etag"]) == (
        ["displayName", "id", "meta", "schemas"],
        read.headers["etag"],
    )
    for query in ({"excludedAttributes": "members"}, {"attributes": "displayName"}):
        answer = await stage.client.patch(path, params=query, json=patch(add("m-501")))
        assert (answer.status_code, answer.json()["displayName"], "members" in answer.json()) == (
            200,
            "answered",
            False,
        )
    listed = {"filter": 'displayName eq "ANSWERED"', "excludedAttributes": "members"}
    [found] = (await stage.client.get("/Groups", params=listed)).json()["Resources"]
    assert "members" not in found
    assert await stage.members(group) == people(502)


@pytest.mark.parametrize(
    ("last", "status"),
    [
        pytest.param({"op": "add", "path": "members", "value": [{"value": "x"}, {}]}, 400, id="a member without id"),
        pytest.param({"op": "remove", "path": "members", "value": [{"$ref": "x"}]}, 400, id="nobody is named"),
        pytest.param({"op": "remove", "path": 'members[value eq "m-1'}, 400, id="half a filter"),
        pytest.param({"op": "replace", "path": "members", "value": "{"}, 400, id="no list"),
        pytest.param({"op": "fold", "path": "members", "value": []}, 400, id="an unknown op"),
        pytest.param({"op": "add", "path": "members", "value": people(20_000, "many")}, 400, id="too many in all"),
        pytest.param({"op": "replace", "path": "displayName", "value": ""}, 400, id="a required attribute emptied"),
        pytest.param({"op": "replace", "path": "displayName", "value": "n" * 1025}, 400, id="a name too long"),
        pytest.param({"op": "replace", "path": "displayName", "value": "TAKEN"}, 409, id="a name of another"),
        pytest.param({"op": "replace", "path": "id", "value": "other"}, 400, id="an id"),
        pytest.param("no operation", 400, id="no object"),
    ],
)
async def test_a_patch_is_judged_whole_before_its_first_write(
    stage: Stage, judged: dict[str, Any], last: Any, status: int
) -> None:
    """Several lists would have been written when the last operation is refused: nothing is, not even in part."""
    path, before = f"/Groups/{judged['id']}", stage.writes()
    operations = (
        add(*people(300, "new")),
        {"op": "remove", "path": "members", "value": [{"value": name} for name in people(100)]},
        {"op": "replace", "path": "externalId", "value": "e-1"},
        last,
    )
    answer = await stage.client.patch(path, json=patch(*operations))
    assert (answer.status_code, answer.json()["status"]) == (status, str(status))
    assert stage.writes() == before
    assert (await stage.client.get(path)).json() == judged


async def test_removing_all_leaves_one_small_object(stage: Stage) -> None:
    """A thousand members by one operation: none is answered, no further list is left, and none is said to be there."""
    group = await stage.post("emptied", people(1_000))
    answer = await stage.client.patch(f"/Groups/{group}", json=patch({"op": "remove", "path": "members"}))
    assert answer.status_code == 200
    stored = await stage.group(group)
    assert (await stage.members(group), stored.spec.members, stored.spec.memberships) == ([], (), None)
    assert await stage.lists(group) == []


async def test_one_member_is_one_write_of_one_list(stage: Stage) -> None:
    """In and out of a group of 1,000; what is so already writes nothing, and moves no ETag."""
    group = await stage.post("deltas", people(1_000))
    path = f"/Groups/{group}"
    steps: list[tuple[dict[str, Any], int]] = [
        (add("m-999"), 0),
        ({"op": "remove", "path": 'members[value eq "nobody"]'}, 0),
        ({"op": "remove", "path": 'members[value eq "m-999"]'}, 1),
        ({"op": "remove", "path": "members", "value": [{"value": "m-999"}]}, 0),
        (add("m-999"), 1),
        (add("m-999", "m-1"), 0),
        ({"op": "replace", "path": "members", "value": [{"value": name} for name in people(1_000)]}, 0),
        (add("late"), 2),
        (add("later"), 1),
        ({"op": "remove", "path": "members", "value": [{"value": "m-0"}]}, 1),
    ]
    for operation, writes in steps:
        before, etag = stage.writes(), (await stage.client.head(path)).headers["etag"]
        answer = await stage.client.patch(path, json=patch(operation))
        assert (answer.status_code, stage.writes() - before) == (204, writes), operation
        assert (answer.headers["etag"] == etag) is (writes == 0)
    assert await stage.members(group) == [*people(1_000)[1:], "late", "later"]
    assert len(await stage.lists(group)) == 4


@pytest.mark.slow
async def test_a_hundred_thousand_members(stage: Stage, eventually: Any) -> None:
    """In five requests; answered whole, found by each end, one more is one write, and gone when the group is."""
    group = await stage.post("huge", [])
    path, everybody = f"/Groups/{group}", people(100_000)
    for start in range(0, 100_000, 20_000):
        answer = await stage.client.patch(path, json=patch(add(*everybody[start : start + 20_000])))
        assert answer.status_code == 204
    assert await stage.members(group) == everybody
    assert (await stage.group(group)).spec.memberships == 399
    for name in ("m-0", "m-99999"):
        found = {"filter": f'members.value eq "{name}" and id eq "{group}"', "excludedAttributes": "members"}
        assert (await stage.client.get("/Groups", params=found)).json()["totalResults"] == 1
    for operation in (add("m-100000"), {"op": "remove", "path": 'members[value eq "m-50000"]'}):
        await stage.client.patch(path, json=patch(operation))
    before = stage.writes()
    assert (await stage.client.patch(path, json=patch(add("m-100001")))).status_code == 204
    assert stage.writes() - before == 1
    assert await stage.members(group) == [*everybody[:50_000], *everybody[50_001:], "m-100000", "m-100001"]
    assert (await stage.client.delete(path)).status_code == 204
    assert (await stage.client.get(path)).status_code == 404

    async def gone() -> bool:
        return not await stage.lists(group)

    await eventually(gone, within=60)
