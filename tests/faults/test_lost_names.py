"""A10, its end: what becomes of a name when nobody repeats the create whose answer was lost."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_cli.controlplane.faults import FaultProxy
from workteam_cli.facade_processes import facade_ground

RETRIES = 301.0
"""Seconds after which nobody may repeat a lost create any more."""
RENAME = {"Operations": [{"op": "replace", "path": "userName", "value": "ANA@contoso.example"}]}


class Clock(asyncio.SelectorEventLoop):
    """A loop whose time can be put forward."""

    ahead = 0.0

    def time(self) -> float:
        """Return the time that everything in the loop goes by."""
        return super().time() + self.ahead


@pytest.mark.parametrize(
    ("point", "status"),
    [pytest.param(Point.BEFORE, 200, id="not stored"), pytest.param(Point.COMMITTED, 409, id="stored")],
)
def test_after_the_time_of_its_retries_a_consistent_read_decides(
    *,
    cluster_access: Access,
    namespace: str,
    proxy: FaultProxy,
    tmp_path: Path,
    running_at: Any,
    until: Any,
    point: Point,
    status: int,
) -> None:
    """A user is refused the name for five minutes; then it gets it if the lost create made nobody."""

    async def play(clock: Clock) -> None:
        async with facade_ground(cluster_access, namespace, proxy, tmp_path) as ground, running_at(ground) as running:
            entra = running.entra
            bob = (await entra.post("/Users", json={"userName": "bob@contoso.example"})).json()["id"]
            ground.proxy.reset(Match("POST", "/workteamusers", count=1), point)
            assert (await entra.post("/Users", json={"userName": "ana@contoso.example"})).status_code == 503
            assert (await entra.patch(f"/Users/{bob}", json=RENAME)).status_code == 409
            clock.ahead = RETRIES
            await entra.get("/Users")  # a moment in which the Lease is found to be over
            await until(lambda: not running.facade.missing())
            assert (await entra.patch(f"/Users/{bob}", json=RENAME)).status_code == status

    with asyncio.Runner(loop_factory=Clock) as runner:
        clock = runner.get_loop()
        assert isinstance(clock, Clock)
        runner.run(play(clock))
