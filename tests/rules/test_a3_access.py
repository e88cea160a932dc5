"""A3: access is given by a decision, never by drift."""

from datetime import timedelta

import yaml

from workteam_cli.controlplane.access import Access
from workteam_cli.record.document import document_of
from workteam_cli.staging import Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.custom_resource import GRANT_ACCESS
from workteam_crds.testing import a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"


def is_withheld(user: WorkteamUser) -> bool:
    """Say whether the object tells that Workteam took the access away, and speaks of its newest generation."""
    current = user.status.observed_generation == user.metadata.generation
    return current and reason_of(user, ConditionType.SYNCED) is Reason.ACCESS_WITHHELD


async def dismissed(stage: Stage) -> str:
    """Provision somebody whom HR then deactivates in Workteam, and return the account's id."""
    await stage.create(a_user("ana", title="Engineer"))
    user = await stage.settled(WorkteamUser, "ana")
    account_id = str(user.status.account_id)
    stage.set_active(account_id, active=False)
    return account_id


async def test_later_edits_do_not_give_access_back(stage: Stage, operator: Operator) -> None:
    """HR deactivates somebody in Workteam; an edit of the title arrives, and the access stays taken."""
    await dismissed(stage)
    await stage.edit(WorkteamUser, "ana", title="Lead")
    user = await stage.until(WorkteamUser, "ana", is_withheld)
    account = stage.accounts()[ANA]
    assert (account["active"], account["title"], user.status.synced_active) == (False, "Lead", True)


async def test_a_person_may_grant_it_once(stage: Stage, operator: Operator) -> None:
    """grant-access with the account's id gives it back, and is spent: a second dismissal holds."""
    account_id = await dismissed(stage)
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.until(WorkteamUser, "ana", is_withheld)
    await stage.annotate(WorkteamUser, "ana", grant_access=account_id)
    await stage.until(WorkteamUser, "ana", lambda user: GRANT_ACCESS not in user.metadata.annotations)
    assert stage.accounts()[ANA]["active"] is True
    await quiet(operator)
    stage.set_active(account_id, active=False)
    await stage.edit(WorkteamUser, "ana", title="Director")
    await stage.until(WorkteamUser, "ana", is_withheld)
    assert stage.accounts()[ANA]["active"] is False


async def test_grant_for_another_account_is_none(stage: Stage, operator: Operator) -> None:
    """The annotation names an account; another one's id gives nothing."""
    await dismissed(stage)
    await stage.annotate(WorkteamUser, "ana", grant_access="another")
    await stage.until(WorkteamUser, "ana", is_withheld)
    assert stage.accounts()[ANA]["active"] is False


async def test_entra_takes_and_gives_again(stage: Stage, operator: Operator) -> None:
    """False, then true, is a decision: the account is active again."""
    await dismissed(stage)
    await stage.edit(WorkteamUser, "ana", active=False)
    await stage.until(WorkteamUser, "ana", lambda user: user.status.synced_active is False)
    await stage.edit(WorkteamUser, "ana", active=True)
    await stage.until(WorkteamUser, "ana", lambda user: user.status.synced_active is True)
    assert stage.accounts()[ANA]["active"] is True


async def test_a_word_decides_once(stage: Stage, cluster_access: Access) -> None:
    """An adoption is confirmed and HR locks the person out: the object, made again by its YAML, gives nothing back."""
    stage.settings = stage.settings.model_copy(update={"create_settle": timedelta(milliseconds=100)})
    await stage.add_tenant(drift={"interval": "1s"})
    account = stage.hire(ANA, external_id="asmith", active=False)
    async with stage.operating():
        await stage.create(a_user("ana", externalId="asmith"))
        await stage.stalled(WorkteamUser, "ana", Reason.CONFIRM_ADOPTION)
        await stage.annotate(WorkteamUser, "ana", adopt=account)
        user = await stage.settled(WorkteamUser, "ana")
        assert stage.accounts()[ANA]["active"] is True
        assert user.metadata.annotations == {}
        stage.set_active(account, active=False)
        user = await stage.until(
            WorkteamUser, "ana", lambda u: reason_of(u, ConditionType.SYNCED) is Reason.ACCESS_WITHHELD
        )
    await stage.cluster.patch(user, [{"op": "remove", "path": "/metadata/finalizers"}], manager="somebody")
    await stage.delete(WorkteamUser, "ana")
    again = yaml.safe_load(document_of(user))
    again["metadata"]["namespace"] = stage.namespace
    cluster_access.apply(again)
    async with stage.operating() as operator:
        await stage.stalled(WorkteamUser, "ana", Reason.CONFIRM_ADOPTION)
        await quiet(operator)
    assert stage.accounts()[ANA]["active"] is False
