"""Operations applied by the library: in portions, and without those that can meet nothing."""

import asyncio
from typing import Any, cast

import pytest
from scim2_models import InvalidValueException, Resource

from workteam_scim.documents import USER
from workteam_scim.patching import apply, switched
from workteam_scim.paths import user_table
from workteam_scim.provider import facade_provider
from workteam_scim.storage import dumped


@pytest.fixture
def user() -> Resource[Any]:
    """A user with a work e-mail."""
    provider = facade_provider()
    [users] = [found for found in provider.resource_types if found.name == "User"]
    attributes = {"schemas": [USER], "userName": "ana", "emails": [{"type": "work", "value": "w"}]}
    model = cast("type[Resource[Any]]", provider.model_for(users))
    return model.model_validate(attributes)


async def test_others_run_between_portions(user: Resource[Any]) -> None:
    """Sixty operations are three portions: another task has two turns meanwhile."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    titles = [{"op": "replace", "path": "title", "value": str(number)} for number in range(60)]
    assert await apply(user, titles) == 0
    task.cancel()
    assert (dumped(user)["title"], turns) == ("59", 2)


async def test_what_can_meet_nothing_is_left_out_and_counted(user: Resource[Any]) -> None:
    """The operations around it are applied, in their order."""
    odd = {"op": "replace", "path": 'emails[type eq "home" or type eq "x"].value', "value": "v"}
    titles = [{"op": "replace", "path": "title", "value": title} for title in ("first", "last")]
    with facade_provider():
        assert await apply(user, [odd, titles[0], odd, titles[1]]) == 2
    assert dumped(user) == {
        "schemas": [USER],
        "userName": "ana",
        "title": "last",
        "emails": [{"type": "work", "value": "w"}],
    }


async def test_a_shell_takes_nothing_and_is_counted(user: Resource[Any]) -> None:
    """Whoever is primary stays so; what was said of an element without a value was left out."""
    paths = ('emails[type eq "work"].primary', 'emails[type eq "home"].primary')
    with facade_provider():
        assert await apply(user, [{"op": "replace", "path": path, "value": True} for path in paths]) == 1
    assert dumped(user)["emails"] == [{"type": "work", "value": "w", "primary": True}]


async def test_values_beyond_a_hundred_are_refused_early(user: Resource[Any]) -> None:
    """A thousand operations would make a thousand values, and the library would go through them for minutes."""
    paths = [f'phoneNumbers[type eq "{number}"].value' for number in range(1000)]
    with facade_provider(), pytest.raises(InvalidValueException) as caught:
        await apply(user, [{"op": "add", "path": path, "value": "1"} for path in paths])
    assert caught.value.detail == "phoneNumbers: there may be up to 100 values."
    assert len(dumped(user)["phoneNumbers"]) == 120


async def test_a_wrong_type_is_refused_by_name(user: Resource[Any]) -> None:
    """Attribute and cause, in one line, without the value."""
    with pytest.raises(InvalidValueException) as caught:
        await apply(user, [{"op": "replace", "path": "active", "value": "secretperson"}])
    assert caught.value.detail == "active: the value must be true or false."


def test_booleans_are_set_without_a_model() -> None:
    """The last operation counts, what is there stays, and the attributes that were read are not touched."""
    read = {"userName": "ana", "active": True}
    operations = [
        {"op": "add", "path": "active", "value": True},
        {"op": "replace", "path": "active", "value": False},
    ]
    assert switched(read, operations, user_table()) == {"userName": "ana", "active": False}
    assert read == {"userName": "ana", "active": True}


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param({"op": "remove", "path": "active"}, id="a removal"),
        pytest.param({"op": "replace", "path": "active", "value": "False"}, id="a text"),
        pytest.param({"op": "replace", "path": "active", "value": None}, id="null"),
        pytest.param({"op": "replace", "path": "title", "value": True}, id="another type of attribute"),
        pytest.param({"op": "replace", "path": "emails.primary", "value": True}, id="a part of an element"),
        pytest.param({"op": "replace", "path": 'roles[value eq "x"].primary', "value": True}, id="a filter"),
    ],
)
def test_everything_else_is_the_librarys(operation: dict[str, Any]) -> None:
    """One such operation among others is enough."""
    assert switched({}, [{"op": "add", "path": "active", "value": True}, operation], user_table()) is None
