"""Larger directories, computed from contoso.json by the rules of the sample directory's notes.

Pure, and without random numbers, so everyone gets the same one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from workteam_cli.rehearsal.directory import Assignment, Directory, Group, Person, Reference

_ROOT = "Managing Director"
_GROUPS = 300
_LEAST = 1000
_RECYCLED = "2026-03-01T00:00:00Z"


@dataclass(frozen=True)
class _Copy:
    """Person number ``number``: a copy of ``source`` in round ``block``."""

    number: int
    source: Person
    block: int
    plain: bool


def synthetic(contoso: Directory, people: int = 10_000) -> Directory:
    """Return a directory of so many people (1,000 or more) in 300 groups; everybody is assigned."""
    if people < _LEAST:
        raise ValueError(f"a synthetic directory has {_LEAST} people or more, not {people}")
    plan = _Plan(contoso, people)
    users = {user.id: user for user in map(plan.person, plan.copies)}
    groups = {group.id: group for group in _groups(people)}
    role = next(role.id for role in contoso.roles.values() if role.value == "User")
    assignments = {made.id: made for made in (_assignment(group.id, role) for group in groups.values())}
    return replace(contoso, users=users, groups=groups, assignments=assignments)


class _Plan:
    """Which number copies which row, and who reports to whom."""

    def __init__(self, contoso: Directory, people: int) -> None:
        rows = list(contoso.users.values())
        # Rule 1: users 01 to 31 are plain, 32 to 53 awkward.
        self._plain = sorted(rows[:31], key=lambda user: (_depth(user, contoso.users), user.id))
        awkward = sorted(rows[31:53], key=lambda user: user.id)
        rounds = -(-people // 1000)
        plain_count = people - len(awkward) * rounds
        size = len(self._plain)
        self.copies = [
            _Copy(k, self._plain[(k - 1) % size], (k - 1) // size, plain=True) for k in range(1, plain_count + 1)
        ]
        for at in range(len(awkward) * rounds):
            block, row = divmod(at, len(awkward))
            self.copies.append(_Copy(plain_count + 1 + at, awkward[row], block, plain=False))
        self._width = len(str(people)) if people >= 100_000 else 5  # noqa: PLR2004 - rule 2
        # Rule 3: who stands for a source's manager in each block.
        self._standing = {(c.block, c.source.id): c.number for c in self.copies if c.plain}
        self._awkward = {(c.block, c.source.id): c.number for c in self.copies if not c.plain}

    def person(self, copy: _Copy) -> Person:
        """Write one copy (rules 2, 3 and 4)."""
        source, number = copy.source, copy.number
        suffix = f"{number:0{self._width}d}"
        prefix = source.id.replace("-", "")
        name = source.user_principal_name
        recycled = name.startswith(prefix)
        principal = _suffixed(name.removeprefix(prefix), suffix) or ""
        identity = person_id(number)
        deleted = _RECYCLED if copy.plain and number % 500 == 251 else source.deleted_date_time  # noqa: PLR2004 - rule 4
        if recycled or (deleted and copy.plain):
            principal = identity.replace("-", "") + principal
        changed = {
            "id": identity,
            "display_name": f"{source.display_name} {suffix}",
            "mail_nickname": _suffixed(source.mail_nickname, suffix),
            "user_principal_name": principal,
            "mail": _suffixed(source.mail, suffix),
            "proxy_addresses": tuple(_suffixed(address, suffix) for address in source.proxy_addresses),
            "employee_id": f"{number:06d}" if source.employee_id else source.employee_id,
            "manager": self._manager(copy),
            "deleted_date_time": deleted,
            "account_enabled": source.account_enabled and not (copy.plain and number % 50 == 0),
        }
        if copy.plain and source.manager is None and copy.block > 0:
            changed["job_title"] = _ROOT
        return source.model_copy(update=changed)

    def _manager(self, copy: _Copy) -> Reference | None:
        manager = copy.source.manager
        if manager is None:
            parent = (copy.block - 1) // 8
            root = self._plain[0].id
            return Reference(id=person_id(self._standing[parent, root])) if copy.block > 0 else None
        for standing in (self._standing, self._awkward):
            number = standing.get((copy.block, manager.id))
            if number is not None:
                return Reference(id=person_id(number))
        return manager  # it dangles in the source, and here


def person_id(number: int) -> str:
    """Return the id of person number k (rule 2)."""
    return f"a1000000-0000-4000-8000-{number:012d}"


def _groups(people: int) -> Iterator[Group]:
    """Make the 300 groups of rule 5: everyone, then sizes after Zipf."""
    for number in range(_GROUPS):
        size = people if number == 0 else max(1, people // (2 * number))
        members = (
            range(1, people + 1) if number == 0 else (1 + (104729 * number + 7919 * i) % people for i in range(size))
        )
        unified = number % 10 == 0 and number > 0
        name = "Everyone" if number == 0 else f"sg-Synthetic {number:03d}"
        yield Group.model_validate(
            {
                "id": f"b1000000-0000-4000-8000-{number:012d}",
                "displayName": name,
                "securityEnabled": True,
                "mailEnabled": unified,
                "groupTypes": ["Unified"] if unified else [],
                "members": [person_id(member) for member in members],
            }
        )


def _assignment(group: str, role: str) -> Assignment:
    return Assignment(id=f"assignment-{group}", app_role_id=role, principal_id=group)


def _suffixed(text: str | None, suffix: str) -> str | None:
    """Insert the suffix before the first ``_`` or ``@``, or at the end; nothing stays nothing."""
    if not text:
        return text
    at = min((place for place in (text.find("_"), text.find("@")) if place >= 0), default=len(text))
    return text[:at] + suffix + text[at:]


def _depth(user: Person, users: Mapping[str, Person]) -> int:
    return 0 if user.manager is None else 1 + _depth(users[user.manager.id], users)
