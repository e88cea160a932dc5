"""The requests of Microsoft's Postman collection, folder by folder; its tenant answers every PATCH with 204."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SPEC = {"scim": {"patchResponse": "NoContent"}}


@pytest.fixture
def empty(scim: httpx.Client) -> httpx.Client:
    """Return a client of a tenant that has neither users nor groups: the collection counts them."""
    for path in ("/Groups", "/Users"):
        for each in scim.get(path).json()["Resources"]:
            scim.delete(f"{path}/{each['id']}")
    return scim


def posted(scim: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """Create a resource; it is answered with 201."""
    answer = scim.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def patched(scim: httpx.Client, path: str, *operations: Mapping[str, Any]) -> int:
    """Send operations as the collection does, with keys of its own, and return the answer's status."""
    body = {"schemas": [PATCH], "id": path.rpartition("/")[2], "Operations": list(operations)}
    return scim.patch(path, json=body).status_code


def total(scim: httpx.Client, path: str) -> int:
    """Return how many resources a list has."""
    answer = scim.get(path)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["totalResults"])


def test_endpoints(empty: httpx.Client) -> None:
    assert [empty.get(path).status_code for path in ("/Users", "/Groups")] == [200, 200]
    assert empty.get("/ResourceTypes").json()["Resources"][0]["endpoint"] == "/Users"
    assert empty.get("/serviceConfiguration").json()["patch"]["supported"] is True
    assert "User Account" in empty.get("/Schemas").text


def test_users(empty: httpx.Client) -> None:
    """A plain and an enterprise user, keys in any case, until both are gone."""
    bob = posted(empty, "/Users", UserName="bob", Active=True, DisplayName="BobIsAmazing", schemas=[])["id"]
    ann = posted(
        empty,
        "/Users",
        userName="ann",
        active=True,
        name={"Formatted": "Ann Marlow", "FamilyName": "Marlow", "GivenName": "Ann"},
        emails=[{"Primary": True, "type": "work", "value": "ann@contoso.example"}],
        **{ENT: {"Department": "Sales", "Manager": {"Value": "SuzzyQ"}}},
    )["id"]
    assert empty.get(f"/Users/{bob}").json()["userName"] == "bob"
    assert empty.get(f"/Users/{ann}").json()[ENT] == {"department": "Sales", "manager": {"value": "SuzzyQ"}}
    listed = empty.get("/Users?attributes=userName,emails").json()["Resources"]
    assert [set(each) - {"schemas"} for each in listed] == [{"id", "userName"}, {"id", "userName", "emails"}]
    assert total(empty, "/Users/?filter=DisplayName+eq+%22BobIsAmazing%22") == 1
    assert patched(empty, f"/Users/{bob}", {"op": "replace", "path": "userName", "value": "ryan3"}) == 204
    assert empty.get(f"/Users/{bob}").json()["userName"] == "ryan3"
    put = empty.put(f"/Users/{ann}", json={"userName": "ann", "active": True, "name": {"formatted": "NewName"}})
    assert (put.status_code, put.json()["name"]["formatted"]) == (200, "NewName")
    assert [empty.delete(f"/Users/{user}").status_code for user in (bob, ann)] == [204, 204]


def test_groups(empty: httpx.Client) -> None:
    """Made with and without members, replaced, and changed member by member; what a member is called is not kept."""
    first, second = (posted(empty, "/Users", userName=name)["id"] for name in ("one", "two"))
    posted(empty, "/Groups", displayName="Group1", members=[])
    posted(empty, "/Groups", displayName="Group2", members=[{"value": first, "display": "one"}])
    third = f"/Groups/{posted(empty, '/Groups', displayName='Group3')['id']}"
    assert total(empty, "/Groups") == 3
    members = [{"value": first, "display": "one"}, {"value": second, "display": "two"}]
    put = empty.put(third, json={"displayName": "Group3", "members": members})
    assert (put.status_code, values(empty, third)) == (200, {first, second})
    again = {
        "name": "addMember",
        "op": "add",
        "path": "members",
        "value": [{"displayName": "new User", "value": second}],
    }
    assert patched(empty, third, again) == 204
    assert values(empty, third) == {first, second}
    assert patched(empty, third, {"op": "remove", "path": f'members[value eq "{second}"]'}) == 204
    assert values(empty, third) == {first}
    assert patched(empty, third, again) == 204
    assert values(empty, third) == {first, second}
    assert patched(empty, third, {"op": "remove", "path": "members"}) == 204
    assert "members" not in empty.get(third).json()
    for path in ("/Groups", "/Users"):
        ids = [each["id"] for each in empty.get(path).json()["Resources"]]
        assert {empty.delete(f"{path}/{name}").status_code for name in ids} == {204}
        assert total(empty, path) == 0


def values(scim: httpx.Client, group: str) -> set[str]:
    """Return the ids of a group's members."""
    return {each["value"] for each in scim.get(group).json()["members"]}


@pytest.mark.parametrize("attributes", ['emails[type eq "work"]', 'emails[value eq "emailName357"]'])
def test_complex_attributes(empty: httpx.Client, attributes: str) -> None:
    """A value path where a name belongs: the attribute is answered."""
    posted(empty, "/Users", userName="one", emails=[{"type": "work", "value": "emailName357"}])
    posted(empty, "/Users", userName="two", emails=[{"type": "home", "value": "emailName358"}])
    answer = empty.get("/Users", params={"attributes": attributes})
    assert answer.status_code == 200
    assert "emailName357" in answer.text


def employee(name: str, domain: str) -> dict[str, Any]:
    """Return somebody of a family called Employee."""
    emails = [{"primary": True, "type": "work", "value": f"{name}@{domain}"}]
    return {"userName": name, "name": {"familyName": "Employee", "givenName": name}, "emails": emails}


def test_users_with_garbage(empty: httpx.Client) -> None:
    """Texts for booleans, what is no user at all, twice the same; then pages and filters without quotes."""
    omalley = posted(
        empty, "/Users", userName="OMalley", name={"familyName": "O'Malley"}, emails=[{"value": "o@x.test"}]
    )
    first = posted(empty, "/Users", **employee("emp1", "example.com"), active="True")
    assert first["active"] is True
    assert total(empty, "/Users") == 2
    posted(empty, "/Users", **employee("emp2", "example.com"))
    posted(empty, "/Users", **employee("emp3", "example.org"))
    assert empty.post("/Users", json={"displayName": "nobody"}).status_code == 400
    assert empty.post("/Users", content=b'{"userName": junk').status_code == 400
    twice = empty.post("/Users", json=employee("emp3", "example.org"))
    assert (twice.status_code, bool(twice.json()["detail"])) == (409, True)
    user = f"/Users/{omalley['id']}"
    assert empty.put(user, json={"displayName": "nobody"}).status_code == 400
    misspelt = empty.put(user, json={"userName": "OMalley", "adresses": [{"type": "work", "locality": "Cork"}]})
    assert (misspelt.status_code, "addresses" in misspelt.json()) == (200, False)
    fifth = posted(empty, "/Users", **employee("emp5", "example.com"), **{ENT: {"department": "Sales"}})
    user = f"/Users/{fifth['id']}"
    assert patched(empty, user, {"op": "Replace", "path": "userName", "value": "emp5b"}) == 204
    assert patched(empty, user, {"op": "Replace", "path": "active", "value": False}) == 204
    now = empty.get(user).json()
    assert (now["userName"], now["active"]) == ("emp5b", False)
    assert empty.put(user, json=employee("emp5", "example.com")).status_code == 200
    page = empty.get("/Users?startIndex=1&count=2").json()
    assert (page["totalResults"], page["itemsPerPage"], len(page["Resources"])) == (5, 2, 2)
    assert total(empty, "/Users?attributes=userName,emails") == 5
    either = "(emails.Value co example.com or emails.Value co example.org)"
    assert total(empty, f"/Users?filter=name.FamilyName eq Employee and {either}") == 4
    assert total(empty, "/Users?filter=userName sw O") == 1
    assert total(empty, "/Users?filter=meta.Created gt 2015-10-10T14:38:21.8617979-07:00") == 5


def test_groups_with_garbage(empty: httpx.Client) -> None:
    """Members as text, who are nobody."""
    group = f"/Groups/{posted(empty, '/Groups', displayName='Group1')['id']}"
    for number in (1, 2):
        adding = {"name": "addMember", "op": "add", "path": "members", "value": f"string id {number}"}
        assert patched(empty, group, adding) == 204
    assert values(empty, group) == {"string id 1", "string id 2"}
    assert "members" not in empty.get(f"{group}?excludedAttributes=members").json()
    assert empty.put(group, json={"displayName": "Group1 again"}).status_code == 200


def test_teardown(empty: httpx.Client) -> None:
    """After the last DELETE the lists are there, and empty."""
    posted(empty, "/Users", userName="last")
    [last] = empty.get("/Users?attributes=userName").json()["Resources"]
    assert empty.delete(f"/Users/{last['id']}").status_code == 204
    assert [empty.get(path).json()["Resources"] for path in ("/Users?attributes=userName", "/Groups")] == [[], []]
