"""An event loop whose time passes only when nothing is left to do at the moment: an hour takes no time at all."""

import asyncio
import selectors

from typing_extensions import override


class Standstill(Exception):
    """Nothing is left to do, now or ever: whoever waits would wait for good."""


class _Skipping(selectors.SelectSelector):
    """Skips waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Look once; if nothing is there, the time is over at once."""
        if timeout is None:
            raise Standstill
        if timeout > 0:
            self.skipped += timeout
            return []
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Begins at 0 s. Nothing that runs on it may wait for a socket, a thread or a process."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    @override
    def time(self) -> float:
        """Return the virtual seconds since the beginning."""
        return self._skipping.skipped
