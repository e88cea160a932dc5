"""An account that Workteam shows on after it was deleted."""

import asyncio
from datetime import timedelta

from workteam_cli.staging import POLL, Stage
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user


async def test_deleted_account_that_still_shows_is_only_read(stage: Stage) -> None:
    """Within the settle time it is deleted once, and looked at until it is gone."""
    stage.settings = stage.settings.model_copy(update={"create_settle": timedelta(seconds=60)})
    await stage.add_tenant(deprovisioning={"onDelete": "Delete"})
    async with stage.operating():
        await stage.create(a_user("ana", active=False))
        await stage.settled(WorkteamUser, "ana")
        stage.workteam.control.behave(searches_lag=True, reads_lag=True)
        seen = stage.mark()
        await stage.delete(WorkteamUser, "ana")
        async with asyncio.timeout(20):
            while len(_looks(stage, seen)) < 3:  # noqa: ASYNC110 - Workteam sends no event
                await asyncio.sleep(POLL)
        assert [entry.method for entry in stage.writes(seen)] == ["DELETE"]
        stage.workteam.control.behave(searches_lag=False, reads_lag=False)
        await stage.until_gone(WorkteamUser, "ana")
    assert [entry.method for entry in stage.writes(seen)] == ["DELETE"]


def _looks(stage: Stage, since: int) -> list[str]:
    """Return the reads of an account after its deletion."""
    asked = [entry.method for entry in stage.workteam.control.log(since) if entry.path.startswith("/Users/")]
    return asked[asked.index("DELETE") + 1 :] if "DELETE" in asked else []
