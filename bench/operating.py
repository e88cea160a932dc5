"""The parts of the operator's bench, each as its figures on a crowded stack."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from statistics import quantiles

import httpx
import people as crowds
from crowd import Crowd, until
from figures import Claim, Figure, Findings
from ground import tell

from workteam_cli.controlplane.settings import OPERATOR
from workteam_cli.staging import is_in_sync
from workteam_cli.tenant.request_log import Entry

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
TOGETHER = 5
"""Requests that Entra has under way at once."""
PACE = 20
"""Requests a second that Workteam allows while leavers overtake joiners."""
LEAVING = 2.0
"""Leavers a second."""


def one_user(crowd: Crowd, samples: int, findings: Findings) -> None:
    """Provision one user after the other, each from the SCIM POST until its account is recorded as in sync."""
    tell("one user among the idle")
    seconds = []
    with crowd.scim() as scim:
        for number in range(samples):
            began = time.monotonic()
            name = _id(scim.post("/Users", json=crowds.user(number, "single")))
            seconds.append(until("one user in sync", partial(_is_synced, crowd, name), every=0.01) - began)
    findings.figures.append(_figure("one user, from POST to in sync", seconds))
    p99 = _quantile(seconds, 99)
    findings.claims.append(Claim(f"one user, {crowd.people} idle, p99", p99, 1, at_most=True, unit=" s"))


def restart(crowd: Crowd, findings: Findings) -> None:
    """End the operator, start it, and wait until it has nothing to do."""
    tell("a restart in sync")
    until("quiet", crowd.is_quiet)
    crowd.stack.processes.end(OPERATOR)
    writes, log = crowd.cluster_writes(), crowd.log_end()
    began = time.monotonic()
    crowd.stack.run(OPERATOR)
    seconds = until("quiet", crowd.is_quiet) - began
    asked = crowd.control.log(log)
    changed = [entry for entry in asked if entry.method in WRITES and not _is_probe(entry)]
    findings.claims += [
        Claim(f"restart with {crowd.people} in sync", seconds, 10, at_most=True, unit=" s"),
        Claim("its writes to our kinds", crowd.cluster_writes() - writes, 0, at_most=True),
        Claim("its writes to Workteam", len(changed), 0, at_most=True),
    ]
    findings.notes.append(f"a restart sends {len(asked)} requests to Workteam in all, the probe's included")


def sweep(crowd: Crowd, findings: Findings) -> None:
    """Ask for a sweep by annotation, and wait until the tenant's status answers it."""
    tell("a sweep")
    log, asked_at = crowd.log_end(), datetime.now(UTC).isoformat()
    name = crowd.tenant.settings.name
    began = time.monotonic()
    crowd.access.kubectl(
        "annotate", "--overwrite", "workteamtenant", name, *crowd.where, f"workte.am/reconcile-requested-at={asked_at}"
    )
    seconds = until("a sweep", lambda: _swept(crowd) == asked_at) - began
    pages = [entry for entry in crowd.control.log(log) if entry.method == "GET" and entry.path in {"/Users", "/Groups"}]
    users = int(crowd.metrics()['workteam_cache_objects{kind="WorkteamUser"}'])
    wanted = -(-users // 100) + 1  # pages of accounts, and the one page of no teams
    findings.claims.append(Claim(f"sweep of {users}, requests", len(pages), wanted, at_most=True))
    findings.notes.append(f"the sweep took {seconds:.1f} s")


def leavers(crowd: Crowd, joiners: int, count: int, findings: Findings) -> None:
    """Let people leave, two a second, while more join than Workteam takes; from PATCH to inactivity seen there."""
    tell(f"{count} leavers past {joiners} joiners at {PACE} requests a second")
    crowd.change_tenant(workteam={"requestsPerSecond": PACE})
    asyncio.run(_join(crowd, joiners))
    log = crowd.log_end()
    sent = _leave(crowd, count)
    seen: dict[str, float] = {}

    def all_seen() -> bool:
        seen.update(_deactivations(crowd.control.log(log)))
        return sent.keys() <= seen.keys()

    until("all leavers inactive", all_seen, every=0.5)
    left = crowd.metrics()["workteam_workqueue_depth"]
    seconds = [seen[account] - moment for account, moment in sent.items()]
    findings.figures.append(_figure("a leaver, from PATCH to inactive", seconds))
    p99 = _quantile(seconds, 99)
    findings.claims.append(Claim("leaver past a backlog, p99", p99, 5, at_most=True, unit=" s"))
    findings.notes.append(f"{left:.0f} were still waiting when the last leaver was inactive")


async def _join(crowd: Crowd, joiners: int) -> None:
    """Create joiners as Entra does, five at a time."""
    gate = asyncio.Semaphore(TOGETHER)
    async with httpx.AsyncClient(**crowd.entra()) as scim:

        async def one(number: int) -> None:
            async with gate:
                _id(await scim.post("/Users", json=crowds.user(number, "joiner")))

        await asyncio.gather(*(one(number) for number in range(joiners)))


def _leave(crowd: Crowd, count: int) -> dict[str, float]:
    """Suspend the first of the idle; return by account when each PATCH was sent, in seconds of the wall clock."""
    sent: dict[str, float] = {}
    began = time.monotonic()
    with crowd.scim() as scim:
        for number in range(1, count + 1):
            time.sleep(max(began + number / LEAVING - time.monotonic(), 0))
            name = crowds.user_id(number)
            sent[f"account-{name}"] = time.time()
            _id(scim.patch(f"/Users/{name}", content=crowds.patch(crowds.SUSPEND)))
    return sent


def _deactivations(entries: Iterable[Entry]) -> dict[str, float]:
    """Return by account when Workteam was asked to take its access."""
    asked = [entry for entry in entries if entry.method == "PATCH" and entry.path.startswith("/Users/account-")]
    return {entry.path.removeprefix("/Users/"): entry.time.timestamp() for entry in asked if entry.handled}


def _id(answer: httpx.Response) -> str:
    answer.raise_for_status()
    return str(answer.json()["id"]) if answer.content else ""


def _is_synced(crowd: Crowd, name: str) -> bool:
    return is_in_sync(crowd.user(name))


def _swept(crowd: Crowd) -> str | None:
    last = crowd.resource().status.last_full_sweep
    return last.requested_at if last else None


def _is_probe(entry: Entry) -> bool:
    return "probe" in str(entry.body)


def _figure(name: str, seconds: Sequence[float]) -> Figure:
    p50, p99 = _quantile(seconds, 50) * 1000, _quantile(seconds, 99) * 1000
    return Figure(name, rate=len(seconds) / sum(seconds), p50=p50, p99=p99)


def _quantile(seconds: Sequence[float], percent: int) -> float:
    return quantiles(seconds, n=100, method="inclusive")[percent - 1] if len(seconds) > 1 else seconds[0]
