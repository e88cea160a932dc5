"""Since when passes have seen something in a row."""

from datetime import UTC, datetime, timedelta

from workteam_crds.naming import Key
from workteam_operator.since import Since

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=10)
ANA, BO = Key("WorkteamUser", "default", "ana"), Key("WorkteamUser", "default", "bo")


def test_first_sight_counts_as_long_as_it_lasts() -> None:
    """What is seen again keeps its time; what was missed in between begins anew, and each key is for itself."""
    since: Since[str] = Since()
    assert since.saw(ANA, ["x"], now=NOON) == {"x": NOON}
    assert since.saw(ANA, ["x", "y"], now=LATER) == {"x": NOON, "y": LATER}
    assert since.saw(BO, ["x"], now=LATER) == {"x": LATER}
    assert since.saw(ANA, ["y"], now=LATER) == {"y": LATER}
    assert since.saw(ANA, ["x"], now=LATER) == {"x": LATER}


def test_forgotten_begins_anew() -> None:
    """After an object is gone, another of its name begins anew."""
    since: Since[str] = Since()
    since.saw(ANA, ["x"], now=NOON)
    since.forget(ANA)
    assert since.saw(ANA, ["x"], now=LATER) == {"x": LATER}
