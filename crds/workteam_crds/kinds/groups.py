"""WorkteamGroup: one group with up to 250 member ids inline (RFC 7643 §4.2). Rhymes with users.py. Pure."""

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
from workteam_crds.kinds.progress import Booking, Intent, Plan
from workteam_crds.part import Part, Timestamp

INLINE_MEMBERS = 250
"""How many ids one list holds: the group's own, or a membership's (DESIGN 3: an add costs 4 ms at 100 ids)."""

MemberID = Annotated[str, StringConstraints(min_length=1, max_length=253)]


class GroupSpec(Part):
    """What the directory, or a person by Git, wants of one group."""

    model_config = ConfigDict(json_schema_extra=TENANT_IMMUTABLE)

    tenant_ref: LocalReference
    """The WorkteamTenant of this namespace to which the group belongs; immutable."""
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    """The group's name; unique in the tenant, whatever its case."""
    external_id: Text | None = None
    """The id that the directory gave the group; compared exactly."""
    members: Annotated[tuple[MemberID, ...], Field(max_length=INLINE_MEMBERS, json_schema_extra=ATOMIC)] = ()
    """SCIM ids, that is metadata.names, of users. The group has these and those of its WorkteamGroupMemberships."""
    memberships: Annotated[int, Field(ge=0)] | None = None
    """How many WorkteamGroupMemberships the group has at least; no team is planned with fewer."""


class MemberCounts(Part):
    """How many members the group lists, and how many of these Workteam cannot have yet."""

    listed: int
    """Ids in the group's lists."""
    unresolved: int
    """Ids without an account: users that wait for theirs, and ids of nobody."""
    digest: Short | None = None
    """Of the accounts that the team was to have when it last had them all: it tells our own changes from others'."""


class GroupStatus(Part):
    """What the operator found and did."""

    observed_generation: int | None = None
    """The generation of spec that this status speaks of."""
    team_id: Text | None = Field(default=None, alias="teamID")
    """The id of the team in Workteam."""
    synced_display_name: Text | None = None
    """The last displayName that Workteam confirmed for this object."""
    synced_external_id: Text | None = None
    """The last externalId that Workteam confirmed for this object: until it has another, nobody else can have this."""
    adopted: bool | None = None
    """Whether the team existed before any object of ours; such a team is left alone when the group goes."""
    members: MemberCounts | None = None
    """Counts only: a list of members is never in a status."""
    pending_create: Annotated[tuple[Intent, ...], Field(max_length=10, json_schema_extra=ATOMIC)] = ()
    """Creates whose end is not known yet."""
    booked: Booking | None = None
    """A deletion that is booked and not reported yet."""
    plan: Plan | None = None
    """What would be done, in mode Plan."""
    last_sync_time: Timestamp | None = None
    """When Workteam last confirmed a change or a first look; it moves only with something else."""
    conditions: Annotated[tuple[Condition, ...], Field(max_length=16, json_schema_extra=CONDITION_LIST)] = ()
    """Ready, Synced, and while they hold Reconciling and Stalled."""


class WorkteamGroup(TenantResource):
    """One group of one tenant."""

    kind: ClassVar[str] = "WorkteamGroup"
    plural: ClassVar[str] = "workteamgroups"
    short_name: ClassVar[str] = "wtg"
    description: ClassVar[str] = "One group of Workteam users, which becomes a team."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("Group", ".spec.displayName"),
        Column("Members", ".status.members.listed", "integer"),
        Column("Ready", READY),
        Column("Synced", SYNCED),
        Column("Age", ".metadata.creationTimestamp", "date"),
        Column("Reason", REASON, wide=True),
        Column("Team", ".status.teamID", wide=True),
        Column("Tenant", ".spec.tenantRef.name", wide=True),
        Column("Last-Sync", ".status.lastSyncTime", "date", wide=True),
    )
    selectable: ClassVar[tuple[str, ...]] = (
        ".spec.displayName",
        ".spec.externalId",
        ".spec.tenantRef.name",
        ".status.teamID",
    )

    spec: GroupSpec
    status: GroupStatus = GroupStatus()
