"""Filters as functions over a resource's JSON: what the SCIM library's evaluator says of its models, much faster. Pure.

An attribute that a resource type does not have is no error: nothing matches it (RFC 7644 §3.4.2.1).
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from scim2_models import InvalidFilterException
from scim2_models.path import (
    ORDERING_OPERATORS,
    STRING_OPERATORS,
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    FilterVisitor,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ScimFilter,
    ValuePath,
    coerce_value,
)

from workteam_scim.places import Json, Model, Place, as_it_is

Predicate: TypeAlias = Callable[[Any], bool]
Test: TypeAlias = Callable[[Any], bool]
"""Says something of one value that is ready to be compared; None is no value."""

UNREADABLE = (
    'The filter cannot be read: it is made of comparisons such as userName eq "x", with values in double quotes, '
    "joined by and, or, not and parentheses."
)
ORDER: dict[CompareOperator, Callable[[Any, Any], bool]] = {
    CompareOperator.gt: operator.gt,
    CompareOperator.ge: operator.ge,
    CompareOperator.lt: operator.lt,
    CompareOperator.le: operator.le,
}
WITHIN: dict[CompareOperator, Callable[[str, str], bool]] = {
    CompareOperator.co: operator.contains,
    CompareOperator.sw: str.startswith,
    CompareOperator.ew: str.endswith,
}


def parsed(text: str) -> FilterNode:
    """Read a filter. Raises ``InvalidFilterException``."""
    try:
        return ScimFilter[Any](text).ast
    except InvalidFilterException:
        raise InvalidFilterException(detail=UNREADABLE) from None


def predicate(node: FilterNode, model: Model) -> Predicate:
    """Return what says whether a resource matches. Raises ``InvalidFilterException`` for what cannot be compared."""
    return _Resources(model).visit(node)


def value_test(node: ValuePath, model: Model) -> tuple[Place, Predicate] | None:
    """Return the attribute that a value path selects from and what says whether a value is selected; None if unknown.

    Raises ``InvalidFilterException`` for what cannot be compared.
    """
    place = Place.of(model, node.attr_path)
    return None if place is None else (place, _Values(model, node.attr_path, place).visit(node.val_filter))


class _Reading(FilterVisitor[Predicate]):
    """What resources and values have in common."""

    def visit_not(self, node: Not) -> Predicate:
        inner = self.visit(node.expr)
        return lambda json: not inner(json)

    def visit_logical_expr(self, node: LogicalExpr) -> Predicate:
        terms = [self.visit(term) for term in node.terms]
        if node.op is LogicalOperator.and_:
            return lambda json: all(term(json) for term in terms)
        return lambda json: any(term(json) for term in terms)


@dataclass
class _Resources(_Reading):
    """Reads the attributes of a resource."""

    model: Model

    def visit_comparison(self, node: Comparison) -> Predicate:
        place = Place.of(self.model, node.attr_path, compared=True)
        return never if place is None else _compared(place.read, place, node)

    def visit_present(self, node: Present) -> Predicate:
        place = Place.of(self.model, node.attr_path)
        return never if place is None else lambda json: present(place.read(json))

    def visit_value_path(self, node: ValuePath) -> Predicate:
        found = value_test(node, self.model)
        if found is None:
            return never
        place, selected = found
        return lambda json: any(map(selected, values(place.head(json))))


@dataclass
class _Values(_Reading):
    """Reads the sub-attributes of one value of an attribute; of a simple attribute, ``value`` is the value itself."""

    model: Model
    path: AttrPath
    owner: Place

    def visit_comparison(self, node: Comparison) -> Predicate:
        if not self.owner.complex:
            return _compared(as_it_is, self.owner, node) if _is_value(node.attr_path) else never
        place = self._place(node.attr_path)
        return never if place is None or place.sub is None else _compared(_reader(place.sub), place, node)

    def visit_present(self, node: Present) -> Predicate:
        if not self.owner.complex:
            return present if _is_value(node.attr_path) else never
        place = self._place(node.attr_path)
        if place is None or place.sub is None:
            return never
        read = _reader(place.sub)
        return lambda value: present(read(value))

    def visit_value_path(self, node: ValuePath) -> Predicate:  # noqa: ARG002 - the grammar has none inside another
        return never

    def _place(self, path: AttrPath) -> Place | None:
        if path.uri is not None or path.sub_attr is not None:
            return None
        return Place.of(self.model, AttrPath(self.path.attr, path.attr, self.path.uri))


def never(_: Any) -> bool:
    """Nothing matches what nobody has."""
    return False


def present(value: Any) -> bool:
    """Say whether there is a value that is not empty (RFC 7644 §3.4.2.2 ``pr``); false is a value."""
    match value:
        case None:
            return False
        case str() | bytes():
            return len(value) > 0
        case dict():
            return any(map(present, value.values()))
        case list():
            return any(map(present, value))
        case _:
            return True


def values(head: Any) -> list[Any]:
    """Return the values of an attribute: a single value may be selected from, too (Entra: ``manager[value eq …]``)."""
    if head is None:
        return []
    return head if isinstance(head, list) else [head]


def _reader(sub: str) -> Callable[[Json], Any]:
    return lambda value: value.get(sub)


def _is_value(path: AttrPath) -> bool:
    return path.attr.lower() == "value" and not path.sub_attr


def _compared(read: Callable[[Any], Any], place: Place, node: Comparison) -> Predicate:
    """One comparison: of several values one must match, for ``ne`` all."""
    ready, test = place.comparable(), _test(place, node)
    every = node.op is CompareOperator.ne

    def matches(json: Any) -> bool:
        actual = read(json)
        if not isinstance(actual, list):
            return test(ready(actual))
        found = (test(ready(item)) for item in actual)
        return all(found) if every else any(found)

    return matches


def _test(place: Place, node: Comparison) -> Test:
    op, expected = node.op, place.comparable()(_literal(place, node))
    if op is CompareOperator.eq:
        return lambda actual: bool(actual == expected)
    if op is CompareOperator.ne:
        return lambda actual: bool(actual != expected)
    if expected is None:
        return never
    if op in STRING_OPERATORS:
        within = WITHIN[op]
        return lambda actual: isinstance(actual, str) and isinstance(expected, str) and within(actual, expected)
    return lambda actual: actual is not None and _in_order(ORDER[op], actual, expected)


def _in_order(compare: Callable[[Any, Any], bool], actual: Any, expected: Any) -> bool:
    try:
        return bool(compare(actual, expected))
    except TypeError:  # whole complex values have no order
        return False


def _literal(place: Place, node: Comparison) -> Any:
    """Return a literal as its attribute's type has it. Raises ``InvalidFilterException``."""
    path, op = f"{place.name}.{place.sub}" if place.sub else place.name, node.op
    if place.binding.target_type is bool and op in ORDERING_OPERATORS | STRING_OPERATORS:
        raise InvalidFilterException(
            detail=f"{path}: true and false are compared by eq and ne only, not by {op.value}."
        )
    try:
        return coerce_value(place.binding, node.value, op)
    except InvalidFilterException:
        kind = 'a dateTime such as "2026-01-31T08:00:00Z"' if place.name == "meta" else "a text in double quotes"
        expected = "true or false" if place.binding.target_type is bool else kind
        raise InvalidFilterException(detail=f"{path}: it is compared with {expected}.") from None
