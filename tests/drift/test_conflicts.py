"""Conflicts that are ended in Workteam: only the sweep can see that."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from workteam_cli.staging import PATCH_OP, Stage, quiet, reason_of
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_user

ANA, BO = "ana@contoso.example", "bo@contoso.example"
OFTEN = {"interval": "1s"}
Sweeps: TypeAlias = Callable[[], Awaitable[None]]


def change(stage: Stage, path: str, **attributes: object) -> None:
    """Change something in Workteam itself."""
    operations = [{"op": "replace", "path": name, "value": value} for name, value in attributes.items()]
    stage.in_workteam("PATCH", path, {"schemas": [PATCH_OP], "Operations": operations})


async def test_a_conflict_that_is_over_in_workteam_ends(hurried: Stage, swept_twice: Sweeps) -> None:
    """The account in the way is deleted, the other's externalId mended, the one of two renamed: nobody resyncs."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    stays, mended = stage.hire(ANA, external_id="other"), stage.hire(BO, external_id="other too")
    team = stage.in_workteam("POST", "/Groups", {"schemas": [], "displayName": "crew", "externalId": "another's"})["id"]
    async with stage.operating() as operator:
        for name in ("ana", "bo"):
            await stage.create(a_user(name))
            await stage.stalled(WorkteamUser, name, Reason.UNIQUENESS_CONFLICT)
        await stage.create(a_group("crew"))
        await stage.stalled(WorkteamGroup, "crew", Reason.UNIQUENESS_CONFLICT)
        await quiet(operator)
        seen = stage.mark()
        await swept_twice()
        await quiet(operator)
        asked = [entry for entry in stage.workteam.control.log(seen) if "filter" in entry.query]
        assert asked == []  # as long as nothing changes nobody is looked at
        stage.in_workteam("DELETE", f"/Users/{stays}")
        change(stage, f"/Users/{mended}", externalId="bo")
        change(stage, f"/Groups/{team}", displayName="gang")
        ana = await stage.settled(WorkteamUser, "ana")
        bo = await stage.settled(WorkteamUser, "bo")
        await stage.settled(WorkteamGroup, "crew")
    assert (ana.status.adopted, bo.status.account_id, bo.status.adopted) == (False, mended, True)
    assert set(stage.teams()) == {"crew", "gang"}


async def test_a_conflict_that_is_another_one_says_so(hurried: Stage) -> None:
    """Not the id of an account that is gone: the one that a person has to look at now."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    first = stage.hire(ANA, external_id="other")
    async with stage.operating():
        await stage.create(a_user("ana"))
        user = await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
        assert first in str(user.status.conditions)
        stage.in_workteam("DELETE", f"/Users/{first}")
        second = stage.hire(ANA, external_id="another")
        user = await stage.until(WorkteamUser, "ana", lambda found: second in str(found.status.conditions))
        assert reason_of(user, ConditionType.STALLED) is Reason.UNIQUENESS_CONFLICT


async def test_a_name_that_another_has_is_taken_once_it_is_free(hurried: Stage, swept_twice: Sweeps) -> None:
    """Somebody who is there already is renamed: while another account has the name nothing is tried, then it is."""
    stage = hurried
    await stage.add_tenant(drift=OFTEN)
    other = stage.hire(BO, external_id="other")
    async with stage.operating() as operator:
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
        await stage.edit(WorkteamUser, "ana", userName=BO)
        await stage.stalled(WorkteamUser, "ana", Reason.UNIQUENESS_CONFLICT)
        await quiet(operator)
        await swept_twice()
        seen = stage.mark()
        await swept_twice()
        await quiet(operator)
        assert [entry for entry in stage.workteam.control.log(seen) if entry.method == "PATCH"] == []
        stage.in_workteam("DELETE", f"/Users/{other}")
        user = await stage.settled(WorkteamUser, "ana")
    assert stage.accounts()[BO]["id"] == user.status.account_id
