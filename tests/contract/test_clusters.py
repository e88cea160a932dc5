"""What every driver of the Cluster port promises; each driver is one more subclass."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from workteam_cli.controlplane.access import Access
from workteam_crds.cluster.informer import Informer
from workteam_crds.cluster.kubernetes import KubernetesCluster
from workteam_crds.cluster.memory import MemoryCluster
from workteam_crds.cluster.port import (
    AlreadyExists,
    Change,
    Cluster,
    ClusterUnavailable,
    Conflict,
    Event,
    Gone,
    LeaseRecord,
    Listing,
    NotFound,
    Rejected,
    Severity,
)
from workteam_crds.conditions import ConditionType
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import FINALIZER
from workteam_crds.kinds.users import UserStatus
from workteam_crds.testing import a_tenant, a_user

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SOON = 10
"""Seconds until a test gives up waiting for what should come at once."""


class ClusterContract:
    """Subclass it, give a ``cluster``, an empty ``namespace`` and who acts ``beside``, and inherit every promise."""

    async def test_what_was_created_is_read(self, cluster: Cluster, namespace: str) -> None:
        created = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        assert created.metadata.generation == 1
        assert await cluster.get(WorkteamUser, namespace, "ana") == created
        assert (await cluster.list(WorkteamUser, namespace)).items == (created,)

    async def test_a_name_is_taken_once(self, cluster: Cluster, namespace: str) -> None:
        await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        with pytest.raises(AlreadyExists):
            await cluster.create(a_user("ana", namespace=namespace), manager="tests")

    async def test_what_is_not_there_is_not_found(self, cluster: Cluster, namespace: str) -> None:
        with pytest.raises(NotFound):
            await cluster.get(WorkteamUser, namespace, "ana")
        with pytest.raises(NotFound):
            await cluster.read_secret(namespace, "none")

    async def test_a_patch_is_compare_and_swap(self, cluster: Cluster, namespace: str) -> None:
        """A failed test is a Conflict and changes nothing; a refusal of the schema is Rejected, not a Conflict."""
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        title = {"op": "add", "path": "/spec/title", "value": "Lead"}
        with pytest.raises(Conflict):
            await cluster.patch(ana, [{"op": "test", "path": "/metadata/generation", "value": 7}, title], manager="t")
        with pytest.raises(Rejected):
            await cluster.patch(ana, [{"op": "add", "path": "/spec/title", "value": 5}], manager="t")
        assert (await cluster.get(WorkteamUser, namespace, "ana")).spec.title is None
        changed = await cluster.patch(
            ana, [{"op": "test", "path": "/metadata/generation", "value": 1}, title], manager="t"
        )
        assert (changed.spec.title, changed.metadata.generation) == ("Lead", 2)

    async def test_a_status_does_not_move_the_generation(self, cluster: Cluster, namespace: str) -> None:
        """One manager's later apply replaces all that it said; what it leaves out goes."""
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        await cluster.apply_status(ana, {"accountID": "1", "syncedActive": True}, manager="one")
        await cluster.apply_status(ana, {"syncedUserName": "ana"}, manager="two")
        seen = await cluster.apply_status(ana, {"accountID": "2"}, manager="one")
        assert seen.metadata.generation == 1
        assert seen.status.dump() == {"accountID": "2", "syncedUserName": "ana"}

    async def test_a_status_is_not_written_to_a_successor(self, cluster: Cluster, namespace: str) -> None:
        """The uid is a precondition, and so is the resourceVersion where it is given."""
        old = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        with pytest.raises(NotFound):
            await cluster.apply_status(a_user("bob", namespace=namespace), {"accountID": "1"}, manager="one")
        await cluster.delete(old)
        new = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        with pytest.raises(Conflict):
            await cluster.apply_status(old, {"accountID": "1"}, manager="one")
        await cluster.apply_status(new, {"accountID": "1"}, manager="one")
        with pytest.raises(Conflict):
            await cluster.apply_status(
                new, {"accountID": "2"}, manager="one", resource_version=new.metadata.resource_version
            )

    async def test_deleting_spares_a_successor(self, cluster: Cluster, namespace: str) -> None:
        """Deleting twice is fine; deleting by an old uid is a Conflict."""
        old = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        await cluster.delete(old)
        await cluster.delete(old)
        await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        with pytest.raises(Conflict):
            await cluster.delete(old)

    async def test_a_finalizer_holds_an_object(self, cluster: Cluster, namespace: str) -> None:
        user = a_user("ana", namespace=namespace)
        held = user.model_copy(update={"metadata": user.metadata.model_copy(update={"finalizers": (FINALIZER,)})})
        ana = await cluster.create(held, manager="tests")
        await cluster.delete(ana)
        leaving = await cluster.get(WorkteamUser, namespace, "ana")
        assert (leaving.deleting, leaving.held) == (True, True)
        ours = [
            {"op": "test", "path": "/metadata/finalizers/0", "value": FINALIZER},
            {"op": "remove", "path": "/metadata/finalizers/0"},
        ]
        await cluster.patch(leaving, ours, manager="tests")
        with pytest.raises(NotFound):
            await cluster.get(WorkteamUser, namespace, "ana")

    async def test_a_watch_tells_what_came_after(self, cluster: Cluster, namespace: str) -> None:
        await cluster.create(a_user("before", namespace=namespace), manager="tests")
        listing = await cluster.list(WorkteamUser, namespace)
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        await cluster.apply_status(ana, {"accountID": "1"}, manager="one")
        await cluster.delete(ana)
        seen: list[tuple[Change | None, str]] = []
        async with asyncio.timeout(SOON):
            async with contextlib.aclosing(cluster.watch(WorkteamUser, namespace, listing.resource_version)) as events:
                async for event in events:
                    if event.key:
                        seen.append((event.change, event.key.name))
                    if event.change is Change.DELETED:
                        break
        assert seen == [(Change.ADDED, "ana"), (Change.MODIFIED, "ana"), (Change.DELETED, "ana")]

    async def test_a_list_reads_every_page(self, cluster: Cluster, namespace: str) -> None:
        """1,001 objects are three pages, and all of them come."""
        names = [f"user-{number}" for number in range(1001)]
        for start in range(0, len(names), 50):
            batch = names[start : start + 50]
            await asyncio.gather(
                *[cluster.create(a_user(name, namespace=namespace), manager="tests") for name in batch]
            )
        listing = await cluster.list(WorkteamUser, namespace)
        assert sorted(user.metadata.name for user in listing.items) == sorted(names)

    async def test_an_event_is_written(self, cluster: Cluster, namespace: str) -> None:
        tenant = await cluster.create(a_tenant(namespace=namespace), manager="tests")
        await cluster.record(tenant, Severity.WARNING, "Stalled", "ask the owner")
        assert (await cluster.list(WorkteamTenant, namespace)).items == (tenant,)

    async def test_an_event_that_is_told_again_is_counted(
        self, cluster: Cluster, beside: "Beside", namespace: str
    ) -> None:
        """The same about the same object is one Event with a count; another note, or another reporter, is another."""
        tenant = await cluster.create(a_tenant(namespace=namespace), manager="tests")
        for _ in range(3):
            await cluster.record(tenant, Severity.WARNING, "Stalled", "ask the owner")
        await cluster.record(tenant, Severity.WARNING, "Stalled", "ask somebody else")
        await cluster.record(tenant, Severity.WARNING, "Stalled", "ask the owner", component="workteam")
        await beside.drop_events("workteam")
        await cluster.record(tenant, Severity.WARNING, "Stalled", "ask the owner", component="workteam")
        assert await beside.events() == [
            ("workteam", "ask the owner", 1),
            ("workteam-operator", "ask somebody else", 1),
            ("workteam-operator", "ask the owner", 3),
        ]

    async def test_secrets_are_read_watched_and_swapped(
        self, cluster: Cluster, beside: "Beside", namespace: str
    ) -> None:
        """Values come decoded; a watch yields changes, and None for a Secret that is gone; tests conflict."""
        await beside.put_secret("keys", "one")
        first = await cluster.read_secret(namespace, "keys")
        assert first.data == {"token": b"one"}
        two = base64.b64encode(b"two").decode()
        swap = [
            {"op": "test", "path": "/data/token", "value": base64.b64encode(b"one").decode()},
            {"op": "replace", "path": "/data/token", "value": two},
        ]
        await cluster.patch_secret(first, swap)
        with pytest.raises(Conflict):
            await cluster.patch_secret(first, swap)
        await beside.delete_secret("keys")
        assert await _tokens(cluster, namespace, since=first.resource_version) == [b"two", None]

    async def test_a_watch_of_a_secret_begins_with_it(self, cluster: Cluster, beside: "Beside", namespace: str) -> None:
        """From "0" on: first as it is, then what happens to it."""
        await beside.put_secret("keys", "one")
        async with asyncio.timeout(SOON), contextlib.aclosing(cluster.watch_secret(namespace, "keys", "0")) as events:
            first = await anext(events)
            await beside.delete_secret("keys")
            assert (first and first.data, await anext(events)) == ({"token": b"one"}, None)

    async def test_what_changes_nothing_is_not_stored(self, cluster: Cluster, namespace: str) -> None:
        """The resourceVersion stays after a patch and after an apply that say what is there already."""
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        same = await cluster.patch(
            ana, [{"op": "replace", "path": "/spec/userName", "value": "ana@contoso.example"}], manager="tests"
        )
        assert same == ana
        told = await cluster.apply_status(ana, {"accountID": "1"}, manager="one")
        assert await cluster.apply_status(told, {"accountID": "1"}, manager="one") == told

    async def test_only_its_own_writer_sets_a_field(self, cluster: Cluster, namespace: str) -> None:
        """A create sets no status, a patch neither status nor uid; deleting and a new spec raise the generation."""
        wanted = a_user("ana", namespace=namespace).model_copy(update={"status": UserStatus(account_id="1")})
        metadata = wanted.metadata.model_copy(update={"finalizers": (FINALIZER,)})
        ana = await cluster.create(wanted.model_copy(update={"metadata": metadata}), manager="tests")
        assert ana.status == UserStatus()
        patched = await cluster.patch(
            ana, [{"op": "add", "path": "/status", "value": {"accountID": "1"}}], manager="tests"
        )
        assert (patched.status, patched.metadata.generation) == (UserStatus(), 1)
        await cluster.delete(ana)
        leaving = await cluster.get(WorkteamUser, namespace, "ana")
        assert leaving.metadata.generation == 2

    async def test_what_may_not_change_is_refused(self, cluster: Cluster, namespace: str) -> None:
        """Another tenant, and a finalizer more on what is terminating, are Rejected."""
        user = a_user("ana", namespace=namespace)
        held = user.model_copy(update={"metadata": user.metadata.model_copy(update={"finalizers": (FINALIZER,)})})
        ana = await cluster.create(held, manager="tests")
        with pytest.raises(Rejected):
            await cluster.patch(ana, [{"op": "replace", "path": "/spec/tenantRef/name", "value": "b"}], manager="tests")
        await cluster.delete(ana)
        more = {"op": "add", "path": "/metadata/finalizers/-", "value": "example.com/more"}
        with pytest.raises(Rejected):
            await cluster.patch(ana, [more], manager="tests")

    async def test_a_patch_that_does_not_fit_is_a_conflict(self, cluster: Cluster, namespace: str) -> None:
        """What it removes is not there, or what it tests: somebody else was faster."""
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        for operation in (
            {"op": "remove", "path": "/spec/title"},
            {"op": "test", "path": "/metadata/annotations/workte.am~1paused", "value": "true"},
            {"op": "test", "path": "/metadata/finalizers/0", "value": FINALIZER},
        ):
            with pytest.raises(Conflict):
                await cluster.patch(ana, [operation], manager="tests")

    async def test_conditions_of_two_managers_stand_side_by_side(self, cluster: Cluster, namespace: str) -> None:
        """They are merged by type; a manager that says the other's takes it over, and takes it along when it goes."""
        ana = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        ready, synced = _condition(ConditionType.READY), _condition(ConditionType.SYNCED)
        await cluster.apply_status(ana, {"conditions": [ready], "accountID": "1"}, manager="one")
        both = await cluster.apply_status(ana, {"conditions": [synced], "accountID": "2"}, manager="two")
        assert sorted(c.type for c in both.status.conditions) == [ConditionType.READY, ConditionType.SYNCED]
        assert both.status.account_id == "2"
        left = await cluster.apply_status(ana, {}, manager="two")
        assert ([c.type for c in left.status.conditions], left.status.account_id) == ([ConditionType.READY], None)

    async def test_deleting_what_changed_is_refused_if_asked_for(self, cluster: Cluster, namespace: str) -> None:
        """With ``unchanged`` the resourceVersion is a precondition too."""
        old = await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        await cluster.apply_status(old, {"accountID": "1"}, manager="one")
        with pytest.raises(Conflict):
            await cluster.delete(old, unchanged=True)
        await cluster.delete(old)
        with pytest.raises(NotFound):
            await cluster.get(WorkteamUser, namespace, "ana")

    async def test_a_lease_is_swapped(self, cluster: Cluster, namespace: str) -> None:
        """It is created once, and replaced only by who read it last; who waits for a change is told."""
        soon = timedelta(seconds=SOON)
        mine = LeaseRecord(namespace, "operator", holder="one")
        with pytest.raises(NotFound):
            await cluster.read_lease(namespace, "operator", within=soon)
        first = await cluster.write_lease(mine, NOW, within=soon)
        assert await cluster.read_lease(namespace, "operator", within=soon) == first
        with pytest.raises(AlreadyExists):
            await cluster.write_lease(mine, NOW, within=soon)
        waiting = asyncio.create_task(cluster.lease_changed(first, within=soon))
        second = await cluster.write_lease(replace(first, holder="two", transitions=1), NOW, within=soon)
        await waiting
        with pytest.raises(Conflict):
            await cluster.write_lease(first, NOW, within=soon)
        assert (second.holder, second.transitions) == ("two", 1)

    async def test_an_informer_feeds_its_sink(self, cluster: Cluster, namespace: str) -> None:
        """First the list, then each change, without asking again."""
        await cluster.create(a_user("ana", namespace=namespace), manager="tests")
        sink = _Seen()
        informer = Informer(cluster, WorkteamUser, namespace, sink)
        running = asyncio.create_task(informer.run())
        try:
            async with asyncio.timeout(SOON):
                await informer.listed.wait()
                await cluster.create(a_user("bob", namespace=namespace), manager="tests")
                await sink.heard.wait()
        finally:
            running.cancel()
            await asyncio.wait([running])
        assert sink.names == ["ana", "bob"]
        age = informer.age()
        assert age is not None


class TestMemoryCluster(ClusterContract):
    @pytest.fixture
    def cluster(self) -> Cluster:
        return MemoryCluster()

    @pytest.fixture
    def namespace(self) -> str:
        return "test"

    @pytest.fixture
    def beside(self, cluster: MemoryCluster, namespace: str) -> "Beside":
        return InMemory(cluster, namespace)


class TestKubernetesCluster(ClusterContract):
    @pytest.fixture
    async def cluster(self, cluster_access: Access) -> AsyncIterator[Cluster]:
        async with KubernetesCluster.connect(str(cluster_access.kubeconfig)) as cluster:
            yield cluster

    @pytest.fixture
    def beside(self, cluster_access: Access, namespace: str) -> "Beside":
        return ByKubectl(cluster_access, namespace)

    async def test_history_that_is_gone_says_so(self, cluster: Cluster, namespace: str) -> None:
        """A watch from before the beginning is Gone, not an empty stream."""
        with pytest.raises(Gone):
            async for _ in cluster.watch(WorkteamUser, namespace, "1"):
                pass


async def test_a_server_that_is_not_there_is_unavailable(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A refused connection is ClusterUnavailable and names the call."""
    path = tmp_path_factory.mktemp("nowhere") / "kubeconfig"
    path.write_text(
        "{apiVersion: v1, kind: Config, clusters: [{name: a, cluster: {server: 'http://127.0.0.1:9'}}],"
        " users: [{name: a, user: {token: t}}], contexts: [{name: a, context: {cluster: a, user: a}}],"
        " current-context: a}"
    )
    async with KubernetesCluster.connect(str(path)) as cluster:
        with pytest.raises(ClusterUnavailable, match=r"^GET /apis/workte\.am"):
            await cluster.get(WorkteamUser, "default", "ana")


class _Seen:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.heard = asyncio.Event()

    def keep(self, resource: WorkteamUser) -> str:
        return resource.metadata.name

    def replace(self, listing: Listing[str], *, began: float) -> None:
        self.names = list(listing.items)

    def observe(self, event: Event[WorkteamUser]) -> None:
        if event.key:
            self.names.append(event.key.name)
            self.heard.set()


class Beside(Protocol):
    """A person beside the driver, with what the port has no verbs for."""

    async def put_secret(self, name: str, token: str) -> None: ...
    async def delete_secret(self, name: str) -> None: ...
    async def events(self) -> list[tuple[str, str, int]]: ...
    async def drop_events(self, component: str) -> None: ...


@dataclass(frozen=True)
class InMemory:
    """Beside a MemoryCluster."""

    cluster: MemoryCluster
    namespace: str

    async def put_secret(self, name: str, token: str) -> None:
        await self.cluster.put_secret(self.namespace, name, {"token": token.encode()})

    async def delete_secret(self, name: str) -> None:
        await self.cluster.delete_secret(self.namespace, name)

    async def events(self) -> list[tuple[str, str, int]]:
        return sorted((told.component, told.note, count) for told, count in self.cluster.events.items())

    async def drop_events(self, component: str) -> None:
        for told in [told for told in self.cluster.events if told.component == component]:
            del self.cluster.events[told]


@dataclass(frozen=True)
class ByKubectl:
    """Beside an API server."""

    access: Access
    namespace: str

    async def put_secret(self, name: str, token: str) -> None:
        literal = f"--from-literal=token={token}"
        self.access.kubectl("create", "secret", "generic", name, "-n", self.namespace, literal)

    async def delete_secret(self, name: str) -> None:
        self.access.kubectl("delete", "secret", name, "-n", self.namespace)

    async def events(self) -> list[tuple[str, str, int]]:
        found = (self.access.get("events", "-n", self.namespace) or {})["items"]
        return sorted((each["source"]["component"], each["message"], each["count"]) for each in found)

    async def drop_events(self, component: str) -> None:
        self.access.kubectl("delete", "events", "-n", self.namespace, "--field-selector", f"source={component}")


async def _tokens(cluster: Cluster, namespace: str, *, since: str) -> list[bytes | None]:
    """Watch a Secret until it is gone, and return the tokens that it held."""
    seen: list[bytes | None] = []
    async with asyncio.timeout(SOON):
        async with contextlib.aclosing(cluster.watch_secret(namespace, "keys", since)) as secrets:
            async for secret in secrets:
                seen.append(None if secret is None else secret.data["token"])
                if secret is None:
                    break
    return seen


def _condition(kind: ConditionType) -> dict[str, object]:
    return {"type": kind, "status": "True", "reason": "InSync", "lastTransitionTime": "2026-11-25T09:00:00Z"}
