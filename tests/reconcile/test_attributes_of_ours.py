"""Which attributes are ours is known before they are written: no crash leaves one that nobody unsets."""

from workteam_cli.staging import Stage, quiet
from workteam_cli.tenant.faults import Unanswered
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user

ANA = "ana@contoso.example"


async def test_what_was_written_before_a_crash_is_unset_after_it(stage: Stage) -> None:
    """A title arrives and its answer is lost; the operator ends, the directory clears it: Workteam has none then."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        stage.workteam.control.add(Unanswered(method="PATCH", path="/Users/.+", body="title"))
        await stage.edit(WorkteamUser, "ana", title="Engineer")
        await stage.until(WorkteamUser, "ana", lambda found: "title" in found.status.synced_attributes)
    assert stage.accounts()[ANA]["title"] == "Engineer"
    unsaid = await stage.get(WorkteamUser, "ana")
    assert (unsaid.status.observed_generation, "title" in unsaid.status.synced_attributes) == (2, True)
    await stage.edit(WorkteamUser, "ana", title=None)
    stage.workteam.control.clear()
    async with stage.operating() as operator:
        user = await stage.settled(WorkteamUser, "ana")
        await quiet(operator)
    assert "title" not in stage.accounts()[ANA]
    assert "title" not in user.status.synced_attributes


async def test_what_is_another_s_is_not_noted_as_ours(stage: Stage) -> None:
    """An adopted account keeps a title that Workteam had and the object never says."""
    await stage.add_tenant()
    account_id = stage.hire(ANA, external_id="ana")
    change = {"op": "replace", "path": "title", "value": "Founder"}
    schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"]
    stage.in_workteam("PATCH", f"/Users/{account_id}", {"schemas": schemas, "Operations": [change]})
    async with stage.operating() as operator:
        await stage.create(a_user("ana", nickName="Annie"))
        user = await stage.settled(WorkteamUser, "ana")
        await quiet(operator)
    account = stage.accounts()[ANA]
    assert (account["title"], account["nickName"]) == ("Founder", "Annie")
    assert "title" not in user.status.synced_attributes
