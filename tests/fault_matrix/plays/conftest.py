"""The stage of the fault matrix: one operator as a process, and for each fault a Workteam and a tenant.

A play asks for all operations at all tenants at once, under the fault; then the fault ends, if it does, and everybody
is waited for. In a play with a crash each request stands at a point when the operator is killed, and the fault meets
its successor.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from signal import SIGKILL
from typing import Any, TypeAlias

import httpx
import pytest

from workteam_cli.controlplane.processes import Processes
from workteam_cli.controlplane.settings import OPERATOR, StackSettings, TenantSettings
from workteam_cli.controlplane.stack import Stack
from workteam_cli.dev_stack import Endpoint
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.faults import Answer, Hold, Point, RefuseAttribute, Reset
from workteam_cli.tenant.listing import read_resources
from workteam_cli.tenant.profiles import USER, Profile
from workteam_cli.testing import unsettled, until
from workteam_crds.kinds.custom_resource import FINALIZER, RECONCILE_REQUESTED_AT, TENANT_LABEL
from workteam_crds.testing import a_group, a_user

NAMESPACE = "workteam"
KINDS = "workteamusers,workteamgroups"
WRITES = "POST|PUT|PATCH|DELETE"
OURS = "^/(Users|Groups)"
WAITS = {"WORKERS": 100, "BACKOFF_FIRST": 0.1, "BACKOFF_LONGEST": 1, "CREATE_SETTLE": 2, "GROUP_REST": 0.1}
LEAVE = frozenset({"leaver", "deleted", "dissolved"})
"""Nobody asks again for those who are to go: they are tried again by themselves (rule A5)."""
LONGEST = 120.0
"""Seconds until what does not come about fails the play."""

POINTS: Mapping[str, Point | None] = {
    "no crash": None,
    "killed before the request arrives": Point.BEFORE,
    "killed before the answer arrives": Point.COMMITTED,
}


@dataclass(frozen=True)
class Fault:
    """What a tenant does wrong, and how it is brought about."""

    begin: Callable[[Control], object]
    lasts: bool = False
    """Whether it never ends: it is how the tenant is."""
    at_first: bool = False
    """Whether it was so before the first contact."""
    needs_a_word: bool = False
    """Whether what was refused is only tried again when a person asks: all but what takes something away."""
    groups: bool = True


FAULTS: Mapping[str, Fault] = {
    "unauthorized": Fault(lambda control: control.add(Answer(status=401))),
    "not an administrator": Fault(lambda control: control.add(Answer(status=403, method=WRITES))),
    "throttled": Fault(lambda control: control.add(Answer(status=429, retry_after="1", count=6))),
    "unavailable": Fault(lambda control: control.add(Answer(status=503))),
    "broken connections": Fault(lambda control: control.add(Reset(count=12))),
    "answers lost": Fault(lambda control: control.add(Hold(method=WRITES, path=OURS, point=Point.COMMITTED, count=9))),
    "refused": Fault(lambda control: control.add(Answer(status=400, method=WRITES, path=OURS)), needs_a_word=True),
    "taken": Fault(lambda control: control.add(Answer(status=409, method=WRITES, path=OURS)), needs_a_word=True),
    "title refused": Fault(lambda control: control.add(RefuseAttribute(attribute="title")), lasts=True),
    "searches lag": Fault(lambda control: control.behave(searches_lag=True, lag_seconds=1), lasts=True, at_first=True),
    "reads lag": Fault(
        lambda control: control.behave(searches_lag=True, reads_lag=True, lag_seconds=1), lasts=True, at_first=True
    ),
    "no PATCH": Fault(lambda control: control.behave(patch=False), lasts=True, at_first=True),
    "no Groups": Fault(lambda control: control.behaviour(), lasts=True, at_first=True, groups=False),
}


@dataclass(frozen=True)
class Outcome:
    """What a play left at one tenant."""

    accounts: Mapping[str, str]
    """State and title by name, ``none`` if it is missing."""
    teams: Mapping[str, str]
    """Members by name of the team, ``none`` if it is missing."""
    created: Mapping[str, int]
    """How often an account or team was made, by name."""


class Scene:
    """One fault in one play."""

    def __init__(self, stack: Stack, workteam: StandIn, fault: Fault, tenant: str) -> None:
        self.tenant, self.fault = tenant, fault
        self._stack = stack
        self._endpoint = Endpoint(workteam.base_url, workteam.token)
        self._control = workteam.control
        self._label = f"{TENANT_LABEL}={tenant}"
        self._asked = False

    def prepare(self) -> None:
        """Empty Workteam, and hire who is to be adopted."""
        self._control.reset()
        if self.fault.at_first:
            self.fault.begin(self._control)
        body = {"schemas": [USER], "userName": "known@contoso.example", "externalId": "known"}
        bearer = {"Authorization": f"Bearer {self._endpoint.token}", "Content-Type": "application/scim+json"}
        url = f"{self._endpoint.base_url}/Users"
        httpx.post(url, json=body, headers=bearer, trust_env=False).raise_for_status()

    def begin(self) -> None:
        """Let the tenant and its objects come."""
        spec = {"workteam": {"requestsPerSecond": 1000}}
        self._stack.add_tenant(TenantSettings(self.tenant, NAMESPACE, spec=spec, workteam=self._endpoint))
        users = [self._user(name) for name in ("changed", "leaver", "deleted", "stays", "joins")]
        teams = {"growing": ("stays",), "shrinking": ("stays", "joins"), "dissolved": ("stays",)}
        self._stack.access.apply(*users, *(self._group(name, *members) for name, members in teams.items()))

    def ask(self) -> None:
        """Ask for all operations."""
        self._asked = True
        self._stack.access.apply(
            self._user("newcomer"),
            self._user("known"),
            self._user("changed", title="Lead"),
            self._user("leaver", active=False),
            self._group("founded", "stays"),
            self._group("growing", "stays", "joins"),
            self._group("shrinking", "stays"),
        )
        gone = (f"workteamuser/{self.tenant}.deleted", f"workteamgroup/{self.tenant}.dissolved")
        self._stack.access.kubectl("delete", *gone, "-n", NAMESPACE, "--wait=false")

    def hold(self, point: Point) -> None:
        """Let every write from now on stand at a point."""
        self._control.add(Hold(method=WRITES, path=OURS, point=point))

    def stands(self) -> bool:
        """Whether each operation that has a request stands at it."""
        return len(self._control.held()) >= (9 if self.fault.groups else 5)

    def drop(self) -> None:
        """Reset what is held, and hold no more."""
        self._control.clear()
        for held in self._control.held():
            self._control.drop(held)

    def go_wrong(self) -> None:
        """Let the fault begin, unless it was there at first."""
        if not self.fault.at_first:
            self.fault.begin(self._control)

    def was_met(self) -> bool:
        """Whether the operator met the fault, as far as that shows; what it holds is lost here."""
        for held in self._control.held():
            self._control.drop(held)
        return self.fault.lasts or all(self._control.matched().values())

    def heal(self) -> None:
        """Let the fault end, if it does; a person asks again for what was refused."""
        if self.fault.lasts:
            return
        self.drop()
        if self.fault.needs_a_word:
            self._give_the_word()

    def unfinished(self) -> list[str]:
        """Say what is not as it is to be yet."""
        told = {item["metadata"]["name"]: unsettled(item) for item in self._objects()}
        missing = self._asked and f"{self.tenant}.newcomer" not in told
        return ["newcomer is missing"] * missing + [f"{name}: {why}" for name, why in told.items() if why]

    def outcome(self) -> Outcome:
        """Read what is there in the end."""
        self._control.behave(searches_lag=False, reads_lag=False)
        accounts = {each["userName"]: each for each in read_resources(self._endpoint, "/Users") or ()}
        names = {each["id"]: name.partition("@")[0] for name, each in accounts.items()}
        teams = read_resources(self._endpoint, "/Groups") or ()
        posts = [entry for entry in self._control.log() if (entry.method, entry.status) == ("POST", 201)]
        made = [entry.body.get("displayName") or entry.body["userName"].partition("@")[0] for entry in posts]
        return Outcome(
            {name.partition("@")[0]: _state(each) for name, each in accounts.items()},
            {
                each["displayName"]: " ".join(sorted(names[m["value"]] for m in each.get("members", ())))
                for each in teams
            },
            {name: made.count(name) for name in made},
        )

    def _give_the_word(self) -> None:
        """Ask again for everything that stays."""
        word = f"{RECONCILE_REQUESTED_AT}=2026-11-25T12:00:00Z"
        names = {f"{item['kind'].lower()}/{item['metadata']['name']}" for item in self._objects()}
        staying = sorted(name for name in names if name.rpartition(".")[2] not in LEAVE)
        self._stack.access.kubectl("annotate", *staying, word, "-n", NAMESPACE, "--overwrite")

    def _objects(self) -> list[dict[str, Any]]:
        found = self._stack.access.get(KINDS, "-n", NAMESPACE, "-l", self._label) or {"items": []}
        items: list[dict[str, Any]] = found["items"]
        return items

    def _user(self, name: str, **spec: Any) -> dict[str, Any]:
        wanted = {"title": "Engineer", "externalId": name, "userName": f"{name}@contoso.example"} | spec
        made = a_user(f"{self.tenant}.{name}", namespace=NAMESPACE, tenant=self.tenant, **wanted)
        return _held(made.manifest(), self.tenant)

    def _group(self, name: str, *members: str) -> dict[str, Any]:
        listed = [f"{self.tenant}.{member}" for member in members]
        spec = {"displayName": name, "externalId": name}
        made = a_group(f"{self.tenant}.{name}", *listed, namespace=NAMESPACE, tenant=self.tenant, **spec)
        return _held(made.manifest(), self.tenant)


def _held(manifest: dict[str, Any], tenant: str) -> dict[str, Any]:
    manifest.pop("status", None)
    manifest["metadata"] |= {"finalizers": [FINALIZER], "labels": {TENANT_LABEL: tenant}}
    return manifest


def _state(account: Mapping[str, Any]) -> str:
    return " ".join(filter(None, ["active" if account.get("active", True) else "inactive", account.get("title")]))


Plays: TypeAlias = Mapping[str, Mapping[str, Outcome]]


@pytest.fixture(scope="package")
def plays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plays]:
    """Play with each crash, and return what each left by fault."""
    with ExitStack() as running:
        workteams = {
            name: running.enter_context(StandIn(profile=Profile.FULL if fault.groups else Profile.WORKTEAM))
            for name, fault in FAULTS.items()
        }
        first = next(iter(workteams.values()))
        home = tmp_path_factory.mktemp("faults")
        settings = StackSettings(
            home,
            tenants=(TenantSettings("first", NAMESPACE, workteam=Endpoint(first.base_url, first.token)),),
            operator_settings=WAITS,
            processes=frozenset({OPERATOR}),
            durable=False,
        )
        stack = Stack(settings, running.enter_context(Processes(home)))
        stack.start()
        yield {crash: play(stack, workteams, number, point) for number, (crash, point) in enumerate(POINTS.items())}


def play(stack: Stack, workteams: Mapping[str, StandIn], number: int, point: Point | None) -> Mapping[str, Outcome]:
    """Play once."""
    scenes = {
        name: Scene(stack, workteam, FAULTS[name], f"{name.lower().replace(' ', '-')}-{number}")
        for name, workteam in workteams.items()
    }
    for scene in scenes.values():
        scene.prepare()  # while nobody asks: it builds models, which two threads cannot at once (CPython 3.11)
    for scene in scenes.values():
        scene.begin()
    until_settled(scenes)
    if point is None:
        for scene in scenes.values():
            scene.go_wrong()
            scene.ask()
    else:
        crash(stack, scenes, point)
    for name, scene in scenes.items():
        until(scene.was_met, f"{name} was never met", within=LONGEST)
        scene.heal()
    until_settled(scenes)
    return {name: scene.outcome() for name, scene in scenes.items()}


def crash(stack: Stack, scenes: Mapping[str, Scene], point: Point) -> None:
    """Kill the operator while each request stands at a point; the faults are for its successor."""
    for scene in scenes.values():
        scene.hold(point)
        scene.ask()
    for name, scene in scenes.items():
        until(scene.stands, f"{name}: not all requests came", within=LONGEST)
    stack.kill(OPERATOR, SIGKILL)
    for scene in scenes.values():
        scene.drop()
        scene.go_wrong()
    stack.run(OPERATOR)


def until_settled(scenes: Mapping[str, Scene]) -> None:
    """Wait until every object is as it is to be."""

    def unfinished() -> dict[str, list[str]]:
        return {name: why for name, scene in scenes.items() if (why := scene.unfinished())}

    until(lambda: not unfinished(), lambda: f"not finished: {unfinished()}", within=LONGEST)
