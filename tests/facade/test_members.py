"""Members: what one operation means, and what a request changes in the end."""

from dataclasses import dataclass

import pytest
from scim2_models import SCIMException, TooManyException

from workteam_scim.members import Add, Change, Edit, Remove, Replace, net_change, read_edit
from workteam_scim.normalise import ABSENT, Operation, Verb
from workteam_scim.paths import group_table


@dataclass(frozen=True)
class Crew:
    """A group of these members."""

    members: tuple[str, ...] = ("a", "b")

    def holds(self, name: str) -> bool:
        """Say whether somebody is one of them."""
        return name in self.members


@pytest.mark.parametrize(
    ("edits", "added", "removed"),
    [
        pytest.param((), (), (), id="nothing"),
        pytest.param((Add(("c", "a", "d")),), ("c", "d"), (), id="who-is-in-is-not-added"),
        pytest.param((Remove(("a", "z")),), (), ("a",), id="removing-a-stranger-is-no-error"),
        pytest.param((Replace(("b", "c")),), ("c",), ("a",), id="who-stays-is-not-touched"),
        pytest.param((Replace(("b", "a")),), (), (), id="replaced-by-the-same"),
        pytest.param((Replace(()),), (), ("a", "b"), id="emptied"),
        pytest.param((Add(("c",)), Remove(("c",))), (), (), id="added-and-removed"),
        pytest.param((Remove(("a",)), Add(("a",))), (), (), id="removed-and-added"),
        pytest.param((Add(("c",)), Replace(("a", "d"))), ("d",), ("b",), id="a-replace-forgets-what-was-before"),
        pytest.param((Replace(("c",)), Add(("a",)), Remove(("c",))), (), ("b",), id="and-is-edited-further"),
        pytest.param((Remove(("a", "b")), Add(("c", "b"))), ("c",), ("a",), id="some-of-each"),
    ],
)
def test_the_net_change_of_edits_in_order(
    edits: tuple[Edit, ...], added: tuple[str, ...], removed: tuple[str, ...]
) -> None:
    whole = any(isinstance(edit, Replace) for edit in edits)
    assert net_change(edits, Crew()) == Change(added, frozenset(removed), whole)


def test_one_request_names_up_to_20000_members() -> None:
    """Also in several operations, and whatever the group has."""
    ids = tuple(f"m{number}" for number in range(20_000))
    assert len(net_change([Add(ids)], Crew()).added) == 20_000
    with pytest.raises(TooManyException):
        net_change([Add(ids), Remove(("one-more",))], Crew())


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
        'members[value eq " "]',
        r'members[value eq "a\tb"]',
        f'members[value eq "{"x" * 254}"]',
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


NO_IDS = [
    "",
    7,
    None,
    True,
    [],
    {"value": 7},
    {"id": "a"},
    "x" * 254,
    " ",
    "\u00a0",
    {"value": "\t"},
    "\0",
    "a\nb",
    "a\x85",
]


@pytest.mark.parametrize("value", NO_IDS, ids=ascii)
@pytest.mark.parametrize("verb", Verb)
def test_an_id_is_a_text_of_up_to_253_characters(verb: Verb, value: object) -> None:
    """Not blank, without control characters: else the operation is refused, whatever it does."""
    found = group_table().find("members")
    assert found is not None
    with pytest.raises(SCIMException) as caught:
        read_edit(Operation(verb, found, ["a", value]))
    assert caught.value.scim_type == "invalidValue"
