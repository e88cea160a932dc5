"""``POST /{namespace}/{tenant}/oauth/token``: a client's secret → an access token (RFC 6749 §4.4).

The secret comes in the body or as Basic. What goes wrong is JSON as RFC 6749 §5.2 has it.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import orjson
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from workteam_crds.naming import TenantKey
from workteam_scim.access_tokens import AccessToken, Audience, sign
from workteam_scim.audit import Audit, Deed
from workteam_scim.auth import Callers, ClientSecret, Refused, address_of
from workteam_scim.keyring import Keyring
from workteam_scim.metrics import Metrics
from workteam_scim.refusals import Later, Throttled
from workteam_scim.request_ids import request_id_of

log = logging.getLogger(__name__)

PATH = "/{namespace}/{name}/oauth/token"
SCOPE = "scim"
FORM = "application/x-www-form-urlencoded"
LONGEST = 16 * 1024
"""Bytes of a form."""
PATIENCE = 10.0
"""Seconds for a form to arrive."""
OTHER_METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
TEXT = {"type": "string"}
REFUSAL = {
    "description": "What is wrong (RFC 6749 §5.2).",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {"error": TEXT, "error_description": TEXT},
                "required": ["error"],
            }
        }
    },
}
"""How every refusal is described in /openapi.json."""
ASKED = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": dict.fromkeys(("grant_type", "client_id", "client_secret", "scope"), TEXT),
                    "required": ["grant_type"],
                }
            }
        },
    }
}


@dataclass
class OAuthError(Exception):
    """A refusal as RFC 6749 §5.2 words it."""

    error: str
    description: str
    status: int = 400
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Credentials:
    """What a client says of itself."""

    client_id: str
    secret: str
    basic: bool


class TokenDesk:
    """Gives out access tokens."""

    def __init__(
        self,
        keyring: Keyring,
        callers: Callers,
        audit: Audit,
        metrics: Metrics,
        *,
        known: Callable[[TenantKey], bool],
        now: Callable[[], datetime],
        life: timedelta,
        new_id: Callable[[], str],
    ) -> None:
        self._keyring = keyring
        self._callers = callers
        self._audit = audit
        self._metrics = metrics
        self._known = known
        self._now = now
        self._life = life
        self._new_id = new_id

    async def answer(self, request: Request, tenant: TenantKey) -> Response:
        """Answer one request for a token."""
        deed = Deed(request_id_of(request.headers.get("x-request-id"), self._new_id), "grant", "Token", tenant)
        try:
            response = json_answer(200, await self._granted(request, tenant, deed))
        except OAuthError as error:
            response = refusal(error)
        except Later as error:
            response = later(error)
        except ClientDisconnect:
            response = refusal(OAuthError("invalid_request", "The form did not arrive."))
        deed.status = response.status_code
        self._metrics.granted(response.status_code)
        self._audit.note(deed, known=self._known(tenant))
        response.headers["X-Request-Id"] = deed.request_id
        return response

    async def _granted(self, request: Request, tenant: TenantKey, deed: Deed) -> dict[str, Any]:
        form = await _form(request)
        credentials = _credentials(request.headers.get("authorization"), form)
        try:
            client = self._callers.client(
                credentials.client_id, credentials.secret, tenant, address_of(request.scope.get("client"))
            )
        except Refused:
            raise _unknown_client(basic=credentials.basic) from None
        deed.token, deed.object = client.handle, client.entry.client
        if form.get("grant_type") != "client_credentials":
            raise OAuthError("unsupported_grant_type", "grant_type must be client_credentials.")
        text, seconds = self._sign(client, tenant)
        granted = {"access_token": text, "token_type": "Bearer", "expires_in": seconds}
        return granted if form.get("scope", SCOPE) == SCOPE else {**granted, "scope": SCOPE}

    def _sign(self, client: ClientSecret, tenant: TenantKey) -> tuple[str, int]:
        """Return an access token and its life in seconds: never longer than that of the secret."""
        now = self._now()
        until = now + self._life
        if client.entry.expires is not None:
            until = min(until, client.entry.expires)
        token = AccessToken(
            aud=Audience.SCIM,
            sub=client.handle,
            client_id=client.entry.client or "",
            iat=int(now.timestamp()),
            exp=int(until.timestamp()),
        )
        return sign(token, self._keyring.access_key(tenant)), token.exp - token.iat


def router(desk: TokenDesk) -> APIRouter:
    """Return the route."""
    routes = APIRouter()

    @routes.post(PATH, responses={"default": REFUSAL}, openapi_extra=ASKED)
    async def token(request: Request, namespace: str, name: str) -> Response:
        """Give an access token for a client's secret."""
        return await desk.answer(request, TenantKey(namespace, name))

    @routes.api_route(PATH, methods=OTHER_METHODS, include_in_schema=False)
    async def other(namespace: str, name: str) -> Response:  # noqa: ARG001 - the path has them
        """Say that only POST is answered."""
        return refusal(OAuthError("invalid_request", "Only POST is answered here.", 405, {"Allow": "POST"}))

    return routes


async def _form(request: Request) -> dict[str, str]:
    """Read the form. Raises ``OAuthError`` for what is none, and for a parameter that comes twice (RFC 6749 §3.2)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise OAuthError("invalid_request", f"The body must be {FORM}.")
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LONGEST:
                    raise OAuthError("invalid_request", f"The form may have up to {LONGEST} bytes.", 413)
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=20, errors="strict")
    except TimeoutError:
        raise OAuthError("invalid_request", "The form did not arrive in time.", 408) from None
    except ValueError:
        raise OAuthError("invalid_request", "The form cannot be read.") from None
    form = dict(pairs)
    if len(form) < len(pairs):
        raise OAuthError("invalid_request", "A parameter comes twice.")
    if "grant_type" not in form:
        raise OAuthError("invalid_request", "grant_type is missing.")
    return form


def _credentials(authorization: str | None, form: Mapping[str, str]) -> Credentials:
    """Return client and secret, from one place only (RFC 6749 §2.3). Raises ``OAuthError``."""
    in_form = (form.get("client_id", ""), form.get("client_secret", ""))
    if authorization is None:
        if not all(in_form):
            raise _unknown_client(basic=False)
        return Credentials(*in_form, basic=False)
    scheme, _, encoded = authorization.partition(" ")
    if form.get("client_secret"):
        raise OAuthError("invalid_request", "The secret comes twice: in the form and in the header.")
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    client_id, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise _unknown_client(basic=True)
    return Credentials(unquote_plus(client_id), unquote_plus(secret), basic=True)


def _unknown_client(*, basic: bool) -> OAuthError:
    challenge = {"WWW-Authenticate": 'Basic realm="workteam"'} if basic else {}
    return OAuthError("invalid_client", "Client or secret are unknown, expired or revoked.", 401, challenge)


def later(error: Later) -> Response:
    """Answer that it is to be asked again."""
    word = "too_many_requests" if isinstance(error, Throttled) else "temporarily_unavailable"
    seconds = str(int(error.retry_after.total_seconds()))
    return refusal(OAuthError(word, error.detail or "", error.status, {"Retry-After": seconds}))


def refusal(error: OAuthError) -> Response:
    """Answer with an error (RFC 6749 §5.2)."""
    body = {"error": error.error, "error_description": error.description}
    return json_answer(error.status, body, error.headers)


def json_answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON that nobody may keep (RFC 6749 §5.1)."""
    unkept = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(orjson.dumps(body), status, {**unkept, **(headers or {})}, "application/json")
