"""Query: what a search asks for, by the parameters of GET or the body of POST ``.search`` (RFC 7644 §3.4.2). Pure.

Names are read in any case, null is absent, and what SCIM does not know is ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scim2_models import InvalidFilterException, InvalidSyntaxException, InvalidValueException

from workteam_scim.documents import PAGE
from workteam_scim.limits import FILTER
from workteam_scim.projection import few, read_names

WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,18}\s*")
ORDERS = {"": False, "ascending": False, "descending": True}


@dataclass(frozen=True)
class Query:
    """One search."""

    filter: str | None = None
    sort_by: str | None = None
    descending: bool = False
    start: int = 1
    """Where an index page begins, from 1."""
    count: int | None = None
    """How many resources are answered at most; None is all of them."""
    cursor: str | None = None
    """Where a cursor page begins: ``""`` at the first one. None: pages are asked for by index."""
    attributes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    @property
    def subject(self) -> tuple[str | None, str | None, bool]:
        """Return what a cursor belongs to: the same filter in the same order."""
        return self.filter, self.sort_by, self.descending


WITHOUT_PARAMETERS = Query(count=PAGE)


def read_parameters(parameters: Mapping[str, Any]) -> Query:
    """Read the parameters of a search by GET, named as SCIM names them.

    Raises ``InvalidFilterException`` for a filter that is too long, ``InvalidValueException`` for anything else.
    """
    if not parameters:
        return WITHOUT_PARAMETERS
    if "cursor" in parameters and "startIndex" in parameters:
        raise InvalidValueException(detail="A page is asked for by startIndex or by cursor, not by both.")
    return Query(
        _filter(parameters),
        sort_by := _text(parameters, "sortBy"),
        _descending(parameters) and sort_by is not None,
        max(_number(parameters, "startIndex", 1), 1),
        min(max(_number(parameters, "count", PAGE), 0), PAGE),
        _cursor(parameters),
        _names(parameters, "attributes"),
        _names(parameters, "excludedAttributes"),
    )


def read_body(body: Any) -> Query:
    """Read the body of a search by POST. Raises as ``read_parameters``, or ``InvalidSyntaxException``."""
    if not isinstance(body, dict):
        raise InvalidSyntaxException(detail="The body of a search must be a JSON object.")
    known = {name.lower(): name for name in _KNOWN}
    named = {known[key.lower()]: value for key, value in body.items() if key.lower() in known and value is not None}
    return read_parameters(named)


_KNOWN = ("filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes")


def _text(parameters: Mapping[str, Any], name: str) -> str | None:
    value = parameters.get(name, "")
    if not isinstance(value, str):
        raise InvalidValueException(detail=f"{name}: it must be a text.")
    return value.strip() or None


def _cursor(parameters: Mapping[str, Any]) -> str | None:
    return (_text(parameters, "cursor") or "") if "cursor" in parameters else None


def _filter(parameters: Mapping[str, Any]) -> str | None:
    text = _text(parameters, "filter")
    if text is not None and len(text) > FILTER:
        raise InvalidFilterException(detail=f"A filter may have up to {FILTER} characters.")
    return text


def _descending(parameters: Mapping[str, Any]) -> bool:
    order = (_text(parameters, "sortOrder") or "").lower()
    if order not in ORDERS:
        raise InvalidValueException(detail="sortOrder: it is ascending or descending.")
    return ORDERS[order]


def _number(parameters: Mapping[str, Any], name: str, usual: int) -> int:
    value = parameters.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int | str) or not WHOLE_NUMBER.fullmatch(str(value)):
        raise InvalidValueException(detail=f"{name}: it must be a whole number.")
    return int(value)


def _names(parameters: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Read names: a list of texts, or one text with commas."""
    value = parameters.get(name, ())
    if isinstance(value, str):
        return read_names(value)
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise InvalidValueException(detail=f"{name}: it must be a list of attribute names.")
    return few(split for item in few(value) for split in read_names(item))
