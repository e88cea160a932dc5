"""How long work tells what it does."""

from typing import Protocol


class Report(Protocol):
    """Told of each step; ``done`` of ``total`` where a step can be counted, both 0 where it cannot."""

    def __call__(self, step: str, done: int = 0, total: int = 0) -> None:
        """Show that this step is under way, and how far it is."""


def silent(step: str, done: int = 0, total: int = 0) -> None:
    """Show nothing: for tests."""
