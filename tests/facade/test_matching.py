"""How Entra finds what is there: Test Connection, matching queries, reference checks."""

import httpx
import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"


ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


ADELE = {
    "schemas": [USER, ENT],
    "externalId": "AdeleV",
    "userName": "AdeleV@contoso.example",
    "active": True,
    "displayName": "Adele Vance",
    "emails": [{"primary": True, "type": "work", "value": "AdeleV@contoso.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "Adele Vance", "familyName": "Vance", "givenName": "Adele"},
    "roles": [{"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "User"}],
    ENT: {"department": "Retail", "employeeNumber": "000123"},
}


async def test_test_connection_finds_nobody(entra: httpx.AsyncClient) -> None:
    """A search for a random GUID is 200 with an empty ListResponse, however the query is encoded."""
    for query in (
        "filter=userName+eq+%227d420df3-4f1a-4c4e-8fd1-1d6fd58a9d29%22",
        'filter=userName eq "7d420df3-4f1a-4c4e-8fd1-1d6fd58a9d29"',
        'aadOptscim062020&filter=externalId eq "7d420df3-4f1a-4c4e-8fd1-1d6fd58a9d29"',
        'filter=emails[type eq "work"].value eq "7d420df3-4f1a-4c4e-8fd1-1d6fd58a9d29"',
        f'filter={ENT}:employeeNumber eq "7d420df3-4f1a-4c4e-8fd1-1d6fd58a9d29"',
        'filter=customAttribute eq "7d420df3-4f1a-4c4e-8fd1-1d6fd58a9d29"',
    ):
        answer = await entra.get(f"/Users?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/scim+json")
        assert answer.json() == {
            "schemas": [LIST], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []
        }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        'filter=userName eq "ADELEV@CONTOSO.EXAMPLE"',
        "filter=UserName eq AdeleV@contoso.example",
        f'filter={USER}:userName eq "adelev@contoso.example"',
        'filter=externalId eq "AdeleV"',
        "filter=externalId eq AdeleV",
        'filter=displayName eq "adele vance"',
        'filter=emails[type eq "work"].value eq "adelev@contoso.example"',
        'filter=emails[type eq "work"] eq "AdeleV@contoso.example"',
        f'filter={ENT}:employeeNumber eq "000123"',
        "filter=employeeNumber eq 000123",
        "filter=department eq retail",
        'filter=active eq "True" and department eq "Retail"',
        'filter=department sw "Ret" and emails[type eq "work"] eq "adelev@contoso.example"',
        'filter=userName sw "adele" and active eq true',
    ],
)
async def test_matching_queries_find_the_user(entra: httpx.AsyncClient, query: str) -> None:
    """Names in any case, values as their attribute compares; the answer holds the whole resource."""
    created = (await entra.post("/Users", json=ADELE)).json()
    await entra.post("/Users", json={"schemas": [USER], "userName": "other@contoso.example", "externalId": "adelev"})
    answer = await entra.get(f"/Users?{query}")
    assert answer.json() == {
        "schemas": [LIST], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [created]
    }  # fmt: skip


async def test_reference_checks(entra: httpx.AsyncClient) -> None:
    """``id eq … and manager eq …``, either order and with attributes=id, is answered 1 or 0."""
    created = (await entra.post("/Users", json=ADELE | {ENT: {"manager": {"value": "boss"}}})).json()
    for query, total in (
        (f'id eq "{created["id"]}" and manager eq "boss"', 1),
        (f'manager eq "boss" and id eq "{created["id"]}"', 1),
        (f'id eq "{created["id"]}" and {ENT}:manager.value eq "boss"', 1),
        (f'id eq "{created["id"]}" and manager eq "other"', 0),
        ('manager eq "boss"', 1),
        (f'{ENT}:manager eq "boss"', 1),
        ('manager.value eq "Boss"', 0),
        ('manager eq "boss" and active eq true', 1),
    ):
        answer = (await entra.get("/Users", params={"filter": query, "attributes": "id"})).json()
        assert answer["totalResults"] == total
        assert answer["Resources"] == [{"schemas": [USER], "id": created["id"]}] * total
