"""What makes an operator not alive: a watch that died, a pass that does not end; no outage does. Real processes."""

from collections.abc import Awaitable, Callable

from workteam_cli.controlplane.fault_rules import Match
from workteam_cli.controlplane.fault_rules import Point as Where
from workteam_cli.operator_processes import Ground, OperatorProcess
from workteam_cli.tenant.faults import Hold, Point
from workteam_crds.testing import a_user

Until = Callable[..., Awaitable[None]]

WATCH_OF_USERS = Match("GET", "/workteamusers.*watch=true")


async def ails(operator: OperatorProcess, words: str) -> bool:
    """Say whether an operator is not alive for a reason."""
    answer = await operator.probe("/healthz")
    return answer is not None and answer.status_code == 503 and words in answer.text


async def lives(operator: OperatorProcess) -> bool:
    """Say whether an operator is alive."""
    answer = await operator.probe("/healthz")
    return answer is not None and answer.status_code == 200


async def test_a_watch_that_died_is_noticed(ground: Ground, until: Until) -> None:
    """A watch that is cut at the proxy and never answered again is named, the others are well; answered, all is."""
    async with ground.operator("only", 15, proxied=True, WATCH_RENEWAL="2") as only:
        await until(only.ready)
        assert await lives(only)
        cut = ground.proxy.hold(WATCH_OF_USERS, Where.BEFORE)
        held = ground.proxy.end(Match("GET", "/workteamusers.*watch=true"))
        words = f"nothing is heard of the watch of workteamusers in {ground.namespace}"
        await until(lambda: ails(only, words), within=30)
        answer = await only.probe("/healthz")
        assert answer is not None
        assert answer.json() == {"status": "not alive", "missing": [words]}
        assert await only.figure("workteam_watch_last_event_age_seconds") > 4
        for rule in (cut, held):
            ground.proxy.remove(rule)
        for request in cut.held:
            request.drop()
        await until(lambda: lives(only), within=30)


async def test_a_pass_that_does_not_end_is_noticed(ground: Ground, until: Until) -> None:
    """While Workteam does not answer a call, the operator is not alive and its figures tell; answered, all is well."""
    ground.workteam.control.add(Hold(method="POST", body="ana@", point=Point.BEFORE, count=1))
    async with ground.operator("only", 600, STUCK_AFTER="1") as only:
        await until(only.ready)
        await ground.cluster.create(a_user("ana", namespace=ground.namespace), manager="test")
        await until(lambda: ails(only, "a pass does not end"))
        assert await only.figure("workteam_workqueue_longest_running_processor_seconds") > 1
        assert await only.figure("workteam_workqueue_unfinished_work_seconds") > 1
        [held] = await ground.workteam.control.until_held()
        ground.workteam.control.release(held)
        await until(lambda: lives(only))


async def test_an_outage_of_the_api_server_is_no_ailment(ground: Ground, until: Until) -> None:
    """While nothing is answered nothing is amiss with the operator; it acts no more, and says so."""
    async with ground.operator("only", 3, proxied=True, WATCH_RENEWAL="1") as only:
        await until(only.ready)
        await until(only.leads)
        ground.proxy.refuse(Match(), 503)
        await until(lambda: acts_no_more(only), within=30)
        assert await lives(only)


async def acts_no_more(operator: OperatorProcess) -> bool:
    """Say whether an operator stopped to act and its watches have been silent for longer than they may be."""
    silent = await operator.figure("workteam_watch_last_event_age_seconds") > 4 * 2
    return silent and not await operator.leads()


async def test_what_is_there_is_counted(ground: Ground, until: Until) -> None:
    """Objects by kind, events by kind, and who leads."""
    async with ground.operator("first", 600) as first:
        await until(first.leads)
        for name in ("ana", "ben"):
            await ground.cluster.create(a_user(name, namespace=ground.namespace), manager="test")
        await until(lambda: holds(first, 3))
        async with ground.operator("second", 600) as second:
            await until(lambda: holds(second, 3))
            assert (await first.leads(), await second.leads()) == (True, False)
            assert await second.figure("workteam_workqueue_depth") == 0
            assert await first.figure("workteam_watch_events_total") >= 2


async def holds(operator: OperatorProcess, count: int) -> bool:
    """Say whether an operator's copy has so many objects."""
    return await operator.figure("workteam_cache_objects") == count
