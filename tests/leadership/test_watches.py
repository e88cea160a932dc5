"""When a watch is taken for dead, by a clock that stands until it is moved."""

from datetime import timedelta

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_operator.watches import Watch, Watches

USERS, GROUPS = Watch("ns", "workteamusers"), Watch("ns", "workteamgroups")


def path(watch: Watch) -> str:
    """Write the path of a watch."""
    return f"/apis/workte.am/v1alpha1/namespaces/{watch.namespace}/{watch.plural}"


def test_a_watch_lives_as_long_as_it_tells_something_or_is_begun_anew() -> None:
    """Every two minutes is enough; after four without either it is dead, and the other one is not."""
    now = [0.0]
    kinds = (WorkteamUser, WorkteamGroup)
    watches = Watches(kinds, ["ns"], renewal=timedelta(minutes=2), clock=lambda: now[0])
    assert (watches.missing(), watches.dead(), list(watches.ages())) == ((USERS, GROUPS), (), [])
    watches.begun(path(USERS))
    watches.begun(path(GROUPS))
    watches.begun("/apis/workte.am/v1alpha1/namespaces/elsewhere/workteamusers")
    assert watches.missing() == ()
    now[0] = 120.0
    watches.begun(path(USERS))
    now[0] = 200.0
    watches.told("ns", "workteamusers")
    assert dict(watches.ages()) == {"WorkteamUser": 0.0, "WorkteamGroup": 200.0}
    now[0] = 240.0
    assert watches.dead() == ()
    now[0] = 240.1
    assert watches.dead() == (GROUPS,)
    now[0] = 440.1
    assert watches.dead() == (USERS, GROUPS)
