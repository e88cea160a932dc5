"""An attribute mapping: a YAML table of source expressions and SCIM targets, checked row by row when it is read.

Reading the file is the only I/O; what is wrong with one is a ``Problem`` that names file, row and cure.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from workteam_cli.output import Exit, Problem
from workteam_cli.rehearsal import expressions, paths
from workteam_cli.rehearsal.directory import Directory, bad
from workteam_cli.rehearsal.expressions import Attribute, Expression, Role, Value
from workteam_cli.rehearsal.scope import is_group_attribute, is_person_attribute

SHIPPED = File(__file__).parent / "mappings"
"""default.yaml and workteam.yaml."""

Wanted: TypeAlias = paths.Scalar | Role
Desired: TypeAlias = Mapping[str, Wanted]
"""What the target should hold: path → value; what is empty in the source is not in it."""

_REFERENCES = {paths.MANAGER: "manager", paths.MEMBERS: "members"}


class Apply(enum.StrEnum):
    """When a row is applied (portal: *Apply this mapping*)."""

    ALWAYS = "Always"
    ON_CREATE = "OnCreate"


class _WrittenRow(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    source: str
    target: str
    matching: int | None = Field(default=None, ge=1)
    apply: Apply = Apply.ALWAYS


class _WrittenMapping(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    users: tuple[_WrittenRow, ...]
    groups: tuple[_WrittenRow, ...] | None = None


@dataclass(frozen=True)
class Row:
    """One row of the table, understood."""

    source: Expression
    target: paths.Path
    matching: int | None
    apply: Apply


@dataclass(frozen=True)
class Table:
    """The rows of one kind; references (manager, members) are apart, as they are a step of their own."""

    rows: tuple[Row, ...]
    references: bool

    @property
    def matching(self) -> tuple[Row, ...]:
        """The matching rows, in order of precedence."""
        return tuple(sorted((row for row in self.rows if row.matching), key=lambda row: row.matching or 0))

    def desired(self, read: Callable[[str], Value], *, creating: bool) -> dict[str, Wanted]:
        """Evaluate every row that applies; null, empty text and empty list are skipped, never sent."""
        values: dict[str, Wanted] = {}
        for row in self.rows:
            if row.apply is Apply.ON_CREATE and not creating:
                continue
            value = expressions.first(expressions.evaluate(row.source, read))
            if value is not None:
                values[row.target.text] = _typed(row.target, value)
        return values


@dataclass(frozen=True)
class AttributeMapping:
    """The mapping of users, and of groups if they are provisioned."""

    users: Table
    groups: Table | None


def load_mapping(file: File, directory: Directory | None = None) -> AttributeMapping:
    """Read a mapping; properties that only ``directory`` has may be mapped too. Raises ``Problem`` (65, 66)."""
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError:
        raise Problem(f"There is no mapping file {file}; check the name.", Exit.NO_INPUT) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        raise bad(file.name, f"line {mark.line + 1}" if mark else "", "is not YAML; correct it") from None
    written = _written(document, file.name)
    users = _table(written.users, directory, f"{file.name}: users", groups=False)
    groups = None
    if written.groups is not None:
        groups = _table(written.groups, directory, f"{file.name}: groups", groups=True)
    return AttributeMapping(users, groups)


def _written(document: Any, origin: str) -> _WrittenMapping:
    try:
        return _WrittenMapping.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise bad(origin, place, f"{first['msg']}; see mappings/default.yaml for the form") from None


def _table(written: Sequence[_WrittenRow], directory: Directory | None, origin: str, *, groups: bool) -> Table:
    rows: list[Row] = []
    for at, line in enumerate(written):
        rows.append(_row(line, directory, f"{origin}[{at}]", groups=groups))
    texts = [row.target.text for row in rows]
    twice = next((text for text in texts if texts.count(text) > 1), None)
    if twice is not None:
        raise bad(origin, "", f"the target {twice} is mapped twice; keep one row")
    references = [row for row in rows if row.target.text in _REFERENCES]
    plain = tuple(row for row in rows if row not in references)
    if not any(row.matching for row in plain):
        raise bad(
            origin, "", "no row has a matching precedence; write matching: 1 at the attribute that tells who is who"
        )
    return Table(plain, bool(references))


def _row(line: _WrittenRow, directory: Directory | None, place: str, *, groups: bool) -> Row:
    target = paths.parse(line.target, groups=groups)
    if target is None:
        kind = "group" if groups else "user"
        raise bad(place, "target", f"{line.target} is no attribute of a SCIM {kind}; take one of the default mapping")
    try:
        source = expressions.parse(line.source)
    except expressions.BadExpressionError as error:
        raise bad(place, "source", str(error)) from None
    known = is_group_attribute if groups else is_person_attribute
    for name in expressions.attributes(source):
        if not known(name, directory):
            cure = f"the source attribute [{name}] is unknown; use a Microsoft Graph property such as [displayName]"
            raise bad(place, "source", cure)
    reference = _REFERENCES.get(target.text)
    if reference is not None and source != Attribute(reference):
        raise bad(place, "source", f"a reference is mapped from [{reference}] alone; write that")
    return Row(source, target, line.matching, line.apply)


def _typed(target: paths.Path, value: str | Role) -> Wanted:
    """Make the text of a Switch a boolean where SCIM has one."""
    if target.attribute == "active" and isinstance(value, str):
        return value.lower() == "true"
    return value
