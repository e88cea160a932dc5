"""The twelve tests of Microsoft's SCIM validator about groups, each named after it."""

from typing import Any

import pytest

GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def existing(examiner: Any) -> dict[str, Any]:
    """Return a group with one member that stays as it was created."""
    member = {"value": examiner.user()}
    return dict(examiner.create("/Groups", schemas=[GROUP], displayName="KQOVXBEP", externalId="e-1", members=[member]))


@pytest.fixture(scope="module")
def without_members(existing: dict[str, Any]) -> dict[str, Any]:
    """Return the same group as it is answered without its members."""
    return {key: value for key, value in existing.items() if key != "members"}


def test_get_group_by_id_excluding_members(
    examiner: Any, existing: dict[str, Any], without_members: dict[str, Any]
) -> None:
    assert examiner.read(f"/Groups/{existing['id']}", excludedAttributes="members") == without_members


def test_get_group_by_display_name_excluding_members(examiner: Any, without_members: dict[str, Any]) -> None:
    found = examiner.find("/Groups", 'displayName eq "KQOVXBEP"', excludedAttributes="members")
    assert found == [without_members]


def test_filter_for_an_existing_group(examiner: Any, existing: dict[str, Any]) -> None:
    assert examiner.find("/Groups", 'displayName eq "KQOVXBEP"') == [existing]


def test_filter_for_a_non_existing_group(examiner: Any) -> None:
    assert examiner.find("/Groups", 'displayName eq "nonexistent4f3a_KQOVXBEP"') == []


def test_filter_for_an_existing_group_in_different_case(examiner: Any, existing: dict[str, Any]) -> None:
    assert examiner.find("/Groups", 'displayName eq "kqovxbep"') == [existing]


def test_create_a_new_group(examiner: Any) -> None:
    """What was sent is read back, by a filter."""
    examiner.create("/Groups", schemas=[GROUP], displayName="NQXTRVUA", externalId="6c1d3b54")
    [found] = examiner.find("/Groups", 'displayName eq "NQXTRVUA"')
    sent = {"schemas": [GROUP], "displayName": "NQXTRVUA", "externalId": "6c1d3b54"}
    assert {key: value for key, value in found.items() if key not in {"id", "meta"}} == sent


def test_create_a_duplicate_group(examiner: Any, existing: dict[str, Any]) -> None:
    for name in (existing["displayName"], existing["displayName"].lower()):
        answer = examiner.client.post("/Groups", json={"schemas": [GROUP], "displayName": name})
        assert answer.status_code == 409
        assert (answer.json()["schemas"], answer.json()["scimType"]) == ([ERROR], "uniqueness")


def test_patch_group_replace_attributes(examiner: Any) -> None:
    group = f"/Groups/{examiner.group(externalId='before')}"
    assert examiner.patch(group, {"op": "replace", "value": {"externalId": "after"}})["externalId"] == "after"


def test_update_group_display_name(examiner: Any) -> None:
    """Found by the new name, and not by the old one."""
    group = examiner.create("/Groups", displayName="ZVOLDNAM")["id"]
    examiner.patch(f"/Groups/{group}", {"op": "replace", "value": {"displayName": "ZVNEWNAM"}})
    assert [each["id"] for each in examiner.find("/Groups", 'displayName eq "ZVNEWNAM"')] == [group]
    assert examiner.find("/Groups", 'displayName eq "ZVOLDNAM"') == []


def test_patch_group_add_member(examiner: Any) -> None:
    """The validator adds by a replace."""
    group, member = examiner.group(), examiner.user()
    now = examiner.patch(f"/Groups/{group}", {"op": "replace", "path": "members", "value": [{"value": member}]})
    assert [each["value"] for each in now["members"]] == [member]


def test_patch_group_remove_member(examiner: Any) -> None:
    """One of two, by a filter."""
    group, leaving, staying = f"/Groups/{examiner.group()}", examiner.user(), examiner.user()
    both = [{"value": leaving}, {"value": staying}]
    examiner.patch(group, {"op": "replace", "path": "members", "value": both})
    now = examiner.patch(group, {"op": "remove", "path": f'members[value eq "{leaving}"]'})
    assert [each["value"] for each in now["members"]] == [staying]


def test_delete_a_group(examiner: Any) -> None:
    group = f"/Groups/{examiner.group()}"
    assert (examiner.delete(group), examiner.status(group)) == (204, 404)
