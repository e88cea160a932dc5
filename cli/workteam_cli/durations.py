"""Times on the command line: 365d, 12h."""

import re
from datetime import timedelta
from typing import Any

import click

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=3650)


class Duration(click.ParamType[timedelta]):
    """A time such as 365d or 12h, of at least so many hours."""

    name = "DURATION"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read the text of the command line."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,5})([hd])", str(value))
        time = None if found is None else int(found[1]) * UNITS[found[2]]
        if time is None or not timedelta(hours=self._least) <= time <= LONGEST:
            self.fail(f"{value!r} is no time from {self._least}h to 3650d, such as 365d or 12h", param, ctx)
        return time


life_option = click.option(
    "--expires-in", type=Duration(1), help="When it stops being valid, such as 365d or 12h; else never."
)
overlap_option = click.option(
    "--overlap", type=Duration(0), default="24h", show_default=True, help="How long the old one goes on opening."
)
