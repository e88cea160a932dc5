"""An idle stack reconciles nothing but its probe, writes nothing, and asks the tenant nothing else."""

import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from workteam_cli.controlplane.settings import OPERATOR, StackSettings, TenantSettings
from workteam_cli.controlplane.stack import running
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.service import rehearsing
from workteam_cli.testing import Onlooker, until

UNHURRIED = {"workteam": {"requestsPerSecond": 1000}}
HURRIED = {"PROBE_INTERVAL": 1, "RELIST_INTERVAL": 1}
"""Probes, and lists of all objects, follow one another fast: a short window has as many as hours otherwise."""
TEN_MINUTES = 600
KINDS = ("workteamtenants", "workteamusers", "workteamgroups", "workteamgroupmemberships")
READS = {"GET", "LIST", "WATCH"}
PROBE = {
    ("GET", "/ServiceProviderConfig"),
    ("GET", "/ResourceTypes"),
    ("GET", "/Schemas"),
    ("PATCH", "/Users/{nobody}"),
}


@dataclass(frozen=True)
class Window:
    """What happened between two looks, each counted by the one to whom it happened."""

    passes: Counter[str]
    """By kind, as the operator counts them."""
    lists: int
    """Of all users, as the API server counts them."""
    writes: Counter[str]
    """By kind and verb, as the API server counts them."""
    asked: Counter[tuple[str, str]]
    """By method and path, as the stand-in logged them."""


class Observer:
    """Counts from now on."""

    def __init__(self, onlooker: Onlooker) -> None:
        self._onlooker = onlooker
        self._accounts = set(onlooker.resources("/Users"))
        self._before = self._look()

    def window(self) -> Window:
        """Return what happened since."""
        (passes, requests, log), (passes_before, requests_before, log_before) = self._look(), self._before
        fresh = requests - requests_before
        asked = Counter((entry.method, self._place(entry.path)) for entry in log[len(log_before) :])
        writes = Counter({f"{kind} {verb}": count for (kind, verb), count in fresh.items() if verb not in READS})
        return Window(passes - passes_before, fresh["workteamusers", "LIST"], writes, asked)

    def _look(self) -> tuple[Counter[str], Counter[tuple[str, str]], Any]:
        with self._onlooker.control() as control:
            passes = self._onlooker.counted(OPERATOR, "workteam_reconcile_total", by="kind")
            return passes, self._api_requests(), control.log()

    def _api_requests(self) -> Counter[tuple[str, str]]:
        counts: Counter[tuple[str, str]] = Counter()
        for family in text_string_to_metric_families(self._onlooker.access.kubectl("get", "--raw", "/metrics")):
            for sample in family.samples:
                if sample.name == "apiserver_request_total" and sample.labels["resource"] in KINDS:
                    counts[sample.labels["resource"], sample.labels["verb"]] += int(sample.value)
        return counts

    def _place(self, path: str) -> str:
        folder, _, last = path.rpartition("/")
        return f"{folder}/{{nobody}}" if folder == "/Users" and last not in self._accounts else path


@pytest.fixture
async def settled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Onlooker]:
    """A stack whose tenant has the whole sample directory, in sync; the parameter is the operator's settings."""
    tenant = TenantSettings(spec=UNHURRIED)
    home = tmp_path_factory.mktemp("idle")
    settings = StackSettings(home, tenants=(tenant,), operator_settings=request.param, durable=False)
    with running(settings) as stack:
        onlooker = Onlooker(stack, stack.tenants[tenant.label])
        async with rehearsing(onlooker.rehearsal()) as rehearsal:
            await rehearsal.run_cycle(Directory.load(SAMPLE / "contoso.json"))
        onlooker.settled()
        yield onlooker


@pytest.mark.parametrize("settled", [pytest.param(HURRIED, id="hurried")], indirect=True)
def test_an_idle_stack_reconciles_nothing_but_its_probe(settled: Onlooker) -> None:
    """Four probes and four lists of everything pass: no pass over an object, no write, no other request."""
    observer = Observer(settled)

    def enough() -> bool:
        window = observer.window()
        return window.passes["WorkteamTenant"] >= 4 and window.lists >= 4

    until(enough, lambda: f"neither probes nor lists: {observer.window()}")
    assert_idle(observer.window())


@pytest.mark.slow  # ten minutes, as the name says
@pytest.mark.parametrize("settled", [pytest.param({}, id="as installed")], indirect=True)
def test_ten_minutes_with_the_settings_of_an_installation(settled: Onlooker) -> None:
    """One probe and one list are due in that time."""
    observer, end = Observer(settled), time.monotonic() + TEN_MINUTES

    def over() -> bool:
        return time.monotonic() > end and observer.window().passes["WorkteamTenant"] >= 1

    until(over, lambda: f"no probe: {observer.window()}", within=TEN_MINUTES + 60)
    assert_idle(observer.window())


def assert_idle(window: Window) -> None:
    """Nothing happened but probes and lists."""
    assert (set(window.passes), dict(window.writes), set(window.asked)) == ({"WorkteamTenant"}, {}, PROBE)
