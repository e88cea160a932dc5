"""How many Kubernetes Events a burst becomes: in virtual time, on a cluster in memory."""

import asyncio

from workteam_cli.trial.virtual_time import VirtualLoop
from workteam_crds.cluster.memory import MemoryCluster
from workteam_crds.testing import a_user
from workteam_operator.events import Announcer, Happening


def test_ten_thousand_adoptions_are_few_events() -> None:
    """Twenty-five at once, then one a second; another reason has a share of its own, and the log has them all."""

    async def story() -> None:
        cluster = MemoryCluster()
        events = Announcer(cluster)
        for number in range(10_000):
            events.tell(a_user(f"p{number:05}"), Happening.ADOPTED, "The account 7 was found")
        events.tell(a_user("ana"), Happening.DEACTIVATED, "The account 7 lost its access")
        await events.drain()
        assert sum(cluster.events.values()) == 26
        await asyncio.sleep(10)
        for number in range(10_000):
            events.tell(a_user(f"q{number:05}"), Happening.ADOPTED, "The account 7 was found")
        await events.drain()
        assert sum(cluster.events.values()) == 36

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(story())
