"""The seven preview tests of Microsoft's SCIM validator, each named after it."""

from typing import Any

import pytest


def test_multiple_operations_on_different_attributes(examiner: Any) -> None:
    """An add, a replace and a remove in one request."""
    user = f"/Users/{examiner.user(title='before', nickName='Babs')}"
    now = examiner.patch(
        user,
        {"op": "remove", "path": "nickName"},
        {"op": "add", "path": "displayName", "value": "after"},
        {"op": "replace", "path": "title", "value": "after"},
    )
    assert (now["displayName"], now["title"], "nickName" in now) == ("after", "after", False)


@pytest.mark.parametrize("attribute", ["externalId", "title"])
def test_multiple_operations_on_the_same_attribute(examiner: Any, attribute: str) -> None:
    """In the order of the request: the last one wins."""
    user = f"/Users/{examiner.user(**{attribute: 'before'})}"
    now = examiner.patch(
        user,
        {"op": "remove", "path": attribute},
        {"op": "add", "path": attribute, "value": "between"},
        {"op": "replace", "path": attribute, "value": "after"},
    )
    assert now[attribute] == "after"


def test_group_multiple_operations_on_the_same_attribute(examiner: Any) -> None:
    """A member added and removed by one request was never one."""
    group, member = f"/Groups/{examiner.group()}", examiner.user()
    now = examiner.patch(
        group,
        {"op": "add", "path": "members", "value": [{"value": member}]},
        {"op": "remove", "path": f'members[value eq "{member}"]'},
    )
    assert "members" not in now


def test_delete_a_non_existent_user(examiner: Any) -> None:
    assert examiner.delete("/Users/6b1e1a2f-5b0c-4d8e-9a3f-2c4d5e6f7a8b") == 404


def test_delete_the_same_user_twice(examiner: Any) -> None:
    user = f"/Users/{examiner.user()}"
    assert (examiner.delete(user), examiner.delete(user)) == (204, 404)


def test_delete_a_non_existent_group(examiner: Any) -> None:
    assert examiner.delete("/Groups/6b1e1a2f-5b0c-4d8e-9a3f-2c4d5e6f7a8b") == 404


def test_delete_the_same_group_twice(examiner: Any) -> None:
    group = f"/Groups/{examiner.group()}"
    assert (examiner.delete(group), examiner.delete(group)) == (204, 404)
