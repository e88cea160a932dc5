"""Builders for tests: a tenant, a user, a group, each as small as it may be or filled to the brim. Pure."""

from typing import Any

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser

NAMESPACE = "default"
TENANT = "acme"


def a_tenant(name: str = TENANT, *, namespace: str = NAMESPACE, **spec: Any) -> WorkteamTenant:
    """Return a tenant; ``spec`` are JSON fields of its spec beside the connection."""
    connection = {"baseURL": "https://workteam.example/scim/v2", "tokenSecretRef": {"name": f"{name}-workteam"}}
    return WorkteamTenant.parse(
        {"metadata": {"name": name, "namespace": namespace}, "spec": {"workteam": connection, **spec}}
    )


def a_user(name: str = "ana", /, *, namespace: str = NAMESPACE, tenant: str = TENANT, **spec: Any) -> WorkteamUser:
    """Return an active user of a tenant; ``spec`` are JSON fields of its spec."""
    wanted = {"tenantRef": {"name": tenant}, "userName": f"{name}@contoso.example", "active": True, **spec}
    return WorkteamUser.parse({"metadata": {"name": name, "namespace": namespace}, "spec": wanted})


def a_group(
    name: str = "crew", *members: str, namespace: str = NAMESPACE, tenant: str = TENANT, **spec: Any
) -> WorkteamGroup:
    """Return a group with members by id; ``spec`` are further JSON fields of its spec."""
    wanted = {"tenantRef": {"name": tenant}, "displayName": name, "members": list(members), **spec}
    return WorkteamGroup.parse({"metadata": {"name": name, "namespace": namespace}, "spec": wanted})


def a_membership(
    group: str, *members: str, name: str | None = None, namespace: str = NAMESPACE, tenant: str = TENANT
) -> WorkteamGroupMembership:
    """Return a further list of members of a group."""
    metadata = {"name": name or f"{group}-more", "namespace": namespace, "labels": {"workte.am/group": group}}
    spec = {"tenantRef": {"name": tenant}, "groupRef": {"name": group}, "members": list(members)}
    return WorkteamGroupMembership.parse({"metadata": metadata, "spec": spec})
