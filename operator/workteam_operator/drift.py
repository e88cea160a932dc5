"""What others changed in Workteam, and what of it is left alone (``spec.drift``). Pure."""

from collections.abc import Collection, Iterable

from workteam_crds.conditions import ConditionType, Reason, find_condition, is_true
from workteam_crds.kinds.tenants import Drift, DriftPolicy
from workteam_operator.backend.wire import IDENTITY
from workteam_operator.ownership import Owner

TOLD = {Reason.DRIFT_DETECTED, Reason.ACCESS_WITHHELD}
"""Why an object that Workteam had once as it is may not be in sync."""

CLASSES = {"userName": "identity", "externalId": "identity", "displayName": "attribute", "active": "active"}


def reports(owner: Owner, drift: Drift) -> bool:
    """Say whether what differs is only named: Workteam had this generation of the object, so others changed it."""
    return drift.policy is DriftPolicy.REPORT and is_confirmed(owner)


def is_confirmed(owner: Owner) -> bool:
    """Say whether Workteam had all of this generation of an object once."""
    status = owner.status
    if status.observed_generation != owner.metadata.generation:
        return False
    stalled = find_condition(status.conditions, ConditionType.STALLED)
    if stalled is not None:
        return stalled.reason is Reason.ACCOUNT_MISSING
    synced = find_condition(status.conditions, ConditionType.SYNCED)
    return is_true(status.conditions, ConditionType.SYNCED) or (synced is not None and synced.reason in TOLD)


def is_ignored(path: str, ignored: Iterable[str]) -> bool:
    """Say whether an attribute, or what it is a part of, is left alone once an account is there."""
    name = path.casefold()
    wanted = [each.casefold() for each in ignored]
    return path not in IDENTITY and any(name == each or name.startswith((f"{each}.", f"{each}:")) for each in wanted)


def was_written(path: str, synced: Collection[str]) -> bool:
    """Say whether we wrote an attribute before: what Workteam never had from us nobody can have changed."""
    return path in IDENTITY or any(unit == path or unit.startswith(f"{path}[") for unit in synced)


def attribute_class(path: str) -> str:
    """Return the sort of attribute that a figure counts: a few for all of them."""
    return CLASSES.get(path, path if path in {"members", "missing"} else "attribute")


def told(names: Iterable[str]) -> str:
    """Write what a condition says of attributes that others changed: names, never values."""
    return f"Others changed {', '.join(sorted(names))} in Workteam"[:1024]
