"""WorkteamUser: one user, attributes exactly as SCIM names them (RFC 7643 §4.1, §4.3). Pure."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field, StringConstraints

from workteam_crds.conditions import Condition
from workteam_crds.kinds.custom_resource import (
    ATOMIC,
    CONDITION_LIST,
    READY,
    REASON,
    SYNCED,
    TENANT_IMMUTABLE,
    Column,
    LocalReference,
    Short,
    TenantResource,
    Text,
)
from workteam_crds.kinds.progress import Booking, Intent, Plan, Refusal
from workteam_crds.kinds.user_attributes import (
    Address,
    Certificate,
    Email,
    Enterprise,
    Entitlement,
    InstantMessaging,
    PersonName,
    PhoneNumber,
    Photo,
    Role,
)
from workteam_crds.part import Part, Timestamp


class UserSpec(Part):
    """What the directory, or a person by Git, wants of one user. Values are kept as they were sent."""

    model_config = ConfigDict(json_schema_extra=TENANT_IMMUTABLE)

    tenant_ref: LocalReference
    """The WorkteamTenant of this namespace to which the user belongs; immutable."""
    user_name: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    """The name for signing in; unique in the tenant, whatever its case."""
    external_id: Text | None = None
    """The id that the directory gave the user; compared exactly."""
    active: bool | None = None
    """Whether the user has access. Absent means: nothing is said, so an existing account keeps what it has."""
    display_name: Text | None = None
    """The name as it is to be shown."""
    nick_name: Text | None = None
    """The casual name."""
    name: PersonName | None = None
    """The components of the user's name."""
    title: Text | None = None
    """The job title."""
    user_type: Short | None = None
    """The relation to the organisation, such as Employee or Contractor."""
    preferred_language: Short | None = None
    """The preferred language, free text."""
    locale: Short | None = None
    """The locale, free text."""
    timezone: Short | None = None
    """The time zone, free text."""
    profile_url: Annotated[str, StringConstraints(max_length=2048)] | None = None
    """A page about the user; free text, as directories send what is no URL."""
    emails: Annotated[tuple[Email, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """E-mail addresses."""
    phone_numbers: Annotated[tuple[PhoneNumber, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """Telephone numbers."""
    addresses: Annotated[tuple[Address, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """Physical addresses."""
    ims: Annotated[tuple[InstantMessaging, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """Addresses for instant messages."""
    photos: Annotated[tuple[Photo, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """Pictures of the user."""
    entitlements: Annotated[tuple[Entitlement, ...], Field(max_length=50, json_schema_extra=ATOMIC)] = ()
    """What the user is entitled to."""
    roles: Annotated[tuple[Role, ...], Field(max_length=50, json_schema_extra=ATOMIC)] = ()
    """Roles of the application."""
    x509_certificates: Annotated[tuple[Certificate, ...], Field(max_length=20, json_schema_extra=ATOMIC)] = ()
    """X.509 certificates."""
    enterprise: Enterprise | None = None
    """The enterprise extension."""


class UserStatus(Part):
    """What the operator found and did."""

    observed_generation: int | None = None
    """The generation of spec that this status speaks of."""
    account_id: Text | None = Field(default=None, alias="accountID")
    """The id of the account in Workteam."""
    synced_active: bool | None = None
    """The last value of active that Workteam confirmed for this object (rule A3)."""
    access_withheld: bool | None = None
    """Whether Workteam took the access away, and nobody gave it back yet (rule A3)."""
    synced_user_name: Text | None = None
    """The last userName that Workteam confirmed for this object."""
    synced_external_id: Text | None = None
    """The last externalId that Workteam confirmed for this object: until it has another, nobody else can have this."""
    synced_attributes: Annotated[tuple[Text, ...], Field(max_length=200, json_schema_extra=ATOMIC)] = ()
    """Attributes that we wrote, by path, never values: only these are unset when spec has them no longer."""
    refused: Annotated[tuple[Refusal, ...], Field(max_length=50, json_schema_extra=ATOMIC)] = ()
    """Values that Workteam refused by name: each is left out of writes until it is another."""
    adopted: bool | None = None
    """Whether the account existed before any object of ours; open if it was found only when the object was deleted."""
    pending_create: Annotated[tuple[Intent, ...], Field(max_length=10, json_schema_extra=ATOMIC)] = ()
    """Creates whose end is not known yet."""
    booked: Booking | None = None
    """A loss of access that is booked and not reported yet."""
    inactive_since: Timestamp | None = None
    """When a leaver's account was first seen to be inactive: deprovisioning.retention counts from here."""
    retired_time: Timestamp | None = None
    """When a leaver's account was gone, by retention or in Workteam: none is made until active is true."""
    plan: Plan | None = None
    """What would be done, in mode Plan."""
    last_sync_time: Timestamp | None = None
    """When Workteam last confirmed a change or a first look; it moves only with something else."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=CONDITION_LIST)] = ()
    """Ready, Synced, and while they hold Reconciling and Stalled."""


class WorkteamUser(TenantResource):
    """One user of one tenant."""

    kind: ClassVar[str] = "WorkteamUser"
    plural: ClassVar[str] = "workteamusers"
    short_name: ClassVar[str] = "wtu"
    description: ClassVar[str] = "One user of Workteam, attributes exactly as SCIM names them."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("User", ".spec.userName"),
        Column("Active", ".spec.active", "boolean"),
        Column("Ready", READY),
        Column("Synced", SYNCED),
        Column("Age", ".metadata.creationTimestamp", "date"),
        Column("Reason", REASON, wide=True),
        Column("Account", ".status.accountID", wide=True),
        Column("Tenant", ".spec.tenantRef.name", wide=True),
        Column("Last-Sync", ".status.lastSyncTime", "date", wide=True),
    )
    selectable: ClassVar[tuple[str, ...]] = (
        ".spec.userName",
        ".spec.externalId",
        ".spec.active",
        ".spec.tenantRef.name",
        ".status.accountID",
    )

    spec: UserSpec
    status: UserStatus = UserStatus()
