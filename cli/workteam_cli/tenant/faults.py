"""What can be made to go wrong in a stand-in tenant, as data, and which request meets which fault. Pure.

A fault says which requests it is for and how often; ``exchange`` acts on it.
"""

import enum
import itertools
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from workteam_cli.tenant.request_log import Entry


class Point(enum.StrEnum):
    """Where in its life a request is stopped."""

    BEFORE = "before"
    """It arrived, and nothing was done."""
    COMMITTED = "committed"
    """It was done and is in the journal; the answer is not sent."""


class _Match(BaseModel):
    """Which requests: regular expressions, found anywhere in ``path`` (below the base URL), ``query`` and ``body``.

    ``method`` must match as a whole. The first ``after`` matching requests are spared, the next ``count`` are hit; None
    is all of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: str = ".*"
    path: str = ""
    query: str = ""
    body: str = ""
    after: int = Field(default=0, ge=0)
    count: int | None = Field(default=None, ge=1)

    @field_validator("method", "path", "query", "body")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return pattern


class Latency(_Match):
    """Wait ``seconds`` before handling."""

    kind: Literal["latency"] = "latency"
    seconds: float = Field(ge=0)


class Answer(_Match):
    """Answer with an error ``status`` instead of handling; ``retry_after`` is the header's value, seconds or a date."""

    kind: Literal["answer"] = "answer"
    status: int = Field(default=503, ge=400, le=599)
    retry_after: str | None = None

    @field_validator("status")
    @classmethod
    def _registered(cls, status: int) -> int:
        return HTTPStatus(status).value


class RefuseAttribute(_Match):
    """Answer 400 ``invalidValue`` to a write that names ``attribute`` (``title``, ``emails``) or a part of it."""

    kind: Literal["refuse_attribute"] = "refuse_attribute"
    attribute: str


class Reset(_Match):
    """Reset the connection instead of handling."""

    kind: Literal["reset"] = "reset"


class Unanswered(_Match):
    """Handle it, and leave the client without an answer until it hangs up."""

    kind: Literal["unanswered"] = "unanswered"


class Hold(_Match):
    """Stop it at ``point`` until it is released or dropped, whether its client still waits or not."""

    kind: Literal["hold"] = "hold"
    point: Point


Fault: TypeAlias = Annotated[
    Latency | Answer | RefuseAttribute | Reset | Unanswered | Hold, Field(discriminator="kind")
]

FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)


class Faults:
    """The faults that are switched on, oldest first, each with its count of matching requests."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._faults: dict[int, Fault] = {}
        self._matched: dict[int, int] = {}

    def add(self, fault: Fault) -> int:
        """Switch a fault on, and return its number."""
        number = next(self._numbers)
        self._faults[number] = fault
        self._matched[number] = 0
        return number

    def remove(self, number: int) -> bool:
        """Switch a fault off; False if there is none of this number."""
        self._matched.pop(number, None)
        return self._faults.pop(number, None) is not None

    def clear(self) -> None:
        """Switch all faults off."""
        self._faults.clear()
        self._matched.clear()

    def matched(self) -> list[tuple[int, Fault, int]]:
        """Return number, fault and how many requests have matched so far."""
        return [(number, fault, self._matched[number]) for number, fault in self._faults.items()]

    def meeting(self, entry: Entry, text: str, point: Point) -> Iterator[Fault]:
        """Yield the faults that a request meets at a point. A fault counts the request when its turn comes.

        ``text`` is the body as it was sent.
        """
        for number, fault in list(self._faults.items()):
            if _point(fault) is not point or not _matches(fault, entry, text):
                continue
            self._matched[number] += 1
            turn = self._matched[number] - fault.after
            if turn > 0 and (fault.count is None or turn <= fault.count):
                yield fault


def _point(fault: Fault) -> Point:
    match fault:
        case Hold(point=point):
            return point
        case Unanswered():
            return Point.COMMITTED
        case _:
            return Point.BEFORE


def _matches(fault: Fault, entry: Entry, text: str) -> bool:
    return bool(
        re.fullmatch(fault.method, entry.method)
        and re.search(fault.path, entry.path)
        and re.search(fault.query, entry.query)
        and re.search(fault.body, text)
        and (not isinstance(fault, RefuseAttribute) or mentions(entry.body, fault.attribute))
    )


def mentions(body: Any, attribute: str) -> bool:
    """Whether a request's body sets or removes an attribute or a part of it; any case, with URN or not."""
    if not isinstance(body, dict):
        return False
    if not isinstance(operations := body.get("Operations"), list):
        return _names(body, attribute)
    return any(
        _covers(path, attribute)
        if isinstance(path := operation.get("path"), str)
        else _names(operation.get("value"), attribute)
        for operation in operations
        if isinstance(operation, dict)
    )


def _names(value: Any, attribute: str) -> bool:
    """Look through the keys of a resource, its extensions, and its complex attributes."""
    if not isinstance(value, dict):
        return False
    return any(
        _covers(key, attribute)
        or any(_covers(f"{key}{mark}{part}", attribute) for mark in ".:" for part in _keys(inner))
        for key, inner in value.items()
    )


def _keys(value: Any) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _covers(path: str, attribute: str) -> bool:
    """Whether a path is the attribute or below it: ``emails[type eq "work"].value`` is below ``emails``."""
    short, wanted = path.lower(), attribute.lower()
    if not wanted.startswith("urn:"):
        short = re.sub(r"^urn:[^\[]*:", "", short)
    return short == wanted or (short.startswith(wanted) and short[len(wanted)] in ".[")
