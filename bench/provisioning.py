"""``make bench``: Entra's initial cycle end to end, beside the raw rates of the servers it went through.

The figure is a ratio: the seconds that all requests made to the API server and to Workteam would take, one sort after
the other, at their raw rates, over the seconds from Entra's first request until every object is in sync. 1 would mean
that facade, operator and rehearsal cost nothing.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ceilings import Call, at_raw_rates, cluster_rates, table, workteam_rates

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.settings import StackSettings, TenantSettings
from workteam_cli.controlplane.stack import RunningTenant, Stack, running
from workteam_cli.rehearsal.directory import SAMPLE, Directory
from workteam_cli.rehearsal.record import Summary
from workteam_cli.rehearsal.scope import Scope
from workteam_cli.rehearsal.service import Settings, rehearsing
from workteam_cli.rehearsal.synthetic import synthetic
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.request_log import Entry
from workteam_crds.kinds.groups import INLINE_MEMBERS
from workteam_crds.naming import TenantKey

LIMIT = 1800
"""Seconds after which the run is given up."""
RAW_NAMESPACE = "raw"
COUNTER = re.compile(r"^apiserver_request_total\{(?P<labels>[^}]*)\} (?P<count>\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')
KINDS = {"workteamusers": "users", "workteamgroups": "groups", "workteamgroupmemberships": "memberships"}


def main() -> int:
    """Run the bench and print the figures; exit 1 if something failed or did not come in sync."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2000, help="of the synthetic directory (1,000 or more)")
    parser.add_argument("-o", "--output", choices=["text", "json"], default="text")
    asked = parser.parse_args()
    tenant = TenantSettings(spec={"workteam": {"requestsPerSecond": 10_000}})
    with tempfile.TemporaryDirectory(prefix="workteam-bench-") as home:
        settings = StackSettings(Path(home), tenants=(tenant,), log_level="WARNING")
        with running(settings, lambda step, *_: print(step, file=sys.stderr)) as stack:
            figures = measure(stack, directory(asked.people))
    print(json.dumps(figures, indent=2) if asked.output == "json" else "\n".join(text(figures)))
    return 1 if figures["failures"] else 0


def directory(people: int) -> Directory:
    """Compute the synthetic directory, without the groups that are too large for an inline list."""
    whole = synthetic(Directory.load(SAMPLE / "contoso.json"), people)
    small = {key: group for key, group in whole.groups.items() if len(group.members) <= INLINE_MEMBERS}
    kept = {key: made for key, made in whole.assignments.items() if made.principal_id in small}
    return replace(whole, groups=small, assignments=kept)


def measure(stack: Stack, people: Directory) -> dict[str, object]:
    """Measure the raw rates, then the initial cycle, on the same servers."""
    [tenant] = stack.tenants.values()
    stack.access.kubectl("create", "namespace", RAW_NAMESPACE)
    print("measuring the raw rates", file=sys.stderr)
    rates = dict(asyncio.run(cluster_rates(str(stack.access.kubeconfig), TenantKey(RAW_NAMESPACE, "raw"))))
    rates |= asyncio.run(workteam_rates(tenant.workteam))
    with Control(tenant.workteam.base_url, tenant.workteam.token) as control:
        control.reset()
        before = cluster_requests(stack.access)
        logged = max((entry.sequence for entry in control.log()), default=0)
        print("playing the initial cycle", file=sys.stderr)
        began = time.perf_counter()
        summary = asyncio.run(cycle(tenant, people))
        sent = time.perf_counter()
        until_settled(stack.access, tenant)
        ended = time.perf_counter()
        made = cluster_requests(stack.access) - before
        made += workteam_requests(control.log(logged))
    raw, unknown = at_raw_rates(made, rates)
    return {
        "users": summary.created,
        "memberships": summary.memberships_added,
        "groups": summary.groups_created,
        "failures": summary.failures,
        "scimRequests": sum(summary.requests.values()),
        "secondsScim": round(sent - began, 1),
        "secondsEndToEnd": round(ended - began, 1),
        "secondsAtRawRates": round(raw, 1),
        "ratio": round(raw / (ended - began), 2),
        "perUser": per(made, summary.created, "users", "Users"),
        "perMembership": per(made, summary.memberships_added, "groups", "Groups"),
        "requests": list(table(made, rates)),
        "withoutRate": [str(call) for call in unknown],
    }


async def cycle(tenant: RunningTenant, people: Directory) -> Summary:
    """Play the initial cycle as fast as five at a time go."""
    settings = Settings(tenant.scim.base_url, tenant.scim.token, scope=Scope.ALL, rate=0)
    async with rehearsing(settings) as rehearsal:
        return await rehearsal.run_cycle(people)


def until_settled(access: Access, tenant: RunningTenant) -> None:
    """Wait until every object is Ready and in sync for its newest generation."""
    deadline = time.monotonic() + LIMIT
    where = ("-n", tenant.settings.namespace, "--request-timeout=60s")
    while time.monotonic() < deadline:
        found = access.get("workteamusers,workteamgroups", *where) or {"items": []}
        if not [item for item in found["items"] if not _settled(item)]:
            return
        time.sleep(0.5)
    raise SystemExit(f"not in sync after {LIMIT} s")


def cluster_requests(access: Access) -> Counter[Call]:
    """Count what the API server was asked about our kinds, watches and lists of this bench's own waiting excepted."""
    found: Counter[Call] = Counter()
    for match in COUNTER.finditer(access.kubectl("get", "--raw", "/metrics")):
        labels = dict(LABEL.findall(match["labels"]))
        if (kind := KINDS.get(labels["resource"])) and labels["verb"] not in {"WATCH", "LIST"}:
            about = f"{kind}/{labels['subresource']}" if labels["subresource"] else kind
            found[Call(labels["verb"], about)] += int(float(match["count"]))
    return found


def workteam_requests(entries: Iterable[Entry]) -> Counter[Call]:
    """Count what the stand-in was asked."""
    found: Counter[Call] = Counter()
    for entry in entries:
        resource, _, name = entry.path.strip("/").partition("/")
        if resource in {"Users", "Groups"}:
            query = f"{resource}/id" if name else f"{resource}?filter"
            found[Call(entry.method, query if entry.method == "GET" else resource)] += 1
    return found


def per(made: Counter[Call], count: int, *about: str) -> dict[str, float]:
    """Return how many requests of each sort about some resources were made for one of so many."""
    return {
        str(call): round(number / count, 2)
        for call, number in sorted(made.items(), key=lambda item: str(item[0]))
        if count and re.split(r"[/?]", call.about)[0] in about
    }


def text(figures: dict[str, object]) -> Iterable[str]:
    """Write the figures for a person."""
    yield f"initial cycle: {figures['users']} users, {figures['groups']} groups, {figures['memberships']} memberships"
    yield f"SCIM requests: {figures['scimRequests']} in {figures['secondsScim']} s, failures: {figures['failures']}"
    yield "requests to the API server and to Workteam, and their raw rates in this run:"
    requests = figures["requests"]
    assert isinstance(requests, list)
    yield from requests
    yield f"per user:       {figures['perUser']}"
    yield f"per membership: {figures['perMembership']}"
    if figures["withoutRate"]:
        yield f"not counted, as no raw rate was measured: {figures['withoutRate']}"
    yield f"end to end {figures['secondsEndToEnd']} s, at raw rates {figures['secondsAtRawRates']} s"
    yield f"ratio {figures['ratio']} (to reach: 0.6)"


def _settled(item: dict[str, object]) -> bool:
    metadata, status = item["metadata"], item.get("status")
    assert isinstance(metadata, dict)
    if not isinstance(status, dict):
        return False
    conditions = {each["type"]: each for each in status.get("conditions", ())}
    current = conditions.get("Ready", {}).get("observedGeneration") == metadata["generation"]
    return current and all(conditions.get(name, {}).get("status") == "True" for name in ("Ready", "Synced"))


if __name__ == "__main__":
    sys.exit(main())
