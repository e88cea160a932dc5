"""The id of a request: the client's if it can be one, else a new one. Pure."""

import re
from collections.abc import Callable

USABLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What may stand in a log, in an annotation and in a header."""


def request_id_of(given: str | None, new_id: Callable[[], str]) -> str:
    """Return the id that a request is known by."""
    return given if given and USABLE.fullmatch(given) else new_id()
