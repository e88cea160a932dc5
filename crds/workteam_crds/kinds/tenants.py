"""WorkteamTenant: the connection to one Workteam organisation, and the policies for its accounts. Pure."""

import enum
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field, StringConstraints

from workteam_crds.conditions import Condition
from workteam_crds.durations import Duration
from workteam_crds.kinds.custom_resource import ATOMIC, CONDITION_LIST, READY, Column, CustomResource, Name, Short, Text
from workteam_crds.kinds.scim_settings import ScimSettings
from workteam_crds.naming import TenantKey
from workteam_crds.part import Part, Timestamp

Url: TypeAlias = Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://[^\s/]+[^\s]*$")]


AttributePath: TypeAlias = Annotated[
    str, StringConstraints(max_length=256, pattern=r"^(urn:[A-Za-z0-9._:-]+:)?[A-Za-z$][A-Za-z0-9$_-]*(\.[A-Za-z$]+)?$")
]
"""An attribute of a user as SCIM names it, of an extension after its URN and a colon."""


class Mode(enum.StrEnum):
    """Whether anything is written to Workteam."""

    ENFORCE = "Enforce"
    PLAN = "Plan"


class Adoption(enum.StrEnum):
    """Which existing accounts an object may take as its own (rule A2)."""

    MATCH = "Match"
    MATCH_USER_NAME = "MatchUserName"
    NEVER = "Never"


class OnDelete(enum.StrEnum):
    """What becomes of the account when its object is deleted."""

    DEACTIVATE = "Deactivate"
    DELETE = "Delete"
    ORPHAN = "Orphan"


class OnGroupDelete(enum.StrEnum):
    """What becomes of a team that we created when its object is deleted."""

    DELETE = "Delete"
    EMPTY = "Empty"
    ORPHAN = "Orphan"


class MissingAccount(enum.StrEnum):
    """What is done when a recorded account is gone from Workteam."""

    STALL = "Stall"
    RECREATE = "Recreate"


class RetentionAction(enum.StrEnum):
    """What is done about leavers whom the directory never deletes."""

    REPORT = "Report"
    DELETE = "Delete"


class DriftPolicy(enum.StrEnum):
    """What is done about an account or team that somebody changed in Workteam."""

    ENFORCE = "Enforce"
    REPORT = "Report"
    OFF = "Off"


class SecretKeyReference(Part):
    """One key of a Secret of the same namespace."""

    name: Name
    """The Secret's metadata.name."""
    key: Annotated[str, StringConstraints(min_length=1, max_length=253)] = "token"
    """The key in its data."""


class WorkteamConnection(Part):
    """The tenant's own SCIM endpoint: what the operator calls."""

    base_url: Url = Field(alias="baseURL")
    """Workteam's SCIM Base URL."""
    token_secret_ref: SecretKeyReference
    """Where Workteam's bearer token is."""
    requests_per_second: Annotated[int, Field(ge=1, le=10_000)] = 50
    """How many requests a second the operator sends at most."""


class Allowance(Part):
    """How many people may lose something: per hour the lower of the first two, never fewer than always."""

    per_hour: Annotated[int, Field(ge=0)]
    """People in any hour."""
    percent_per_hour: Annotated[int, Field(ge=0, le=100)]
    """Percent of the tenant's users in any hour."""
    always: Annotated[int, Field(ge=0)]
    """People in any hour, whatever the percentage says."""


class Deactivations(Allowance):
    """How many accounts may be deactivated: this can be undone."""

    per_hour: Annotated[int, Field(ge=0)] = 50
    """Accounts in any hour."""
    percent_per_hour: Annotated[int, Field(ge=0, le=100)] = 10
    """Percent of the tenant's users in any hour."""
    always: Annotated[int, Field(ge=0)] = 20
    """Accounts in any hour, whatever the percentage says."""


class Deletions(Allowance):
    """How many accounts and teams may be deleted: this cannot be undone."""

    per_hour: Annotated[int, Field(ge=0)] = 10
    """Accounts and teams in any hour."""
    percent_per_hour: Annotated[int, Field(ge=0, le=100)] = 1
    """Percent of the tenant's users in any hour."""
    always: Annotated[int, Field(ge=0)] = 5
    """Accounts and teams in any hour, whatever the percentage says."""


class Budget(Part):
    """How many people may lose access in any hour before a person is asked (rule A6)."""

    deactivations: Deactivations = Deactivations()
    """Accounts that are deactivated."""
    deletions: Deletions = Deletions()
    """Accounts and teams that are deleted."""


class Retention(Part):
    """What is done about leavers whom the directory never deletes, as their objects stay."""

    action: RetentionAction = RetentionAction.REPORT
    """Report counts them in the status; Delete deletes their accounts, within the budget of deletions."""
    after_days: Annotated[int, Field(ge=1, le=36_500)] = 90
    """Days since the account was seen to be inactive."""


class Deprovisioning(Part):
    """What happens to those who leave."""

    on_delete: OnDelete = OnDelete.DEACTIVATE
    """Deactivate keeps a person's goals and reviews, Delete destroys them, Orphan leaves the account as it is."""
    grace_period: Duration = "0s"
    """How long a deleted object keeps an account or team that is to be deleted; a deactivation is immediate."""
    retention: Retention = Retention()
    """What is done about leavers whose objects stay."""
    on_group_delete: OnGroupDelete = OnGroupDelete.DELETE
    """For teams that we created; an adopted team is left alone."""
    missing_account: MissingAccount = MissingAccount.STALL
    """Stall asks a person, as an administrator may have meant it; Recreate makes a new account."""
    budget: Budget = Budget()
    """How many people may lose access in any hour."""
    protected: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=1024)], ...],
        Field(max_length=100, json_schema_extra=ATOMIC),
    ] = ()
    """userNames, in any case, or names of objects, which outlive a rename: these people keep account and access."""


class Drift(Part):
    """What is done about changes that others make in Workteam."""

    policy: DriftPolicy = DriftPolicy.ENFORCE
    """Enforce sets right what differs, Report names it and writes nothing until the object is edited, Off looks not."""
    interval: Duration = "30m"
    """How long after one comparison of the whole tenant the next begins, such as 30m or 12h."""
    ignore: Annotated[tuple[AttributePath, ...], Field(max_length=50, json_schema_extra=ATOMIC)] = ()
    """Attributes of accounts, such as title or name, that are written with a new account and left alone afterwards;
    userName, externalId and active cannot be ignored."""


class Notification(Part):
    """Who is told when a person has to act: the tutorial's Notification Email."""

    email: Annotated[str, StringConstraints(max_length=320, pattern=r"^[^\s@,]+@[^\s@,]+$")]
    """An address, of a team rather than of a person: it stands in a metric's label and in Events."""
    on_failure: bool = True
    """Whether it is told at all, as the tutorial's tick does."""


class TenantSpec(Part):
    """How one Workteam organisation is reached, and what may be done to its accounts."""

    workteam: WorkteamConnection
    """The tenant's own SCIM endpoint: what the operator calls."""
    scim: ScimSettings = ScimSettings()
    """What Entra calls."""
    mode: Mode = Mode.ENFORCE
    """Enforce changes accounts; Plan writes nothing to Workteam and says in each status what it would do."""
    adoption: Adoption = Adoption.MATCH
    """Match takes an existing account only if externalId and userName do not contradict each other."""
    drift: Drift = Drift()
    """What is done about changes that others make in Workteam."""
    deprovisioning: Deprovisioning = Deprovisioning()
    """What happens to those who leave."""
    decommissioned: bool = False
    """Whether the organisation is gone for good: objects are released without a call, a Warning each."""
    notification: Notification | None = None
    """Who is told when a person has to act."""


class Capabilities(Part):
    """What the tenant announced (RFC 7643 §5 to §7)."""

    patch: bool
    """Whether it takes PATCH."""
    groups: bool
    """Whether it has groups."""
    attributes: Annotated[tuple[Short, ...], Field(max_length=500, json_schema_extra=ATOMIC)] = ()
    """Attributes of its user schemas, such as name.givenName; those of an extension after its URN and a colon."""


class Endpoint(Part):
    """Which endpoint and which token the recorded account ids belong to (rule A9)."""

    base_url: Url = Field(alias="baseURL")
    """The Base URL."""
    secret: Short
    """uid and resourceVersion of the Secret: it changes when the token may have."""


class Minute(Part):
    """How many bookings one minute saw."""

    at: int
    """Minutes since 1970-01-01T00:00Z."""
    count: int
    """Bookings in that minute."""


class LedgerPage(Part):
    """The last hour of one sort of loss."""

    minutes: Annotated[tuple[Minute, ...], Field(max_length=61, json_schema_extra=ATOMIC)] = ()
    """Bookings by minute; no ids."""
    latched: bool = False
    """Whether the budget was exceeded: nothing more happens until a person acts."""
    latched_budget: Short | None = None
    """The budget that was exceeded: when it is raised the latch opens."""


class Ledger(Part):
    """Who lost access lately, by number (rule A6); written with compare-and-swap by a field manager of its own."""

    deactivations: LedgerPage = LedgerPage()
    """Accounts that were deactivated."""
    deletions: LedgerPage = LedgerPage()
    """Accounts and teams that were deleted."""


class LastFullSweep(Part):
    """The last comparison of all accounts and teams with their objects; written by a field manager of its own."""

    time: Timestamp | None = None
    """When it ended; absent if none has yet."""
    compared: int = 0
    """Accounts and teams that were compared with their objects."""
    drifted: int = 0
    """Objects whose account or team was changed by others, or is gone."""
    unmanaged: int = 0
    """Accounts and teams that no object has: counted, never touched."""
    errors: int = 0
    """Comparisons that were given up since, over a page that failed, was short or out of order."""
    requested_at: Text | None = None
    """The workte.am/reconcile-requested-at of the tenant that it answered."""


class TenantStatus(Part):
    """What the operator found."""

    observed_generation: int | None = None
    """The generation of spec that this status speaks of."""
    first_ready_time: Timestamp | None = None
    """When the tenant was ready for the first time; until then the facade answers 403 with the cause."""
    capabilities: Capabilities | None = None
    """What the tenant announced."""
    endpoint: Endpoint | None = None
    """Which endpoint the recorded account ids belong to."""
    ledger: Ledger | None = None
    """Who lost access lately, by number."""
    last_full_sweep: LastFullSweep | None = None
    """The last comparison of all accounts and teams with their objects."""
    restored_time: Timestamp | None = None
    """When the cluster was seen set back to an earlier state: what was there then waits for a person (rule A3)."""
    retention_due: int | None = None
    """How many leavers have been inactive for longer than deprovisioning.retention says."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=CONDITION_LIST)] = ()
    """Ready, CredentialsValid, DeletionBudgetAvailable; while they hold Reconciling, Stalled."""


class WorkteamTenant(CustomResource):
    """One Workteam organisation."""

    kind: ClassVar[str] = "WorkteamTenant"
    plural: ClassVar[str] = "workteamtenants"
    short_name: ClassVar[str] = "wtt"
    description: ClassVar[str] = "One Workteam organisation: how it is reached, and what may be done to its accounts."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("URL", ".spec.workteam.baseURL"),
        Column("Mode", ".spec.mode"),
        Column("Ready", READY),
        Column("Credentials", '.status.conditions[?(@.type=="CredentialsValid")].status'),
        Column("Age", ".metadata.creationTimestamp", "date"),
        Column("Reason", '.status.conditions[?(@.type=="Ready")].reason', wide=True),
    )

    spec: TenantSpec
    status: TenantStatus = TenantStatus()

    @property
    def tenant(self) -> TenantKey:
        """Return the key under which its objects name it."""
        return TenantKey(self.metadata.namespace, self.metadata.name)
