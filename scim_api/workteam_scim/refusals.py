"""Refusals that the SCIM library has no class for. ``endpoint`` turns them into answers, once."""

import math
from datetime import timedelta

from scim2_models import SCIMException

SOON = timedelta(seconds=5)


class Later(SCIMException):
    """Answered with ``Retry-After``: nothing is wrong with the request, it may be sent again."""

    def __init__(self, detail: str, *, retry_after: timedelta = SOON) -> None:
        super().__init__(detail=detail)
        self.retry_after = retry_after


class Unavailable(Later):
    """503: not now."""

    status = 503


class Throttled(Later):
    """429: not so often (RFC 6585 §4). ``wait`` is in seconds."""

    status = 429

    def __init__(self, detail: str, *, wait: float) -> None:
        super().__init__(detail, retry_after=timedelta(seconds=math.ceil(wait)))


class TooSlow(SCIMException):
    """408: the request did not arrive in time."""

    status = 408
