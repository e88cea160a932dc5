"""The end of a pass: what became of it is written into the status, if that differs. Users and groups alike."""

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.groups import GroupStatus
from workteam_crds.kinds.users import UserStatus
from workteam_operator.group_report import group_status
from workteam_operator.parts import Parts, still_as_decided
from workteam_operator.user_report import user_status
from workteam_operator.verdicts import Verdict

R = TypeVar("R", WorkteamUser, WorkteamGroup)
S = TypeVar("S", UserStatus, GroupStatus)

Say: TypeAlias = Callable[..., S]
"""Returns the whole status of an object after a pass, from what was done and the verdict."""


class Report(Generic[R, S]):
    """Writes one object's status."""

    def __init__(self, parts: Parts, resource: R, say: Say[S]) -> None:
        self._parts = parts
        self._say: Say[S] = say
        self.resource: R = resource
        """The object with what was stored last, and the spec that the pass decides from."""
        self.now = parts.now().replace(microsecond=0)

    async def write(self, progress: S, verdict: Verdict | None, *, if_unchanged: bool = False) -> None:
        """Write the status if it differs; without a verdict only what was done."""
        status = self._say(self.resource, progress, verdict, now=self.now)
        if status != self.resource.status:
            self._parts.tell_stalled(self.resource, status.conditions)
            stored = await self._parts.writer.apply(self.resource, status.dump(), if_unchanged=if_unchanged)
            self.resource = still_as_decided(self.resource, stored)

    async def without(self, annotation: str) -> R:
        """Take an annotation off that had its effect, and return the object as it is then."""
        stored = await self._parts.writer.drop_annotation(self.resource, annotation)
        self.resource = still_as_decided(self.resource, stored)
        return self.resource


def report_on_user(parts: Parts, user: WorkteamUser) -> Report[WorkteamUser, UserStatus]:
    """Return what writes one user's status."""
    return Report(parts, user, user_status)


def report_on_group(parts: Parts, group: WorkteamGroup) -> Report[WorkteamGroup, GroupStatus]:
    """Return what writes one group's status."""
    return Report(parts, group, group_status)
