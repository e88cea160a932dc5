"""What each profile of the stand-in takes, keeps and says of itself."""

from typing import Any

import httpx
import pytest

from workteam_cli.tenant.application import StandIn

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

ODD_BUT_KEPT = {
    "userName": "Ana.B@CONTOSO.local",
    "externalId": "Ana.B",
    "active": True,
    "displayName": " Zoe\u0308 \u05d0\u05d1 ",
    "profileUrl": "see the intranet",
    "name": {"givenName": "Zoe\u0308", "familyName": "\u738b"},
    "emails": [{"type": "work", "value": "A.B@X.COM", "primary": True}, {"type": "other", "value": "SMTP:x@localhost"}],
    ENTERPRISE: {"department": "R&D", "manager": {"value": "nobody-has-this-id"}},
}

EIGHT = {
    "userName": "ana@x.test",
    "externalId": "5171",
    "active": True,
    "displayName": "Ana",
    "title": "Lead",
    "nickName": "an",
    "name": {"givenName": "Ana", "familyName": "B"},
    "emails": [{"type": "work", "value": "ana@x.test"}],
    ENTERPRISE: {"department": "R&D", "manager": {"value": "m1"}},
}


def sent_part(resource: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the server adds."""
    return {key: value for key, value in resource.items() if key not in {"schemas", "id", "meta"}}


def names(schema: dict[str, Any]) -> set[str]:
    """The names of a schema's attributes and their parts."""
    parts = {f"{a['name']}.{p['name']}" for a in schema["attributes"] for p in a.get("subAttributes", [])}
    return parts | {a["name"] for a in schema["attributes"]}


def test_full_keeps_every_string_as_it_was_sent(scim: httpx.Client) -> None:
    """Addresses that are none, URLs that are none, NFD, blanks and a manager who does not exist come back unchanged."""
    created = scim.post("/Users", json={"schemas": [USER, ENTERPRISE], **ODD_BUT_KEPT})
    read = scim.get(f"/Users/{created.json()['id']}")
    assert (created.status_code, sent_part(read.json())) == (201, ODD_BUT_KEPT)


def test_full_has_groups(scim: httpx.Client) -> None:
    """Users and Groups are offered, and a team with a member can be made."""
    kinds = [kind["name"] for kind in scim.get("/ResourceTypes").json()["Resources"]]
    team = {"displayName": "sg-Sales", "externalId": "g1", "members": [{"value": "u1"}]}
    created = scim.post("/Groups", json={"schemas": [GROUP], **team})
    assert (kinds, created.status_code, sent_part(created.json())) == (["User", "Group"], 201, team)


@pytest.mark.parametrize(
    ("path", "name", "other_case"), [("/Users", "userName", "ANA@x.test"), ("/Groups", "displayName", "ana@X.test")]
)
def test_names_are_unique_in_any_case(scim: httpx.Client, path: str, name: str, other_case: str) -> None:
    """A second userName or displayName that differs by case alone is 409 uniqueness."""
    schema = USER if path == "/Users" else GROUP
    first = scim.post(path, json={"schemas": [schema], name: "ana@x.test"})
    second = scim.post(path, json={"schemas": [schema], name: other_case})
    assert (first.status_code, second.status_code, second.json()["scimType"]) == (201, 409, "uniqueness")


def test_workteam_takes_its_eight_attributes(documented: httpx.Client) -> None:
    """The documented attributes, userName, externalId and active are stored as sent."""
    created = documented.post("/Users", json={"schemas": [USER, ENTERPRISE], **EIGHT})
    assert (created.status_code, sent_part(created.json())) == (201, EIGHT)


def test_workteam_publishes_its_eight_attributes_and_no_groups(documented: httpx.Client) -> None:
    """Schemas and ResourceTypes name what there is, and nothing else; /Groups is 404."""
    schemas = {schema["id"]: names(schema) for schema in documented.get("/Schemas").json()["Resources"]}
    kinds = [kind["name"] for kind in documented.get("/ResourceTypes").json()["Resources"]]
    name_parts = {"name", "name.givenName", "name.familyName"}
    mail_parts = {"emails", "emails.value", "emails.type", "emails.display", "emails.primary"}
    assert schemas == {
        USER: {"userName", "active", "displayName", "title", "nickName"} | name_parts | mail_parts,
        ENTERPRISE: {"department", "manager", "manager.value", "manager.$ref", "manager.displayName"},
    }
    assert (kinds, documented.get("/Groups").status_code) == (["User"], 404)


def test_an_attribute_beyond_the_schema_is_refused(documented: httpx.Client) -> None:
    """A strict server answers 400, and nothing is stored."""
    refused = documented.post("/Users", json={"schemas": [USER], "userName": "a", "preferredLanguage": "de"})
    assert (refused.status_code, documented.get("/Users").json()["totalResults"]) == (400, 0)


def test_an_attribute_beyond_the_schema_is_ignored_when_told_so(
    small_tenant: StandIn, documented: httpx.Client
) -> None:
    """With ``unknown`` set to ignore the rest is stored."""
    small_tenant.control.behave(unknown="ignore")
    created = documented.post("/Users", json={"schemas": [USER], "userName": "a", "preferredLanguage": "de"})
    assert (created.status_code, sent_part(created.json())) == (201, {"userName": "a"})


def test_a_wrong_token_is_401(stand_in: StandIn) -> None:
    """With another token, with none, and with another scheme."""
    given = [{"Authorization": "Bearer wrong"}, {}, {"Authorization": f"Basic {stand_in.token}"}]
    statuses = [httpx.get(f"{stand_in.base_url}/Users", headers=headers).status_code for headers in given]
    assert statuses == [401, 401, 401]


def test_without_admin_permission_reads_are_answered_and_writes_are_403(reader: httpx.Client) -> None:
    """Also the PATCH of an id that nobody has, which is how the permission is probed."""
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": []}
    answers = [
        reader.get("/Users"),
        reader.post("/Users", json={"schemas": [USER], "userName": "a"}),
        reader.patch("/Users/nobody", json=patch),
        reader.delete("/Users/nobody"),
    ]
    assert [answer.status_code for answer in answers] == [200, 403, 403, 403]


def test_an_administrator_is_told_that_nobody_has_the_id(scim: httpx.Client) -> None:
    """The same probe with the permission is 404."""
    change = {"op": "replace", "path": "active", "value": True}
    patch = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [change]}
    assert scim.patch("/Users/nobody", json=patch).status_code == 404
