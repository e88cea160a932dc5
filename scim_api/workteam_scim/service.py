"""FacadeService: the library's rules, with details that an administrator can read in Entra's provisioning log."""

from http import HTTPStatus

from scim2_models import Error, SCIMException, ScimProvider
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from workteam_scim.refusals import Later

LONGEST_DETAIL = 300
CHALLENGE = 'Bearer realm="workteam", error="invalid_token"'


class FacadeService(ScimService):
    """One for all tenants: it holds no resources."""

    def __init__(self, provider: ScimProvider) -> None:
        super().__init__(provider)

    @staticmethod
    def error_of(exception: Exception) -> Error:
        """Return the error that is answered: its detail is one line, without a library's documentation links."""
        error = ScimService.error_of(exception)
        detail = (error.detail or "").split("\n")[0].strip()
        return Error(status=error.status, scim_type=error.scim_type, detail=detail[:LONGEST_DETAIL] or None)

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
