"""What a search asks for, by query or by body, is read the same way."""

from typing import Any

import pytest
from scim2_models import InvalidFilterException, InvalidSyntaxException, InvalidValueException

from workteam_scim.queries import Query, read_body, read_parameters


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, Query(count=200)),
        ({"filter": " userName pr "}, Query("userName pr", count=200)),
        ({"filter": "", "sortBy": " ", "attributes": "", "count": "5"}, Query(count=5)),
        ({"startIndex": "3", "count": "2"}, Query(start=3, count=2)),
        ({"startIndex": "-3", "count": "-2"}, Query(start=1, count=0)),
        ({"startIndex": "0", "count": "1000"}, Query(start=1, count=200)),
        ({"sortBy": "title", "sortOrder": "Descending"}, Query(sort_by="title", descending=True, count=200)),
        ({"sortBy": "title", "sortOrder": "ascending"}, Query(sort_by="title", count=200)),
        ({"sortOrder": "descending"}, Query(count=200)),
        ({"cursor": "", "count": "5"}, Query(cursor="", count=5)),
        ({"cursor": "abc"}, Query(cursor="abc", count=200)),
        ({"attributes": "a, b", "excludedAttributes": "c"}, Query(attributes=("a", "b"), excluded=("c",), count=200)),
    ],
)
def test_r27_parameters_are_read(parameters: dict[str, str], expected: Query) -> None:
    """Pages begin at 1 and hold 200 at most; empty is absent (RFC 7644 §3.4.2.4)."""
    assert read_parameters(parameters) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}, Query(count=200)),
        ({"FILTER": "title pr", "startindex": 3, "count": 0}, Query("title pr", start=3, count=0)),
        ({"attributes": ["a", "b,c"], "excludedattributes": "d"}, Query(
            attributes=("a", "b", "c"), excluded=("d",), count=200)),
        ({"filter": None, "sortBy": None, "count": None, "unknown": 1}, Query(count=200)),
        ({"sortBy": "title", "sortOrder": "descending", "count": "7"}, Query(
            sort_by="title", descending=True, count=7)),
    ],
)  # fmt: skip
def test_a_body_is_read(body: Any, expected: Query) -> None:
    assert read_body(body) == expected


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"startIndex": "one"}, "startIndex: it must be a whole number."),
        ({"count": 1.5}, "count: it must be a whole number."),
        ({"count": True}, "count: it must be a whole number."),
        ({"count": "9" * 5000}, "count: it must be a whole number."),
        ({"sortOrder": "up"}, "sortOrder: it is ascending or descending."),
        ({"sortBy": ["title"]}, "sortBy: it must be a text."),
        ({"attributes": [1]}, "attributes: it must be a list of attribute names."),
        ({"attributes": {"a": 1}}, "attributes: it must be a list of attribute names."),
        ({"cursor": "", "startIndex": 1}, "A page is asked for by startIndex or by cursor, not by both."),
    ],
)
def test_what_is_no_query_is_400_and_says_why(body: Any, detail: str) -> None:
    with pytest.raises(InvalidValueException) as refused:
        read_body(body)
    assert refused.value.detail == detail


@pytest.mark.parametrize("body", [None, [], "filter", 1])
def test_a_body_that_is_no_object_is_400(body: Any) -> None:
    with pytest.raises(InvalidSyntaxException):
        read_body(body)


def test_a_filter_has_4096_characters_at_most() -> None:
    """Also in a body: what is longer is not even parsed."""
    assert read_body({"filter": "x" * 4096}).filter == "x" * 4096
    with pytest.raises(InvalidFilterException):
        read_body({"filter": "x" * 4097})
