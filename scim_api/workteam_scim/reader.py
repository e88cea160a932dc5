"""Keys and paths of a body, resolved against what the documents name: each becomes operations. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scim2_models import InvalidPathException, InvalidValueException

from workteam_scim.documents import ENTERPRISE
from workteam_scim.normalise import Operation, Verb
from workteam_scim.paths import Attribute, Table, Target, all_equal

MEMBERS = "members"
NAMES_OF_MEMBERS = frozenset({MEMBERS, "member"})
"""What a client means to change who has access by; ``memberCount`` is an unknown attribute as any other is."""
NO_NAME = re.compile(r"[^\w$-]")
FILTERS = 4096
"""Characters of all filters of a body but ``name eq value``, as of a filter in a query: the worst takes 40 ms."""


@dataclass
class Reader:
    """Resolves paths against one table and remembers in ``ignored`` what it did not know."""

    table: Table
    ignored: list[str] = field(default_factory=list)
    odd: int = 0
    """Characters of filters that the library has to read."""

    def expand(self, verb: Verb, values: Mapping[str, Any]) -> Iterator[Operation]:
        """Each key of an object is a path of its own; a URN holds an object of further ones, or nothing for them all.

        Raises ``InvalidPathException`` or ``InvalidValueException``.
        """
        for key, value in values.items():
            if self.table.whole_extension(key):
                yield from self._inside_extension(verb, value)
            elif self.table.whole_core(key) and isinstance(value, dict):
                yield from self.expand(verb, {f"{key}:{name}": item for name, item in value.items()})
            else:
                yield from self.one(verb, key, value)

    def one(self, verb: Verb, path: str, value: Any) -> Iterator[Operation]:
        """Read one path. Raises ``InvalidPathException``."""
        target = self.table.find(path)
        if target is not None and self._conceivable(target):
            yield Operation(verb, target, value)
        elif self.table.whole_extension(path) and verb is Verb.REMOVE:
            yield from self._extension(verb, value)
        elif MEMBERS in self.table.core and self._name(path) in NAMES_OF_MEMBERS:
            # a misspelt membership must not look like a success
            raise InvalidPathException(detail="members: the path is not understood; nothing changed.")
        else:
            self.ignored.append(path)

    def _name(self, path: str) -> str:
        """Return the name that a path begins with, in lower case, whatever follows it."""
        rest = path.strip().lower().removeprefix(f"{self.table.core_urn.lower()}:").strip()
        return NO_NAME.split(rest, maxsplit=1)[0]

    def _inside_extension(self, verb: Verb, value: Any) -> Iterator[Operation]:
        if value in (None, "", [], {}):
            yield from self._extension(verb, None)
        elif isinstance(value, dict):
            yield from self.expand(verb, {f"{ENTERPRISE}:{name}": item for name, item in value.items()})
        else:
            raise InvalidValueException(detail=f"{ENTERPRISE}: the value must be an object.")

    def _extension(self, verb: Verb, value: Any) -> Iterator[Operation]:
        yield from (Operation(verb, Target(attribute), value) for attribute in self.table.extension.values())

    def _conceivable(self, target: Target) -> bool:
        """Say whether any resource could have what a filter asks for; memberships are judged where they are edited."""
        if target.filter is None or target.attribute.name == MEMBERS:
            return True
        terms = all_equal(target.filter)
        if not target.attribute.multi:
            return [term.name.lower() for term in terms] == ["value"]
        if terms:
            return all(_can_equal(target.attribute.sub(term.name), term.literal) for term in terms)
        self.odd += len(target.filter)
        if self.odd > FILTERS:
            raise InvalidPathException(detail=f"Filters in paths may have up to {FILTERS} characters altogether.")
        return True


def _can_equal(sub: Attribute | None, literal: str) -> bool:
    return sub is not None and (sub.type != "boolean" or literal.lower() in {"true", "false"})
