"""Who is in scope, with which role, and what an expression reads of a person or group. Pure."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass

from workteam_cli.rehearsal.directory import Directory, Group, Person
from workteam_cli.rehearsal.expressions import Role, Value


class Scope(enum.StrEnum):
    """The provisioning scope of the portal."""

    ASSIGNED = "assigned"
    """*Sync only assigned users and groups.*"""
    ALL = "all"
    """*Sync all users and groups*; app roles cannot be mapped in it."""


@dataclass(frozen=True)
class InScope:
    """The people and groups that the service looks after; each person with roles in the order of the assignments."""

    people: Mapping[str, tuple[Role, ...]]
    groups: frozenset[str]
    unsuitable: tuple[str, ...] = ()
    """Groups that would be in scope were they security-enabled."""


def in_scope(directory: Directory, scope: Scope) -> InScope:
    """Decide by assignment: directly, or as direct member of an assigned group; nested groups are not read."""
    match scope:
        case Scope.ALL:
            wanted = [group.id for group in directory.groups.values() if group.deleted_date_time is None]
            people: dict[str, list[Role]] = {user: [] for user in directory.users}
        case Scope.ASSIGNED:
            wanted, people = _assigned(directory)
    suitable = frozenset(group for group in wanted if directory.groups[group].security_enabled)
    return InScope(
        people={user: tuple(roles) for user, roles in people.items()},
        groups=suitable,
        unsuitable=tuple(dict.fromkeys(group for group in wanted if group not in suitable)),
    )


def _assigned(directory: Directory) -> tuple[list[str], dict[str, list[Role]]]:
    wanted: list[str] = []
    people: dict[str, list[Role]] = {}
    for assignment in directory.assignments.values():
        if assignment.deleted_date_time is not None:
            continue
        principal = assignment.principal_id
        group = directory.groups.get(principal)
        members: tuple[str, ...] = (principal,)
        if group is not None:
            if group.deleted_date_time is not None:
                continue
            wanted.append(principal)
            members = group.members if group.security_enabled else ()
        known = directory.roles.get(assignment.app_role_id)
        for member in members:
            if member in directory.users:
                roles = people.setdefault(member, [])
                if known is not None and known.value:
                    roles.append(Role(known.id, known.value, known.display_name))
    return wanted, people


_ALIASES = {
    "objectId": "id",
    "mobile": "mobilePhone",
    "telephoneNumber": "businessPhones",
    "facsimileTelephoneNumber": "faxNumber",
    "physicalDeliveryOfficeName": "officeLocation",
}
"""Names that the portal shows → names of Microsoft Graph."""

_COMPUTED = frozenset({"IsSoftDeleted", "appRoleAssignments", "originalUserPrincipalName"})
_EXTENSION = re.compile(r"extensionAttribute(?:[1-9]|1[0-5])")
_GUEST = re.compile(r"^(?P<local>.+)_(?P<domain>[^_#]+)#EXT#@.+$", re.IGNORECASE)


def is_person_attribute(name: str, directory: Directory | None = None) -> bool:
    """Whether an expression may read this of a person: a property of Graph or of this export, or a computed one."""
    graph = _ALIASES.get(name, name)
    if graph in _COMPUTED or _EXTENSION.fullmatch(graph) or graph in _aliases_of(Person):
        return True
    return directory is not None and any(graph in (user.model_extra or ()) for user in directory.users.values())


def is_group_attribute(name: str, directory: Directory | None = None) -> bool:
    """Whether an expression may read this name of a group."""
    graph = _ALIASES.get(name, name)
    if graph in {*_aliases_of(Group), "description", "mail", "mailNickname"}:
        return True
    return directory is not None and any(graph in (group.model_extra or ()) for group in directory.groups.values())


def read_person(person: Person, name: str, *, scoped: bool, roles: tuple[Role, ...]) -> Value:
    """Return one attribute of a person as an expression sees it."""
    if name == "IsSoftDeleted":
        return str(is_soft_deleted(person, scoped=scoped))
    if name == "appRoleAssignments":
        return roles
    if name == "userPrincipalName":
        return home_name(person.user_principal_name)
    if name == "originalUserPrincipalName":
        return person.user_principal_name
    if _EXTENSION.fullmatch(name):
        return (person.on_premises_extension_attributes or {}).get(name)
    return _plain(person, name)


def read_group(group: Group, name: str) -> Value:
    """Return one attribute of a group as an expression sees it."""
    return _plain(group, name)


def is_soft_deleted(person: Person, *, scoped: bool) -> bool:
    """Entra's *IsSoftDeleted*: disabled, in the recycle bin, or out of scope."""
    return not person.account_enabled or person.deleted_date_time is not None or not scoped


def home_name(user_principal_name: str) -> str:
    """Turn a guest's ``ana_fabrikam.com#EXT#@contoso…`` back into ``ana@fabrikam.com``; others stay as they are."""
    guest = _GUEST.match(user_principal_name)
    return f"{guest['local']}@{guest['domain']}" if guest else user_principal_name


def _aliases_of(kind: type[Person | Group]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in kind.model_fields.items())


_FIELDS = {field.alias or name: name for kind in (Person, Group) for name, field in kind.model_fields.items()}


def _plain(source: Person | Group, name: str) -> Value:
    graph = _ALIASES.get(name, name)
    value = getattr(source, _FIELDS.get(graph, graph), None)
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, list | tuple):
        return tuple(str(item) for item in value)
    return str(value) if isinstance(value, str | int | float) else None
