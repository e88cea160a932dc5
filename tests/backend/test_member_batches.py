"""Large teams: their members are named in as many requests as the tenant's limits ask for, and in no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workteam_cli.tenant.application import StandIn
from workteam_operator.backend import wire
from workteam_operator.backend.scim import ScimBackend

EVERYBODY = frozenset(f"account-{number:04}" for number in range(2500))

BULKS = [
    pytest.param({}, 1000, id="nothing said"),
    pytest.param({"supported": False, "maxOperations": 5, "maxPayloadSize": 640}, 1000, id="no Bulk, no limits"),
    pytest.param({"supported": True, "maxOperations": 5, "maxPayloadSize": 1_048_576}, 5, id="few operations"),
    pytest.param({"supported": True, "maxOperations": 10_000, "maxPayloadSize": 64_000}, 500, id="small bodies"),
    pytest.param({"supported": True, "maxOperations": 10_000, "maxPayloadSize": 10_000_000}, 1000, id="large bodies"),
    pytest.param({"supported": True, "maxOperations": 0, "maxPayloadSize": 0}, 1000, id="zeros"),
    pytest.param({"supported": True, "maxOperations": 10, "maxPayloadSize": 1}, 10, id="a size below one member"),
]


@pytest.mark.parametrize(("bulk", "members"), BULKS)
def test_limits_of_a_bulk_hold_for_members(bulk: dict[str, object], members: int) -> None:
    """They are the only ones that SCIM has a place for."""
    assert wire.members_at_once({"bulk": bulk}) == members


@given(st.frozensets(st.integers(0, 40)), st.frozensets(st.integers(50, 90)), st.integers(1, 30))
def test_batches_are_the_whole_change(add: frozenset[int], remove: frozenset[int], size: int) -> None:
    """Each who comes or goes is named once, in the fewest requests; nobody goes before the last one came."""
    batches = list(wire.member_batches(frozenset(map(str, add)), frozenset(map(str, remove)), size))
    comes = [member for come, _ in batches for member in come]
    goes = [member for _, go in batches for member in go]
    assert (sorted(comes), sorted(goes)) == (sorted(map(str, add)), sorted(map(str, remove)))
    assert len(batches) == max(1, -(-len(add | remove) // size))
    first_gone = next((place for place, (_, go) in enumerate(batches) if go), len(batches))
    assert not any(come for come, _ in batches[first_gone + 1 :])


async def test_large_team_is_made_and_changed_by_batches(scim: ScimBackend, stand_in: StandIn) -> None:
    """A POST with the first thousand, then a PATCH for each further thousand, then one for one."""
    team = await scim.create_team("everybody", "7", EVERYBODY)
    assert team.members is not None
    await scim.change_members(team.id, add=EVERYBODY - team.members, remove=frozenset())
    await scim.change_members(team.id, add=frozenset(), remove=frozenset({"account-0007"}))
    bodies = [entry.body for entry in stand_in.control.log() if entry.method in {"POST", "PATCH"} and entry.body]
    operations = [body["Operations"] for body in bodies[1:]]
    assert len(bodies[0]["members"]) == 1000
    assert [[len(each.get("value", [each["op"]])) for each in request] for request in operations] == [
        [1000],
        [500],
        [1],
    ]
    found = await scim.read_team(team.id)
    assert found is not None
    assert found.members == EVERYBODY - {"account-0007"}
