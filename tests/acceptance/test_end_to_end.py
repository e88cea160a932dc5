"""Entra's cycles on the running stack: after each, objects, accounts and teams equal the reviewed expected state."""

import asyncio
import difflib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from workteam_cli.controlplane.settings import FACADE, OPERATOR, TenantSettings
from workteam_cli.controlplane.stack import Stack
from workteam_cli.rehearsal.changes import load_changes
from workteam_cli.rehearsal.dialect import Dialect
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.mapping import SHIPPED, load_mapping
from workteam_cli.rehearsal.record import Summary
from workteam_cli.rehearsal.service import rehearsing
from workteam_cli.rehearsal.timeline import play
from workteam_cli.testing import Onlooker, Sides, until

State = dict[str, dict[str, dict[str, Any]]]
ExpectedState = Callable[[str, str], State]
SeenFromEntra = Callable[..., State]

STAGES = ("initial", *(f"E{number:02}" for number in range(1, 16)), "after-restart")
UNHURRIED = {"workteam": {"requestsPerSecond": 1000}}
READS = {"search", "query"}
"""Operations of the facade that write nothing."""


class Timeline:
    """One tenant on the stack, and how far its directory was played; asked for a later stage, it plays on."""

    def __init__(self, onlooker: Onlooker, dialect: Dialect, state_file: Path, mapping: str = "default") -> None:
        self.onlooker = onlooker
        self.dialect = dialect
        self._state_file = state_file
        self._mapping = load_mapping(SHIPPED / f"{mapping}.yaml")
        self._settled: dict[str, Sides] = {}

    def after(self, stage: str) -> list[Sides]:
        """Return what the three sides held when each stage up to this one had settled."""
        for each in STAGES[len(self._settled) : STAGES.index(stage) + 1]:
            summary = self.play(until=each if each.startswith("E") else None, restart=each == "after-restart")
            assert (summary.failures, summary.escrow) == (0, 0)
            self._settled[each] = self.onlooker.settled()
        return [self._settled[each] for each in STAGES[: STAGES.index(stage) + 1]]

    def play(self, *, until: str | None = None, restart: bool = False) -> Summary:
        """Run one cycle, as ``workteam rehearse`` does each time that it is called with a state file."""
        return asyncio.run(self._play(until, restart=restart))

    async def _play(self, until: str | None, *, restart: bool) -> Summary:
        settings = self.onlooker.rehearsal(dialect=self.dialect, mapping=self._mapping, state=self._state_file)
        changes = load_changes(SAMPLE / "changes.json") if self._settled else ()
        async with rehearsing(settings) as rehearsal:
            await rehearsal.test_connection()
            directory = Directory.load(SAMPLE / "contoso.json")
            [summary] = await play(rehearsal, directory, changes, until=until, restart=restart)
            return summary


@contextmanager
def timeline_of(stack: Stack, tenant: TenantSettings, *how: Any) -> Iterator[Timeline]:
    """Add a tenant in which nothing was played yet, and take it away again."""
    onlooker = Onlooker(stack, stack.add_tenant(tenant))
    stack.await_tenant(tenant)
    yield Timeline(onlooker, *how)
    stack.end_tenant(tenant)


@pytest.fixture(scope="module", params=list(Dialect))
def timeline(
    request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Timeline]:
    """The directory's whole story in one dialect."""
    tenant = TenantSettings(f"contoso-{request.param}", spec=UNHURRIED)
    with timeline_of(stack, tenant, request.param, tmp_path_factory.mktemp("rehearsal") / "state") as timeline:
        yield timeline


@pytest.mark.parametrize("stage", STAGES)
def test_the_three_sides_equal_the_expected_state(
    timeline: Timeline, stage: str, expected_state: ExpectedState, seen_from_entra: SeenFromEntra
) -> None:
    """After this stage objects, accounts and teams are as reviewed; whoever is not expected is absent."""
    for each, sides in zip(STAGES, timeline.after(stage), strict=False):
        expected = expected_state(each, timeline.dialect)
        seen = seen_from_entra(expected, sides.objects, sides.accounts, sides.teams)
    assert seen == expected, difference(seen, expected)


def test_a_cycle_without_a_change_writes_nothing(timeline: Timeline) -> None:
    """One more cycle: no write to the facade, no object moves, no pass over any, no mutating call of the tenant."""
    before, onlooker = timeline.after("after-restart")[-1], timeline.onlooker
    counted, last = figures(onlooker), last_entry(onlooker)
    summary = timeline.play(until="E15")
    await_a_pass_over_the_tenant(onlooker)
    after = onlooker.sides()
    with onlooker.control() as control:
        written = [entry for entry in control.log(since=last) if entry.method != "GET" and not is_probe(entry)]
    assert (summary.cycle, summary.requests, summary.failures) == ("incremental", {}, 0)
    assert (figures(onlooker), versions(after), written) == (counted, versions(before), [])
    assert (after.accounts, after.teams) == (before.accounts, before.teams)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_profile_workteam_gets_its_eight_attributes(
    stack: Stack, dialect: Dialect, tmp_path: Path, expected_state: ExpectedState, seen_from_entra: SeenFromEntra
) -> None:
    """Mapping ``workteam`` against a tenant as Workteam documents it: users arrive whole, and there are no groups."""
    tenant = TenantSettings(f"eight-{dialect}", profile="workteam", spec=UNHURRIED)
    with timeline_of(stack, tenant, dialect, tmp_path / "state", "workteam") as timeline:
        [sides] = timeline.after("initial")
    expected = expected_state("workteam-profile", dialect)
    seen = seen_from_entra(expected, sides.objects, sides.accounts, sides.teams)
    assert seen == expected, difference(seen, expected)
    assert reasons(sides, "WorkteamUser") == Counter({("Provisioned", "InSync"): 47})


@pytest.mark.parametrize("dialect", list(Dialect))
def test_the_default_mapping_against_the_profile_workteam(
    stack: Stack, dialect: Dialect, tmp_path: Path, expected_state: ExpectedState, seen_from_entra: SeenFromEntra
) -> None:
    """Objects are whole, accounts have what the tenant knows, and groups are recorded and say that it has none."""
    tenant = TenantSettings(f"cut-{dialect}", profile="workteam", spec=UNHURRIED)
    with timeline_of(stack, tenant, dialect, tmp_path / "state") as timeline:
        [sides] = timeline.after("initial")
    expected = expected_state("initial-in-workteam-profile", dialect)
    seen = seen_from_entra(expected, sides.objects, sides.accounts, sides.teams)
    assert seen == expected, difference(seen, expected)
    assert reasons(sides, "WorkteamUser") == Counter({("Provisioned", "AttributeUnsupported"): 47})
    assert reasons(sides, "WorkteamGroup") == Counter({("GroupsUnsupported", "GroupsUnsupported"): 6})


def difference(seen: State, expected: State) -> str:
    """Show entity by entity how a state differs from the expected one, for a person to read."""
    lines = [""]
    for side in expected:
        for who in sorted(seen[side].keys() | expected[side].keys()):
            wanted, got = _lines(expected[side].get(who)), _lines(seen[side].get(who))
            lines += difflib.unified_diff(wanted, got, f"expected {side}/{who}", f"seen {side}/{who}", lineterm="", n=2)
    return "\n".join(lines)


def _lines(attributes: dict[str, Any] | None) -> list[str]:
    if attributes is None:
        return ["absent"]
    return yaml.safe_dump(attributes, allow_unicode=True, width=1000).splitlines()


def versions(sides: Sides) -> dict[str, tuple[int, str]]:
    """Return generation and resourceVersion of every object."""
    found = {name: each["metadata"] for name, each in sides.objects.items()}
    return {name: (metadata["generation"], metadata["resourceVersion"]) for name, metadata in found.items()}


def figures(onlooker: Onlooker) -> dict[str, Counter[str]]:
    """Count the facade's writes by operation, and the operator's passes over the tenant's objects by kind."""
    tenant = f"{onlooker.tenant.settings.namespace}/{onlooker.tenant.settings.name}"
    requests = onlooker.counted(FACADE, "scim_requests_total", by="op")
    passes = onlooker.counted(OPERATOR, "workteam_reconcile_total", by="kind", tenant=tenant)
    return {
        "writes": Counter({name: count for name, count in requests.items() if name not in READS}),
        "passes": Counter({name: count for name, count in passes.items() if name != "WorkteamTenant"}),
    }


def last_entry(onlooker: Onlooker) -> int:
    """Return the number of the last request that the tenant's stand-in got."""
    with onlooker.control() as control:
        return control.log()[-1].sequence


def is_probe(entry: Any) -> bool:
    """Say whether a request is the permission probe: a PATCH of an id that does not exist."""
    return (entry.method, entry.status) == ("PATCH", 404)


def await_a_pass_over_the_tenant(onlooker: Onlooker) -> None:
    """Touch the tenant's object, and wait for the pass: what the operator saw before was in the queue by then."""
    settings = onlooker.tenant.settings

    def passes() -> int:
        name = f"{settings.namespace}/{settings.name}"
        return onlooker.counted(OPERATOR, "workteam_reconcile_total", by="kind", tenant=name)["WorkteamTenant"]

    before = passes()
    onlooker.access.kubectl("annotate", "workteamtenant", settings.name, "-n", settings.namespace, "test=seen")
    until(lambda: passes() > before, "the operator does not look at its tenant")


def reasons(sides: Sides, kind: str) -> Counter[tuple[str, str]]:
    """Count the objects of a kind by the reasons of Ready and Synced, which both are True."""
    conditions = [
        {each["type"]: each["reason"] for each in found["status"]["conditions"] if each["status"] == "True"}
        for found in sides.objects.values()
        if found["kind"] == kind
    ]
    return Counter((each["Ready"], each["Synced"]) for each in conditions)
