"""What a trial must come to once all faults are over: every object is in sync with Workteam, or says truly why not."""

from collections.abc import Iterator

from workteam_cli.staging import is_in_sync, reason_of
from workteam_cli.trial.timeline import identity
from workteam_cli.trial.witness import Witness
from workteam_crds.conditions import ConditionType, Reason
from workteam_crds.kinds import WorkteamGroup, WorkteamUser
from workteam_crds.kinds.custom_resource import ADOPT
from workteam_crds.naming import folded
from workteam_operator.backend.memory import Kept, MemoryTenant
from workteam_operator.ownership import Owner, external_id, recorded_id, wanted_name


def unresolved(witness: Witness, tenant: MemoryTenant) -> Iterator[str]:
    """Yield a sentence for each object that is not what it should be, or says something untrue."""
    owners = witness.past.owners()
    stalled = any(reason_of(owner, ConditionType.STALLED) for owner in owners)
    for owner in owners:
        said = reason_of(owner, ConditionType.STALLED)
        synced = reason_of(owner, ConditionType.SYNCED)
        if owner.deleting:
            yield f"{owner.key} is still terminating: {synced}, {said}"
        elif recorded_id(owner) and not owner.held:
            yield f"{owner.key} has {recorded_id(owner)}, and nothing holds it"
        elif said is not None:
            if not _is_true(said, owner, owners, tenant):
                yield f"{owner.key} is Stalled, and it is not so: {said}"
        elif synced is Reason.ACCESS_WITHHELD:
            yield from _access_there(owner, tenant)
        elif is_in_sync(owner):
            yield from _differences(owner, witness, tenant)
        elif not (synced is Reason.PENDING and stalled):
            yield f"{owner.key} is not settled: {synced}"
    recorded = [(owner.kind, recorded_id(owner)) for owner in owners if recorded_id(owner)]
    if len(recorded) != len(set(recorded)) and not stalled:
        yield "two objects have recorded the same"


def _is_true(reason: Reason, owner: Owner, owners: list[Owner], tenant: MemoryTenant) -> bool:
    """Say whether what stalls an object is so."""
    held = _held(owner, tenant)
    named = owner.metadata.annotations.get(ADOPT)
    like = [k for k in held.values() if _name(k) == folded(wanted_name(owner)) or _same_id(k, owner) or k.id == named]
    others = [other for other in owners if other.key != owner.key and other.kind == owner.kind and not other.deleting]
    match reason:
        case Reason.ACCOUNT_MISSING:
            return recorded_id(owner) not in held
        case Reason.DUPLICATE_USER_NAME | Reason.DUPLICATE_DISPLAY_NAME:
            return any(folded(wanted_name(other)) == folded(wanted_name(owner)) for other in others)
        case Reason.DUPLICATE_EXTERNAL_ID:
            return any(external_id(other) == external_id(owner) for other in others)
        case Reason.UNIQUENESS_CONFLICT:
            handed_on = recorded_id(owner) in held and recorded_id(owner) not in {kept.id for kept in like}
            return any(kept.id != recorded_id(owner) for kept in like) or _is_shared(owner, others) or handed_on
        case Reason.CONFIRM_ADOPTION:
            return any(not getattr(kept, "active", True) for kept in like)
        case _:
            return False


def _differences(owner: Owner, witness: Witness, tenant: MemoryTenant) -> Iterator[str]:
    """Yield what an object that says it is in sync has otherwise in Workteam."""
    kept = _held(owner, tenant).get(recorded_id(owner) or "")
    if kept is None and isinstance(owner, WorkteamUser) and owner.status.retired_time and owner.spec.active is False:
        return  # a leaver needs none
    if kept is None:
        yield f"{owner.key} is in sync with nothing"
        return
    if _name(kept) != folded(wanted_name(owner)) or not _same_id(kept, owner):
        yield f"{owner.key} is in sync, and {kept.id} has another name or externalId"
    if isinstance(owner, WorkteamUser):
        account = tenant.accounts.held[kept.id]
        if owner.spec.active not in {None, account.active}:
            yield f"{owner.key} is in sync, and {kept.id} has another active"
        if owner.spec.title is not None and account.attributes.get("title") != owner.spec.title:
            yield f"{owner.key} is in sync, and {kept.id} has another title"
    else:
        yield from _wrong_members(owner, witness, tenant)


def _wrong_members(group: WorkteamGroup, witness: Witness, tenant: MemoryTenant) -> Iterator[str]:
    members = tenant.teams.held[group.status.team_id or ""].members or frozenset()
    users = [owner for owner in witness.past.owners() if isinstance(owner, WorkteamUser)]
    names = witness.past.names_in(group)
    listed = {user.status.account_id for user in users if user.metadata.name in names and user.status.account_id}
    known = {user.status.account_id for user in users}
    if missing := listed & tenant.accounts.held.keys() - members:
        yield f"{group.key} is in sync, and {sorted(missing)} are not in its team"
    if more := (members & known) - listed:
        yield f"{group.key} is in sync, and {sorted(more)} are in its team"


def _access_there(owner: Owner, tenant: MemoryTenant) -> Iterator[str]:
    account = tenant.accounts.held.get(recorded_id(owner) or "")
    if account is None or account.active:
        yield f"{owner.key} says that access is withheld, and it is not so"


def _is_shared(owner: Owner, others: list[Owner]) -> bool:
    return recorded_id(owner) is not None and recorded_id(owner) in map(recorded_id, others)


def _held(owner: Owner, tenant: MemoryTenant) -> dict[str, Kept]:
    return dict(tenant.accounts.held if isinstance(owner, WorkteamUser) else tenant.teams.held)


def _name(kept: Kept) -> str:
    return folded(identity(kept)[0])


def _same_id(kept: Kept, owner: Owner) -> bool:
    return kept.external_id == external_id(owner)
