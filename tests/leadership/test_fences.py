"""What passes a fence, and how long it may take; a stand-in tenant is at the other end."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Unanswered
from workteam_crds.cluster.fenced import Fence, FencedRequests, NotHolding
from workteam_crds.cluster.port import ClusterUnavailable, Conflict
from workteam_operator import metrics
from workteam_operator.backend.guarded import GuardedBackend
from workteam_operator.backend.port import BackendUnavailable, BackendWithheld, DesiredAccount
from workteam_operator.backend.scim import ScimBackend
from workteam_operator.backend.transport import in_doubt

ANA = DesiredAccount(user_name="ana@contoso.example", external_id="ana", active=True)
PLENTY, NOTHING, LITTLE = timedelta(seconds=60), timedelta(0), timedelta(milliseconds=300)


class Term:
    """A lease of which as much is left as a test says."""

    def __init__(self) -> None:
        self.left = PLENTY

    def __call__(self, _: str) -> timedelta:
        return self.left


class Diary:
    """Notes how calls ended."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def answered(self) -> None:
        """Note an answer."""
        self.notes.append("answered")

    def unanswered(self, error: BackendUnavailable) -> None:
        """Note that there was none."""
        self.notes.append(str(error))

    def throttled(self, seconds: float) -> None:
        """Note nothing: nobody waits for long here."""


@pytest.fixture
def workteam() -> Iterator[StandIn]:
    """Run a Workteam tenant."""
    with StandIn() as stand_in:
        yield stand_in


@pytest.fixture
def term() -> Term:
    """Have a lease of a minute."""
    return Term()


@pytest.fixture
def fence(term: Term) -> Fence:
    """Stand between the operator and Workteam."""
    return Fence(term, longest=timedelta(seconds=20), in_doubt=in_doubt)


@pytest.fixture
async def backend(workteam: StandIn, fence: Fence) -> AsyncIterator[ScimBackend]:
    """Connect to the tenant through the fence."""
    backend = ScimBackend.connect(workteam.base_url, workteam.token, metrics.meter("fences"), fence=fence)
    yield backend
    await backend.close()


async def test_without_a_lease_nothing_is_sent_and_nobody_is_blamed(
    workteam: StandIn, backend: ScimBackend, term: Term
) -> None:
    """Neither a read nor a write reaches Workteam; the tenant's failures are not counted up; nothing was done."""
    diary = Diary()
    guarded = GuardedBackend(backend, diary, rate=1000, clock=asyncio.get_running_loop().time)
    term.left = NOTHING
    for call in (guarded.create_account(ANA), guarded.read_account("1"), guarded.delete_account("1")):
        with pytest.raises(BackendWithheld) as caught:
            await call
        assert caught.value.undone
    assert (workteam.control.log(), diary.notes) == ([], [])
    term.left = PLENTY
    assert (await guarded.create_account(ANA)).user_name == ANA.user_name
    assert diary.notes == ["answered"]


async def test_a_call_takes_no_longer_than_what_is_left(
    workteam: StandIn, backend: ScimBackend, term: Term, fence: Fence
) -> None:
    """Workteam never answers, and the call ends with the lease, in doubt; what is handed over waits for that doubt."""
    workteam.control.add(Unanswered(method="POST"))
    term.left = LITTLE
    with pytest.raises(BackendUnavailable) as caught:
        await backend.create_account(ANA)
    assert (str(caught.value), caught.value.undone) == ("POST /Users: no answer in time", False)
    assert not await fence.close()
    await fence.settled()
    assert await fence.close()


async def test_a_read_without_an_answer_leaves_no_doubt(
    workteam: StandIn, backend: ScimBackend, term: Term, fence: Fence
) -> None:
    """Whether it was read does not matter to who comes next."""
    workteam.control.add(Unanswered(method="GET"))
    term.left = LITTLE
    with pytest.raises(BackendUnavailable):
        await backend.read_account("1")
    assert await fence.close()


class Server:
    """Notes the requests to an API server, with the time they may take."""

    def __init__(self, error: Exception | None = None) -> None:
        self.seen: list[tuple[str, timedelta | None]] = []
        self._error = error

    async def request(self, method: str, path: str, *, within: timedelta | None = None, **_: object) -> None:
        """Take a request."""
        self.seen.append((method, within))
        if self._error is not None:
            raise self._error

    def stream(self, path: str, query: object) -> None:
        """Open no watch."""


async def test_writes_to_the_api_server_pass_by_the_lease_and_reads_as_they_are() -> None:
    """A write gets what is left of the lease, five seconds at most; without a lease it is not sent, and a read is."""
    term, server = Term(), Server()
    requests = FencedRequests(server, Fence(term))  # type: ignore[arg-type]  # no watch is opened
    await requests.request("PATCH", "/a")
    term.left = timedelta(seconds=3)
    await requests.request("PATCH", "/a", within=PLENTY)
    term.left = NOTHING
    await requests.request("GET", "/a")
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(NotHolding):
            await requests.request(method, "/a")
    assert server.seen == [("PATCH", timedelta(seconds=5)), ("PATCH", timedelta(seconds=3)), ("GET", None)]


@pytest.mark.parametrize(("error", "sure"), [(Conflict("a"), True), (ClusterUnavailable("a"), False)])
async def test_only_what_was_not_answered_is_in_doubt(error: Exception, sure: bool) -> None:  # noqa: FBT001 - a table
    """A refusal is an answer; silence is none."""
    fence = Fence(Term())
    requests = FencedRequests(Server(error), fence)  # type: ignore[arg-type]
    with pytest.raises(type(error)):
        await requests.request("PATCH", "/a")
    assert await fence.close() is sure
