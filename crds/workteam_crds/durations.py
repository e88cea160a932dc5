"""Durations as people write them in a spec: 30m, 12h. Pure."""

from datetime import timedelta
from typing import Annotated, TypeAlias

from pydantic import StringConstraints

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Duration: TypeAlias = Annotated[str, StringConstraints(max_length=8, pattern=r"^[0-9]{1,7}[smhd]$")]
"""A whole number and a unit: s, m, h or d."""


def read_duration(text: str) -> timedelta:
    """Return how long a ``Duration`` is; what the pattern refuses raises ``KeyError`` or ``ValueError``."""
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})
