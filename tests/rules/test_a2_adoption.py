"""A2: adopt on agreement only."""

import pytest

from workteam_cli.staging import Stage
from workteam_crds.conditions import Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user
from workteam_operator.assembly import Operator

GUID = "6b0b8b2e-0b0a-4f5e-9f57-1c2d3e4f5a6b"
JANE, JOHN = "jane.smith@contoso.example", "john.smith@contoso.example"


async def test_new_jsmith_does_not_get_the_old_ones_account(stage: Stage, operator: Operator) -> None:
    """A nickname matches and the userName does not: Stalled, naming the account, until a person names it."""
    former = stage.hire(JOHN, external_id="jsmith")
    await stage.create(a_user("jane", userName=JANE, externalId="jsmith"))
    stalled = await stage.stalled(WorkteamUser, "jane", Reason.UNIQUENESS_CONFLICT)
    assert former in str(stalled.status.conditions)
    assert (stalled.status.account_id, stage.writes()[1:]) == (None, [])
    await stage.annotate(WorkteamUser, "jane", adopt=former)
    adopted = await stage.settled(WorkteamUser, "jane")
    assert (adopted.status.account_id, adopted.status.adopted) == (former, True)
    assert "workte.am/adopt" not in adopted.metadata.annotations
    assert stage.accounts()[JANE]["id"] == former


async def test_two_hits_name_both(stage: Stage, operator: Operator) -> None:
    """One account has the externalId and another the userName: Stalled, naming both."""
    ids = {stage.hire(JOHN, external_id="jsmith"), stage.hire(JANE, external_id="jane")}
    await stage.create(a_user("jane", userName=JANE, externalId="jsmith"))
    stalled = await stage.stalled(WorkteamUser, "jane", Reason.UNIQUENESS_CONFLICT)
    assert all(account_id in str(stalled.status.conditions) for account_id in ids)


@pytest.mark.parametrize("external_id", [None, "jane"], ids=["userName alone", "both"])
async def test_agreement_adopts(stage: Stage, operator: Operator, external_id: str | None) -> None:
    """An account that matches by one value and does not contradict by the other is taken, and nothing is created."""
    account = stage.hire(JANE, external_id=external_id)
    await stage.create(a_user("jane", userName=JANE, externalId="jane"))
    adopted = await stage.settled(WorkteamUser, "jane")
    assert (adopted.status.account_id, adopted.status.adopted) == (account, True)
    assert [entry.method for entry in stage.writes()].count("POST") == 1  # the hiring itself


async def test_inactive_account_of_a_nickname_needs_a_word(stage: Stage, operator: Operator) -> None:
    """Both values match, but the externalId is a nickname: an inactive account is not given back without a person."""
    account = stage.hire(JANE, external_id="jsmith", active=False)
    await stage.create(a_user("jane", userName=JANE, externalId="jsmith"))
    await stage.stalled(WorkteamUser, "jane", Reason.CONFIRM_ADOPTION)
    assert stage.accounts()[JANE]["active"] is False
    await stage.annotate(WorkteamUser, "jane", adopt=account)
    await stage.settled(WorkteamUser, "jane")
    assert stage.accounts()[JANE]["active"] is True


async def test_inactive_account_of_an_object_id_comes_back(stage: Stage, operator: Operator) -> None:
    """Both values match and the externalId is a GUID, which is never reused: the account is active again."""
    stage.hire(JANE, external_id=GUID, active=False)
    await stage.create(a_user("jane", userName=JANE, externalId=GUID))
    await stage.settled(WorkteamUser, "jane")
    assert stage.accounts()[JANE]["active"] is True


@pytest.mark.parametrize(
    ("adoption", "external_id", "reason"),
    [
        ("Never", "jane", Reason.UNIQUENESS_CONFLICT),
        ("MatchUserName", "another", None),
    ],
)
async def test_policy(stage: Stage, adoption: str, external_id: str, reason: Reason | None) -> None:
    """Never adopts nothing; MatchUserName lets the userName alone decide."""
    account = stage.hire(JANE, external_id=external_id)
    await stage.add_tenant(adoption=adoption)
    async with stage.operating():
        await stage.create(a_user("jane", userName=JANE, externalId="jane"))
        if reason is not None:
            await stage.stalled(WorkteamUser, "jane", reason)
        else:
            adopted = await stage.settled(WorkteamUser, "jane")
            assert adopted.status.account_id == account
