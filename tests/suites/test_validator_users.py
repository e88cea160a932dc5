"""Tests of Microsoft's SCIM validator about users, each named after it; those with every attribute are a file apart."""

from typing import Any

import pytest

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def existing(examiner: Any) -> dict[str, Any]:
    """Return a user who stays as they were created, in mixed case."""
    return dict(examiner.create("/Users", userName="Dale.Mohr@Romaguera.example", displayName="Dale"))


def test_create_a_duplicate_user(examiner: Any, existing: dict[str, Any]) -> None:
    """The same name is refused, in another case too, and the refusal says why."""
    for name in (existing["userName"], existing["userName"].upper()):
        answer = examiner.client.post("/Users", json={"schemas": [USER], "userName": name})
        assert answer.status_code == 409
        assert answer.json()["schemas"] == [ERROR]
        assert answer.json()["scimType"] == "uniqueness"


def test_filter_for_an_existing_user(examiner: Any, existing: dict[str, Any]) -> None:
    assert examiner.find("/Users", 'userName eq "Dale.Mohr@Romaguera.example"') == [existing]


def test_filter_for_a_non_existing_user(examiner: Any) -> None:
    assert examiner.find("/Users", 'userName eq "nonexistent4f3a_nobody@contoso.example"') == []


def test_filter_for_an_existing_user_in_different_case(examiner: Any, existing: dict[str, Any]) -> None:
    assert examiner.find("/Users", 'userName eq "DALE.MOHR@ROMAGUERA.EXAMPLE"') == [existing]


def test_update_user_user_name(examiner: Any) -> None:
    """Found by the new name, and not by the old one."""
    user = examiner.create("/Users", userName="burdette.old@beer.example")["id"]
    examiner.patch(f"/Users/{user}", {"op": "replace", "value": {"userName": "burdette@beer.example"}})
    assert [each["id"] for each in examiner.find("/Users", 'userName eq "burdette@beer.example"')] == [user]
    assert examiner.find("/Users", 'userName eq "burdette.old@beer.example"') == []


def test_patch_user_disable_user(examiner: Any) -> None:
    """They are still there, by id and by name, and inactive."""
    user = examiner.create("/Users", userName="disabled@contoso.example", active=True)["id"]
    now = examiner.patch(f"/Users/{user}", {"op": "replace", "path": "active", "value": False})
    assert now["active"] is False
    assert examiner.find("/Users", 'userName eq "disabled@contoso.example"') == [now]


@pytest.mark.parametrize("shape", [str, lambda name: {"value": name}], ids=["as-text", "as-object"])
def test_add_manager(examiner: Any, shape: Any) -> None:
    manager, user = examiner.user(), examiner.user()
    now = examiner.patch(f"/Users/{user}", {"op": "add", "path": f"{ENT}:manager", "value": shape(manager)})
    assert now[ENT] == {"manager": {"value": manager}}


@pytest.mark.parametrize("shape", [str, lambda name: {"value": name}], ids=["as-text", "as-object"])
def test_replace_manager(examiner: Any, shape: Any) -> None:
    first, second = examiner.user(), examiner.user()
    user = examiner.user(**{ENT: {"manager": {"value": first}}})
    now = examiner.patch(f"/Users/{user}", {"op": "replace", "path": f"{ENT}:manager", "value": shape(second)})
    assert now[ENT] == {"manager": {"value": second}}


@pytest.mark.parametrize("nothing", ["", {"value": ""}], ids=["as-text", "as-object"])
def test_remove_manager(examiner: Any, nothing: Any) -> None:
    """The extension held nothing else, so it is gone too."""
    user = examiner.user(**{ENT: {"manager": {"value": examiner.user()}}})
    now = examiner.patch(f"/Users/{user}", {"op": "replace", "path": f"{ENT}:manager", "value": nothing})
    assert ENT not in now


def test_delete_a_user(examiner: Any) -> None:
    user = f"/Users/{examiner.user()}"
    assert (examiner.delete(user), examiner.status(user)) == (204, 404)
