"""Who goes first when there is more to do than Workteam takes, and what a new process does when there is nothing to do.

What counts is Workteam's own log, and the API server's own count of requests.
"""

import asyncio
import re

from workteam_cli.controlplane.access import Access
from workteam_cli.staging import Stage, quiet
from workteam_cli.tenant.request_log import Entry
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.testing import a_group, a_membership, a_user

JOINERS, CREW = 300, 60
LEAVERS = ("ana", "bo", "cy", "dee")
WRITE = re.compile(
    r'^apiserver_request_total\{[^}]*group="workte\.am"[^}]*verb="(?:POST|PUT|PATCH|APPLY|DELETE)"[^}]*\} (\S+)$',
    re.MULTILINE,
)


async def test_leavers_overtake_a_backlog_of_creates(stage: Stage) -> None:
    """Four lose access, one of them by deletion, while 300 wait to be created at 20 requests a second.

    Only passes that are under way come before them: with four workers, not more than a dozen creates.
    """
    slow = {"baseURL": stage.workteam.base_url, "tokenSecretRef": {"name": "workteam"}, "requestsPerSecond": 20}
    await stage.add_tenant(workteam=slow)
    async with stage.operating() as operator:
        for name in LEAVERS:
            await stage.create(a_user(name), held=True)
        for name in LEAVERS:
            await stage.settled(WorkteamUser, name)
        for ten in range(0, JOINERS, 10):
            crowd = (a_user(f"new-{number}") for number in range(ten, ten + 10))
            await asyncio.gather(*(stage.create(user, held=True) for user in crowd))
        seen = stage.mark()
        for name in LEAVERS[:-1]:
            await stage.edit(WorkteamUser, name, active=False)
        await stage.delete(WorkteamUser, LEAVERS[-1])
        for name in LEAVERS[:-1]:
            await stage.settled(WorkteamUser, name)
        await stage.until_gone(WorkteamUser, LEAVERS[-1])
        assert operator.queue.due_now() > JOINERS / 2
        accounts = stage.accounts()
    order = [_sort(entry) for entry in stage.writes(seen)]
    assert order.count("deactivate") == len(LEAVERS)
    last = len(order) - order[::-1].index("deactivate")
    assert order[:last].count("create") <= 12
    assert {accounts[f"{name}@contoso.example"]["active"] for name in LEAVERS} == {False}


def _sort(entry: Entry) -> str:
    if entry.method == "POST":
        return "create"
    [operation] = entry.body["Operations"]
    return "deactivate" if (operation["path"], operation["value"]) == ("active", False) else "other"


async def test_a_restart_over_many_in_sync_sends_no_write(stage: Stage, cluster_access: Access) -> None:
    """Neither to one of our kinds, changed or not, nor to Workteam: users, leavers, a team, its lists, the tenant."""
    await stage.add_tenant()
    names = [f"user-{number}" for number in range(CREW)]
    async with stage.operating() as operator:
        await stage.create(a_membership("crew", *names[CREW // 2 :]))
        for number, name in enumerate(names):
            manager = {"manager": {"value": names[number // 2]}} if number else None
            await stage.create(a_user(name, active=number % 10 != 1, enterprise=manager), held=True)
        await stage.create(a_group("crew", *names[: CREW // 2], memberships=1), held=True)
        for name in names:
            await stage.settled(WorkteamUser, name)
        await stage.settled(WorkteamGroup, "crew")
        await quiet(operator)
    seen, before = stage.mark(), await _cluster_writes(cluster_access)
    async with stage.operating() as operator:
        async with asyncio.timeout(20):
            while len(operator.objects) < CREW + 3 or not [t for t in operator.tenants if t.ready]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await quiet(operator)
        after = await _cluster_writes(cluster_access)
    assert stage.writes(seen) == []
    assert after == before


async def _cluster_writes(access: Access) -> int:
    """Count what the API server was ever asked to write of our kinds."""
    told = await asyncio.to_thread(access.kubectl, "get", "--raw", "/metrics")
    return sum(int(float(count)) for count in WRITE.findall(told))
