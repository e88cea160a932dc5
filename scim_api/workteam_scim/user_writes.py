"""Users: what a request makes of one, as the one write that does it."""

from collections.abc import Sequence
from typing import Any

from workteam_crds.kinds import WorkteamUser
from workteam_crds.kinds.users import UserSpec
from workteam_crds.naming import TenantKey, folded
from workteam_scim.cache import Cache
from workteam_scim.entries import Entry
from workteam_scim.mapping import changes, unique_of, user_spec
from workteam_scim.members import Edit
from workteam_scim.objects import Objects
from workteam_scim.writing import Surroundings


class Users(Objects[WorkteamUser, UserSpec]):
    """The users of one tenant. Rhymes with ``Groups``."""

    def __init__(self, tenant: TenantKey, cache: Cache, around: Surroundings) -> None:
        super().__init__(WorkteamUser, "User", tenant, cache.users(tenant), around)

    async def insert_resource(
        self,
        attributes: dict[str, Any],
        members: tuple[str, ...] = (),  # noqa: ARG002 - users have none
        *,
        name: str | None = None,
    ) -> Entry:
        """Create a user from attributes as they are answered."""
        return await self.insert(user_spec(attributes, self.tenant.name), unique_of("userName", attributes), name=name)

    async def rewrite_resource(
        self,
        entry: Entry,
        attributes: dict[str, Any] | None,
        edits: Sequence[Edit] = (),  # noqa: ARG002 - users have no members
    ) -> Entry:
        """Make a user, as it was read, what it is given as; None leaves it as it is, and nothing is written then."""
        if attributes is None:
            return entry
        old, new = (user_spec(each, self.tenant.name) for each in (entry.attributes(), attributes))
        operations = changes(old, new, entry.known, now=self.around.now())
        if not operations:
            return entry
        self.refuse_git(entry)
        async with self.reservation(folded(unique_of("userName", attributes)), entry):
            return await self.change(entry, operations)
