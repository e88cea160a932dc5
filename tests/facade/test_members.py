"""Members: the list that results from edits, and what one operation means."""

import pytest
from scim2_models import SCIMException, TooManyException

from workteam_scim.members import Add, Edit, Remove, Replace, edited, read_edit
from workteam_scim.normalise import ABSENT, Operation, Verb
from workteam_scim.paths import group_table

FULL = tuple(f"m{number}" for number in range(250))


@pytest.mark.parametrize(
    ("edits", "members"),
    [
        pytest.param((), ("a", "b"), id="nothing"),
        pytest.param((Add(("c", "a")),), ("a", "b", "c"), id="an-add-keeps-the-order-of-coming"),
        pytest.param((Remove(("a", "z")),), ("b",), id="removing-a-stranger-is-no-error"),
        pytest.param((Replace(("b", "c")),), ("b", "c"), id="who-stays-keeps-the-place"),
        pytest.param((Replace(("c", "b")),), ("b", "c"), id="whatever-the-order-asked-for"),
        pytest.param((Replace(()),), (), id="emptied"),
        pytest.param((Add(("c",)), Remove(("c",))), ("a", "b"), id="added-and-removed"),
        pytest.param((Remove(("a",)), Add(("a",))), ("b", "a"), id="removed-and-added"),
    ],
)
def test_edits_in_order(edits: tuple[Edit, ...], members: tuple[str, ...]) -> None:
    assert edited(("a", "b"), edits) == members


def test_the_net_result_counts() -> None:
    """250 are held; one more is refused, unless one goes in the same request."""
    assert edited(FULL, [Add(("m1",))]) == FULL
    assert len(edited(FULL, [Add(("new",)), Remove(("m1",))])) == 250
    with pytest.raises(TooManyException):
        edited(FULL, [Add(("new",))])


def target(path: str) -> Operation:
    """Return a removal of a path."""
    found = group_table().find(path)
    assert found is not None
    return Operation(Verb.REMOVE, found)


@pytest.mark.parametrize(
    ("path", "edit"),
    [
        ("members", Replace(())),
        ('members[value eq "a"]', Remove(("a",))),
        ("members[Value EQ a]", Remove(("a",))),
        ('members[value eq "a]', Remove(("a",))),
        (r"members[value eq \"a\"]", Remove(("a",))),
        ("members[value eq 'a']", Remove(("a",))),
        (r'members[value eq "a\"]', Remove(("a",))),
        (r'members[value eq \\"a\\"]', Remove(("a",))),
    ],
)
def test_a_removal_by_path(path: str, edit: Edit) -> None:
    assert read_edit(target(path)) == edit


@pytest.mark.parametrize(
    "path",
    [
        "members.value",
        'members[display eq "a"]',
        'members[value eq ""]',
        'members[value sw "a"]',
        'members[value eq "a" or value eq "b"]',
        "members[value eq a b]",
        "members[value eq (a)]",
        'members[value eq "(a)"]',
        r'members[value eq "a\"b"]',
        r'members[value eq "a\\b"]',
        'members[value eq "a" b"]',
        """members[value eq '"a"']""",
    ],
)
def test_a_path_that_is_not_understood_is_refused(path: str) -> None:
    with pytest.raises(SCIMException) as caught:
        read_edit(target(path))
    assert caught.value.scim_type == "invalidPath"


@pytest.mark.parametrize("verb", [Verb.ADD, Verb.REPLACE])
def test_a_filter_is_for_removals_only(verb: Verb) -> None:
    found = group_table().find('members[value eq "a"]')
    assert found is not None
    with pytest.raises(SCIMException):
        read_edit(Operation(verb, found, ABSENT))


@pytest.mark.parametrize(
    ("verb", "value", "edit"),
    [
        (Verb.ADD, ["a", {"value": "b"}], Add(("a", "b"))),
        (Verb.ADD, None, Add(())),
        (Verb.REPLACE, {"value": "a"}, Replace(("a",))),
        (Verb.REPLACE, None, Replace(())),
        (Verb.REPLACE, [], Replace(())),
        (Verb.REMOVE, ["a"], Remove(("a",))),
        (Verb.REMOVE, [], Remove(())),
        (Verb.REMOVE, ABSENT, Replace(())),
    ],
)
def test_an_operation_on_all_members(verb: Verb, value: object, edit: Edit) -> None:
    """Only a removal without a value, and a replacement by nothing, empty a group."""
    found = group_table().find("members")
    assert found is not None
    assert read_edit(Operation(verb, found, value)) == edit


@pytest.mark.parametrize("value", ["", 7, None, True, [], {"value": 7}, {"id": "a"}, "x" * 254], ids=str)
def test_an_id_is_a_text_of_up_to_253_characters(value: object) -> None:
    found = group_table().find("members")
    assert found is not None
    with pytest.raises(SCIMException):
        read_edit(Operation(Verb.ADD, found, [value]))
