"""A4: nothing is inferred from absence."""

from workteam_cli.staging import Stage, quiet
from workteam_cli.tenant.faults import Answer
from workteam_crds.kinds import WorkteamUser
from workteam_crds.testing import a_user
from workteam_operator.assembly import Operator

ANA = "ana@contoso.example"


async def vanish(stage: Stage, name: str) -> None:
    """Delete an object and tear its finalizer off by hand, so that nobody could act on its deletion."""
    await stage.delete(WorkteamUser, name)
    user = await stage.get(WorkteamUser, name)
    await stage.cluster.patch(user, [{"op": "remove", "path": "/metadata/finalizers"}], manager="test")
    await stage.until_gone(WorkteamUser, name)


async def test_object_that_vanished_takes_no_access(stage: Stage) -> None:
    """An object that is not there any more when the operator starts says nothing about its account."""
    await stage.add_tenant()
    async with stage.operating():
        await stage.create(a_user("ana"))
        await stage.settled(WorkteamUser, "ana")
    await vanish(stage, "ana")
    seen = stage.mark()
    async with stage.operating() as operator:
        await quiet(operator)
    assert stage.accounts()[ANA]["active"] is True
    assert stage.writes(seen) == []


async def test_list_that_lacks_an_object_takes_no_access(stage: Stage, operator: Operator) -> None:
    """A list without an object removes it from the operator's copy, and does nothing else."""
    await stage.create(a_user("ana"))
    user = await stage.settled(WorkteamUser, "ana")
    await quiet(operator)
    seen = stage.mark()
    listing = await stage.cluster.list(WorkteamUser, stage.namespace)
    empty = type(listing)((), listing.resource_version)
    for visit in operator.objects.replace(WorkteamUser, stage.namespace, empty, base=0):  # type: ignore[arg-type]
        operator.queue.add(visit)
    assert operator.objects.user(user.key) is None
    await quiet(operator)
    assert stage.accounts()[ANA]["active"] is True
    assert stage.writes(seen) == []


async def test_failed_look_at_the_account_deletes_and_creates_nothing(stage: Stage, operator: Operator) -> None:
    """While Workteam answers 503, an edited user is neither created again nor anything else; then the edit arrives."""
    await stage.create(a_user("ana", title="Engineer"))
    await stage.settled(WorkteamUser, "ana")
    seen = stage.mark()
    stage.workteam.control.add(Answer(method="GET", path="/Users/.+", status=503, count=2))
    await stage.edit(WorkteamUser, "ana", title="Lead")
    await stage.settled(WorkteamUser, "ana")
    assert [entry.method for entry in stage.writes(seen)] == ["PATCH"]
    assert stage.accounts()[ANA]["title"] == "Lead"
