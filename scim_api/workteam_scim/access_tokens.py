"""Access tokens: what the OAuth endpoint gives out for a client's secret. JSON Web Tokens (RFC 7519, RFC 9068). Pure.

Nothing is stored of one: a key that survives a restart signs it, and what it rests on is looked up whenever it is used.
"""

from enum import StrEnum
from functools import lru_cache
from typing import Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, ValidationError

ALGORITHM = "HS256"
ISSUER = "workteam-scim"
LONGEST = 1024
"""Characters of an access token that are looked at."""
REMEMBERED = 1024
"""How many tokens are verified once and not with each request: a signature costs more than an answer."""


class Audience(StrEnum):
    """What an access token opens."""

    SCIM = "scim"
    """The SCIM endpoints of its tenant."""
    REQUESTS = "requests"
    """What was asked of the facade lately, for ``workteam requests``."""


class AccessToken(BaseModel):
    """The claims of an access token. Its tenant is the one whose key signed it."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    iss: Literal["workteam-scim"] = "workteam-scim"
    aud: Audience
    sub: str
    """The handle of the client's secret that it was given out for: revoked with it."""
    client_id: str
    iat: int
    exp: int
    """Seconds since 1970; not good from then on."""


def sign(token: AccessToken, key: bytes) -> str:
    """Write and sign an access token."""
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt"}, token.model_dump(mode="json"), OctKey.import_key(key))


@lru_cache(maxsize=REMEMBERED)
def verified(text: str, key: bytes) -> AccessToken | None:
    """Read an access token that a key signed; None if it did not. Whether it has expired is the caller's question."""
    if len(text) > LONGEST:
        return None
    try:
        claims = jwt.decode(text, OctKey.import_key(key), algorithms=[ALGORITHM]).claims
        return AccessToken.model_validate(claims, strict=False)
    except (JoseError, ValidationError, ValueError):
        return None
