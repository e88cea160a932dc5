"""What the proxy before the API server does to requests, seen from the client and from the server."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta

import pytest

from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_cli.controlplane.faults import FaultProxy
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.port import Change, ClusterUnavailable, Event, Gone
from workteam_crds.kinds.users import WorkteamUser
from workteam_crds.testing import a_user

WRITER = "fault-tests"
CREATES = Match("POST", "/workteamusers")
WATCHES = Match("GET", "/workteamusers.*watch=true")
Watching = AsyncGenerator[Event[WorkteamUser], None]


async def test_all_else_passes_untouched(client: KubernetesCluster, direct: KubernetesCluster, namespace: str) -> None:
    """What is created through the proxy is in the cluster, and is read and listed through it as it is."""
    created = await client.create(a_user("ana", namespace=namespace), manager=WRITER)

    assert await direct.get(WorkteamUser, namespace, "ana") == created
    assert await client.get(WorkteamUser, namespace, "ana") == created
    assert (await client.list(WorkteamUser, namespace)).items == (created,)


async def test_a_watch_streams_event_by_event(
    client: KubernetesCluster, direct: KubernetesCluster, namespace: str
) -> None:
    """An event reaches the watcher while the watch stays open, and the next one follows on the same stream."""
    since = (await direct.list(WorkteamUser, namespace)).resource_version
    watch = client.watch(WorkteamUser, namespace, since)
    for name in ("ana", "ben"):
        await direct.create(a_user(name, namespace=namespace), manager=WRITER)
        event = await asyncio.wait_for(anext(watch), timeout=10)
        assert (event.change, event.key and event.key.name) == (Change.ADDED, name)
    await watch.aclose()


async def test_a_request_held_before_it_is_sent_has_no_effect_until_released(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """The API server does not see it while it is held; released, it is done and answered."""
    rule = proxy.hold(CREATES, Point.BEFORE)
    asked = asyncio.create_task(client.create(a_user("ana", namespace=namespace), manager=WRITER))
    held = await asyncio.to_thread(rule.next_held)
    assert (await direct.list(WorkteamUser, namespace)).items == ()

    held.release()
    await asked
    assert await direct.get(WorkteamUser, namespace, "ana") == await asked


async def test_a_request_dropped_before_it_is_sent_was_not_done(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """The client sees a reset connection, and nothing is in the cluster."""
    await _created_and_dropped(client, proxy, namespace, Point.BEFORE)
    assert (await direct.list(WorkteamUser, namespace)).items == ()


async def test_a_request_dropped_when_committed_was_done(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """The client sees the same reset connection, and the object is in the cluster."""
    await _created_and_dropped(client, proxy, namespace, Point.COMMITTED)
    assert [user.metadata.name for user in (await direct.list(WorkteamUser, namespace)).items] == ["ana"]


async def test_a_committed_request_is_answered_when_released(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """While its answer is kept back the object is there already; released, the client gets that very object."""
    rule = proxy.hold(CREATES, Point.COMMITTED)
    asked = asyncio.create_task(client.create(a_user("ana", namespace=namespace), manager=WRITER))
    held = await asyncio.to_thread(rule.next_held)
    stored = await direct.get(WorkteamUser, namespace, "ana")
    assert not asked.done()

    held.release()
    assert await asked == stored


async def test_a_held_request_may_be_refused(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """Refused with 429 it has no effect, and the client is told when to come again."""
    rule = proxy.hold(CREATES, Point.BEFORE)
    asked = asyncio.create_task(client.create(a_user("ana", namespace=namespace), manager=WRITER))
    (await asyncio.to_thread(rule.next_held)).refuse(429, retry_after=7)

    with pytest.raises(ClusterUnavailable) as refused:
        await asked
    assert refused.value.retry_after == timedelta(seconds=7)
    assert (await direct.list(WorkteamUser, namespace)).items == ()


async def test_a_request_goes_on_after_its_client_is_gone(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """What a process had sent before it was killed may still be done afterwards."""
    rule = proxy.hold(CREATES, Point.BEFORE)
    asked = asyncio.create_task(client.create(a_user("ana", namespace=namespace), manager=WRITER))
    held = await asyncio.to_thread(rule.next_held)
    assert held.waiting
    asked.cancel()
    await asyncio.wait([asked])
    await _until(lambda: not held.waiting)

    since = (await direct.list(WorkteamUser, namespace)).resource_version
    watch = direct.watch(WorkteamUser, namespace, since)
    held.release()
    event = await asyncio.wait_for(anext(watch), timeout=10)
    assert event.key
    assert event.key.name == "ana"
    await watch.aclose()


async def test_a_rule_hits_the_requests_it_names_and_no_other(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """By method, path, body and turn: of three creates that match, the second is refused; a read is not."""
    proxy.refuse(Match("POST", "/workteamusers", '"name":"u', after=1, count=1), 503)
    outcomes = []
    for name in ("other", "u1", "u2", "u3"):
        try:
            await client.create(a_user(name, namespace=namespace), manager=WRITER)
        except ClusterUnavailable as refused:
            outcomes.append(str(refused).rpartition(": ")[2])
        else:
            outcomes.append("created")

    assert outcomes == ["created", "created", "HTTP 503 ServiceUnavailable", "created"]
    assert len((await client.list(WorkteamUser, namespace)).items) == 3
    assert len((await direct.list(WorkteamUser, namespace)).items) == 3


async def test_a_rule_without_a_hold_resets_connections_until_it_is_removed(
    client: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """An outage: each request fails, the client's own connections recover afterwards."""
    rule = proxy.reset(Match("GET"))
    with pytest.raises(ClusterUnavailable):
        await client.list(WorkteamUser, namespace)
    proxy.remove(rule)
    assert (await client.list(WorkteamUser, namespace)).items == ()


async def test_a_watch_may_be_told_that_its_history_is_gone(
    client: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """410 on a watch is ``Gone``: the client must list again."""
    proxy.refuse(Match("GET", "watch=true"), 410)
    with pytest.raises(Gone):
        await anext(client.watch(WorkteamUser, namespace, "1"))


async def test_a_stream_may_be_half_open(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """What is held between two pieces does not reach the watcher, which sees no end either; released, it does."""
    watch = await _watching(client, direct, namespace)
    rule = proxy.hold(WATCHES, Point.STREAMING)
    await direct.create(a_user("ben", namespace=namespace), manager=WRITER)
    held = await asyncio.to_thread(rule.next_held)
    waiting = asyncio.ensure_future(anext(watch))
    assert await asyncio.wait([waiting], timeout=0.2) == (set(), {waiting})
    held.release()
    event = await waiting
    assert event.key
    assert event.key.name == "ben"
    await watch.aclose()


async def test_a_stream_may_end_in_order(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """The watcher sees the end of the stream, and not what was on its way."""
    watch = await _watching(client, direct, namespace)
    proxy.end(WATCHES)
    await direct.create(a_user("ben", namespace=namespace), manager=WRITER)
    assert [event async for event in watch] == []


async def test_a_stream_may_be_cut(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """The watcher sees a reset connection."""
    watch = await _watching(client, direct, namespace)
    proxy.reset(WATCHES, Point.STREAMING)
    await direct.create(a_user("ben", namespace=namespace), manager=WRITER)
    with pytest.raises(ClusterUnavailable):
        await anext(watch)


async def test_a_watch_may_fail_on_its_way(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """An ERROR event with code 410 is ``Gone``."""
    watch = await _watching(client, direct, namespace)
    proxy.spoil(WATCHES, 410)
    await direct.create(a_user("ben", namespace=namespace), manager=WRITER)
    with pytest.raises(Gone):
        await anext(watch)


async def test_a_request_may_come_late(
    client: KubernetesCluster, direct: KubernetesCluster, proxy: FaultProxy, namespace: str
) -> None:
    """A client that waits for less gives up; the request is done all the same."""
    since = (await direct.list(WorkteamUser, namespace)).resource_version
    proxy.delay(CREATES, 0.5)
    with pytest.raises(ClusterUnavailable, match="TimeoutError"):
        await client.create(a_user("ana", namespace=namespace), manager=WRITER, within=timedelta(seconds=0.2))
    watch = direct.watch(WorkteamUser, namespace, since)
    event = await asyncio.wait_for(anext(watch), timeout=10)
    assert event.change is Change.ADDED
    await watch.aclose()


async def test_nobody_decides_in_vain() -> None:
    """A wait for a request that never comes ends in one sentence that names the rule."""
    with FaultProxy() as idle:
        rule = idle.hold(Match("DELETE", "/secrets"), Point.BEFORE)
        with pytest.raises(TimeoutError, match=r"no request was held within 0\.01 s: .*DELETE.*/secrets"):
            await asyncio.to_thread(rule.next_held, seconds=0.01)


async def _watching(client: KubernetesCluster, direct: KubernetesCluster, namespace: str) -> Watching:
    """Return a watch that has yielded an event: its stream has begun."""
    watch = client.watch(WorkteamUser, namespace, (await direct.list(WorkteamUser, namespace)).resource_version)
    await direct.create(a_user("ana", namespace=namespace), manager=WRITER)
    await asyncio.wait_for(anext(watch), timeout=10)
    return watch


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


async def _created_and_dropped(client: KubernetesCluster, proxy: FaultProxy, namespace: str, point: Point) -> None:
    rule = proxy.hold(CREATES, point)
    asked = asyncio.create_task(client.create(a_user("ana", namespace=namespace), manager=WRITER))
    (await asyncio.to_thread(rule.next_held)).drop()
    with pytest.raises(ClusterUnavailable, match=r"ServerDisconnectedError|ClientOSError"):
        await asked
