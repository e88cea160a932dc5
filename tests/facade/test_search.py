"""One engine for all searches: matched, ordered and paged over the cache, in turns with other requests."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from scim2_models import InvalidCursorException, InvalidFilterException, InvalidPathException

from workteam_crds.testing import a_group, a_user
from workteam_scim.provider import facade_provider
from workteam_scim.queries import Query
from workteam_scim.search import Collection, Page, search
from workteam_scim.searched import searched_types
from workteam_scim.shelf import Shelf

USERS, GROUPS = searched_types(facade_provider()).values()
PEOPLE: dict[str, dict[str, Any]] = {
    "u1": {"displayName": "Cleo", "title": "Boss"},
    "u2": {"displayName": "adele", "active": False, "enterprise": {"manager": {"value": "u1"}}},
    "u3": {"displayName": "Bob", "title": "boss", "enterprise": {"manager": {"value": "u1"}}},
    "u4": {},
    "u5": {"displayName": "Bob", "emails": [{"type": "work", "value": "Bob@contoso.example"}]},
}


@pytest.fixture
def both() -> Collection:
    """Five users and two groups; u4 has neither name nor title."""
    people: Shelf[Any] = Shelf("https://scim.example", "userName")
    crews: Shelf[Any] = Shelf("https://scim.example", "displayName")
    for name, spec in PEOPLE.items():
        people.put(a_user(name, **spec))
    crews.put(a_group("g1", "u1", "u2", displayName="Bob's crew"))
    crews.put(a_group("u3", "u1", displayName="Sales"))
    return {USERS: people, GROUPS: crews}


def users_of(both: Collection) -> Collection:
    """Return the users alone."""
    return {USERS: both[USERS]}


def names(page: Page) -> list[str]:
    """Return the ids of a page."""
    return [entry.name for _, entry in page.entries]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ["u1", "u2", "u3", "u4", "u5"]),
        ('userName eq "U1@contoso.example"', ["u1"]),
        ('displayName eq "BOB"', ["u3", "u5"]),
        ("displayName sw b", ["u3", "u5"]),
        ("displayName sw b and active eq true", ["u3", "u5"]),
        ('displayName eq "bob" and title eq boss', ["u3"]),
        ('manager eq "u1" and active eq "True"', ["u3"]),
        ('manager eq "u1" and id eq "u3"', ["u3"]),
        ('id eq "u3" and manager eq "u1" and title pr', ["u3"]),
        ('emails[type eq "work"].value eq "bob@contoso.example" and displayName pr', ["u5"]),
        ('emails[type eq "work" and value co "CONTOSO"]', ["u5"]),
        ("not (title pr)", ["u2", "u4", "u5"]),
        ("nobody co x or title eq boss", ["u1", "u3"]),
        ("nobody co x", []),
    ],
)
async def test_r06_a_search_finds_exactly_what_matches(both: Collection, text: str | None, expected: list[str]) -> None:
    """By an index or by a walk, in the order of ids."""
    page = await search(users_of(both), Query(text))
    assert (names(page), page.total) == (expected, len(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('members eq "u2"', ["g1"]),
        ('members[value eq "u1"] and displayName sw "s"', ["u3"]),
        ('members.value sw "u" and not (members eq "u2")', ["u3"]),
        ('id eq "g1" and members eq "u1"', ["g1"]),
        ('members.value eq "u2" and id eq "u3"', []),
    ],
)
async def test_r19_groups_are_found_by_their_members(both: Collection, text: str, expected: list[str]) -> None:
    """``id eq … and members eq …`` in either order, and members in any other filter."""
    assert names(await search({GROUPS: both[GROUPS]}, Query(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ["g1", "u1", "u2", "u3", "u3", "u4", "u5"]),
        ('displayName co "bob"', ["g1", "u3", "u5"]),
        ('members eq "u1"', ["g1", "u3"]),
        ('userName pr and displayName eq "bob"', ["u3", "u5"]),
        ('id eq "u3"', ["u3", "u3"]),
    ],
)
async def test_both_types_are_one_collection(both: Collection, text: str | None, expected: list[str]) -> None:
    """An attribute that a type does not have matches none of its resources; ids of two types may be equal."""
    page = await search(both, Query(text))
    assert (names(page), page.total) == (expected, len(expected))


@pytest.mark.parametrize(
    ("by", "ascending"),
    [
        ("displayName", ["u2", "u3", "u5", "u1", "u4"]),
        ("userName", ["u1", "u2", "u3", "u4", "u5"]),
        ("title", ["u1", "u3", "u2", "u4", "u5"]),
        ("active", ["u2", "u1", "u3", "u4", "u5"]),
        ("manager", ["u2", "u3", "u1", "u4", "u5"]),
        ('emails[type eq "work"].value', ["u5", "u1", "u2", "u3", "u4"]),
    ],
)
async def test_a_sorted_search_is_in_order(both: Collection, by: str, ascending: list[str]) -> None:
    """Without a value last, equal values by id; descending is exactly the reverse (RFC 7644 §3.4.2.3)."""
    users = users_of(both)
    assert names(await search(users, Query(sort_by=by))) == ascending
    assert names(await search(users, Query(sort_by=by, descending=True))) == ascending[::-1]


async def test_both_types_are_sorted_as_one(both: Collection) -> None:
    """A type without the attribute has no value; what no type has is 400."""
    assert names(await search(both, Query(sort_by="displayName", count=4))) == ["u2", "u3", "u5", "g1"]
    assert names(await search(both, Query(sort_by="userName", descending=True, count=2))) == ["u3", "g1"]
    with pytest.raises(InvalidPathException):
        await search(both, Query(sort_by="nobody"))


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [(1, 2, ["u1", "u2"]), (4, 2, ["u4", "u5"]), (5, 2, ["u5"]), (6, 2, []), (1, 0, []), (4, None, ["u4", "u5"])],
)
@pytest.mark.parametrize("text", [None, "userName pr"])
async def test_r27_index_pages_are_slices(
    both: Collection, text: str | None, start: int, count: int | None, expected: list[str]
) -> None:
    """A page beyond the end is empty; the total is always that of all."""
    page = await search(users_of(both), Query(text, start=start, count=count))
    assert (names(page), page.total, page.next) == (expected, 5, None)


async def walked(collection: Collection, query: Query) -> list[list[str]]:
    """Return the ids of all pages, following the cursors."""
    pages = [await search(collection, query)]
    while pages[-1].next is not None:
        pages.append(await search(collection, query, pages[-1].next))
    return [names(page) for page in pages]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(cursor="", count=2), [["u1", "u2"], ["u3", "u4"], ["u5"]]),
        (Query(cursor="", count=5), [["u1", "u2", "u3", "u4", "u5"]]),
        (Query("title pr", cursor="", count=1), [["u1"], ["u3"]]),
        (Query(sort_by="displayName", cursor="", count=2), [["u2", "u3"], ["u5", "u1"], ["u4"]]),
        (Query(sort_by="displayName", descending=True, cursor="", count=2), [["u4", "u1"], ["u5", "u3"], ["u2"]]),
        (Query("id eq u9", cursor="", count=2), [[]]),
        (Query(cursor="", count=0), [[]]),
    ],
)
async def test_cursors_lead_through_everything_once(
    both: Collection, query: Query, expected: Sequence[Sequence[str]]
) -> None:
    assert await walked(users_of(both), query) == expected


async def test_a_cursor_survives_what_changes_meanwhile(both: Collection) -> None:
    """The last of the page is deleted, another is added: nobody else is skipped or shown twice, nor on the way back."""
    people: Shelf[Any] = users_of(both)[USERS]
    query = Query(cursor="", count=2)
    first = await search({USERS: people}, query)
    people.remove("u2", "")
    people.put(a_user("u25"))
    second = await search({USERS: people}, query, first.next)
    assert (names(second), second.total) == (["u25", "u3"], 5)
    assert names(await search({USERS: people}, query, second.previous)) == ["u1"]


@pytest.mark.parametrize("position", ["x", {}, {"d": "up", "v": None, "i": "u1", "t": "User"}, {"d": "next", "v": 1}])
async def test_what_is_no_position_is_400(both: Collection, position: Any) -> None:
    with pytest.raises(InvalidCursorException):
        await search(users_of(both), Query(cursor="x", count=2), position)


async def test_a_position_of_another_type_of_value_is_400(both: Collection) -> None:
    with pytest.raises(InvalidCursorException):
        await search(
            users_of(both),
            Query(sort_by="userName", cursor="x", count=2),
            {"d": "next", "v": 5, "i": "u1", "t": "User"},
        )


async def test_broken_syntax_is_400_also_without_resources() -> None:
    empty: Shelf[Any] = Shelf("https://scim.example", "userName")
    with pytest.raises(InvalidFilterException):
        await search({USERS: empty}, Query("userName eq"))


async def test_a_walk_lets_others_run(both: Collection) -> None:
    """While one search walks over 5,000 users with a filter of many terms, others get their turn many times."""
    people: Shelf[Any] = Shelf("https://scim.example", "userName")
    for number in range(5000):
        people.put(a_user(f"v{number:05}"))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    busy = asyncio.create_task(others())
    page = await search(
        {USERS: people}, Query(" or ".join(f"title co {word}" for word in "abcdefghij") + " or userName ew x")
    )
    busy.cancel()
    assert (page.total, turns > 5) == (0, True)
