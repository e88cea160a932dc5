"""By what an object claims an account or a team, and who has the better claim (rule A1). Pure."""

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT
from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.tenants import Adoption
from workteam_crds.naming import TenantKey, folded
from workteam_operator.adoption import Holder, Wanted
from workteam_operator.restoration import came_from_backup

Owner: TypeAlias = WorkteamUser | WorkteamGroup
"""An object that has, or is to have, something in Workteam."""


class Sort(enum.Enum):
    """What a claim is about."""

    ACCOUNT = enum.auto()
    EXTERNAL_ID = enum.auto()
    USER_NAME = enum.auto()
    TEAM = enum.auto()
    TEAM_EXTERNAL_ID = enum.auto()
    DISPLAY_NAME = enum.auto()


class Claim(NamedTuple):
    """One value that leads to an account or team of a tenant. Passes that share one are serialised."""

    tenant: TenantKey
    sort: Sort
    value: str


def external_id(owner: Owner) -> str:
    """Return the externalId that Workteam gets: the directory's, else the object's name."""
    return owner.spec.external_id or owner.metadata.name


def wanted_name(owner: Owner) -> str:
    """Return the userName or displayName that the object is to have."""
    return owner.spec.user_name if isinstance(owner, WorkteamUser) else owner.spec.display_name


def synced_name(owner: Owner) -> str | None:
    """Return the userName or displayName that Workteam confirmed last."""
    return owner.status.synced_user_name if isinstance(owner, WorkteamUser) else owner.status.synced_display_name


def recorded_id(owner: Owner) -> str | None:
    """Return the id of the account or team that the object has."""
    return owner.status.account_id if isinstance(owner, WorkteamUser) else owner.status.team_id


def claims(owner: Owner) -> frozenset[Claim]:
    """Return everything by which an object may come to an account or team."""
    tenant = owner.tenant
    return frozenset(Claim(tenant, sort, value) for sort, value in _claimed(owner))


def name_claim(owner: Owner) -> Claim:
    """Return the claim to the name that the object is to have."""
    return Claim(owner.tenant, _sorts(owner)[2], folded(wanted_name(owner)))


def id_claim(owner: Owner, found: str) -> Claim:
    """Return the claim to an account or team by its id."""
    return Claim(owner.tenant, _sorts(owner)[0], found)


def is_being_renamed(owner: Owner) -> bool:
    """Say whether Workteam still has the object's earlier name."""
    synced = synced_name(owner)
    return synced is not None and folded(synced) != folded(wanted_name(owner))


def is_changing_identity(owner: Owner) -> bool:
    """Say whether Workteam still has the object's earlier name or externalId, which another object may want."""
    synced = owner.status.synced_external_id
    return is_being_renamed(owner) or (synced is not None and synced != external_id(owner))


def better_rival(owner: Owner, others: Iterable[Owner]) -> Owner | None:
    """Return the live object that has a better right to the same name: the holder of the account, else the older."""
    name = folded(wanted_name(owner))
    rivals = [other for other in others if not other.deleting and folded(wanted_name(other)) == name]
    best = min([owner, *rivals], key=_right)
    return None if best is owner else best


def in_line_for_name(owner: Owner, sharers: Callable[[Owner], Iterable[Owner]]) -> tuple[Owner, ...]:
    """Return an object, the one that has its wanted name in Workteam still, the one that has that one's, and so on.

    Only those count that will let their name go by themselves. If it is a circle, the last is the first once more.
    """
    line = [owner]
    while (other := _has_name_of(line[-1], sharers(line[-1]))) is not None:
        seen = other.key in {one.key for one in line}
        line.append(other)
        if seen:
            break
    return tuple(line)


def gives_way(line: Sequence[Owner]) -> bool:
    """Say whether the first in a line is the one that takes a name in between, as the line is a circle."""
    owner, last = line[0], line[-1]
    able = [one.metadata.name for one in line[1:] if not one.paused]
    return len(line) > 1 and last.key == owner.key and owner.metadata.name == min(able, default=None)


def unresolved(intents: Iterable[Intent], others: Iterable[Owner]) -> tuple[Intent, ...]:
    """Return an object's intents and those it inherits from terminating objects without account (rule A7)."""
    gone = [other for other in others if other.deleting and recorded_id(other) is None]
    inherited = [intent for other in gone for intent in other.status.pending_create]
    latest: dict[tuple[str, str], Intent] = {}
    for intent in sorted([*intents, *inherited], key=lambda i: i.at):
        latest[intent.external_id, intent.user_name] = intent
    return tuple(latest.values())[-10:]


def holders_of(claimants: Mapping[str, Iterable[Owner]]) -> dict[str, Holder]:
    """Return by account or team who recorded it; a live holder stands before a terminating one."""
    holders: dict[str, Holder] = {}
    for found, others in claimants.items():
        recorded = [other for other in others if recorded_id(other) == found]
        for other in sorted(recorded, key=lambda o: o.deleting, reverse=True):
            holders[found] = Holder(
                other.metadata.name,
                leaving=other.deleting,
                renaming=is_changing_identity(other),
                created=other.status.adopted is False,
            )
    return holders


def wanted_by(owner: Owner, policy: Adoption) -> Wanted:
    """Return what an object may take over, with its own intents."""
    return Wanted(
        name=wanted_name(owner),
        external_id=external_id(owner),
        active=isinstance(owner, WorkteamUser) and owner.spec.active is True and not owner.deleting,
        policy=policy,
        confirmed=owner.metadata.annotations.get(ADOPT) or None,
        intents=owner.status.pending_create,
        restored=came_from_backup(owner),
    )


def _right(owner: Owner) -> tuple[bool, bool, bool, str, str]:
    """Sort by the right to a name, the best first."""
    synced = synced_name(owner)
    holds = recorded_id(owner) is not None
    has_name = holds and synced is not None and folded(synced) == folded(wanted_name(owner))
    created = owner.metadata.creation_timestamp
    return owner.deleting, not has_name, not holds, created.isoformat() if created else "", owner.metadata.name


def _has_name_of(owner: Owner, sharers: Iterable[Owner]) -> Owner | None:
    wanted = folded(wanted_name(owner))
    for other in sharers:
        synced = synced_name(other)
        lets_go = other.deleting or is_being_renamed(other)
        if recorded_id(other) and synced is not None and folded(synced) == wanted and lets_go:
            return other
    return None


def _sorts(owner: Owner) -> tuple[Sort, Sort, Sort]:
    if isinstance(owner, WorkteamUser):
        return Sort.ACCOUNT, Sort.EXTERNAL_ID, Sort.USER_NAME
    return Sort.TEAM, Sort.TEAM_EXTERNAL_ID, Sort.DISPLAY_NAME


def _claimed(owner: Owner) -> Iterator[tuple[Sort, str]]:
    by_id, by_external_id, by_name = _sorts(owner)
    yield by_external_id, external_id(owner)
    yield by_name, folded(wanted_name(owner))
    if (synced := synced_name(owner)) is not None:
        yield by_name, folded(synced)
    if owner.status.synced_external_id is not None:
        yield by_external_id, owner.status.synced_external_id
    for found in (recorded_id(owner), owner.metadata.annotations.get(ADOPT)):
        if found:
            yield by_id, found
    for intent in owner.status.pending_create:
        yield by_external_id, intent.external_id
        yield by_name, folded(intent.user_name)
