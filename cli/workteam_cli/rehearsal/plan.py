"""What is to be done about one person or one group: facts in, a decision out. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from workteam_cli.rehearsal.expressions import Role
from workteam_cli.rehearsal.mapping import Desired, Table, Wanted
from workteam_cli.rehearsal.paths import Scalar
from workteam_cli.rehearsal.state import UserLink


@dataclass(frozen=True)
class Facts:
    """All that a decision about one person needs."""

    desired: Desired
    scoped: bool
    soft_deleted: bool
    manager: str | None
    """Id of the manager in the source; None too if managers are not mapped."""
    link: UserLink | None


@dataclass(frozen=True)
class Match:
    """Look in the target; a hit is linked and updated, without one the person is created, if ``create``."""

    create: bool


@dataclass(frozen=True)
class Update:
    """Send the differences in one PATCH; none if only the manager is to be looked at."""

    changes: Desired


@dataclass(frozen=True)
class Delete:
    """Remove the account."""


@dataclass(frozen=True)
class Skip:
    """Do nothing, and say why."""

    reason: str


@dataclass(frozen=True)
class Nothing:
    """Nothing changed since the last cycle."""


Plan: TypeAlias = Match | Update | Delete | Skip | Nothing

NOT_IN_SCOPE = "not in scope"
NEVER_PROVISIONED = "disabled or soft-deleted, never provisioned"
NO_LONGER_MANAGED = "left the scope earlier, no longer managed"


def plan_person(facts: Facts) -> Plan:
    """Decide about a person who is in the directory."""
    link = facts.link
    if link is None or link.target is None:
        if link is not None and (link.scoped, link.sent) == (facts.scoped, plain(facts.desired)):
            return Nothing()
        return Match(create=not facts.soft_deleted) if facts.scoped else Skip(NOT_IN_SCOPE)
    if facts.soft_deleted and "active" not in facts.desired:
        return Delete()
    considered = facts.desired if facts.scoped else _only_active(facts.desired)
    changes = differences(considered, link.sent)
    if changes or facts.scoped != link.scoped or (facts.scoped and facts.manager != link.manager_seen):
        return Update(changes)
    return Nothing()


def plan_purged(link: UserLink) -> Delete | Skip | Nothing:
    """Decide about a person who is in the directory no more: a DELETE, but only for one who was looked after."""
    if link.target is None:
        return Nothing()
    return Delete() if link.scoped else Skip(NO_LONGER_MANAGED)


def differences(desired: Desired, there: Mapping[str, Scalar]) -> Desired:
    """Return what the target does not have yet. What is empty in the source is not in ``desired``, so it stays."""
    return {text: value for text, value in desired.items() if there.get(text) != _plain(value)}


def plain(desired: Desired) -> dict[str, Scalar]:
    """Return the values as the state file keeps them."""
    return {text: _plain(value) for text, value in desired.items()}


def modified(changes: Desired, before: Mapping[str, Scalar]) -> list[dict[str, Any]]:
    """Return the changes as the provisioning log shows them."""
    return [{"name": text, "oldValue": before.get(text), "newValue": _plain(value)} for text, value in changes.items()]


def held(table: Table, resource: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return what a resource of the target holds of the mapped attributes."""
    found: dict[str, Scalar] = {}
    for row in table.rows:
        value = row.target.read(resource)
        if value is not None:
            # Some services answer booleans as text.
            found[row.target.text] = str(value).lower() == "true" if row.target.attribute == "active" else value
    return found


def digest(members: tuple[str, ...]) -> str:
    """Return a short text that changes whenever a member list does."""
    return hashlib.sha256("\n".join(sorted(members)).encode()).hexdigest()[:16]


def _only_active(desired: Desired) -> Desired:
    return {text: value for text, value in desired.items() if text == "active"}


def _plain(value: Wanted) -> Scalar:
    return value.value if isinstance(value, Role) else value
