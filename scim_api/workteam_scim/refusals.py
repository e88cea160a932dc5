"""Refusals that the SCIM library has no class for. ``endpoint`` turns them into answers, once."""

from datetime import timedelta

from scim2_models import SCIMException

SOON = timedelta(seconds=5)


class Unavailable(SCIMException):
    """503 with ``Retry-After``: nothing is wrong with the request, it may be sent again."""

    status = 503

    def __init__(self, detail: str, *, retry_after: timedelta = SOON) -> None:
        super().__init__(detail=detail)
        self.retry_after = retry_after


class TooSlow(SCIMException):
    """408: the request did not arrive in time."""

    status = 408
