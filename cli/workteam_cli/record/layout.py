"""Which object has which file: ``tenants/<tenant>/{users,groups,memberships}/<shard>/<name>.yaml``. Pure."""

import hashlib
import re
from pathlib import PurePosixPath

from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import CustomResource

FOLDERS: dict[str, type[CustomResource]] = {
    "users": WorkteamUser,
    "groups": WorkteamGroup,
    "memberships": WorkteamGroupMembership,
}
FOLDER_OF = {kind.kind: folder for folder, kind in FOLDERS.items()}
TENANT_FILE = "tenant.yaml"
SUFFIX = ".yaml"

UNFINISHED = re.compile(r"\.(?P<name>.+\.yaml)\.\w{8}")
"""What a write leaves behind that was killed before its file had its name."""


def tree_of(tenant: str) -> PurePosixPath:
    """Return the folder that belongs to one tenant's record, within the exported folder."""
    return PurePosixPath("tenants", tenant)


def path_of(kind: str, name: str) -> PurePosixPath:
    """Return an object's file within its tenant's folder."""
    if kind == WorkteamTenant.kind:
        return PurePosixPath(TENANT_FILE)
    return PurePosixPath(FOLDER_OF[kind], shard_of(name), name + SUFFIX)


def shard_of(name: str) -> str:
    """Return one of 256 folders: the beginning of a UUIDv7 is its time, so a hash spreads the names evenly."""
    return hashlib.sha256(name.encode()).hexdigest()[:2]


def kind_at(path: PurePosixPath) -> type[CustomResource] | None:
    """Return the kind whose object a file of the tenant's folder holds, or None if no export writes there."""
    match path.parts:
        case (name,) if name == TENANT_FILE:
            return WorkteamTenant
        case (folder, _, name) if folder in FOLDERS and name.endswith(SUFFIX):
            kind = FOLDERS[folder]
            return kind if path_of(kind.kind, name.removesuffix(SUFFIX)) == path else None
        case _:
            return None


def is_unfinished(path: PurePosixPath) -> bool:
    """Say whether a file is what a killed export left."""
    found = UNFINISHED.fullmatch(path.name)
    return found is not None and kind_at(path.with_name(found["name"])) is not None
