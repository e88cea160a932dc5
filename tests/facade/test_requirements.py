"""The requirements R1 to R40 that concern the facade, each by its number: dialogues with a new tenant."""

import uuid
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.asyncio(loop_scope="module")

ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANA = {"userName": "ana@contoso.example", "active": True, ENT: {"department": "Retail"}}


async def made(client: httpx.AsyncClient, **attributes: Any) -> str:
    """Make a user and return the id."""
    answer = await client.post("/Users", json=ANA | attributes)
    assert answer.status_code == 201
    return str(answer.json()["id"])


async def changed(client: httpx.AsyncClient, name: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """Change a user and return it as it is read."""
    answer = await client.patch(f"/Users/{name}", json={"Operations": list(operations)})
    assert answer.status_code == 200
    read: dict[str, Any] = (await client.get(f"/Users/{name}")).json()
    assert read == answer.json()
    return read


@pytest.mark.parametrize("attribute", ["userName", "externalId", 'emails[type eq "work"].value', "shoeSize"])
async def test_r01_r02_test_connection(lasting: Any, attribute: str) -> None:
    """A random GUID: 200 with an empty ListResponse, users and groups, never 404, whoever is there."""
    async with lasting.client() as (_, client):
        await made(client, externalId="x", emails=[{"type": "work", "value": "w"}])
        await client.post("/Groups", json={"displayName": "Team", "externalId": "x"})
        for endpoint in ("Users", "Groups"):
            answer = await client.get(f"/{endpoint}", params={"filter": f'{attribute} eq "{uuid.uuid4()}"'})
            assert answer.status_code == 200
            assert {key: answer.json()[key] for key in ("schemas", "totalResults")} == {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": 0,
            }


async def test_r03_tokens_overlap(lasting: Any, eventually: Any) -> None:
    """A second token works beside the first one, bare in the settings, with Bearer on the wire."""
    async with lasting.client() as (tenant, client):
        second = await lasting.ground.token(tenant)
        async with lasting.running.client(tenant, second) as other:

            async def known() -> bool:
                return bool((await other.get("/Users")).is_success)

            await eventually(known)
            assert (await client.get("/Users")).status_code == 200


@pytest.mark.parametrize(
    "text",
    [
        'userName+eq+"ANA@contoso.example"',
        "userName+eq+%22ana%40contoso.example%22",
        "userName eq ana@contoso.example",
        'emails[type eq "work"].value eq "w"',
        f'{ENT}:employeeNumber eq "1"',
        'externalId eq "x" and active eq true',
        'id eq "$ana" and manager eq "$bob"',
        'manager eq "$bob" and id eq "$ana"',
        f'{ENT}:manager eq "$bob" and id eq $ana',
    ],
)
async def test_r06_filters(lasting: Any, text: str) -> None:
    """Of people who are alike in something, exactly the one who is meant; without what is asked for, nobody."""
    async with lasting.client() as (_, client):
        bob = await made(client, userName="bob", externalId="X", emails=[{"type": "home", "value": "w"}])
        told = {ENT: {"employeeNumber": "1", "manager": {"value": bob}}}
        ana = await made(client, externalId="x", emails=[{"type": "work", "value": "w"}], **told)
        other = await made(client, userName="cem", active=False, externalId="x", **{ENT: {"manager": {"value": bob}}})
        asked = f"/Users?filter={text.replace('$ana', ana).replace('$bob', bob)}"
        assert [user["id"] for user in (await client.get(asked)).json()["Resources"]] == [ana]
        assert (await client.delete(f"/Users/{ana}")).status_code == 204
        assert (await client.get(asked)).json()["totalResults"] == 0
        assert (await client.get(f"/Users/{other}")).status_code == 200


async def test_r07_create(lasting: Any) -> None:
    """Nulls, booleans as texts, keys in another case, unknown ones, a manager who is nobody."""
    body = {"UserName": "ana", "Active": "True", "title": None, "shoeSize": 1, ENT: {"Manager": {"Value": "nobody"}}}
    async with lasting.client() as (_, client):
        answer = await client.post("/Users", json=body)
        assert (answer.status_code, answer.json()["active"]) == (201, True)
        assert answer.json()[ENT] == {"manager": {"value": "nobody"}}
        assert "title" not in answer.json()


@pytest.mark.parametrize("endpoint", ["Users", "Groups"])
async def test_r08_names_are_unique(lasting: Any, endpoint: str) -> None:
    async with lasting.client() as (_, client):
        names = ("ana", "ANA", "bob")
        answers = [await client.post(f"/{endpoint}", json={"userName": name, "displayName": name}) for name in names]
        assert [answer.status_code for answer in answers] == [201, 409, 201]
        assert answers[1].json()["scimType"] == "uniqueness"


@pytest.mark.parametrize("query", ["", "?aadOptscim062020"])
@pytest.mark.parametrize(
    "operation",
    [{"op": "Replace", "path": "displayName", "value": "A"}, {"op": "replace", "value": {"displayName": "A"}}],
    ids=["legacy", "compliant"],
)
async def test_r09_r39_both_dialects(lasting: Any, query: str, operation: dict[str, Any]) -> None:
    """On one endpoint, whatever the query says."""
    async with lasting.client() as (_, client):
        answer = await client.patch(f"/Users/{await made(client)}{query}", json={"Operations": [operation]})
        assert (answer.status_code, answer.json()["displayName"]) == (200, "A")


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        pytest.param(
            [{"op": "replace", "value": {"name.givenName": "G", f"{ENT}:department": "D"}}],
            {"name": {"givenName": "G"}, ENT: {"department": "D"}},
            id="r10-dotted-and-urn-keys",
        ),
        pytest.param(
            [{"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"}],
            {"phoneNumbers": [{"value": "1", "type": "mobile"}]},
            id="r11-create-on-absent",
        ),
        pytest.param(
            [{"op": "Add", "path": f"{ENT}:manager", "value": [{"$ref": None, "value": "m"}]}],
            {ENT: {"department": "Retail", "manager": {"value": "m"}}},
            id="r12-manager",
        ),
        *(
            pytest.param([operation], {ENT: {"department": "Retail", "manager": {"value": "m"}}}, id=f"r12-{name}")
            for name, operation in {
                "text": {"op": "Replace", "path": f"{ENT}:manager", "value": "m"},
                "object": {"op": "add", "path": "manager", "value": {"value": "m"}},
                "sub-attribute": {"op": "add", "path": f"{ENT}:manager.value", "value": "m"},
                "without-a-path": {"op": "replace", "value": {f"{ENT}:manager": "m"}},
            }.items()
        ),
        pytest.param(
            [{"op": "Add", "path": "roles", "value": [{"value": '{"value":"25","displayName":"R"}'}]}],
            {"roles": [{"value": "25", "display": "R"}]},
            id="r13-role-as-json",
        ),
        pytest.param(
            [{"op": "replace", "path": 'roles[primary eq "True"].value', "value": "A"}],
            {"roles": [{"value": "A", "primary": True}]},
            id="r13-primary-role",
        ),
        pytest.param(
            [
                {"op": "replace", "path": "title", "value": "x"},
                {"op": "replace", "path": "title", "value": ""},
                {"op": "replace", "path": f"{ENT}:department", "value": None},
            ],
            {ENT: None},
            id="r14-null-and-empty-clear",
        ),
        pytest.param(
            [{"op": "replace", "path": "title", "value": "  Lead\t"}], {"title": "  Lead\t"}, id="r32-values-as-sent"
        ),
    ],
)
async def test_r(lasting: Any, operations: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    async with lasting.client() as (_, client):
        read = await changed(client, await made(client), *operations)
        wanted = {key: value for key, value in (ANA | expected).items() if value is not None}
        assert {key: value for key, value in read.items() if key not in {"schemas", "id", "meta"}} == wanted


async def test_r15_r16_r31_deactivated_deleted_and_made_again(lasting: Any) -> None:
    """Readable while inactive; 204, then 404; the name is free at once, the id is never used again."""
    async with lasting.client() as (_, client):
        name = await made(client)
        for active in (False, True):
            operation = {"op": "Replace", "path": "active", "value": str(active)}
            assert (await changed(client, name, operation))["active"] is active
        assert (await client.delete(f"/Users/{name}")).status_code == 204
        assert (await client.get(f"/Users/{name}")).status_code == 404
        assert await made(client) != name


async def test_r24_r25_r26_discovery(lasting: Any) -> None:
    """Lists as ListResponse, the alias, canonical values of type, camelCase."""
    async with lasting.client() as (_, client):
        schemas = (await client.get("/Schemas")).json()
        assert schemas["totalResults"] == len(schemas["Resources"]) == 3
        user = next(schema for schema in schemas["Resources"] if schema["name"] == "User")
        emails = next(attribute for attribute in user["attributes"] if attribute["name"] == "emails")
        kind = next(sub for sub in emails["subAttributes"] if sub["name"] == "type")
        assert {"work", "other"} <= set(kind["canonicalValues"])
        assert (await client.get("/ResourceTypes")).json()["Resources"][0]["endpoint"] == "/Users"
        for path in ("/ServiceProviderConfig", "/serviceConfiguration"):
            assert (await client.get(path)).json()["patch"] == {"supported": True}
        meta = (await client.post("/Users", json=ANA)).json()["meta"]
        assert sorted(meta) == ["created", "lastModified", "location", "resourceType", "version"]


async def test_r27_pages_are_stable(lasting: Any) -> None:
    """Pages of two, from 1, echo where they begin and are the whole in order."""
    async with lasting.client() as (_, client):
        for number in range(5):
            await client.post("/Users", json={"userName": f"u{number}"})
        pages = []
        for start in (1, 3, 5):  # a change of somebody who was listed moves nobody
            pages.append((await client.get(f"/Users?startIndex={start}&count=2")).json())
            await changed(client, pages[0]["Resources"][0]["id"], {"op": "add", "path": "title", "value": str(start)})
        assert [page["startIndex"] for page in pages] == [1, 3, 5]
        assert [user["userName"] for page in pages for user in page["Resources"]] == [f"u{n}" for n in range(5)]


async def test_r28_r40_conditions_and_details(lasting: Any) -> None:
    """If-Match is honoured and never required; a refusal says which attribute, not which value."""
    async with lasting.client() as (_, client):
        name = await made(client)
        body = {"Operations": [{"op": "replace", "path": "title", "value": "x"}]}
        stale = await client.patch(f"/Users/{name}", json=body, headers={"If-Match": 'W/"99"'})
        assert stale.json()["detail"] == (
            "If-Match: the resource is at another version by now; nothing was done. Read it again."
        )
        empty = await client.post("/Users", json={})
        assert (empty.status_code, empty.json()["detail"]) == (400, "userName: it is required and cannot be empty.")
        assert (stale.status_code, (await client.patch(f"/Users/{name}", json=body)).status_code) == (412, 200)
        body["Operations"][0] |= {"path": "active", "value": "secretperson"}
        refused = (await client.patch(f"/Users/{name}", json=body)).json()
        assert refused["detail"] == "active: the value must be true or false."
