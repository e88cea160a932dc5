"""The ground for crashes: facade and operator as processes, each behind a proxy, and one Workteam for many tenants.

The stand-in has its uniqueness off, so that what is created twice stands there twice, and in its request log.
"""

import itertools
import signal
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
import orjson
import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.controlplane.known import gone
from workteam_cli.controlplane.processes import Processes
from workteam_cli.controlplane.settings import FACADE, OPERATOR, StackSettings, TenantSettings
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.dev_stack import Endpoint
from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Hold

if TYPE_CHECKING:
    from tests.crashes.conftest import Scene

TENANTS = itertools.count(1)
SHORT_WAITS = {
    "WORKERS": 100,
    "BACKOFF_FIRST": 0.1,
    "BACKOFF_LONGEST": 1,
    "CREATE_SETTLE": 2,
    "GROUP_REST": 0.1,
    "OUTAGE_FAILURES": 50,
}
LONGEST = 60.0
"""Seconds until a process that does not end fails a test."""

LARGE_BUDGET = {"deprovisioning": {"budget": {"deactivations": {"always": 500}}}}
"""A crash between booking and loss counts one twice (rule A6), and twenty are all that a small tenant may lose."""

Until = Callable[[Callable[[], Any]], None]
NewScene = Callable[[RunningTenant, httpx.Client, httpx.Client], "Scene"]


@dataclass(frozen=True)
class Tools:
    """What the folder above lends."""

    until: Until
    new_scene: NewScene


@dataclass(frozen=True)
class Trap:
    """One request that is stopped at a point: before the API server, or before Workteam."""

    is_set_off: Callable[[], bool]
    """Whether the request is held by now."""
    drop: Callable[[], None]
    """Resets its connection."""
    holds: Callable[[], bool]
    """Whether its sender still waits for an answer."""


class Ground:
    """A running stack with a proxy before each process and a stand-in that tenants share."""

    def __init__(self, stack: Stack, proxies: dict[str, FaultProxy], stand_in: StandIn, tools: Tools) -> None:
        self.stack = stack
        self._tools = tools
        self.proxies = proxies
        self.control = stand_in.control
        self._workteam = Endpoint(stand_in.base_url, stand_in.token)
        self._scenes: list[Scene] = []
        self._api = _api(stack.access)
        bearer = {"Authorization": f"Bearer {stand_in.token}"}
        self._accounts = httpx.Client(base_url=stand_in.base_url, headers=bearer, timeout=30, trust_env=False)

    def scene(self) -> "Scene":
        """Make a tenant; it may not be Ready yet."""
        name = f"scene-{next(TENANTS)}"
        running = self.stack.add_tenant(TenantSettings(name, spec=LARGE_BUDGET, workteam=self._workteam))
        scene = self._tools.new_scene(running, self._api, self._accounts)
        self._scenes.append(scene)
        return scene

    def trap_write(self, process: str, match: Match, point: Point) -> Trap:
        """Hold a process's next matching request to the API server."""
        rule = self.proxies[process].hold(replace(match, count=1), point)

        def drop() -> None:
            self.proxies[process].remove(rule)
            for each in rule.held:
                each.drop()

        return Trap(lambda: bool(rule.held), drop, lambda: all(each.waiting for each in rule.held))

    def trap_call(self, hold: Hold) -> Trap:
        """Hold the operator's next matching request to Workteam. Dropping one drops all."""
        number = self.control.add(hold.model_copy(update={"count": 1}))

        def drop() -> None:
            self.control.clear()
            for held in self.control.held():
                self.control.drop(held)

        return Trap(lambda: self.control.matched()[number] > hold.after, drop, lambda: True)

    def crash(self, process: str, number: signal.Signals, traps: Sequence[Trap]) -> None:
        """Send the signal, drop what is held, wait until it is gone, and start it again.

        A killed process is gone before its connections are; one that was asked to end sees them end.
        """
        known = self.stack.processes.records()[process].process
        self.stack.processes.send(process, number)
        if number is signal.SIGKILL:
            assert gone(known, seconds=LONGEST)
        for trap in traps:
            trap.drop()
        assert gone(known, seconds=LONGEST)
        self.stack.run(process)

    def created(self, name: str) -> int:
        """Count the accounts or teams of a name that Workteam was made to create."""
        posts = [entry for entry in self.control.log() if entry.method == "POST" and entry.status == 201]
        return sum(name in (entry.body.get("userName"), entry.body.get("displayName")) for entry in posts)

    def close(self) -> None:
        """Close all connections."""
        for scene in self._scenes:
            scene.close()
        self._api.close()
        self._accounts.close()


@pytest.fixture(scope="package")
def ground(tmp_path_factory: pytest.TempPathFactory, until: Until, new_scene: NewScene) -> Iterator[Ground]:
    """Run facade and operator, each behind a proxy of its own."""
    with ExitStack() as open_until_then:
        enter = open_until_then.enter_context
        stand_in = enter(StandIn())
        stand_in.control.behave(unique=False)
        proxies = {name: enter(FaultProxy()) for name in (FACADE, OPERATOR)}
        home = tmp_path_factory.mktemp("crashes")
        first = TenantSettings(workteam=Endpoint(stand_in.base_url, stand_in.token))
        settings = StackSettings(
            home,
            tenants=(first,),
            operator_settings=SHORT_WAITS,
            api_servers={name: proxy.url for name, proxy in proxies.items()},
            durable=False,
        )
        stack = Stack(settings, enter(Processes(home)))
        for proxy in proxies.values():
            proxy.serve(stack.prepare())
        stack.start()
        ground = Ground(stack, proxies, stand_in, Tools(until, new_scene))
        open_until_then.callback(ground.close)
        yield ground


def _api(access: Access) -> httpx.Client:
    """Reach the API server as its administrator."""
    text = access.kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json")
    config = orjson.loads(text)
    cluster, token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]
    trust = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
    bearer = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=cluster["server"], verify=trust, headers=bearer, timeout=30, trust_env=False)
