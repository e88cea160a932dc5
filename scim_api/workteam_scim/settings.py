"""What the facade is told by its environment (``WORKTEAM_SCIM_*``), read once, at the start. Pure."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, StringConstraints, ValidationError, field_validator

from workteam_crds.naming import TenantKey
from workteam_scim.tokens import TOKEN_SECRET

PREFIX = "WORKTEAM_SCIM_"


class BadSettings(Exception):
    """A variable is missing or not what it must be; the text is one sentence for whoever sets it."""


class Settings(BaseModel):
    """Everything that can be set. A field is the variable of the same name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    external_url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$")]
    """The URL under which clients reach the facade; ``meta.location`` comes from it, never from the Host header."""
    tenant_namespaces: tuple[str, ...] = Field(min_length=1)
    """The namespaces of the tenants, separated by commas."""
    namespace: str = Field(min_length=1)
    """The namespace of the release: where the Secret with the tokens is."""
    token_secret: str = TOKEN_SECRET
    """The Secret with the tokens."""
    lease: str = "workteam-scim"
    """The Lease in each of those namespaces that one facade holds at a time; the others do not answer."""
    identity: str = "facade"
    """How this facade is called as its holder: the pod's name."""
    lease_seconds: int = Field(default=15, ge=1, le=3600)
    """How long a Lease lasts that is not renewed: the next facade answers after it and five seconds more."""
    stale_seconds: int = Field(default=300, ge=90)
    """How long reads are answered while the API server does not answer, which speaks once a minute; then with 503."""
    access_token_minutes: Annotated[int, Field(ge=60, le=360)] = 120
    """How long an access token is good; Entra's gallery asks for 60 to 360 minutes."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses or networks, separated by commas, whose X-Forwarded-For says where a request comes from."""
    host: str = "0.0.0.0"  # noqa: S104 - the Service reaches it from outside the pod
    """The address on which it listens."""
    port: int = Field(default=8080, ge=1, le=65535)
    """The port on which it listens."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least serious message that is logged."""

    @field_validator("tenant_namespaces", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings. Raises ``BadSettings`` naming each variable that is wrong; unknown ones are wrong too."""
        given = {
            key.removeprefix(PREFIX).lower(): value for key, value in environment.items() if key.startswith(PREFIX)
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = [f"{PREFIX}{str(part['loc'][0]).upper()}: {part['msg']}" for part in error.errors()]
            raise BadSettings(f"The facade cannot start: {'; '.join(wrong)}") from None

    @property
    def proxies(self) -> tuple[str, ...]:
        """Return the networks of trusted proxies as text."""
        return tuple(map(str, self.trusted_proxies))

    def base_url(self, tenant: TenantKey) -> str:
        """Return a tenant's Base URL: what is pasted into Entra as Tenant URL."""
        return f"{self.external_url.rstrip('/')}/{tenant.namespace}/{tenant.name}/scim/v2"
