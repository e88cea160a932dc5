"""FacadeService: the library's rules, with details that an administrator can read in Entra's provisioning log."""

import re
import secrets
from http import HTTPStatus
from typing import Any

import orjson
from scim2_models import Error, InvalidSyntaxException, PreconditionFailedException, SCIMException, ScimProvider
from scim2_server.conditions import Conditions, EntityTags
from scim2_server.errors import UnsupportedMediaTypeException
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from workteam_scim.refusals import Later

LONGEST_DETAIL = 300
CHALLENGE = 'Bearer realm="workteam", error="invalid_token"'
JSON = re.compile(r"(application|text)/([\w.+-]+\+)?json|\*/\*", re.IGNORECASE)
NEVER_JSON = re.compile(
    r"(text/(html|xml|csv)|application/(([\w.+-]+\+)?(xml|yaml)|x-www-form-urlencoded)|(multipart|image|audio|video)/.*)",
    re.IGNORECASE,
)
"""Types that say for certain that a body is something else."""
NOT_JSON = "The body must be JSON, with Content-Type: application/scim+json."
FAILED = "The facade failed; its log tells more under the X-Request-Id of this answer."


LATE = "If-Match: the resource is at another version by now; nothing was done. Read it again."
THERE = "If-None-Match: the resource is there, at a version that the header names; nothing was done."
CHANGED = "The resource was changed by somebody else at the same moment; nothing was done. Read it again."


class Preconditions(Conditions):
    """The headers that a request depends on; a refusal says which one it was."""

    def check(self, version: str | None, method: str) -> bool:
        """Say whether there is something to do. Raises ``PreconditionFailedException``."""
        try:
            return super().check(version, method)
        except PreconditionFailedException:
            wanted = EntityTags.parse(self.if_match)
            late = wanted is not None and not wanted.matches(version)
            raise PreconditionFailedException(detail=LATE if late else THERE) from None


class FacadeService(ScimService):
    """One for all tenants: it holds no resources."""

    def __init__(self, provider: ScimProvider) -> None:
        # the library asks for a secret; searches are answered without it, by cursors with a key for each tenant
        super().__init__(provider, secret=secrets.token_bytes())

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Return the error that is answered: its detail is one line, without a library's documentation links."""
        error = ScimService.error_of(exception)
        if not isinstance(exception, SCIMException):
            return Error(status=error.status, detail=FAILED)
        detail = (error.detail or "").split("\n")[0].strip().removeprefix("Value error, ")
        if detail == PreconditionFailedException().detail:
            detail = CHANGED
        return Error(status=error.status, scim_type=error.scim_type, detail=detail[:LONGEST_DETAIL] or None)

    @staticmethod
    def read_conditions(request: ScimRequest) -> Preconditions:
        """Return the headers that a request depends on."""
        return Preconditions(request.header("If-Match"), request.header("If-None-Match"))

    def error_response(self, exception: Exception) -> ScimResponse:
        """Return the answer to a failure; a 429 and a 503 say when to come again."""
        response = super().error_response(exception)
        if isinstance(exception, Later):
            response.headers["Retry-After"] = str(int(exception.retry_after.total_seconds()))
        if response.status is HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = CHALLENGE
        return response

    def www_authenticate(self, exception: SCIMException) -> str | None:  # noqa: ARG002 - one challenge for all
        """Return the challenge of a 401 (RFC 6750 §3)."""
        return CHALLENGE

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """Return the JSON value of a body. What is JSON is read under any type that does not deny it, or under none.

        Raises ``UnsupportedMediaTypeException`` for what is neither JSON nor called so, and ``InvalidSyntaxException``.
        """
        kind = (content_type or "").partition(";")[0].strip()
        if NEVER_JSON.fullmatch(kind):
            raise UnsupportedMediaTypeException(detail=NOT_JSON)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            if "/" in kind and not JSON.fullmatch(kind):
                raise UnsupportedMediaTypeException(detail=NOT_JSON) from None
            raise InvalidSyntaxException(detail="The body is not JSON." if body else "The body is missing.") from None
