"""What came back from a backup (rule A3): told by the age of its name, or because the whole cluster was set back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import ACCEPT_RESTORE
from workteam_crds.testing import a_group, a_tenant, a_user
from workteam_operator.restoration import awaits_acceptance, came_from_backup

NAME = "019ab3f2-7c1e-7d03-9a55-2f6c1b0f4e11"
MADE = datetime(2025, 11, 24, 3, 40, 4, 510000, tzinfo=UTC)
"""When that name was made."""
LATER = MADE + timedelta(minutes=11)
BACK = datetime(2026, 11, 25, 12, tzinfo=UTC)
"""When the cluster was set back."""
SEEN_BEFORE: dict[str, Any] = {"accountID": "7", "lastSyncTime": "2026-11-24T09:00:00Z"}


def a_restored(
    *, name: str = NAME, created: datetime | None = LATER, source: str = "scim", **status: Any
) -> WorkteamUser:
    """Return a user made again under its old name."""
    body = a_user(name).manifest()
    body["metadata"] |= {"labels": {"workte.am/source": source}}
    body["metadata"] |= {} if created is None else {"creationTimestamp": created.isoformat()}
    return WorkteamUser.parse(body | {"status": status})


def tenant(accepts: str = "", **status: Any) -> WorkteamTenant:
    """Return a tenant on which a person says that what was restored is current."""
    body = a_tenant().manifest()
    body["metadata"] |= {"annotations": {ACCEPT_RESTORE: accepts}} if accepts else {}
    return WorkteamTenant.parse(body | {"status": status})


@pytest.mark.parametrize(
    ("user", "restored"),
    [
        pytest.param(a_restored(), True, id="eleven minutes older than the object"),
        pytest.param(a_restored(created=MADE + timedelta(minutes=10)), False, id="ten minutes: a slow create"),
        pytest.param(a_restored(created=None), False, id="not created yet"),
        pytest.param(a_restored(name="ana"), False, id="another kind of name"),
        pytest.param(a_restored(source="git"), False, id="from Git: current by definition"),
        pytest.param(a_restored(**SEEN_BEFORE), False, id="Workteam confirmed something since"),
        pytest.param(
            a_restored(pendingCreate=[{"externalId": "a", "userName": "b", "at": "2026-11-24T09:00:00Z"}]),
            False,
            id="a create was begun since",
        ),
        pytest.param(a_restored(conditions=[], observedGeneration=1), True, id="it was only told that it waits"),
    ],
)
def test_an_object_without_history_under_an_old_name_came_from_a_backup(user: WorkteamUser, *, restored: bool) -> None:
    assert came_from_backup(user) is restored


def test_groups_are_told_likewise() -> None:
    """A group under an old name came from a backup too."""
    body = a_group(NAME).manifest()
    body["metadata"] |= {"creationTimestamp": LATER.isoformat()}
    assert came_from_backup(WorkteamGroup.parse(body))


@pytest.mark.parametrize(
    ("user", "tenant", "seen", "waits"),
    [
        pytest.param(a_restored(), tenant(), None, True, id="from a backup, and nobody said anything"),
        pytest.param(a_restored(), tenant("2025-11-24T03:51:05Z"), None, False, id="accepted after it came back"),
        pytest.param(a_restored(), tenant("2025-11-24T03:51:04Z"), None, True, id="accepted before that"),
        pytest.param(a_restored(), tenant("2099-01-01T00:00:00Z"), None, True, id="accepted for all times: not at all"),
        pytest.param(a_restored(), tenant("2026-11-25T12:04:59Z"), None, False, id="a clock that is ahead"),
        pytest.param(a_restored(), tenant("2026-11-25"), None, True, id="a day is no moment"),
        pytest.param(a_restored(**SEEN_BEFORE), tenant(), None, False, id="with history, in a cluster that goes on"),
        pytest.param(a_restored(**SEEN_BEFORE), tenant(), BACK, True, id="with history, in one that was set back"),
        pytest.param(
            a_restored(**SEEN_BEFORE),
            tenant(restoredTime="2026-11-25T12:00:00Z"),
            None,
            True,
            id="set back, as an earlier process wrote down",
        ),
        pytest.param(
            a_restored(**SEEN_BEFORE),
            tenant("2026-11-25T12:00:01Z", restoredTime="2026-11-25T11:00:00Z"),
            BACK,
            False,
            id="accepted after the last time that it was set back",
        ),
        pytest.param(
            a_restored(**SEEN_BEFORE),
            tenant("2026-11-25T11:30:00Z", restoredTime="2026-11-25T11:00:00Z"),
            BACK,
            True,
            id="accepted before it was set back once more",
        ),
        pytest.param(
            a_restored(name="ana", created=BACK + timedelta(seconds=1)),
            tenant(),
            BACK,
            False,
            id="made since the cluster was set back",
        ),
        pytest.param(a_restored(source="git", **SEEN_BEFORE), tenant(), BACK, False, id="set back, but from Git"),
    ],
)
def test_what_came_back_waits_until_a_person_accepts_it(
    user: WorkteamUser, tenant: WorkteamTenant, seen: datetime | None, *, waits: bool
) -> None:
    assert awaits_acceptance(user, tenant, seen, now=BACK) is waits
