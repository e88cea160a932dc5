"""What the facade's bench runs on: a real API server full of users and groups, the facade, and what it is set against.

Everything is started by the code of ``workteam dev up``; the operator does not run, so that nothing else is measured.
"""

import base64
import ssl
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson
import people
import yaml
from baselines import BARE
from load import Server, saturate

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.ports import LOOPBACK
from workteam_cli.controlplane.processes import Processes
from workteam_cli.controlplane.readiness import wait_until_ready
from workteam_cli.controlplane.settings import FACADE, StackSettings, TenantSettings
from workteam_cli.controlplane.stack import Stack
from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.kinds.groups import INLINE_MEMBERS
from workteam_crds.naming import TenantKey
from workteam_crds.testing import a_group, a_membership

PARALLEL = 16
"""Connections of each load: more gain nothing here on two cores."""
NO_LIMIT = 100_000
"""Requests a second that the tenant allows: the bench measures what can be answered, not what may be asked."""
SIZES = (100, 1_000, 10_000, 100_000)
"""Members of the groups."""
RAW = TenantKey("raw", "raw")
"""Objects that no facade sees."""
USERS, GROUPS, MEMBERSHIPS = "workteamusers", "workteamgroups", "workteamgroupmemberships"
BESIDE = {"fastapi": BARE, "library": "/v2/ServiceProviderConfig"}
"""What the facade is set against, and where each answers once it is ready."""


@dataclass(frozen=True)
class Ground:
    """Everything that a part of the bench asks, and how many users there are."""

    stack: Stack
    people: int
    tenant: TenantKey
    facade: Server
    base: str
    """The path of the tenant's Base URL."""
    cluster: Server
    fastapi: Server
    library: Server

    def scim(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Return a request to the facade."""
        return self.facade.request(method, self.base + path, body)

    def raw(self, method: str, path: str, body: bytes, content_type: str = "application/json") -> bytes:
        """Return a request to the API server; ``path`` begins with a kind's plural."""
        where = f"/apis/workte.am/v1alpha1/namespaces/{RAW.namespace}/{path}?fieldManager=bench&fieldValidation=Strict"
        return self.cluster.request(method, where, body, content_type)

    def pid(self, process: str) -> int:
        """Return a process of the stack."""
        return self.stack.processes.records()[process].pid


def group_id(size: int) -> str:
    """Return the id of the group that was made with so many members."""
    return f"crew-of-{size}"


@contextmanager
def ground(home: Path, users: int) -> Iterator[Ground]:
    """Start all, with the users and groups there before the facade is."""
    tenant = TenantSettings(spec={"scim": {"requestsPerSecond": NO_LIMIT}})
    settings = StackSettings(home, tenants=(tenant,), processes=frozenset({FACADE}))
    with Processes(home) as processes:
        stack = Stack(settings, processes, tell)
        cluster = api_server(stack.prepare())
        stack.access.kubectl("create", "namespace", RAW.namespace)
        key = TenantKey(tenant.namespace, tenant.name)
        tell(f"creating {users} users and groups of up to {SIZES[-1]} members")
        _create(cluster, key.namespace, _objects(users, key))
        stack.start()
        [running] = stack.tenants.values()
        port = processes.port(FACADE)
        headers = (f"authorization: Bearer {running.scim.token}",)
        yield Ground(
            stack=stack,
            people=users,
            tenant=key,
            facade=Server(LOOPBACK, port, headers),
            base=f"/{key.namespace}/{key.name}/scim/v2",
            cluster=cluster,
            fastapi=_beside(processes, "fastapi"),
            library=_beside(processes, "library"),
        )


def tell(step: str, done: int = 0, total: int = 0) -> None:  # noqa: ARG001 - a Report may count
    """Say on stderr what is done now."""
    print(step, file=sys.stderr)


def _objects(users: int, tenant: TenantKey) -> Iterator[CustomResource]:
    for number in range(users):
        yield people.stored(number, "user", people.user_id(number), tenant)
    for size in SIZES:
        yield from _group(size, tenant)


def _group(size: int, tenant: TenantKey) -> Iterator[CustomResource]:
    """Make a group as the facade leaves it: what its own list has no room for is in further ones."""
    name, where = group_id(size), {"namespace": tenant.namespace, "tenant": tenant.name}
    ids = [people.user_id(number) for number in range(size)]
    lists = [ids[at : at + INLINE_MEMBERS] for at in range(0, size, INLINE_MEMBERS)]
    yield a_group(name, *lists[0], memberships=len(lists) - 1, **where)
    for number, members in enumerate(lists[1:]):
        yield a_membership(name, *members, name=f"{name}-{number}", **where)


def _create(cluster: Server, namespace: str, objects: Iterable[CustomResource]) -> None:
    requests = (
        cluster.request(
            "POST",
            f"/apis/workte.am/v1alpha1/namespaces/{namespace}/{each.plural}",
            orjson.dumps(each.manifest()),
            "application/json",
        )
        for each in objects
    )
    made = saturate(cluster, requests, PARALLEL)
    if set(made.statuses) != {201}:
        raise SystemExit(f"the API server answered {dict(made.statuses)} to the objects of the bench")


def api_server(access: Access) -> Server:
    """Return the API server, as the stack's administrator reaches it."""
    found = yaml.safe_load(access.kubeconfig.read_text(encoding="utf-8"))
    cluster, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    host, _, port = cluster["server"].removeprefix("https://").partition(":")
    return Server(
        host, int(port), (f"authorization: Bearer {user['token']}",), ssl.create_default_context(cadata=authority)
    )


def _beside(processes: Processes, which: str) -> Server:
    """Start what the facade is set against."""
    port = processes.port(which)
    command: Sequence[str] = (sys.executable, str(Path(__file__).with_name("baselines.py")), which, "--port", str(port))
    record = processes.start(which, command)
    url = f"http://{LOOPBACK}:{port}{BESIDE[which]}"
    wait_until_ready(which, url, record.process, processes.log(which))
    return Server(LOOPBACK, port)
