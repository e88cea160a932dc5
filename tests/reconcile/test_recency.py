"""A list that is older than what was seen tells of a restored etcd; then everything is taken as it comes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from workteam_crds.cluster.port import Listing
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user
from workteam_operator.objects import Objects
from workteam_operator.workqueue import Priority

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def at(version: int, name: str = "ana", **spec: Any) -> WorkteamUser:
    """Return a user at a resourceVersion."""
    user = a_user(name, **spec)
    update = {"resource_version": str(version), "uid": f"uid-{name}", "generation": 1}
    return user.model_copy(update={"metadata": user.metadata.model_copy(update=update)})


def listing(version: int, *users: WorkteamUser) -> Listing[WorkteamUser]:
    """Return a list at a resourceVersion."""
    return Listing(users, str(version))


def take(objects: Objects, listed: Listing[WorkteamUser]) -> None:
    """Take a whole list of users."""
    objects.replace(WorkteamUser, "default", listed, base=Priority.BACKGROUND)


@pytest.fixture
def objects() -> Objects:
    """Objects that saw Ana at 10, Bo at 20, and how Cy was deleted at 30; listed last at 15."""
    objects = Objects()
    take(objects, listing(15, at(10), at(12, "cy")))
    objects.observe(at(20, "bo"))
    objects.remove(at(12, "cy").key, "uid-cy", version=30)
    return objects


@pytest.mark.parametrize(
    ("listed", "set_back"),
    [
        pytest.param(listing(31, at(10), at(20, "bo")), False, id="nothing happened"),
        pytest.param(listing(31, at(31)), False, id="one was changed, one deleted"),
        pytest.param(listing(19, at(10)), True, id="older than what was seen of the kind"),
        pytest.param(
            listing(99, at(8), at(20, "bo")), True, id="the cluster caught up, an object is older than it was"
        ),
        pytest.param(listing(99, at(10), at(12, "cy"), at(20, "bo")), True, id="an object is back that was gone"),
    ],
)
def test_a_list_tells_whether_the_cluster_was_set_back(
    objects: Objects, listed: Listing[WorkteamUser], *, set_back: bool
) -> None:
    since = objects.newest(WorkteamUser)
    assert objects.set_back(listed, NOW, since=since) is set_back
    assert objects.set_back_time == (NOW if set_back else None)


def test_a_write_of_ours_while_a_list_is_under_way_is_no_sign(objects: Objects) -> None:
    """The list was asked for at 20 and tells of 25; meanwhile a write returned Ana at 27, and Bo was deleted at 26."""
    since = objects.newest(WorkteamUser)
    objects.observe(at(27))
    objects.remove(at(20, "bo").key, "uid-bo", version=26)
    assert not objects.set_back(listing(25, at(10), at(20, "bo")), NOW, since=since)


def test_what_is_older_is_taken_once_the_cluster_was_set_back(objects: Objects) -> None:
    """Ana as she was, Cy who had been deleted; Bo, who was made since, is gone."""
    old = listing(12, at(9, title="before"), at(12, "cy"))
    assert objects.set_back(old, NOW, since=objects.newest(WorkteamUser))
    take(objects, old)
    ana = objects.user(at(9).key)
    assert ana is not None
    assert (ana.spec.title, objects.user(at(12, "cy").key), objects.user(at(20, "bo").key)) == (
        "before",
        at(12, "cy"),
        None,
    )


def test_what_a_watch_tells_of_before_the_last_list_is_no_news(objects: Objects) -> None:
    """What the list at 15 lacked is not taken at 14: it was gone by then, or comes from a restore."""
    assert objects.observe(at(14, "dan")) == ()
    assert objects.user(at(14, "dan").key) is None
    assert [visit.key.name for visit in objects.observe(at(16, "dan"))] == ["dan"]
