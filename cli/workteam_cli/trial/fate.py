"""What befalls an operator at its calls: each may be late, fail before or after its effect, or be its last one."""

import asyncio
import enum
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random
from typing import Any, TypeVar, cast

from workteam_crds.cluster.port import Cluster, ClusterError, ClusterUnavailable
from workteam_operator.backend.port import Backend, BackendDenied, BackendError, BackendRejected, BackendUnavailable

T = TypeVar("T")

LATEST = 0.2
"""Seconds that a call takes at most, before and after its effect."""


class Fault(enum.Enum):
    """How a call fails."""

    NOT_DONE = enum.auto()
    """No answer, and no effect."""
    ANSWER_LOST = enum.auto()
    """No answer, after the effect."""
    WAIT = enum.auto()
    """429 with Retry-After: surely no effect."""
    DENIED = enum.auto()
    """403, for this once."""
    REFUSED = enum.auto()
    """400, for this once."""


class Fate:
    """One life of an operator: its calls are counted, and one of them may be the last."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self.calls = 0
        """How many calls began."""
        self.dead = asyncio.Event()
        self.last: tuple[int, bool] | None = None
        """The number of the last call, and whether it has its effect."""
        self.towards_workteam: deque[Fault] = deque()
        """How the next calls fail."""
        self.towards_cluster: deque[Fault] = deque()

    async def cluster_call(self, call: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Make a call to Kubernetes."""
        return await self._call(self.towards_cluster, _cluster_error, call, *arguments, **named)

    async def backend_call(self, call: Callable[..., Awaitable[T]], *arguments: Any, **named: Any) -> T:
        """Make a call to Workteam."""
        return await self._call(self.towards_workteam, _backend_error, call, *arguments, **named)

    async def _call(
        self,
        faults: deque[Fault],
        error: Callable[[Fault], Exception],
        call: Callable[..., Awaitable[T]],
        *arguments: Any,
        **named: Any,
    ) -> T:
        await self._wait()
        self.calls += 1
        fault = faults.popleft() if faults else None
        is_last = self.last is not None and self.last[0] <= self.calls
        if is_last and self.last != (self.calls, True):
            self._die()
        if fault not in {None, Fault.ANSWER_LOST}:
            raise error(fault or Fault.NOT_DONE)
        try:
            answer = await call(*arguments, **named)
        finally:
            if is_last:
                self._die()
        await self._wait()
        if fault is not None:
            raise error(fault)
        return answer

    async def _wait(self) -> None:
        """Let others go first; the dead do nothing any more."""
        await asyncio.sleep(self._dice.uniform(0, LATEST))
        if self.dead.is_set():
            raise asyncio.CancelledError

    def _die(self) -> None:
        self.dead.set()
        raise asyncio.CancelledError


class _Mortal:
    """Any port, each of whose calls befalls something."""

    def __init__(self, port: object, fated: Callable[..., Awaitable[Any]]) -> None:
        self._port = port
        self._fated = fated

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if not inspect.iscoroutinefunction(call):
            return call  # a watch: it is cut when its reader dies

        async def fated(*arguments: Any, **named: Any) -> Any:
            return await self._fated(call, *arguments, **named)

        return fated


def mortal_cluster(cluster: Cluster, fate: Fate) -> Cluster:
    """Return a cluster as an operator with a fate meets it."""
    return cast("Cluster", _Mortal(cluster, fate.cluster_call))


def mortal_backend(backend: Backend, fate: Fate) -> Backend:
    """Return a backend as an operator with a fate meets it."""
    return cast("Backend", _Mortal(backend, fate.backend_call))


def _cluster_error(fault: Fault) -> ClusterError:
    return ClusterUnavailable(fault.name, retry_after=timedelta(seconds=2) if fault is Fault.WAIT else None)


def _backend_error(fault: Fault) -> BackendError:
    match fault:
        case Fault.NOT_DONE | Fault.ANSWER_LOST:
            return BackendUnavailable(fault.name)
        case Fault.WAIT:
            return BackendUnavailable(fault.name, retry_after=timedelta(seconds=2), undone=True)
        case Fault.DENIED:
            return BackendDenied("HTTP 403", status=403)
        case Fault.REFUSED:
            return BackendRejected("HTTP 400", status=400, detail="refused")
