"""What the operator's bench runs on: a stack whose tenant holds many people, all of them in sync and idle.

One person is provisioned by the operator; all others are written on both sides as it left that one, since provisioning
10,000 would measure something else (``provisioning.py`` does).
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import people as crowds
from ground import api_server, tell
from load import Server, saturate

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.processes import Processes
from workteam_cli.controlplane.settings import FACADE, OPERATOR, WORKTEAM, StackSettings, TenantSettings
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.staging import is_in_sync
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.persistence import AccountKey, Journal
from workteam_crds.kinds import WorkteamTenant, WorkteamUser
from workteam_crds.naming import TenantKey
from workteam_operator.backend.port import Capabilities
from workteam_operator.backend.wire import account_body
from workteam_operator.mapping import desired_account

PARALLEL = 16
LIMIT = 900.0
"""Seconds after which something that was to come is given up."""
OPEN_BUDGET = {"perHour": 100_000, "percentPerHour": 100, "always": 100_000}
WRITES = re.compile(
    r'^apiserver_request_total\{[^}]*group="workte\.am"[^}]*verb="(?:POST|PUT|PATCH|APPLY|DELETE)"[^}]*\} (\S+)$',
    re.MULTILINE,
)


@dataclass
class Crowd:
    """A running stack, and how many are idle in it."""

    stack: Stack
    tenant: RunningTenant
    people: int
    control: Control
    api: httpx.Client
    """Reaches the API server without a kubectl for each request."""

    @property
    def access(self) -> Access:
        """Reach the cluster as its administrator."""
        return self.stack.access

    @property
    def where(self) -> tuple[str, ...]:
        """Return how kubectl names the tenant's namespace."""
        return ("-n", self.tenant.settings.namespace)

    @property
    def pid(self) -> int:
        """Return the operator's process."""
        return self.stack.processes.records()[OPERATOR].pid

    def metrics(self) -> dict[str, float]:
        """Return the operator's figures, by name and labels as they are written."""
        told = httpx.get(f"{self.stack.url(OPERATOR)}/metrics", trust_env=False, timeout=30).text
        pairs = (line.rsplit(" ", 1) for line in told.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def is_quiet(self) -> bool:
        """Say whether the operator leads and knows everybody, and nothing waits but what is due later."""
        told = self.metrics()
        known = told.get('workteam_cache_objects{kind="WorkteamUser"}', 0) >= self.people
        idle = told["workteam_workqueue_depth"] <= 1 and not told["workteam_workqueue_unfinished_work_seconds"]
        return bool(told["workteam_leader"]) and known and idle

    def cluster_writes(self) -> int:
        """Count what the API server was ever asked to write of our kinds."""
        return sum(int(float(count)) for count in WRITES.findall(self.access.kubectl("get", "--raw", "/metrics")))

    def user(self, name: str) -> WorkteamUser:
        """Read one user as it is now."""
        return WorkteamUser.parse(self._read(f"workteamusers/{name}"))

    def scim(self) -> httpx.Client:
        """Reach the facade as Entra does."""
        return httpx.Client(**self.entra())

    def entra(self) -> dict[str, Any]:
        """Return how a client of httpx reaches the facade."""
        headers = {"Authorization": f"Bearer {self.tenant.scim.token}", "Content-Type": "application/scim+json"}
        return {"base_url": self.tenant.scim.base_url, "headers": headers, "timeout": 60, "trust_env": False}

    def resource(self) -> WorkteamTenant:
        """Read the tenant as it is now."""
        return WorkteamTenant.parse(self._read(f"workteamtenants/{self.tenant.settings.name}"))

    def _read(self, path: str) -> Any:
        namespace = self.tenant.settings.namespace
        answer = self.api.get(f"/apis/workte.am/v1alpha1/namespaces/{namespace}/{path}")
        answer.raise_for_status()
        return answer.json()

    def change_tenant(self, **spec: Any) -> None:
        """Merge fields into the tenant's spec."""
        patch = json.dumps({"spec": spec})
        name = self.tenant.settings.name
        self.access.kubectl("patch", "workteamtenant", name, *self.where, "--type=merge", "-p", patch)

    def log_end(self) -> int:
        """Return where the log of Workteam stands."""
        return max((entry.sequence for entry in self.control.log()), default=0)


def until(what: str, holds: Callable[[], object], *, every: float = 0.05) -> float:
    """Wait until something holds; return when it did, in seconds of the monotonic clock."""
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if holds():
            return time.monotonic()
        time.sleep(every)
    raise SystemExit(f"{what}: not after {LIMIT:.0f} s")


@contextmanager
def crowded(home: Path, count: int) -> Iterator[Crowd]:
    """Start a stack, fill its tenant, and start facade and operator anew over it."""
    budget = {"deactivations": OPEN_BUDGET, "deletions": OPEN_BUDGET}
    settings = TenantSettings(
        spec={"workteam": {"requestsPerSecond": 10_000}, "deprovisioning": {"budget": budget}},
    )
    with Processes(home) as processes:
        stack = Stack(StackSettings(home, tenants=(settings,), log_level="WARNING"), processes, tell)
        stack.start()
        [tenant] = stack.tenants.values()
        with Control(tenant.workteam.base_url, tenant.workteam.token) as control, _api(stack.access) as api:
            crowd = Crowd(stack, tenant, count, control, api)
            _fill(crowd, home)
            tell("waiting until the operator is quiet")
            until("quiet", crowd.is_quiet)
            yield crowd


def _api(access: Access) -> httpx.Client:
    server = api_server(access)
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in server.headers)]
    url = f"https://{server.host}:{server.port}"
    return httpx.Client(base_url=url, headers=headers, verify=server.tls or True, timeout=60, trust_env=False)


def _fill(crowd: Crowd, home: Path) -> None:
    key = TenantKey(crowd.tenant.settings.namespace, crowd.tenant.settings.name)
    server = api_server(crowd.access)
    with crowd.scim() as scim:
        name = scim.post("/Users", json=crowds.user(0, "user")).raise_for_status().json()["id"]
    until("the first user in sync", lambda: is_in_sync(crowd.user(name)))
    first = crowd.user(name)
    announced = crowd.resource().status.capabilities
    assert announced is not None
    known = Capabilities(patch=True, groups=True, attributes=frozenset(announced.attributes))
    crowd.stack.processes.end(OPERATOR, FACADE, WORKTEAM)
    tell(f"writing {crowd.people} people on both sides")
    users = [crowds.stored(number, "user", crowds.user_id(number), key) for number in range(1, crowd.people)]
    _write_accounts(home / "workteam" / crowd.tenant.settings.label / "accounts.jsonl", users, first, known)
    _send(server, [_creation(server, user) for user in users], 201)
    _send(server, [_settling(server, user, first) for user in users], 200)
    crowd.stack.start()


def _write_accounts(path: Path, users: list[WorkteamUser], first: WorkteamUser, known: Capabilities) -> None:
    """Write the stand-in's journal as if it had been asked to create everybody."""
    with Journal(path) as journal:
        documents = {key.id: document for key, document in journal.documents()}
        like = documents[first.status.account_id or ""]
        for user in users:
            body = account_body(desired_account(user, known, manager=None))
            meta = like["meta"] | {
                "location": str(like["meta"].get("location", "")).replace(like["id"], _account(user))
            }
            document = {**like, **body, "id": _account(user), "meta": meta}
            journal.put(AccountKey("User", _account(user)), orjson.dumps(document))


def _account(user: WorkteamUser) -> str:
    return f"account-{user.metadata.name}"


def _creation(server: Server, user: WorkteamUser) -> bytes:
    path = f"/apis/workte.am/v1alpha1/namespaces/{user.metadata.namespace}/workteamusers?fieldManager=bench"
    return server.request("POST", path, orjson.dumps(user.manifest()), "application/json")


def _settling(server: Server, user: WorkteamUser, first: WorkteamUser) -> bytes:
    """Return the status that the operator left on the first user, as another's."""
    named = {"accountID": _account(user), "syncedUserName": user.spec.user_name}
    status: Mapping[str, Any] = first.status.dump() | named | {"syncedExternalId": user.spec.external_id}
    body = {
        "apiVersion": "workte.am/v1alpha1",
        "kind": user.kind,
        "metadata": {"name": user.metadata.name},
        "status": status,
    }
    path = f"/apis/workte.am/v1alpha1/namespaces/{user.metadata.namespace}/workteamusers/{user.metadata.name}/status"
    query = "?fieldManager=workteam-operator&force=true"
    return server.request("PATCH", path + query, orjson.dumps(body), "application/apply-patch+yaml")


def _send(server: Server, requests: list[bytes], status: int) -> None:
    made = saturate(server, iter(requests), PARALLEL)
    if requests and set(made.statuses) != {status}:
        raise SystemExit(f"the API server answered {dict(made.statuses)} to the objects of the bench")
