"""The traps of Entra's servers, each by its number: what others got wrong, said to the whole facade."""

import asyncio
from typing import Any

import httpx
import pytest

from workteam_crds.kinds import WorkteamUser

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANA = {
    "userName": "ana@contoso.example",
    "active": True,
    "title": "Lead",
    "emails": [{"value": "h", "type": "home", "primary": True}],
    ENT: {"department": "Retail", "manager": {"value": "m1"}},
}
MEMBERS = [{"value": "m1"}, {"value": "m2"}]
HOME = {"value": "h", "type": "home", "primary": True}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        pytest.param(
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "w"},
            {"emails": [HOME, {"value": "w", "type": "work"}]},
            id="trap-04-no-match-makes-the-element",
        ),
        pytest.param(
            {"op": "add", "path": 'emails[type eq "work"]', "value": {"value": "w"}},
            {"emails": [HOME, {"value": "w", "type": "work"}]},
            id="trap-05-and-the-home-address-stays",
        ),
        pytest.param({"op": "Replace", "path": "title", "value": "New"}, {"title": "New"}, id="trap-06-capital-op"),
        pytest.param({"op": "Replace", "path": "active", "value": "False"}, {"active": False}, id="trap-07-False"),
        pytest.param(
            {"op": "Add", "path": f"{ENT}:manager", "value": "m2"},
            {ENT: {"department": "Retail", "manager": {"value": "m2"}}},
            id="trap-08-manager-as-text",
        ),
        pytest.param(
            {"op": "replace", "value": {f"{ENT}:manager": "m2"}},
            {ENT: {"department": "Retail", "manager": {"value": "m2"}}},
            id="trap-09-manager-echoed-under-its-urn",
        ),
        pytest.param(
            {"op": "replace", "value": {"name.familyName": "F", f"{ENT}:department": "D"}},
            {"name": {"familyName": "F"}, ENT: {"department": "D", "manager": {"value": "m1"}}},
            id="trap-10-dotted-and-urn-keys",
        ),
        pytest.param(
            {"op": "replace", "path": f"{ENT.upper()}:Department", "value": "D"},
            {ENT: {"department": "D", "manager": {"value": "m1"}}},
            id="trap-11-urn-split-behind-it",
        ),
        pytest.param(
            {"op": "remove", "path": 'manager[value eq "m1"]'},
            {ENT: {"department": "Retail"}},
            id="trap-18-filter-on-a-single-value",
        ),
        pytest.param(
            {"op": "Remove", "path": 'emails[type eq "home"].value', "value": "never"},
            {"emails": None},
            id="trap-20-a-removal-writes-nothing",
        ),
        pytest.param(
            {"op": "replace", "path": "locale", "value": "NNRDFXPHOXUY"},
            {"locale": "NNRDFXPHOXUY"},
            id="trap-23-odd-text-is-text",
        ),
    ],
)
async def test_trap(lasting: Any, operation: dict[str, Any], expected: dict[str, Any]) -> None:
    """One operation on a user changes what it names, and nothing else."""
    async with lasting.client() as (_, client):
        created = (await client.post("/Users", json=ANA)).json()
        answer = await client.patch(f"/Users/{created['id']}", json={"Operations": [operation]})
        assert answer.status_code == 200
        wanted = {key: value for key, value in (ANA | expected).items() if value is not None}
        assert {key: value for key, value in answer.json().items() if key not in {"schemas", "id", "meta"}} == wanted


async def team(client: httpx.AsyncClient, *operations: dict[str, Any]) -> tuple[int, list[str]]:
    """Return the status of a PATCH of a group of two, and who is in it then."""
    made = (await client.post("/Groups", json={"displayName": "Team", "members": MEMBERS})).json()
    answer = await client.patch(f"/Groups/{made['id']}", json={"Operations": list(operations)})
    read = (await client.get(f"/Groups/{made['id']}")).json()
    return answer.status_code, [member["value"] for member in read.get("members", [])]


@pytest.mark.parametrize(
    ("operation", "status", "left"),
    [
        pytest.param(
            {"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "m2"}]}, 200, ["m1"], id="trap-01"
        ),
        pytest.param({"op": "Remove", "path": "members", "value": [{}]}, 400, ["m1", "m2"], id="trap-02-malformed"),
        pytest.param({"op": "Remove", "path": "members", "value": []}, 200, ["m1", "m2"], id="trap-02-empty"),
        pytest.param(
            {"op": "Add", "value": {"memberCount": 1, "members": ["m3"]}}, 200, ["m1", "m2", "m3"], id="trap-18-unknown"
        ),
        pytest.param(
            {"op": "Remove", "path": "members", "value": [{"value": "m9"}]}, 200, ["m1", "m2"], id="trap-22-absent"
        ),
        pytest.param(
            {"op": "Add", "path": "members", "value": [{"value": "m1"}]}, 200, ["m1", "m2"], id="trap-22-present"
        ),
    ],
)
async def test_trap_of_members(lasting: Any, operation: dict[str, Any], status: int, left: list[str]) -> None:
    """One operation on the members of a group."""
    async with lasting.client() as (_, client):
        assert await team(client, operation) == (status, left)


async def test_trap_03_parallel_members(lasting: Any) -> None:
    """Twenty adds at once are twenty members; the same again changes nothing, and no version."""
    async with lasting.client() as (_, client):
        made = (await client.post("/Groups", json={"displayName": "Team"})).json()
        bodies = [{"Operations": [{"op": "Add", "path": "members", "value": [{"value": f"m{n}"}]}]} for n in range(20)]
        reads = []
        for _ in range(2):
            answers = await asyncio.gather(*(client.patch(f"/Groups/{made['id']}", json=body) for body in bodies))
            assert {answer.status_code for answer in answers} == {200}
            reads.append((await client.get(f"/Groups/{made['id']}")).json())
        assert sorted(member["value"] for member in reads[0]["members"]) == sorted(f"m{n}" for n in range(20))
        assert reads[0] == reads[1]


async def test_trap_12_an_empty_search(lasting: Any) -> None:
    """200 with nothing, although somebody is there."""
    async with lasting.client() as (_, client):
        for endpoint in ("Users", "Groups"):
            await client.post(f"/{endpoint}", json={"userName": "ana", "displayName": "Ana"})
            answer = await client.get(f"/{endpoint}", params={"filter": 'displayName eq "nobody"'})
            assert (answer.status_code, answer.json()["totalResults"]) == (200, 0)


@pytest.mark.parametrize("content_type", ["application/json", "application/scim+json; charset=utf-8", ""])
async def test_trap_13_content_types(lasting: Any, content_type: str) -> None:
    """Lenient in, scim+json out, whatever the client accepts."""
    headers = {"Content-Type": content_type, "Accept": "text/plain"}
    async with lasting.client() as (_, client):
        answer = await client.post("/Users", content=b'{"userName":"ana"}', headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (201, "application/scim+json")


async def test_trap_14_no_user_agent(lasting: Any) -> None:
    async with lasting.client() as (_, client):
        del client.headers["User-Agent"]
        assert (await client.get("/Users")).status_code == 200


async def test_trap_15_and_16_a_deactivated_user_stays(lasting: Any) -> None:
    """Readable, found, a member, and adopted by its name: the POST says 409, the search says who."""
    async with lasting.client() as (_, client):
        ana = (await client.post("/Users", json={"userName": "ana", "active": True})).json()["id"]
        group = (await client.post("/Groups", json={"displayName": "Team", "members": [{"value": ana}]})).json()["id"]
        await client.patch(
            f"/Users/{ana}", json={"Operations": [{"op": "Replace", "path": "active", "value": "False"}]}
        )
        found = (await client.get("/Users", params={"filter": 'userName eq "ANA"'})).json()["Resources"]
        assert [(user["id"], user["active"]) for user in found] == [(ana, False)]
        assert (await client.get(f"/Groups/{group}")).json()["members"] == [{"value": ana}]
        assert (await client.post("/Users", json={"userName": "ana"})).status_code == 409


@pytest.mark.parametrize("endpoint", ["Users", "Groups"])
async def test_trap_19_patch_is_allowed(lasting: Any, endpoint: str) -> None:
    async with lasting.client() as (_, client):
        made = (await client.post(f"/{endpoint}", json={"userName": "ana", "displayName": "Ana"})).json()
        operation = {"op": "Replace", "path": "displayName", "value": "New"}
        answer = await client.patch(f"/{endpoint}/{made['id']}", json={"Operations": [operation]})
        assert (answer.status_code, answer.json()["displayName"]) == (200, "New")


@pytest.mark.parametrize("path", ["/Schemas", "/ResourceTypes"])
async def test_trap_21_discovery_is_a_list_response(lasting: Any, path: str) -> None:
    async with lasting.client() as (_, client):
        answer = (await client.get(path)).json()
        assert answer["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
        assert answer["totalResults"] == len(answer["Resources"]) > 0


async def test_trap_24_a_delete_answers_at_once(lasting: Any) -> None:
    """204 while the object still terminates."""
    async with lasting.client() as (tenant, client):
        made = (await client.post("/Users", json={"userName": "ana"})).json()
        assert [(await client.delete(f"/Users/{made['id']}")).status_code for _ in range(2)] == [204, 404]
        held = await lasting.ground.cluster.get(WorkteamUser, tenant.namespace, made["id"])
        assert held.deleting


@pytest.mark.parametrize("literal", ["jyoung", '"jyoung"'])
async def test_trap_25_external_id_unquoted(lasting: Any, literal: str) -> None:
    """A text either way: exactly the one who has it, in this case and without quotes of its own."""
    async with lasting.client() as (_, client):
        made = (await client.post("/Users", json={"userName": "ana", "externalId": "jyoung"})).json()
        for name, external in (("bob", "JYoung"), ("cem", '"jyoung"'), ("dee", None)):
            await client.post("/Users", json={"userName": name, "externalId": external})
        found = (await client.get("/Users", params={"filter": f"externalId eq {literal}"})).json()["Resources"]
        assert [user["id"] for user in found] == [made["id"]]


async def test_trap_28_the_id_is_the_objects_name(lasting: Any) -> None:
    """It is in the object, so that a backup has it."""
    async with lasting.client() as (tenant, client):
        made = (await client.post("/Users", json={"userName": "ana"})).json()
        name = lasting.ground.access.kubectl("get", "wtu", made["id"], "-n", tenant.namespace, "-o", "name")
        assert made["id"] in str(name)


async def test_trap_30_nothing_is_write_only(lasting: Any) -> None:
    """No attribute is declared that cannot be read back."""
    async with lasting.client() as (_, client):
        text = (await client.get("/Schemas")).text
        assert "writeOnly" not in text
        assert '"never"' not in text
