"""The crash matrix: facade and operator are killed and ended at named points of every change, and nothing is lost.

A row stands at its point while others stand at theirs, each with a tenant of its own: one signal ends the process for
all of them. Afterwards nobody sends a request for the operator's sake; the facade's client repeats its own.
"""

import enum
import functools
import itertools
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from workteam_cli.controlplane.fault_rules import Match, Point
from workteam_cli.controlplane.settings import FACADE, OPERATOR
from workteam_cli.tenant.faults import Hold
from workteam_cli.tenant.faults import Point as TenantPoint

if TYPE_CHECKING:
    from tests.crashes.conftest import Scene
    from tests.crashes.points.conftest import Ground, Trap

CHANGES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())
SIGNALS = (Signals.SIGKILL, Signals.SIGTERM)
OF_GROUPS = {"create group", "add member", "remove member", "delete group"}
SEND: dict[str, Callable[["Scene"], httpx.Response]] = {
    "create user": lambda scene: scene.create_user(),
    "patch user": lambda scene: scene.patch_user("Add", "title", "Lead"),
    "disable user": lambda scene: scene.patch_user("Replace", "active", "False"),
    "delete user": lambda scene: scene.delete(f"/Users/{scene.user_id}"),
    "create group": lambda scene: scene.create_group(),
    "add member": lambda scene: scene.patch_members("Add"),
    "remove member": lambda scene: scene.patch_members("Remove"),
    "delete group": lambda scene: scene.delete(f"/Groups/{scene.group_id}"),
}


class Moment(enum.StrEnum):
    """The points of DESIGN 10."""

    UNSENT = "before it is sent"
    UNANSWERED = "committed but unanswered"
    UNREPORTED = "before the status is written"


@dataclass(frozen=True)
class Row:
    """One crash: ``process`` gets ``signal`` while ``request`` of a change stands at ``point``."""

    process: str
    change: str
    request: str
    point: Point
    signal: Signals

    def __str__(self) -> str:
        return f"{self.process} {self.signal.name}: {self.change}, {self.request} {self.point}"

    @property
    def moment(self) -> Moment:
        """Which of the named points this is."""
        if self.point is Point.COMMITTED:
            return Moment.UNANSWERED
        return Moment.UNREPORTED if self.request == CHANGES[self.change]["operator"][-1] else Moment.UNSENT


def _rows(point: Point, number: Signals) -> Iterator[Row]:
    """List what crashes together, facade first: its own request, and while the operator is about to report."""
    for change, known in CHANGES.items():
        yield Row(FACADE, change, "object", point, number)
        if point is Point.BEFORE:
            yield Row(FACADE, change, known["operator"][-1], point, number)
        for request in known["operator"]:
            yield Row(OPERATOR, change, request, point, number)


POINTS = (Point.BEFORE, Point.COMMITTED)
"""Where a request and its answer are stopped; a stream has no one answer."""
ROWS = [row for point, number in itertools.product(POINTS, SIGNALS) for row in _rows(point, number)]


@dataclass
class Play:
    """One row on its tenant."""

    scene: "Scene"
    trap: "Trap | None" = None
    answer: Future[httpx.Response] | None = None
    stands: bool = False
    """Whether the request stood at its point, and its sender waited, when the signal was sent."""


def _written(row: Row, scene: "Scene") -> Match:
    """Return which write to the API server is the row's request."""
    is_group = row.change in OF_GROUPS
    kind, known, name = (
        ("workteamgroups", scene.group_id, scene.crew)
        if is_group
        else ("workteamusers", scene.user_id, scene.user_name)
    )
    name, creates = re.escape(name), row.change.startswith("create")
    match row.request:
        case "object" if creates:
            return Match("POST", f"/{kind}", name)
        case "object":
            return Match("PATCH|DELETE", f"/{kind}/{known}")
        case "intent":
            return Match("PATCH", f"/{kind}/.*/status", f'"pendingCreate":.*{name}')
        case "status" if creates:
            return Match("PATCH", f"/{kind}/.*/status", f'"(accountID|teamID)":.*{name}')
        case "ledger":
            return Match("PATCH", f"/workteamtenants/{scene.tenant}/status", '"ledger":')
        case "booking":
            return Match("PATCH", f"/{kind}/{known}/status", '"booked":')
        case "status":
            return Match("PATCH", f"/{kind}/{known}/status", '^(?!.*"booked":)')
        case "finalizer":
            return Match("PATCH", f"/{kind}/{known}[^/]*$", "/metadata/finalizers")
        case other:
            raise AssertionError(other)


def _called(row: Row, scene: "Scene") -> Hold:
    """Return which request to Workteam is the row's."""
    point = TenantPoint(row.point)
    match row.change:
        case "create user":
            return Hold(point=point, method="POST", path="^/Users", body=re.escape(scene.user_name))
        case "create group":
            return Hold(point=point, method="POST", path="^/Groups", body=re.escape(scene.crew))
        case "patch user" | "disable user" | "delete user":
            return Hold(point=point, method="PATCH", path=f"^/Users/{scene.account_id()}$")
        case _:
            return Hold(point=point, method="PATCH|DELETE", path=f"^/Groups/{scene.team_id()}$")


def _stand(ground: "Ground", rows: list[Row], until: Callable[[Callable[[], Any]], None]) -> dict[Row, Play]:
    """Bring every row to its point."""
    with ThreadPoolExecutor(4) as pool:
        plays = dict(zip(rows, pool.map(lambda _: Play(ground.scene()), rows), strict=True))
    for row, play in plays.items():
        until(play.scene.answers)
        play.scene.bring(*CHANGES[row.change]["needs"])
    until(lambda: all(play.scene.settled() for play in plays.values()))
    for row, play in plays.items():
        if row.request == "call":
            play.trap = ground.trap_call(_called(row, play.scene))
        else:
            process = FACADE if row.request == "object" else OPERATOR
            play.trap = ground.trap_write(process, _written(row, play.scene), row.point)
    pool = ThreadPoolExecutor(len(rows))
    for row, play in plays.items():
        play.answer = pool.submit(SEND[row.change], play.scene)
    traps = [play.trap for play in plays.values() if play.trap]
    until(lambda: all(trap.is_set_off() for trap in traps) or not all(trap.holds() for trap in traps))
    pool.shutdown(wait=False)
    return plays


@pytest.fixture(scope="module")
def crashed(ground: "Ground", until: Callable[[Callable[[], Any]], None]) -> Callable[[Row], dict[Row, Play]]:
    """What crashes a process once for all the rows that crash with one, and starts it again."""

    @functools.cache
    def crash(process: str, point: Point, number: Signals) -> dict[Row, Play]:
        plays = _stand(ground, [row for row in _rows(point, number) if row.process == process], until)
        for play in plays.values():
            play.stands = play.trap is not None and play.trap.is_set_off() and play.trap.holds()
        ground.crash(process, number, [play.trap for play in plays.values() if play.trap])
        return plays

    return lambda row: crash(row.process, row.point, row.signal)


def _is_told(play: Play) -> bool:
    """Whether the client has an answer that says the change was made."""
    assert play.answer is not None
    failed = play.answer.exception(timeout=60)
    return failed is None and play.answer.result().is_success


def _again(row: Row, scene: "Scene") -> str:
    """Send the request again as Entra does: what is created is looked for first."""
    endpoint = "Groups" if row.change in OF_GROUPS else "Users"
    if row.change.startswith("create") and scene.match(endpoint):
        return "found"
    answer = SEND[row.change](scene)
    return {200: "done", 201: "created", 204: "done", 404: "gone"}.get(answer.status_code, answer.text)


AGAIN = {
    (Moment.UNSENT, "create"): "created",
    (Moment.UNANSWERED, "create"): "found",
    (Moment.UNREPORTED, "create"): "found",
    (Moment.UNSENT, "delete"): "done",
    (Moment.UNANSWERED, "delete"): "gone",
    (Moment.UNREPORTED, "delete"): "gone",
}
"""What the client finds when it comes again; any other change is done, as if it had not been made."""


@pytest.mark.parametrize("row", [pytest.param(row, id=str(row)) for row in ROWS])
def test_nothing_is_lost_and_nothing_is_done_twice(
    row: Row,
    crashed: Callable[[Row], dict[Row, Play]],
    ground: "Ground",
    until: Callable[[Callable[[], Any]], None],
) -> None:
    """After the restart objects, accounts and teams become what was asked for, with one create each."""
    play = crashed(row)[row]
    scene, known = play.scene, CHANGES[row.change]
    assert play.stands
    told = _is_told(play)
    assert told or row.process == FACADE
    if row.process == FACADE:
        # A process that ends in order sends a DELETE whose connection was reset once more, and may get an answer.
        tells = row.moment is Moment.UNREPORTED or (row.signal is Signals.SIGTERM and "delete" in row.change)
        assert told is tells
        moment = Moment.UNREPORTED if told else row.moment
        assert _again(row, scene) == AGAIN.get((moment, row.change.split()[0]), "done")

    until(lambda: scene.settled() and scene.everywhere() == known["end"])
    assert scene.everywhere() == known["end"]
    assert scene.settled()
    users, groups = (int(row.change == f"create {word}" or word in known["needs"]) for word in ("user", "group"))
    assert (ground.created(scene.user_name), ground.created(scene.crew)) == (users, groups)


def test_the_matrix_is_complete() -> None:
    """Every named point, change and signal has a row for the facade and one for the operator, and none stands twice."""
    wanted = set(itertools.product((FACADE, OPERATOR), Moment, SEND, SIGNALS))
    assert {(row.process, row.moment, row.change, row.signal) for row in ROWS} == wanted
    assert len(set(ROWS)) == len(ROWS)
