"""What a tenant does wrong, and what becomes of it: one condition instead of thousands, and nothing twice."""

import asyncio
import time
from collections import Counter

import pytest

from workteam_cli.staging import PATIENCE, POLL, Stage, quiet, reason_of
from workteam_cli.tenant.faults import Answer, RefuseAttribute
from workteam_cli.tenant.profiles import Profile
from workteam_crds.conditions import ConditionType, Reason, find_condition, is_true
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.naming import Key
from workteam_crds.testing import TENANT, a_group, a_user

ANA = "ana@contoso.example"
MANY = 200
BAD = 400
UNDER_WAY, MOST_UNDER_WAY = 0.5, 8
"""Seconds in which a 429 may not have been read yet; and four workers, each with a request sent and one let through."""


async def create_many(stage: Stage, count: int) -> list[str]:
    """Create users at once."""
    names = [f"user-{number}" for number in range(count)]
    for start in range(0, count, 25):
        await asyncio.gather(*(stage.create(a_user(name), held=True) for name in names[start : start + 25]))
    return names


async def until_asked(stage: Stage, path: str, count: int) -> None:
    """Wait until Workteam was asked so often for something."""
    async with asyncio.timeout(PATIENCE):
        while sum(entry.path == path for entry in stage.workteam.control.log()) < count:  # noqa: ASYNC110 - a server's log
            await asyncio.sleep(POLL)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_denied_token_is_one_condition_and_the_queue_rests(stage: Stage, status: int) -> None:
    """No user is Stalled, only the probe goes on, and all arrive once the token is good again."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        denial = stage.workteam.control.add(Answer(status=status))
        names = await create_many(stage, 20)
        reason = Reason.UNAUTHORIZED if status == 401 else Reason.NOT_ADMINISTRATOR
        await stage.until(WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.READY) is reason)
        users = [
            await stage.until(WorkteamUser, name, lambda user: reason_of(user, ConditionType.READY) is not None)
            for name in names
        ]
        assert [find_condition(user.status.conditions, ConditionType.STALLED) for user in users] == [None] * 20
        await quiet(operator)
        seen = stage.mark()
        await asyncio.sleep(0)
        await until_asked(stage, "/ServiceProviderConfig", 5)
        assert {entry.path for entry in stage.workteam.control.log(seen)} <= {
            "/ServiceProviderConfig",
            "/ResourceTypes",
        }
        stage.workteam.control.remove(denial)
        for name in names:
            await stage.settled(WorkteamUser, name)
    assert len(stage.accounts()) == 20


async def test_a_token_without_admin_is_named_before_the_first_user_fails(stage: Stage) -> None:
    """The probe finds it, and no user is sent."""
    await stage.add_tenant()
    await stage.store_token(stage.workteam.reader_token)
    async with stage.operating(ready=False):
        await stage.create(a_user("ana"))
        tenant = await stage.until(
            WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.READY) is Reason.NOT_ADMINISTRATOR
        )
        ready = find_condition(tenant.status.conditions, ConditionType.READY)
        assert ready is not None
        assert "ensure that your Workteam account has Admin permissions" in ready.message
        await stage.until(WorkteamUser, "ana", lambda user: reason_of(user, ConditionType.READY) is not None)
    assert [entry.path for entry in stage.workteam.control.log() if entry.method == "POST"] == []


async def test_a_new_token_is_in_use_without_a_restart(stage: Stage) -> None:
    """A Secret that holds the right token at last lets everybody who waited through; the test prints how soon."""
    await stage.add_tenant()
    await stage.store_token("mistyped")
    async with stage.operating(ready=False):
        await stage.create(a_user("ana"))
        await stage.until(
            WorkteamTenant, TENANT, lambda found: reason_of(found, ConditionType.READY) is Reason.UNAUTHORIZED
        )
        began = time.perf_counter()
        await stage.store_token(stage.workteam.token)
        await stage.until(WorkteamTenant, TENANT, lambda found: is_true(found.status.conditions, ConditionType.READY))
        print(f"the new token was in use after {(time.perf_counter() - began) * 1000:.0f} ms")  # noqa: T201
        await stage.settled(WorkteamUser, "ana")


async def test_an_outage_costs_one_status_write_for_each_object(stage: Stage, counted: Counter[Key]) -> None:
    """However often the tenant is probed meanwhile; afterwards all arrive, each once."""
    await stage.add_tenant()
    async with stage.operating() as operator:
        outage = stage.workteam.control.add(Answer(status=503))
        counted.clear()
        names = await create_many(stage, MANY)
        for name in names:
            await stage.until(
                WorkteamUser, name, lambda user: reason_of(user, ConditionType.READY) is Reason.BACKEND_UNAVAILABLE
            )
        tenant = await stage.get(WorkteamTenant, TENANT)
        circuit = find_condition(tenant.status.conditions, ConditionType.CIRCUIT_CLOSED)
        assert circuit is not None
        assert (circuit.status, circuit.reason) == ("False", Reason.BACKEND_UNAVAILABLE)
        await until_asked(stage, "/ServiceProviderConfig", 12)
        await quiet(operator)
        assert {key.name: count for key, count in counted.items() if key.kind == WorkteamUser.kind} == dict.fromkeys(
            names, 1
        )
        stage.workteam.control.remove(outage)
        for name in names:
            await stage.settled(WorkteamUser, name)
    posts = [entry for entry in stage.workteam.control.log() if (entry.method, entry.status) == ("POST", 201)]
    assert (len(posts), len(stage.accounts())) == (MANY, MANY)


async def test_retry_after_holds_for_the_whole_tenant(stage: Stage) -> None:
    """One 429 for one user: but for what was under way, nobody asks anything before the two seconds are over."""
    await stage.add_tenant()
    async with stage.operating():
        seen = stage.mark()
        stage.workteam.control.add(Answer(status=429, retry_after="2", count=1))
        names = await create_many(stage, 10)
        for name in names:
            await stage.settled(WorkteamUser, name)
    log = list(stage.workteam.control.log(seen))
    [refused] = [entry for entry in log if entry.status == 429]
    later = [(entry.time - refused.time).total_seconds() for entry in log if entry.sequence > refused.sequence]
    assert sum(seconds < UNDER_WAY for seconds in later) <= MOST_UNDER_WAY
    assert min(seconds for seconds in later if seconds >= UNDER_WAY) >= 1.9


async def test_a_conflict_is_looked_up_again(stage: Stage) -> None:
    """The search lags behind, so the create is answered 409; once it shows the account, rule A2 takes it."""
    await stage.add_tenant()
    async with stage.operating():
        stage.workteam.control.behave(searches_lag=True)
        account = stage.hire(ANA, external_id="ana")
        await stage.create(a_user("ana"))
        await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
        stage.workteam.control.catch_up()
        user = await stage.settled(WorkteamUser, "ana")
        assert (user.status.account_id, user.status.adopted) == (account, True)


async def test_a_conflict_that_agrees_only_half_stays_a_persons_to_decide(stage: Stage) -> None:
    """The account that shows up has another externalId: its id is named, and nothing is taken."""
    await stage.add_tenant()
    async with stage.operating():
        stage.workteam.control.behave(searches_lag=True)
        account = stage.hire(ANA, external_id="somebody else")
        await stage.create(a_user("ana"))
        await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
        stage.workteam.control.catch_up()
        user = await stage.until(WorkteamUser, "ana", lambda found: account in str(found.status.conditions))
        assert (user.status.account_id, len(stage.accounts())) == (None, 1)


async def test_a_refusal_is_the_objects_with_the_tenants_words(stage: Stage) -> None:
    await stage.add_tenant()
    async with stage.operating():
        stage.workteam.control.add(Answer(status=400, method="POST"))
        await stage.create(a_user("ana"))
        user = await stage.stalled(WorkteamUser, "ana", Reason.INVALID_ATTRIBUTE)
        stalled = find_condition(user.status.conditions, ConditionType.STALLED)
        assert stalled is not None
        assert stalled.message == ("Workteam refuses this: POST /Users: HTTP 400: The stand-in was told to answer 400")


async def test_a_value_that_is_refused_by_name_is_left_out_until_it_is_another(stage: Stage) -> None:
    """On create and on change: the rest arrives, the status names it, later writes lack it, another value is tried."""
    await stage.add_tenant()
    async with stage.operating():
        refusal = stage.workteam.control.add(RefuseAttribute(attribute="title"))
        await stage.create(a_user("ana", title="Engineer", nickName="Ani"))
        user = await stage.settled(WorkteamUser, "ana")
        assert said(user) == (Reason.ATTRIBUTE_UNSUPPORTED, "Workteam does not keep title")
        assert (stage.accounts()[ANA].get("title"), stage.accounts()[ANA]["nickName"]) == (None, "Ani")
        seen = stage.mark()
        await stage.edit(WorkteamUser, "ana", nickName="Nan")
        await stage.settled(WorkteamUser, "ana")
        assert changes(stage, seen) == ["nickName"]
        seen = stage.mark()
        await stage.edit(WorkteamUser, "ana", title="Lead", nickName="Annie")
        await stage.settled(WorkteamUser, "ana")
        assert changes(stage, seen) == ["nickName title, refused", "nickName"]
        stage.workteam.control.remove(refusal)
        await stage.edit(WorkteamUser, "ana", title="Head")
        user = await stage.settled(WorkteamUser, "ana")
        assert (said(user), user.status.refused) == ((Reason.IN_SYNC, ""), ())
    assert (stage.accounts()[ANA]["title"], stage.accounts()[ANA]["nickName"]) == ("Head", "Annie")


async def test_without_patch_the_whole_is_written_and_what_is_anothers_stays(stage: Stage) -> None:
    """What HR keeps in an account that was adopted is still there after our PUT."""
    await stage.add_tenant()
    stage.workteam.control.behave(patch=False)
    account = stage.hire(ANA, external_id="ana")
    whole = stage.in_workteam("GET", f"/Users/{account}")
    stage.in_workteam("PUT", f"/Users/{account}", whole | {"nickName": "Ani", "timezone": "Europe/Oslo"})
    async with stage.operating():
        seen = stage.mark()
        await stage.create(a_user("ana", title="Lead"))
        await stage.settled(WorkteamUser, "ana")
        assert [entry.method for entry in stage.writes(seen)] == ["PUT"]
    held = stage.accounts()[ANA]
    assert (held["title"], held["nickName"], held["timezone"]) == ("Lead", "Ani", "Europe/Oslo")


@pytest.mark.parametrize("profile", [Profile.WORKTEAM], indirect=True)
async def test_without_groups_a_group_is_recorded_and_says_so(stage: Stage) -> None:
    """Its members are users like others; nobody asks Workteam for teams; and it goes when it is deleted."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.create(a_group("crew", "ana"))
        group = await stage.until(
            WorkteamGroup, "crew", lambda found: reason_of(found, ConditionType.READY) is Reason.GROUPS_UNSUPPORTED
        )
        assert is_true(group.status.conditions, ConditionType.READY)
        await stage.settled(WorkteamUser, "ana")
        await stage.delete(WorkteamGroup, "crew")
        await stage.until_gone(WorkteamGroup, "crew")
    assert [entry for entry in stage.workteam.control.log() if "Groups" in entry.path] == []


def said(user: WorkteamUser) -> tuple[Reason | None, str]:
    """Return reason and message of Synced."""
    synced = find_condition(user.status.conditions, ConditionType.SYNCED)
    return (synced.reason, synced.message) if synced else (None, "")


def changes(stage: Stage, since: int) -> list[str]:
    """Return which attributes each change named, and whether it was refused."""
    log = stage.workteam.control.log(since)
    patches = [entry for entry in log if entry.method == "PATCH" and "probe" not in str(entry.body)]
    return [
        " ".join(sorted(operation["path"] for operation in entry.body["Operations"]))
        + ", refused" * (entry.status == BAD)
        for entry in patches
    ]
