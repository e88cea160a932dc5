"""WorkteamGroupMembership: the members that a group's own list has no room for. Pure."""

from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.types import JsonValue

from workteam_crds.kinds.custom_resource import ATOMIC, TENANT_RULE, Column, LocalReference, TenantResource
from workteam_crds.kinds.groups import INLINE_MEMBERS, MemberID
from workteam_crds.part import Part

GROUP_RULE: JsonValue = {"rule": "self.groupRef == oldSelf.groupRef", "message": "spec.groupRef is immutable"}


class MembershipSpec(Part):
    """Further members of one group."""

    model_config = ConfigDict(json_schema_extra={"x-kubernetes-validations": [TENANT_RULE, GROUP_RULE]})

    tenant_ref: LocalReference
    """The WorkteamTenant of this namespace to which the group belongs; immutable."""
    group_ref: LocalReference
    """The WorkteamGroup whose members these are; immutable."""
    members: Annotated[tuple[MemberID, ...], Field(max_length=INLINE_MEMBERS, json_schema_extra=ATOMIC)] = ()
    """SCIM ids, that is metadata.names, of users."""


class WorkteamGroupMembership(TenantResource):
    """Up to 250 further members of one group."""

    kind: ClassVar[str] = "WorkteamGroupMembership"
    plural: ClassVar[str] = "workteamgroupmemberships"
    short_name: ClassVar[str] = "wtgm"
    description: ClassVar[str] = "Up to 250 further members of a group that outgrew its own list."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("Group", ".spec.groupRef.name"),
        Column("Age", ".metadata.creationTimestamp", "date"),
        Column("Tenant", ".spec.tenantRef.name", wide=True),
    )
    selectable: ClassVar[tuple[str, ...]] = (".spec.groupRef.name", ".spec.tenantRef.name")

    spec: MembershipSpec
