"""The four kinds of the group ``workte.am`` (DESIGN 3), as frozen pydantic models. Pure."""

from workteam_crds.kinds.custom_resource import CustomResource
from workteam_crds.kinds.groups import WorkteamGroup
from workteam_crds.kinds.memberships import WorkteamGroupMembership
from workteam_crds.kinds.tenants import WorkteamTenant
from workteam_crds.kinds.users import WorkteamUser

KINDS: tuple[type[CustomResource], ...] = (WorkteamTenant, WorkteamUser, WorkteamGroup, WorkteamGroupMembership)
"""Every kind; the manifests and the roles of the chart are made for these."""

__all__ = ["KINDS", "WorkteamGroup", "WorkteamGroupMembership", "WorkteamTenant", "WorkteamUser"]
