"""A2: a recorded id that Workteam gave to another person is a contradiction, and no drift to be set right."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from workteam_cli.staging import PATCH_OP, Stage, quiet
from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user
from workteam_operator.assembly import Operator

ANA, BO = "ana@contoso.example", "bo@contoso.example"


@pytest.fixture
async def swift(stage: Stage) -> AsyncIterator[Operator]:
    """Run an operator that sweeps every second, and trusts what it reads at once."""
    stage.settings = stage.settings.model_copy(update={"create_settle": timedelta(milliseconds=100)})
    await stage.add_tenant(drift={"interval": "1s"})
    async with stage.operating() as operator:
        yield operator


async def handed_on(stage: Stage) -> str:
    """Provision Ana, then let Workteam give her account to Bo; return its id."""
    await stage.create(a_user("ana", externalId="ana"))
    account: str = (await stage.settled(WorkteamUser, "ana")).status.account_id
    values = {"userName": BO, "externalId": "bo", "title": "Chief"}
    operations = [{"op": "replace", "path": path, "value": value} for path, value in values.items()]
    stage.in_workteam("PATCH", f"/Users/{account}", {"schemas": [PATCH_OP], "Operations": operations})
    return account


async def test_the_sweep_makes_nobody_out_of_another(stage: Stage, swift: Operator) -> None:
    """The object is Stalled and names the account, and nothing is written, not even a loss of access."""
    account = await handed_on(stage)
    seen = stage.mark()
    user = await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
    assert account in str(user.status.conditions)
    await stage.edit(WorkteamUser, "ana", active=False, title="Lead")
    await stage.until(WorkteamUser, "ana", lambda found: found.status.observed_generation == 2)
    await stage.delete(WorkteamUser, "ana")
    await quiet(swift)
    assert (await stage.get(WorkteamUser, "ana")).held
    assert stage.writes(seen) == []


async def test_a_person_may_say_that_it_is_right(stage: Stage, swift: Operator) -> None:
    """The account is Ana's again, by both values, and the word is taken off."""
    account = await handed_on(stage)
    await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
    await stage.annotate(WorkteamUser, "ana", adopt=account)
    user = await stage.settled(WorkteamUser, "ana")
    assert (stage.accounts()[ANA]["id"], stage.accounts()[ANA]["externalId"]) == (account, "ana")
    assert user.metadata.annotations == {}


async def test_a_change_of_both_values_is_none(stage: Stage, swift: Operator) -> None:
    """As with Entra's default mapping, where a new userPrincipalName brings a new mailNickname."""
    await stage.create(a_user("ana", externalId="ana"))
    account = (await stage.settled(WorkteamUser, "ana")).status.account_id
    await stage.edit(WorkteamUser, "ana", userName=BO, externalId="bo")
    await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[BO]["id"] == account
