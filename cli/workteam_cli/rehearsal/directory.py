"""A directory export in Microsoft Graph property names: people, groups, app roles and who is assigned to the app.

Reading a file is the only I/O here; what is wrong with one is a ``Problem`` that names file, place and cure.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError
from pydantic.alias_generators import to_camel

from workteam_cli.output import Exit, Problem

DEFAULT_ACCESS = "00000000-0000-0000-0000-000000000000"
"""The role id of an assignment without a role (*Default Access*)."""

SAMPLE = Path(__file__).parent / "sample"
"""The sample directory that is shipped with the command: contoso.json, changes.json, awkward.json."""


class Graph(BaseModel):
    """An object of the export; properties that are not listed here are kept and can be mapped."""

    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True)
    id: str

    def properties(self) -> dict[str, Any]:
        """Return the object as the export writes it."""
        return self.model_dump(mode="json", by_alias=True)


class Reference(BaseModel):
    """A link to another object, by its id."""

    model_config = ConfigDict(frozen=True)
    id: str


class Person(Graph):
    """A user."""

    user_principal_name: str
    account_enabled: StrictBool
    mail: str | None = None
    mail_nickname: str | None = None
    display_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    job_title: str | None = None
    department: str | None = None
    company_name: str | None = None
    employee_id: str | None = None
    mobile_phone: str | None = None
    business_phones: tuple[str, ...] = ()
    fax_number: str | None = None
    office_location: str | None = None
    street_address: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    preferred_language: str | None = None
    usage_location: str | None = None
    user_type: str | None = None
    other_mails: tuple[str, ...] = ()
    proxy_addresses: tuple[str, ...] = ()
    on_premises_extension_attributes: dict[str, str | None] | None = None
    manager: Reference | None = None
    deleted_date_time: str | None = None


class Group(Graph):
    """A group; ``members`` are ids of users and groups."""

    display_name: str
    security_enabled: StrictBool
    members: tuple[str, ...]
    deleted_date_time: str | None = None


class AppRole(Graph):
    """A role of the application."""

    display_name: str
    value: str | None


class Assignment(Graph):
    """A user or a group is assigned to the application, with a role."""

    app_role_id: str
    principal_id: str
    deleted_date_time: str | None = None


GraphT = TypeVar("GraphT", bound=Graph)


@dataclass(frozen=True)
class Directory:
    """One state of a directory; objects by id, in the order of the export."""

    users: Mapping[str, Person]
    groups: Mapping[str, Group]
    roles: Mapping[str, AppRole]
    assignments: Mapping[str, Assignment]

    @classmethod
    def load(cls, path: Path) -> "Directory":
        """Read an export. Raises ``Problem`` with exit code 65 or 66."""
        document = load_json(path)
        if not isinstance(document, Mapping):
            raise bad(path.name, "", "the top level is not an object; export {users, groups, servicePrincipal, …}")
        return cls.parse(document, path.name)

    @classmethod
    def parse(cls, document: Mapping[str, Any], origin: str) -> "Directory":
        """Build a directory from parsed JSON; ``origin`` is the name that a complaint gives."""
        principal = document.get("servicePrincipal")
        if not isinstance(principal, Mapping):
            raise bad(origin, "servicePrincipal", "is missing or no object; export the enterprise application")
        directory = cls(
            users=_indexed(document, "users", Person, origin),
            groups=_indexed(document, "groups", Group, origin),
            roles=_indexed(principal, "appRoles", AppRole, f"{origin}: servicePrincipal"),
            assignments=_indexed(document, "appRoleAssignments", Assignment, origin),
        )
        directory.check(origin)
        return directory

    def check(self, origin: str) -> None:
        """Insist that members and assignments point at objects of this directory; a manager may dangle."""
        for group in self.groups.values():
            for at, member in enumerate(group.members):
                if member not in self.users and member not in self.groups:
                    place = f"groups/{group.id}: members[{at}]"
                    raise bad(origin, place, f"{member} is neither a user nor a group here; export it or remove it")
        for assignment in self.assignments.values():
            place = f"appRoleAssignments/{assignment.id}"
            if assignment.principal_id not in self.users and assignment.principal_id not in self.groups:
                cure = f"principalId {assignment.principal_id} is neither a user nor a group here; export it"
                raise bad(origin, place, cure)
            if assignment.app_role_id not in self.roles and assignment.app_role_id != DEFAULT_ACCESS:
                cure = f"appRoleId {assignment.app_role_id} is no role of servicePrincipal; export the role"
                raise bad(origin, place, cure)


def load_json(path: Path) -> Any:
    """Read JSON from a file. Raises ``Problem``: 66 for a missing file, 65 for one that is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Problem(f"There is no file {path}; check the name.", Exit.NO_INPUT) from None
    except OSError as error:
        raise Problem(f"{path} cannot be read ({error.strerror}); check its permissions.", Exit.NO_INPUT) from None
    except UnicodeDecodeError:
        raise bad(path.name, "", "is not UTF-8 text; save the file again as UTF-8") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise bad(path.name, place, f"is not JSON ({error.msg}); correct it or export again") from None


def bad(origin: str, place: str, cure: str) -> Problem:
    """Make the complaint about a malformed file: name, place, cause and cure in one sentence."""
    return Problem(f"{origin}: {place + ': ' if place else ''}{cure}.", Exit.BAD_FILE)


def read_object(kind: type[GraphT], value: object, origin: str, place: str) -> GraphT:
    """Validate one object. Raises ``Problem`` naming the first property that is wrong."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise bad(origin, f"{place}{': ' if where else ''}{where}", f"{first['msg']}; correct it there") from None


def _indexed(document: Mapping[str, Any], key: str, kind: type[GraphT], origin: str) -> dict[str, GraphT]:
    rows = document.get(key)
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise bad(origin, key, "is missing or no list; export it, empty if there is none")
    found: dict[str, GraphT] = {}
    for at, row in enumerate(rows):
        entry = read_object(kind, row, origin, f"{key}[{at}]")
        if entry.id in found:
            raise bad(origin, f"{key}[{at}]: id", f"{entry.id} occurs twice; keep one of them")
        found[entry.id] = entry
    return found
