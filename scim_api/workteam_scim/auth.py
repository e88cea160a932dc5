"""Bearer → Caller: the only 401. Whoever fails too often is told to wait; a valid token is never held up by that."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scim2_models import UnauthorizedException

from workteam_crds.naming import TenantKey
from workteam_scim.access_tokens import Audience, verified
from workteam_scim.keyring import Keyring
from workteam_scim.metrics import Metrics
from workteam_scim.refusals import Throttled
from workteam_scim.throttle import Failures
from workteam_scim.tokens import BEARER, CLIENT_SECRET, TokenEntry, handle_of

REFUSED = "The bearer token is unknown, expired or revoked."
TOO_OFTEN = "Too many attempts without a valid token from this address."


class Cause(StrEnum):
    """Why somebody was refused: for logs and metrics. The answer is the same for all."""

    MISSING = "missing"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    FOREIGN = "another-tenant"


class Refused(UnauthorizedException):
    """401: whoever asks showed nothing that opens this tenant."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(detail=REFUSED)
        self.cause = cause


@dataclass(frozen=True)
class Caller:
    """Who asks: the token's handle, which may be logged, and the one tenant it opens."""

    handle: str
    tenant: TenantKey


@dataclass(frozen=True)
class ClientSecret:
    """An OAuth client that showed its secret."""

    handle: str
    entry: TokenEntry


class Callers:
    """Judges what a request shows of whom it comes from."""

    def __init__(
        self, keyring: Keyring, metrics: Metrics, *, now: Callable[[], datetime], clock: Callable[[], float]
    ) -> None:
        self._keyring = keyring
        self._metrics = metrics
        self._now = now
        self._clock = clock
        self._failures = Failures()

    def caller(self, authorization: str | None, tenant: TenantKey, address: str) -> Caller:
        """Return who sends an Authorization header to a tenant's SCIM endpoints.

        Raises ``Refused``, ``Throttled`` instead of it if that came from the address too often, ``Unavailable`` while
        the tokens are not read.
        """
        try:
            handle = self._scim_handle(_bearer(authorization), tenant)
        except Refused as refused:
            raise self._shut(refused, address) from None
        self._keyring.note_use(handle)
        return Caller(handle, tenant)

    def onlooker(self, authorization: str | None, tenant: TenantKey, address: str) -> str:
        """Return the name of who may see a tenant's last requests. Raises as ``caller`` does."""
        try:
            return self._access(_bearer(authorization), tenant, Audience.REQUESTS)[0]
        except Refused as refused:
            raise self._shut(refused, address) from None

    def client(self, client_id: str, secret: str, tenant: TenantKey, address: str) -> ClientSecret:
        """Return the OAuth client of a tenant that knows its secret. Raises as ``caller`` does."""
        try:
            handle, entry = self._secret_of(client_id, secret, tenant)
        except Refused as refused:
            raise self._shut(refused, address) from None
        self._keyring.note_use(handle)
        return ClientSecret(handle, entry)

    def _scim_handle(self, text: str, tenant: TenantKey) -> str:
        if text.count(".") == 2:  # noqa: PLR2004 - the three parts of a JSON Web Token
            return self._access(text, tenant, Audience.SCIM)[1]
        return self._entry(text, BEARER, tenant)[0]

    def _secret_of(self, client_id: str, secret: str, tenant: TenantKey) -> tuple[str, TokenEntry]:
        handle, entry = self._entry(secret, CLIENT_SECRET, tenant)
        if not hmac.compare_digest((entry.client or "").encode(), client_id.encode()):
            raise Refused(Cause.UNKNOWN)
        return handle, entry

    def _entry(self, text: str, prefix: str, tenant: TenantKey) -> tuple[str, TokenEntry]:
        """Return the entry of a token. Handles are no secret: only what follows them is compared in constant time."""
        entries = self._keyring.entries
        handle = handle_of(text, prefix)
        entry = entries.get(handle) if handle else None
        if handle is None or entry is None or not entry.is_of(text):
            raise Refused(Cause.UNKNOWN)
        if entry.tenant_key != tenant:
            raise Refused(Cause.FOREIGN)
        if not entry.alive(self._now()):
            raise Refused(Cause.EXPIRED)
        return handle, entry

    def _access(self, text: str, tenant: TenantKey, audience: Audience) -> tuple[str, str]:
        """Return client and handle of an access token; one of a client rests on a secret that is still good."""
        entries = self._keyring.entries
        token = verified(text, self._keyring.access_key(tenant))
        if token is None or token.aud is not audience:
            raise Refused(Cause.UNKNOWN)
        now = self._now()
        if now.timestamp() >= token.exp:
            raise Refused(Cause.EXPIRED)
        if audience is Audience.SCIM:
            entry = entries.get(token.sub)
            if entry is None or entry.client != token.client_id:
                raise Refused(Cause.UNKNOWN)
            if not entry.alive(now):
                raise Refused(Cause.EXPIRED)
        return token.client_id, token.sub

    def _shut(self, refused: Refused, address: str) -> Refused | Throttled:
        """Count a failure; whoever fails too often is told so instead of how."""
        self._metrics.refused(refused.cause.value)
        wait = self._failures.failed(address, self._clock())
        if not wait:
            return refused
        self._metrics.throttled("failures")
        return Throttled(TOO_OFTEN, wait=wait)


def _bearer(authorization: str | None) -> str:
    """Return what follows ``Bearer``. Raises ``Refused``."""
    scheme, _, text = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Refused(Cause.MISSING)
    return text.strip()


def address_of(client: tuple[str, int] | None) -> str:
    """Return the address that a request came from, as the server or a trusted proxy says."""
    return "" if client is None else client[0]
