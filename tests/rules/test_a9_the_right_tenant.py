"""A9: the right tenant."""

from collections.abc import Callable, Iterator

import pytest

from workteam_cli.staging import Stage, quiet, reason_of
from workteam_cli.tenant.application import StandIn
from workteam_crds.conditions import ConditionType, Reason, is_true
from workteam_crds.kinds import WorkteamGroup, WorkteamTenant, WorkteamUser
from workteam_crds.testing import TENANT, a_group, a_tenant, a_user
from workteam_operator.assembly import Operator

NAMES = ("ana", "ben", "cyd")
ANA = "ana@contoso.example"


@pytest.fixture
def other(stage: Stage) -> Iterator[StandIn]:
    """Another organisation that takes the same token."""
    with StandIn(token=stage.workteam.token) as other:
        yield other


async def people(stage: Stage) -> list[WorkteamUser]:
    """Create three users and a group, in sync."""
    for name in NAMES:
        await stage.create(a_user(name, title="Engineer"))
    await stage.create(a_group("crew", *NAMES))
    await stage.settled(WorkteamGroup, "crew")
    return [await stage.settled(WorkteamUser, name) for name in NAMES]


async def point_to(stage: Stage, base_url: str) -> None:
    """Set the tenant's Base URL."""
    tenant = await stage.get(WorkteamTenant, TENANT)
    connection = tenant.manifest()["spec"]["workteam"] | {"baseURL": base_url}
    await stage.edit(WorkteamTenant, TENANT, workteam=connection)


def conflicts(tenant: WorkteamTenant) -> bool:
    """Say whether a tenant stands still because its accounts are not its own."""
    return (
        reason_of(tenant, ConditionType.READY) is Reason.OWNERSHIP_CONFLICT
        and reason_of(tenant, ConditionType.STALLED) is Reason.OWNERSHIP_CONFLICT
        and is_true(tenant.status.conditions, ConditionType.OWNERSHIP_CONFLICT)
    )


def is_ready_at(base_url: str) -> Callable[[WorkteamTenant], bool]:
    """Return what says whether a tenant is ready at an address."""

    def holds(tenant: WorkteamTenant) -> bool:
        ready = is_true(tenant.status.conditions, ConditionType.READY)
        proven = tenant.status.endpoint is not None and tenant.status.endpoint.base_url == base_url
        return ready and proven and tenant.status.observed_generation == tenant.metadata.generation

    return holds


async def test_another_organisation_is_not_written_to_until_a_person_accepts_it(stage: Stage, other: StandIn) -> None:
    """Recorded ids are strangers there: one condition, no write, also after a restart; then all are matched anew."""
    await stage.add_tenant()
    async with stage.operating():
        before = await people(stage)
        seen = stage.mark()
        await point_to(stage, other.base_url)
        tenant = await stage.until(WorkteamTenant, TENANT, conflicts)
        assert tenant.status.endpoint is not None
        assert tenant.status.endpoint.base_url == stage.workteam.base_url
        await stage.edit(WorkteamUser, "ana", title="Lead")
        await stage.delete(WorkteamUser, "ben")
        await stage.until(
            WorkteamUser, "ana", lambda user: reason_of(user, ConditionType.READY) is not Reason.PROVISIONED
        )
    stage_of_other = Stage(stage._access, stage.cluster, stage.namespace, other)
    async with stage.operating(ready=False) as operator:
        await stage.until(WorkteamTenant, TENANT, conflicts)
        await quiet(operator)
        assert (stage.writes(seen), stage_of_other.writes()) == ([], [])
        assert [(await stage.get(WorkteamUser, user.metadata.name)).status.account_id for user in before] == [
            user.status.account_id for user in before
        ]
        await stage.annotate(WorkteamTenant, TENANT, accept_endpoint=other.base_url)
        tenant = await stage.until(WorkteamTenant, TENANT, is_ready_at(other.base_url))
        ana = await stage.settled(WorkteamUser, "ana")
        await stage.settled(WorkteamGroup, "crew")
        await stage.until_gone(WorkteamUser, "ben")
        await stage.until(
            WorkteamTenant, TENANT, lambda found: "workte.am/accept-endpoint" not in found.metadata.annotations
        )
    assert ana.status.account_id not in {user.status.account_id for user in before}
    assert {name: account["title"] for name, account in stage_of_other.accounts().items()} == {
        ANA: "Lead",
        "cyd@contoso.example": "Engineer",
    }
    assert stage.writes(seen) == []


async def test_the_way_back_needs_no_word(stage: Stage, operator: Operator, other: StandIn) -> None:
    """A mistyped Base URL is set right: everybody keeps the account, and nothing was written anywhere."""
    before = await people(stage)
    seen = stage.mark()
    await point_to(stage, other.base_url)
    await stage.until(WorkteamTenant, TENANT, conflicts)
    await point_to(stage, stage.workteam.base_url)
    tenant = await stage.until(WorkteamTenant, TENANT, is_ready_at(stage.workteam.base_url))
    assert not is_true(tenant.status.conditions, ConditionType.OWNERSHIP_CONFLICT)
    await quiet(operator)
    after = [await stage.settled(WorkteamUser, name) for name in NAMES]
    assert [user.status.account_id for user in after] == [user.status.account_id for user in before]
    assert stage.writes(seen) == []
    assert await stage.warnings() == ["OwnershipConflict acme"]


async def test_another_address_of_the_same_organisation_is_taken(stage: Stage, operator: Operator) -> None:
    """The sample are who they were: no word is needed."""
    await people(stage)
    alias = stage.workteam.base_url.replace("127.0.0.1", "localhost")
    await point_to(stage, alias)
    await stage.until(WorkteamTenant, TENANT, is_ready_at(alias))
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["title"] == "Lead"


async def test_a_token_of_another_organisation_is_not_used(stage: Stage, operator: Operator) -> None:
    """The address is the same, the token is new, and nobody is there who was."""
    await people(stage)
    stage.workteam.control.reset()
    await stage.store_token(stage.workteam.token)
    await stage.until(WorkteamTenant, TENANT, conflicts)
    await quiet(operator)
    assert stage.writes() == []


async def test_one_account_that_is_gone_is_no_other_organisation(stage: Stage, operator: Operator) -> None:
    """Most of the sample decide; whoever is gone is Stalled alone."""
    ana, *_ = await people(stage)
    stage.in_workteam("DELETE", f"/Users/{ana.status.account_id}")
    before = await stage.get(WorkteamTenant, TENANT)
    await stage.store_token(stage.workteam.token)
    await stage.until(WorkteamTenant, TENANT, lambda found: found.status.endpoint != before.status.endpoint)
    tenant = await stage.get(WorkteamTenant, TENANT)
    assert is_true(tenant.status.conditions, ConditionType.READY)


async def test_of_two_tenants_with_the_same_accounts_the_younger_pauses(stage: Stage, operator: Operator) -> None:
    """It writes nothing to what the older one has; the older one goes on, and makes room when it is decommissioned."""
    await people(stage)
    older = await stage.get(WorkteamTenant, TENANT)
    connection = older.manifest()["spec"]["workteam"]
    await stage.create(a_tenant("twin", workteam=connection))
    await stage.until(WorkteamTenant, "twin", lambda found: is_true(found.status.conditions, ConditionType.READY))
    seen = stage.mark()
    await stage.create(a_user("other-ana", tenant="twin", userName=ANA, externalId="ana", title="Stranger"))
    await stage.until(WorkteamTenant, "twin", conflicts)
    await quiet(operator)
    assert stage.writes(seen) == []
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[ANA]["title"] == "Lead"
    await stage.edit(WorkteamTenant, TENANT, decommissioned=True)
    await stage.until(WorkteamTenant, "twin", lambda found: is_true(found.status.conditions, ConditionType.READY))
    await stage.settled(WorkteamUser, "other-ana")
    assert stage.accounts()[ANA]["title"] == "Stranger"
