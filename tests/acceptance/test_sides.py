"""What is compared end to end: ids of three sides become Entra's, and no difference hides behind that."""

from collections.abc import Callable
from typing import Any

import pytest

State = dict[str, dict[str, dict[str, Any]]]
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ANA = {"userName": "ana@contoso.com", "externalId": "Ana", "active": True}
BEN = {"userName": "ben@contoso.com", "externalId": "Ben", "active": True, "enterprise": {"manager": {"value": "a1"}}}
CREW = {"displayName": "Crew", "externalId": "b1", "members": ["a1", "a2"]}
EXPECTED: State = {
    "users": {"a1": ANA, "a2": BEN},
    "accounts": {"a1": ANA, "a2": BEN},
    "groups": {"b1": CREW},
    "teams": {"b1": CREW},
}


def objects() -> dict[str, Any]:
    """Two users and a group, as the API server returns them; the ids in them are names of objects."""
    tenant = {"tenantRef": {"name": "contoso"}}
    manager = {"enterprise": {"manager": {"value": "object-ana"}}}
    members = {"members": ["object-ben", "object-ana"]}
    return {
        "object-ben": {"kind": "WorkteamUser", "spec": tenant | BEN | manager},
        "object-ana": {"kind": "WorkteamUser", "spec": tenant | ANA},
        "object-crew": {"kind": "WorkteamGroup", "spec": tenant | CREW | members},
    }


def accounts() -> dict[str, Any]:
    """The same two as Workteam returns them; the ids in them are ids of accounts."""
    core = {name: value for name, value in BEN.items() if name != "enterprise"}
    manager = {"value": "17", "$ref": "https://workteam.example/Users/17", "displayName": "Ana"}
    kept = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "meta": {"resourceType": "User"}}
    return {
        "17": kept | ANA | {"id": "17", "groups": [{"value": "70"}]},
        "18": kept | core | {"id": "18", ENTERPRISE: {"manager": manager}},
    }


def teams() -> dict[str, Any]:
    """The team as Workteam returns it."""
    return {"70": {"id": "70", **CREW, "members": [{"value": "17", "display": "Ana"}, {"value": "18"}]}}


def test_three_sides_with_ids_of_their_own_equal_one_state(seen_from_entra: Callable[..., State]) -> None:
    """Managers and members are resolved on each side; what a server adds by itself is no difference."""
    assert seen_from_entra(EXPECTED, objects(), accounts(), teams()) == EXPECTED


def test_the_member_left_of_a_purged_user_is_recognised(seen_from_entra: Callable[..., State]) -> None:
    """The object is gone and its id stands in the group: the id is remembered from the state before."""
    seen_from_entra(EXPECTED, objects(), accounts(), teams())
    gone = EXPECTED | {"users": {"a1": ANA}}
    left = {name: each for name, each in objects().items() if name != "object-ben"}
    assert seen_from_entra(gone, left, accounts(), teams()) == gone


def test_a_second_account_of_one_person_shows(seen_from_entra: Callable[..., State]) -> None:
    """Two accounts with one externalId do not melt into one."""
    twice = accounts() | {"19": accounts()["17"] | {"id": "19"}}
    assert seen_from_entra(EXPECTED, objects(), twice, teams())["accounts"].keys() == {"a1", "a2", "19"}


def test_a_stranger_shows(seen_from_entra: Callable[..., State]) -> None:
    """Who is not expected keeps the id of that side, in the map and in the team."""
    stranger = {"id": "66", "userName": "eve@contoso.com", "active": True}
    crew = {"70": teams()["70"] | {"members": [{"value": "66"}]}}
    seen = seen_from_entra(EXPECTED, objects(), accounts() | {"66": stranger}, crew)
    assert (set(seen["accounts"]), seen["teams"]["b1"]["members"]) == ({"a1", "a2", "66"}, ["66"])


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        pytest.param("active", False, id="access"),
        pytest.param("externalId", "ana", id="the case of an externalId"),
        pytest.param("userName", "ANA@contoso.com", id="the case of a userName"),
        pytest.param("title", "", id="an empty attribute that nobody sent"),
    ],
)
def test_a_differing_attribute_shows(seen_from_entra: Callable[..., State], attribute: str, value: object) -> None:
    """One attribute of one account differs: the person is still recognised, and the states are unequal."""
    changed = accounts()
    changed["17"] |= {attribute: value}
    seen = seen_from_entra(EXPECTED, objects(), changed, teams())
    assert seen["accounts"]["a1"] == ANA | {attribute: value}
    assert seen != EXPECTED
