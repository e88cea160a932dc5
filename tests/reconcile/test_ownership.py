"""Who holds what, and by which values an object claims it (rule A1)."""

from typing import Any

import pytest

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user
from workteam_operator.adoption import Holder
from workteam_operator.ownership import Claim, Owner, Sort, claims, gives_way, holders_of, in_line_for_name

NAME, OLD_NAME = "ana@contoso.example", "anna@contoso.example"


def ana(**status: Any) -> WorkteamUser:
    """Return Ana's object, which has the account 7."""
    user = a_user("ana", externalId="ana")
    remembered = {"account_id": "7", "synced_user_name": NAME, "synced_external_id": "ana", **status}
    return user.model_copy(update={"status": user.status.model_copy(update=remembered)})


def crew(**status: Any) -> WorkteamGroup:
    """Return the crew's object, which has the team 7."""
    group = a_group("crew", externalId="crew")
    remembered = {"team_id": "7", "synced_display_name": "crew", "synced_external_id": "crew", **status}
    return group.model_copy(update={"status": group.status.model_copy(update=remembered)})


HOLDERS: dict[str, tuple[Owner, Holder]] = {
    "as it should be": (ana(), Holder("ana")),
    "being renamed": (ana(synced_user_name=OLD_NAME), Holder("ana", renaming=True)),
    "another case of the name is the same": (ana(synced_user_name=NAME.upper()), Holder("ana")),
    "its externalId changes": (ana(synced_external_id="anna"), Holder("ana", renaming=True)),
    "Workteam has no externalId": (ana(synced_external_id=None), Holder("ana")),
    "made by it": (ana(adopted=False), Holder("ana", created=True)),
    "adopted by it": (ana(adopted=True), Holder("ana")),
    "a team as it should be": (crew(), Holder("crew")),
    "a team's externalId changes": (crew(synced_external_id="old"), Holder("crew", renaming=True)),
}


@pytest.mark.parametrize(("owner", "holder"), HOLDERS.values(), ids=HOLDERS.keys())
def test_holder(owner: Owner, holder: Holder) -> None:
    """What an object is going to let go makes others wait, not stall."""
    assert holders_of({"7": [owner]}) == {"7": holder}


def test_claims_what_workteam_still_has() -> None:
    """An object claims the values that it is to have, and those that its account still has."""
    user = ana(synced_user_name=OLD_NAME, synced_external_id="anna")
    assert claims(user) == {
        Claim(user.tenant, Sort.ACCOUNT, "7"),
        Claim(user.tenant, Sort.EXTERNAL_ID, "ana"),
        Claim(user.tenant, Sort.EXTERNAL_ID, "anna"),
        Claim(user.tenant, Sort.USER_NAME, NAME),
        Claim(user.tenant, Sort.USER_NAME, OLD_NAME),
    }


def renaming(name: str, held: str, wanted: str, *, paused: bool = False) -> WorkteamUser:
    """Return an object whose account has one name and is to have another."""
    user = a_user(name, userName=wanted)
    status = user.status.model_copy(update={"account_id": f"id-{name}", "synced_user_name": held})
    annotations = {"workte.am/paused": "true"} if paused else {}
    metadata = user.metadata.model_copy(update={"annotations": annotations})
    return user.model_copy(update={"status": status, "metadata": metadata})


LINES: dict[str, tuple[tuple[WorkteamUser, ...], tuple[str, ...], bool]] = {
    "nobody has the name": ((renaming("a", "1", "2"),), ("a",), False),
    "one has it and keeps it": ((renaming("a", "1", "2"), renaming("b", "2", "2")), ("a",), False),
    "one has it and lets it go": ((renaming("a", "1", "2"), renaming("b", "2", "3")), ("a", "b"), False),
    "two swap, and the first gives way": (
        (renaming("a", "1", "2"), renaming("b", "2", "1")),
        ("a", "b", "a"),
        True,
    ),
    "two swap, and the other gives way": (
        (renaming("b", "2", "1"), renaming("a", "1", "2")),
        ("b", "a", "b"),
        False,
    ),
    "two swap, and the other is paused": (
        (renaming("b", "2", "1"), renaming("a", "1", "2", paused=True)),
        ("b", "a", "b"),
        True,
    ),
    "three in a circle": (
        (renaming("a", "1", "2"), renaming("b", "2", "3"), renaming("c", "3", "1")),
        ("a", "b", "c", "a"),
        True,
    ),
    "behind a circle": (
        (renaming("a", "0", "1"), renaming("b", "1", "2"), renaming("c", "2", "1")),
        ("a", "b", "c", "b"),
        False,
    ),
}


@pytest.mark.parametrize(("users", "names", "first_gives_way"), LINES.values(), ids=LINES.keys())
def test_line_for_a_name(users: tuple[WorkteamUser, ...], names: tuple[str, ...], first_gives_way: bool) -> None:  # noqa: FBT001
    """Who waits for whose name, and whether the first has to give way."""
    line = in_line_for_name(users[0], lambda owner: [other for other in users if other.key != owner.key])
    assert (tuple(owner.metadata.name for owner in line), gives_way(line)) == (names, first_gives_way)
