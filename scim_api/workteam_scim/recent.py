"""``GET /{namespace}/{tenant}/requests``: what was asked of the facade lately, for ``workteam requests``.

It is no SCIM endpoint, and no token that Entra has opens it: only one that the command signs with the key of the
tokens' Secret. Whoever may read that Secret may see names of attributes, ids and outcomes, and nothing else.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic.alias_generators import to_camel

from workteam_crds.naming import TenantKey
from workteam_crds.part import rfc3339
from workteam_scim.audit import Audit, Deed
from workteam_scim.auth import Callers, Refused, address_of
from workteam_scim.oauth import REFUSAL, OAuthError, json_answer, later, refusal
from workteam_scim.refusals import Later

MOST = 600
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="workteam", error="invalid_token"'}


def router(callers: Callers, audit: Audit) -> APIRouter:
    """Return the route."""
    routes = APIRouter()

    @routes.get("/{namespace}/{name}/requests", responses=dict.fromkeys((401, 429, 503), REFUSAL))
    async def requests(
        request: Request, namespace: str, name: str, count: Annotated[int, Query(ge=1, le=MOST)] = MOST
    ) -> Response:
        """Show a tenant's last requests, the newest first."""
        tenant = TenantKey(namespace, name)
        try:
            callers.onlooker(request.headers.get("authorization"), tenant, address_of(request.scope.get("client")))
        except Refused:
            return refusal(OAuthError("invalid_token", "The token does not open this.", 401, CHALLENGE))
        except Later as error:
            return later(error)
        told = [_told(deed) for deed in audit.newest(tenant, count)]
        return json_answer(200, {"since": rfc3339(audit.since), "requests": told})

    return routes


def _told(deed: Deed) -> dict[str, Any]:
    return {to_camel(key): value for key, value in deed.told().items() if key != "tenant"}
