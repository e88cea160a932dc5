"""The lists of a group's members: their union is the group, whatever comes first, and members lead to their groups."""

from typing import Any

import orjson
import pytest

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership
from workteam_scim.shelf import Shelf

MODIFIED = "workte.am/last-modified"


def a_group(*members: str, name: str = "crew", version: int = 1, **metadata: Any) -> WorkteamGroup:
    """Return a group as the API server has it at a resourceVersion; its generation is the same."""
    head: dict[str, Any] = {"name": name, "namespace": "teams", "uid": f"uid-{name}", "resourceVersion": str(version)}
    head |= {"generation": version, "creationTimestamp": "2026-11-01T08:00:00Z", **metadata}
    spec = {"tenantRef": {"name": "acme"}, "displayName": name, "members": list(members)}
    return WorkteamGroup.parse({"metadata": head, "spec": spec})


def a_list(name: str, *members: str, group: str = "crew", version: int = 1, **metadata: Any) -> WorkteamGroupMembership:
    """Return a further list of a group as the API server has it."""
    head: dict[str, Any] = {"name": name, "namespace": "teams", "uid": f"uid-{name}", "resourceVersion": str(version)}
    head |= {"generation": version, **metadata}
    spec = {"tenantRef": {"name": "acme"}, "groupRef": {"name": group}, "members": list(members)}
    return WorkteamGroupMembership.parse({"metadata": head, "spec": spec})


@pytest.fixture
def shelf() -> Shelf[WorkteamGroup]:
    """An empty shelf."""
    return Shelf("https://scim.example/teams/acme/scim/v2", "displayName")


def members(shelf: Shelf[WorkteamGroup], name: str = "crew") -> tuple[str, ...]:
    """Return the members of a group."""
    entry = shelf.get(name)
    assert entry is not None
    return entry.members


def answered(shelf: Shelf[WorkteamGroup]) -> list[str]:
    """Return the members that are answered."""
    [resource] = shelf
    return [member["value"] for member in orjson.loads(resource.body()).get("members", [])]


def test_the_union_of_all_lists_is_the_group(shelf: Shelf[WorkteamGroup]) -> None:
    """Whichever came first; a list of another group, or of none, is nobody's here."""
    shelf.lists.put(a_list("one", "b", "c"))
    shelf.lists.put(a_list("other", "z", group="nobody"))
    shelf.put(a_group("a"))
    shelf.lists.put(a_list("two", "d"))
    assert answered(shelf) == ["a", "b", "c", "d"]
    entry = shelf.get("crew")
    assert entry is not None
    assert (entry.count, entry.holds("d"), entry.holds("z")) == (4, True, False)


def test_who_stands_in_two_lists_is_one_member(shelf: Shelf[WorkteamGroup]) -> None:
    """Answered once and counted once; out of one list, still in; out of both, gone."""
    shelf.put(a_group("a", "b"))
    shelf.lists.put(a_list("one", "b", "c"))
    entry = shelf.get("crew")
    assert entry is not None
    assert (answered(shelf), entry.count) == (["a", "b", "c"], 3)
    shelf.put(a_group("a", version=2))
    assert (answered(shelf), shelf.by_member.find("b")) == (["a", "b", "c"], ("crew",))
    shelf.lists.put(a_list("one", "c", version=2))
    assert (answered(shelf), shelf.by_member.find("b")) == (["a", "c"], ())


def test_a_member_leads_to_the_groups(shelf: Shelf[WorkteamGroup]) -> None:
    """By whatever list; and no more once the list, the member or the group is gone."""
    shelf.put(a_group("a"))
    shelf.put(a_group("a", name="band"))
    shelf.lists.put(a_list("one", "a", "b", group="band"))
    assert (shelf.by_member.find("a"), shelf.by_member.find("b")) == (("band", "crew"), ("band",))
    shelf.lists.remove("one", "uid-one")
    assert (shelf.by_member.find("a"), shelf.by_member.find("b")) == (("band", "crew"), ())
    shelf.remove("band", "uid-band")
    assert shelf.by_member.find("a") == ("crew",)


def test_the_etag_moves_with_every_list(shelf: Shelf[WorkteamGroup]) -> None:
    """With uid and generation of the group and of each membership; a resourceVersion alone moves nothing."""
    states = (a_group("a"), a_group("b", version=2), a_group("b", version=3, uid="other"))
    seen = [shelf.put(state) for state in states]
    for number, resource in enumerate((a_list("one", "c"), a_list("one", "d", version=2), a_list("two", version=9))):
        shelf.lists.put(resource, written=float(number))
        seen.append(shelf.get("crew"))
    shelf.lists.remove("two", "uid-two")
    assert shelf.get("crew").version == seen[4].version  # type: ignore[union-attr]
    assert len({entry.version for entry in seen if entry}) == 6
    shelf.lists.put(a_list("one", "d", version=2, resourceVersion="7"))
    assert shelf.get("crew").version == seen[4].version  # type: ignore[union-attr]


def test_last_modified_is_the_latest_of_all_lists(shelf: Shelf[WorkteamGroup]) -> None:
    """The group's creation while none says more."""

    def modified() -> str:
        entry = shelf.get("crew")
        assert entry is not None
        return str(entry.attributes()["meta"]["lastModified"])

    shelf.put(a_group("a"))
    assert modified() == "2026-11-01T08:00:00Z"
    shelf.lists.put(a_list("one", "b", annotations={MODIFIED: "2026-11-24T09:00:00Z"}))
    assert modified() == "2026-11-24T09:00:00Z"
    shelf.put(a_group("a", version=2, annotations={MODIFIED: "2026-11-25T09:00:00Z"}))
    assert modified() == "2026-11-25T09:00:00Z"


def test_a_list_that_was_written_survives_an_older_one(shelf: Shelf[WorkteamGroup]) -> None:
    """Rule A10 for lists: neither an older event nor a full list that began before undoes a write or a deletion."""
    shelf.put(a_group("a"))
    shelf.lists.put(a_list("one", "b", version=5), written=20.0)
    shelf.lists.put(a_list("one", version=4))
    shelf.lists.replace(map(shelf.lists.seen, [a_list("one", version=4), a_list("two", "c")]), began=10.0)
    assert answered(shelf) == ["a", "b", "c"]
    two = shelf.lists.get("two")
    assert two is not None
    shelf.lists.bury(two, 30.0)
    shelf.lists.replace(map(shelf.lists.seen, [a_list("one", "b", version=6), a_list("two", "c")]), began=25.0)
    assert answered(shelf) == ["a", "b"]
    shelf.lists.replace([], began=40.0)
    assert answered(shelf) == ["a"]


def left(shelf: Shelf[WorkteamGroup]) -> list[str]:
    """Return the lists that deleted groups leave."""
    return sorted(each.name for each in shelf.left_over())


def test_a_deleted_group_leaves_its_lists() -> None:
    """By a request of ours or by an event, and after its last event too; then whoever deletes them is told."""
    told: list[str] = []
    shelf: Shelf[WorkteamGroup] = Shelf("https://scim.example", "displayName", lambda: told.append("departed"))
    for name in ("crew", "band"):
        shelf.put(a_group("a", name=name))
        shelf.lists.put(a_list(f"of-{name}", "b", group=name))
    assert (left(shelf), told) == ([], [])
    crew = shelf.get("crew")
    assert crew is not None
    shelf.bury(crew, 10.0)
    shelf.put(a_group("a", name="band", version=2, deletionTimestamp="2026-11-24T09:00:00Z"))
    assert (left(shelf), told) == (["of-band", "of-crew"], ["departed", "departed"])
    shelf.remove("crew", "uid-crew")
    shelf.lists.put(a_list("late", "c", group="band"))
    assert (left(shelf), told) == (["late", "of-band", "of-crew"], ["departed"] * 3)
    shelf.lists.remove("of-crew", "uid-of-crew")
    assert left(shelf) == ["late", "of-band"]


def test_a_list_of_no_group_is_left_alone(shelf: Shelf[WorkteamGroup]) -> None:
    """A restore may bring it first, also under the name of a group that was deleted here."""
    shelf.put(a_group("a"))
    shelf.put(a_group("a", version=2, deletionTimestamp="2026-11-24T09:00:00Z"))
    shelf.remove("crew", "uid-crew")
    shelf.lists.put(a_list("restored", "a"))
    shelf.lists.put(a_list("strange", "a", group="nobody"))
    assert left(shelf) == []
    shelf.put(a_group("b", uid="second", version=9))
    assert (left(shelf), members(shelf)) == ([], ("b", "a"))


def test_what_was_terminating_at_the_first_list_is_known(shelf: Shelf[WorkteamGroup]) -> None:
    """A facade that died in between finishes after its restart, whichever kind it lists first."""
    shelf.lists.replace([shelf.lists.seen(a_list("one", "b"))], began=1.0)
    shelf.replace([shelf.seen(a_group("a", deletionTimestamp="2026-11-24T09:00:00Z"))], began=1.0)
    assert left(shelf) == ["one"]
