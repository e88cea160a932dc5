"""An operator that cannot watch does not stay."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workteam_cli.controlplane.fault_rules import Match
from workteam_cli.controlplane.settings import OPERATOR
from workteam_cli.output import Problem

if TYPE_CHECKING:
    from tests.crashes.points.conftest import Ground


def test_an_operator_whose_watch_gave_up_ends(ground: "Ground", until: Callable[[Callable[[], Any]], None]) -> None:
    """An answer that kopf does not forgive ends the process, which is started again, instead of leaving it deaf."""
    rule = ground.proxies[OPERATOR].refuse(Match("GET", r"^/apis/workte\.am/v1alpha1$", count=1), 415)
    ended = False
    try:
        ground.stack.restart(OPERATOR)
    except Problem:
        ended = True  # before it was ready
    until(lambda: ended or ground.stack.processes.running(OPERATOR) is None)
    assert ground.stack.processes.running(OPERATOR) is None

    ground.proxies[OPERATOR].remove(rule)
    ground.stack.run(OPERATOR)
    scene = ground.scene()
    until(scene.answers)
    assert scene.answers()
