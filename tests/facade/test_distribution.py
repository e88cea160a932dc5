"""Which lists take members in and let them go: the writes of a request, each of one small object."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_scim.distribution import Plan, distribute
from workteam_scim.mapping import Known
from workteam_scim.members import Change
from workteam_scim.rosters import OWN, Lists, MemberList

FULL = tuple(f"f{number}" for number in range(250))


def lists(own: tuple[str, ...], *, git: str = "", **further: tuple[str, ...]) -> Lists:
    """Return the lists of a group: its own, and others by name; ``git`` names one that is kept in Git."""
    return {
        name: MemberList(
            name, "crew", f"uid-{name}", 1, Known(1, from_scim=True, annotated=True), name == git, None, ids
        )
        for name, ids in {OWN: own, **further}.items()
    }


def ids(prefix: str, count: int) -> tuple[str, ...]:
    """Return ids."""
    return tuple(f"{prefix}{number}" for number in range(count))


@pytest.mark.parametrize(
    ("held", "change", "plan"),
    [
        pytest.param(lists(("a",)), Change(), Plan(), id="nothing-writes-nothing"),
        pytest.param(lists(("a",)), Change(("b",)), Plan(own=("a", "b")), id="the-own-list-comes-first"),
        pytest.param(lists(("a",), one=("b",)), Change(("c",)), Plan(own=("a", "c")), id="also-if-it-has-room-again"),
        pytest.param(lists(FULL), Change(("a",)), Plan(opened=(("a",),)), id="then-a-new-one"),
        pytest.param(
            lists(FULL, one=("b",)), Change(("a",)), Plan(grown={"one": ("b", "a")}), id="unless-one-has-room"
        ),
        pytest.param(
            lists(FULL, one=("b", "c"), two=("d",)),
            Change(("a",)),
            Plan(grown={"two": ("d", "a")}),
            id="the-emptiest-of-several",
        ),
        pytest.param(
            lists(FULL, one=ids("m", 250), two=("d",), git="two"),
            Change(("a",)),
            Plan(opened=(("a",),)),
            id="none-that-is-kept-in-git",
        ),
        pytest.param(
            lists(FULL), Change(("a",), frozenset({"f0"})), Plan(own=(*FULL[1:], "a")), id="a-swap-is-one-write"
        ),
        pytest.param(
            lists(FULL, one=ids("m", 250)),
            Change(("a",), frozenset({"m0"})),
            Plan(grown={"one": (*ids("m", 250)[1:], "a")}),
            id="in-any-list",
        ),
        pytest.param(
            lists(FULL, one=("b",), two=ids("m", 250)),
            Change(("a",), frozenset({"m0"})),
            Plan(grown={"two": (*ids("m", 250)[1:], "a")}),
            id="where-somebody-goes-rather-than-elsewhere",
        ),
        pytest.param(
            lists(FULL, one=("b", "c")), Change((), frozenset({"b"})), Plan(shrunk={"one": ("c",)}), id="one-goes"
        ),
        pytest.param(
            lists(("b",), one=("b", "c")),
            Change((), frozenset({"b"})),
            Plan(own=(), shrunk={"one": ("c",)}),
            id="out-of-every-list",
        ),
        pytest.param(lists(FULL, one=("b",)), Change((), frozenset({"b"})), Plan(emptied=("one",)), id="the-last-goes"),
        pytest.param(lists(("a",), one=()), Change(), Plan(emptied=("one",)), id="nobody-was-left"),
        pytest.param(
            lists(FULL, one=ids("m", 249)),
            Change(("a", "b"), frozenset(FULL)),
            Plan(own=("a", "b")),
            id="replaced-in-place",
        ),
        pytest.param(
            lists(FULL[:249], one=ids("m", 249)),
            Change(ids("n", 253), frozenset({"m0"})),
            Plan(
                opened=(ids("n", 253)[2:252], ids("n", 253)[252:]),
                grown={"one": (*ids("m", 249), "n1")},
                own=(*FULL[:249], "n0"),
                shrunk={"one": (*ids("m", 249)[1:], "n1")},
            ),
            id="many-come-before-one-goes",
        ),
    ],
)
def test_the_writes_of_a_change(held: Lists, change: Change, plan: Plan) -> None:
    assert distribute(held, change) == plan


NAMES = [f"u{number}" for number in range(700)]


@given(data=st.data())
def test_no_reader_sees_fewer_members_than_before_or_after(data: st.DataObject) -> None:
    """After each write of any plan: everybody who stays is in, and nobody is out before all who come are in."""
    names = st.lists(st.sampled_from(NAMES), unique=True, max_size=250).map(tuple)
    held = lists(data.draw(names), one=data.draw(names), two=data.draw(names))
    before = frozenset(name for each in held.values() for name in each.members)
    after = frozenset(data.draw(st.lists(st.sampled_from(NAMES), unique=True)))
    added = tuple(name for name in NAMES if name in after - before)
    plan = distribute(held, Change(added, before - after))

    now = {name: frozenset(each.members) for name, each in held.items()}
    steps = [(f"new-{number}", members) for number, members in enumerate(plan.opened)]
    steps += plan.grown.items()
    steps += [] if plan.own is None else [(OWN, plan.own)]
    steps += [*plan.shrunk.items(), *((name, ()) for name in plan.emptied)]
    for name, members in steps:
        now[name] = frozenset(members)
        seen = frozenset().union(*now.values())
        assert len(members) == len(set(members)) <= 250
        assert before <= seen or after <= seen
        assert seen <= before | after
    assert frozenset().union(*now.values()) == after
