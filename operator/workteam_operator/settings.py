"""What the operator is told by its environment (``WORKTEAM_OPERATOR_*``), read once, at the start. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

PREFIX = "WORKTEAM_OPERATOR_"


def _seconds(value: object) -> object:
    """Read plain seconds: pydantic takes a number's text for a duration in the manner of ISO 8601."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str) else value
    except (ValueError, OverflowError):
        raise ValueError("must be seconds, such as 30 or 0.5") from None


Wait: TypeAlias = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]
"""Seconds in the environment."""


class BadSettings(Exception):
    """A variable is missing or not what it must be; the text is one sentence for whoever sets it."""


class Settings(BaseModel):
    """Everything that can be set. A field is the variable of the same name in capitals; waiting times are seconds."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    namespace: str = Field(min_length=1)
    """The namespace of the release: where the operator itself lives."""
    tenant_namespaces: tuple[str, ...] = Field(min_length=1)
    """The namespaces of the tenants, separated by commas."""
    host: str = "0.0.0.0"  # noqa: S104 - the kubelet probes it from outside the pod
    """The address on which probes and metrics are served."""
    port: int = Field(default=8081, ge=1, le=65535)
    """The port on which probes and metrics are served."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least serious message that is logged."""
    lease: str = Field(default="workteam-operator", min_length=1)
    """The Lease in the namespace of the release that one operator holds at a time; the others stand by."""
    identity: str = Field(default="operator", min_length=1)
    """How this operator is called as its holder: the pod's name."""
    lease_seconds: int = Field(default=15, ge=1, le=3600)
    """How long the Lease lasts that is not renewed. A call to Workteam may take up to half of it, 20 s at most."""
    change_log: str | None = Field(default=None, min_length=1)
    """The file to which every change in Workteam is written with its values, which are personal data; - is stdout."""
    workers: int = Field(default=20, ge=1, le=200)
    """How many objects are reconciled at once."""
    backoff_first: Wait = timedelta(seconds=1)
    """The longest wait before the second try of one object; it doubles with each further one, jitter shortens it."""
    backoff_longest: Wait = timedelta(minutes=5)
    """Where doubling ends."""
    group_rest: Wait = timedelta(seconds=1)
    """How long a group is left alone after a pass: the members that come meanwhile become one request."""
    create_settle: Wait = timedelta(seconds=30)
    """How long look-ups must stay empty after a create without an answer, before there is a second one (rule A7)."""
    watch_renewal: Wait = timedelta(minutes=2)
    """How often a watch is begun anew: one of which nothing was heard for twice as long is dead."""
    stuck_after: Wait = timedelta(minutes=15)
    """After how long a pass, or a queue in which nothing moves, is stuck for good."""
    relist_interval: Wait = timedelta(minutes=10)
    """How often all objects are listed, to find what the watch did not tell."""
    probe_interval: Wait = timedelta(minutes=10)
    """How often a tenant that is ready is probed."""
    outage_failures: int = Field(default=5, ge=1)
    """How many calls in a row must fail before a tenant is left alone until its probe succeeds."""
    ramp_up: Wait = timedelta(seconds=10)
    """After an outage, how long until a tenant is called at its whole rate again; it begins at a tenth."""

    @field_validator("tenant_namespaces", mode="before")
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
            raise BadSettings(f"The operator cannot start: {'; '.join(wrong)}") from None
