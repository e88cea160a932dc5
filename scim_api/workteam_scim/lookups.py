"""Filters that need no walk: what the indexes of a shelf say of them. Nothing here passes through a model."""

from collections.abc import Iterable
from typing import Any

from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator, ValuePath

from workteam_crds.naming import folded
from workteam_scim.documents import ENTERPRISE
from workteam_scim.entries import Entry
from workteam_scim.filters import comparisons
from workteam_scim.paths import Table
from workteam_scim.shelf import Shelf

WORK_EMAIL = 'emails[type eq "work"].value'
EMPLOYEE_NUMBER = f"{ENTERPRISE}:employeeNumber"
MANAGER = f"{ENTERPRISE}:manager.value"
MEMBERS = frozenset({"members", "members.value"})


def found(shelf: Shelf[Any], text: str, table: Table) -> list[Entry] | None:
    """Look up what a filter names; None if no index knows it. An attribute that nobody has finds nobody."""
    terms = comparisons(text, table)
    if any(term.path is None for term in terms):
        return []
    match [(term.path, term.literal) for term in terms]:
        case [(str(path), str(literal))]:
            return looked_up(shelf, path, literal)
        case [("id", str(name)), (str(path), str(literal))] | [(str(path), str(literal)), ("id", str(name))]:
            return _of_one(shelf, name, path, literal)
        case _:
            return None


def narrowed(shelf: Shelf[Any], node: FilterNode) -> Iterable[Entry]:
    """Return the resources among which all are that match a filter: few, if an index knows one of its conditions."""
    terms = node.terms if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_ else (node,)
    for term in terms:
        if (known := _condition(term)) and (entries := looked_up(shelf, *known)) is not None:
            return entries
    return shelf


def looked_up(shelf: Shelf[Any], path: str, literal: str) -> list[Entry] | None:
    """Return what has a value, compared as its attribute compares; None if the attribute has no index."""
    match path:
        case "id":
            names: tuple[str, ...] = (literal,)
        case "externalId":
            names = shelf.by_external.find(literal)
        case "userName":
            names = shelf.by_unique.find(folded(literal))
        case "displayName":
            held = shelf.by_display if shelf.unique == "userName" else shelf.by_unique
            names = held.find(folded(literal))
        case _ if path == WORK_EMAIL:
            names = shelf.by_email.find(folded(literal))
        case _ if path == EMPLOYEE_NUMBER:
            names = shelf.by_number.find(folded(literal))
        case _ if path == MANAGER:
            names = shelf.by_manager.find(literal)
        case _ if path in MEMBERS:
            names = shelf.by_member.find(literal)
        case _:
            return None
    return [entry for name in names if (entry := shelf.get(name)) is not None]


def _of_one(shelf: Shelf[Any], name: str, path: str, literal: str) -> list[Entry] | None:
    """``id eq … and members eq …``, or the manager of a user: whether a reference is held."""
    entry = shelf.get(name)
    if path in MEMBERS:
        return [entry] if entry is not None and entry.holds(literal) else []
    if path == MANAGER:
        return [entry] if entry is not None and literal == entry.manager else []
    return None


def _condition(node: FilterNode) -> tuple[str, str] | None:
    """Return the path and the text of a comparison by ``eq``, also of ``emails[type eq "work" and value eq "x"]``."""
    match node:
        case Comparison(attr_path=path, op=CompareOperator.eq, value=str(text)):
            return "id" if str(path).lower() == "id" else str(path), text
        case ValuePath(
            path, LogicalExpr(LogicalOperator.and_, (kind, Comparison(value, CompareOperator.eq, str(text))))
        ):
            return (WORK_EMAIL, text) if f"{path}[{kind}].{value}" == WORK_EMAIL else None
        case _:
            return None
