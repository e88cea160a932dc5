"""How an operator comes to know what is there: by a list of its own, and watches that tell the rest. Real processes."""

from collections.abc import Awaitable, Callable

from prometheus_client.parser import text_string_to_metric_families

from workteam_cli.controlplane.fault_rules import Match
from workteam_cli.operator_processes import Ground, OperatorProcess
from workteam_crds.kinds import WorkteamGroupMembership
from workteam_crds.testing import a_membership

Until = Callable[..., Awaitable[None]]

KIND = WorkteamGroupMembership.kind
WATCH_OF_LISTS = Match("GET", "/workteamgroupmemberships.*watch=true")
"""Nobody writes to memberships but who makes them."""


async def known(operator: OperatorProcess) -> float:
    """Return how many memberships are in an operator's copy."""
    return await figure(operator, "workteam_cache_objects")


async def told(operator: OperatorProcess) -> float:
    """Return how many memberships kopf showed to the operator."""
    return await figure(operator, "workteam_watch_events_total")


async def figure(operator: OperatorProcess, name: str) -> float:
    """Return a metric of memberships."""
    answer = await operator.probe("/metrics")
    families = [] if answer is None else text_string_to_metric_families(answer.text)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return sum(sample.value for sample in samples if sample.labels["kind"] == KIND)


async def make(ground: Ground, *names: str) -> None:
    """Make memberships of a group that is not there."""
    for name in names:
        await ground.cluster.create(a_membership("crew", name=name, namespace=ground.namespace), manager="test")


async def test_what_is_there_is_listed_and_what_comes_is_watched(ground: Ground, until: Until) -> None:
    """At its start kopf shows none of the objects that were there; one that comes it shows once."""
    await make(ground, "first", "second", "third")
    async with ground.operator("only", 15) as only:
        await until(only.ready)
        await until(only.leads)
        assert (await known(only), await told(only)) == (3, 0)
        await make(ground, "fourth")
        await until(lambda: holds(only, 4))
        assert await told(only) == 1


async def test_what_went_while_a_watch_was_lost_is_listed(ground: Ground, until: Until) -> None:
    """A watch whose history is gone begins anew without a list of kopf's that tells anything: a list of ours does."""
    await make(ground, "first", "second")
    async with ground.operator("only", 15, proxied=True) as only:
        await until(only.ready)
        lost = ground.proxy.spoil(WATCH_OF_LISTS, 410)
        for membership in (await ground.cluster.list(WorkteamGroupMembership, ground.namespace)).items:
            await ground.cluster.delete(membership)
        await until(lambda: holds(only, 0), within=30)
        ground.proxy.remove(lost)
        assert await told(only) == 0
        await make(ground, "third")
        await until(lambda: holds(only, 1), within=30)


async def holds(operator: OperatorProcess, count: int) -> bool:
    """Say whether an operator's copy has so many memberships."""
    return await known(operator) == count
