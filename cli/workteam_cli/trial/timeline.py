"""What was when in a trial: every version of every object, and what is to be known of one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workteam_crds.cluster.port import Change
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamTenant, WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT, CustomResource
from workteam_crds.kinds.tenants import Mode
from workteam_operator.backend.memory import Effect, Kept
from workteam_operator.backend.port import Account, Team
from workteam_operator.ownership import Owner, external_id, recorded_id

if TYPE_CHECKING:
    from workteam_crds.naming import Key

WINDOW = 45.0
"""Seconds that lie between a pass's first look and its last act at most."""
HEARD = 10.0
"""Seconds after which an operator that is not deaf knows what people said, and has ended the step it was at."""
EVER = float("inf")


@dataclass(frozen=True)
class Version:
    """An object as it was for a while."""

    resource: CustomResource
    since: float
    until: float
    """Infinity: it is so."""


class Timeline:
    """All versions of all objects."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._versions: dict[Key, list[Version]] = {}

    def saw(self, change: Change, resource: CustomResource) -> CustomResource | None:
        """Take note of a change at the moment when it is stored, and return what was there before."""
        versions = self._versions.setdefault(resource.key, [])
        before = versions[-1].resource if versions and versions[-1].until == EVER else None
        if before is not None:
            versions[-1] = replace(versions[-1], until=self._clock())
        if change is not Change.DELETED:
            versions.append(Version(resource, self._clock(), EVER))
        return before

    def objects(self) -> Iterator[CustomResource]:
        """Yield what is there now."""
        for versions in self._versions.values():
            if versions and versions[-1].until == EVER:
                yield versions[-1].resource

    def owners(self) -> list[Owner]:
        """Return the users and groups that are there now."""
        return [one for one in self.objects() if isinstance(one, WorkteamUser | WorkteamGroup)]

    def names_in(self, group: WorkteamGroup) -> frozenset[str]:
        """Return who is listed now."""
        lists = (o for o in self.objects() if isinstance(o, WorkteamGroupMembership) and not o.deleting)
        more = (name for o in lists if o.spec.group_ref.name == group.metadata.name for name in o.spec.members)
        return frozenset([*group.spec.members, *more])

    def always_in(self, group: WorkteamGroup) -> frozenset[str]:
        """Return who was in the lists of a group all the time of late."""
        names = self.names_in(group)
        lists = [v for versions in self._versions.values() for v in versions if v.until > self._clock() - WINDOW]
        return (
            names
            if all(v.since <= self._clock() - WINDOW for v in lists if is_list(v.resource, group))
            else frozenset()
        )

    def recently(self) -> list[Version]:
        """Return what was at any time of late."""
        return self.since(self._clock() - WINDOW)

    def since(self, moment: float) -> list[Version]:
        """Return what was at a moment or came after it."""
        return [v for versions in self._versions.values() for v in versions if v.until >= moment]

    def at(self, moment: float) -> list[Version]:
        """Return what was at a moment."""
        return [v for v in self.since(moment) if v.since <= moment]

    def long_so(self) -> list[Version]:
        """Return what was all the time of late as it is."""
        return [v for v in self.since(EVER) if v.since <= self._clock() - WINDOW]

    def steadily(self) -> Iterator[list[CustomResource]]:
        """Yield for each object that is there, and was since all that people said was heard, what it was since then."""
        begin = self._clock() - HEARD
        for versions in self._versions.values():
            late = [version for version in versions if version.until >= begin]
            if late and late[0].since <= begin and late[-1].until == EVER:
                yield [version.resource for version in late]


def held(change: Change, resource: CustomResource) -> bool:
    """Say whether our finalizer is on after a change."""
    return change is not Change.DELETED and resource.held


def is_active(kept: Kept) -> bool:
    """Say whether it is an account that has access."""
    return isinstance(kept, Account) and kept.active


def identity(kept: Kept | None) -> tuple[str, str | None]:
    """Return by what something is known in Workteam."""
    match kept:
        case Account():
            return kept.user_name, kept.external_id
        case Team():
            return kept.display_name, kept.external_id
        case None:
            return "", None


def took(effect: Effect) -> bool:
    """Say whether an effect left an account without access that had it, or made it without."""
    after = effect.after
    had = effect.before is None or is_active(effect.before)
    return after is not None and had and not is_active(after)


def is_about(resource: CustomResource, kept: Kept) -> bool:
    """Say whether an object recorded something, is to have it, or was told to adopt it."""
    if not isinstance(resource, WorkteamUser if isinstance(kept, Account) else WorkteamGroup):
        return False
    named = resource.metadata.annotations.get(ADOPT) == kept.id
    return named or kept.id == recorded_id(resource) or kept.external_id == external_id(resource)


def has_recorded(resource: CustomResource, account_id: str) -> bool:
    """Say whether it is a user that has an account."""
    return isinstance(resource, WorkteamUser) and resource.status.account_id == account_id


def is_recorded(resource: CustomResource, found: str) -> bool:
    """Say whether it is an object that has an account or team."""
    return isinstance(resource, WorkteamUser | WorkteamGroup) and recorded_id(resource) == found


def is_held(resource: CustomResource) -> bool:
    """Say whether a person lets nothing be done for an object, or for a whole tenant."""
    planned = isinstance(resource, WorkteamTenant) and resource.spec.mode is Mode.PLAN
    return resource.paused or planned


def takes(resource: CustomResource) -> bool:
    """Say whether it is a user that is to lose access."""
    return isinstance(resource, WorkteamUser) and (resource.deleting or resource.spec.active is False)


def gives(resource: CustomResource) -> bool:
    """Say whether it is a user that is to have access."""
    return isinstance(resource, WorkteamUser) and not resource.deleting and resource.spec.active is True


def confirmed_active(resource: CustomResource, account: Account) -> bool:
    """Say whether it is a user whose status says that an account has access."""
    if not isinstance(resource, WorkteamUser):
        return False
    return resource.status.account_id == account.id and resource.status.synced_active is True


def is_list(resource: CustomResource, group: WorkteamGroup) -> bool:
    """Say whether it is one of the lists of a group, its own included."""
    if isinstance(resource, WorkteamGroupMembership):
        return resource.spec.group_ref.name == group.metadata.name
    return resource.key == group.key
