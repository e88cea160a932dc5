"""Which of two tenants gives way over one account (rule A9), as a table."""

from typing import Any

import pytest

from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.testing import a_tenant, a_user
from workteam_operator.recorded import RecordedIds, gives_way

ADDRESS, ALIAS = "https://workteam.example/scim/v2", "https://alias.example/scim/v2"
EARLY, LATE = "2026-11-24T09:00:00Z", "2026-11-25T09:00:00Z"
ANA = "ana@contoso.example"


def tenant(name: str, created: str, *, address: str = ADDRESS, **spec: Any) -> WorkteamTenant:
    connection = {"baseURL": address, "tokenSecretRef": {"name": "token"}}
    raw = a_tenant(name, workteam=connection, **spec).manifest()
    raw["metadata"]["creationTimestamp"] = created
    return WorkteamTenant.parse(raw)


def user(name: str, of: str, *, account: str | None, known_as: str = ANA) -> WorkteamUser:
    raw = a_user(name, tenant=of).manifest()
    raw["status"] = {"accountID": account, "syncedUserName": known_as} if account else {}
    return WorkteamUser.parse(raw)


TABLE = {
    "the younger gives way": (tenant("b", LATE), tenant("a", EARLY), ANA, True),
    "the older does not": (tenant("a", EARLY), tenant("b", LATE), ANA, False),
    "of the same age, the later name": (tenant("b", EARLY), tenant("a", EARLY), ANA, True),
    "a slash and case are one address": (
        tenant("b", LATE, address="https://WORKTEAM.example/scim/v2/"),
        tenant("a", EARLY),
        "x",
        True,
    ),
    "two addresses, one name": (tenant("b", LATE, address=ALIAS), tenant("a", EARLY), "ANA@contoso.example", True),
    "two addresses, two names": (tenant("b", LATE, address=ALIAS), tenant("a", EARLY), "bo@contoso.example", False),
    "nobody is there": (tenant("b", LATE), None, ANA, False),
    "the older is decommissioned": (tenant("b", LATE), tenant("a", EARLY, decommissioned=True), ANA, False),
}


@pytest.mark.parametrize(("own", "rival", "name", "expected"), TABLE.values(), ids=TABLE)
def test_who_gives_way(own: WorkteamTenant, rival: WorkteamTenant | None, name: str, *, expected: bool) -> None:
    assert gives_way(own, rival, name, user("other", "a", account="7")) is expected


def test_an_id_is_known_across_tenants_until_it_is_recorded_no_more() -> None:
    """Who records an id that another tenant has is told of both, once."""
    ids = RecordedIds()
    ana, twin = user("ana", "a", account="7"), user("twin", "b", account="7")
    assert ids.put(ana) == frozenset()
    assert ids.put(twin) == {ana.tenant, twin.tenant}
    assert ids.put(twin) == frozenset()
    assert [other.metadata.name for other in ids.elsewhere(twin, "7")] == ["ana"]
    assert [owner.metadata.name for owner in ids.of(twin.tenant)] == ["twin"]
    assert ids.put(user("ana", "a", account=None)) == frozenset()
    assert list(ids.elsewhere(twin, "7")) == []
