"""Which request meets which fault."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from workteam_cli.tenant.faults import FAULT, Answer, Faults, Point, RefuseAttribute, Reset, mentions
from workteam_cli.tenant.request_log import Entry

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def a_request(method: str = "POST", path: str = "/Users", query: str = "", body: Any = None) -> Entry:
    """A request as the log has it."""
    now = datetime(2026, 11, 25, tzinfo=UTC)
    return Entry(sequence=1, time=now, method=method, path=path, query=query, body=body)


def test_the_next_n_after_the_first_few() -> None:
    """``after`` spares the first matching requests, ``count`` hits the next, and later ones pass."""
    faults = Faults()
    faults.add(Reset(method="POST", after=1, count=2))
    hit = [bool(list(faults.meeting(a_request(), "", Point.BEFORE))) for _ in range(5)]
    assert hit == [False, True, True, False, False]


@pytest.mark.parametrize(
    ("fault", "met"),
    [
        pytest.param(Reset(), True, id="any"),
        pytest.param(Reset(method="POST|PUT"), True, id="one of two methods"),
        pytest.param(Reset(method="PO"), False, id="a method matches as a whole"),
        pytest.param(Reset(path="^/Users$"), True, id="path"),
        pytest.param(Reset(path="/Groups"), False, id="another path"),
        pytest.param(Reset(query="filter"), True, id="query"),
        pytest.param(Reset(query="startIndex"), False, id="another query"),
        pytest.param(Reset(body='"active": *false'), True, id="body as it was sent"),
        pytest.param(Reset(body="title"), False, id="another body"),
    ],
)
def test_every_pattern_must_match(fault: Reset, met: bool) -> None:  # noqa: FBT001 - a column of the table
    faults = Faults()
    faults.add(fault)
    request = a_request(query="filter=x", body={"active": False})
    assert bool(list(faults.meeting(request, '{"active": false}', Point.BEFORE))) is met


@pytest.mark.parametrize(
    ("body", "attribute", "named"),
    [
        ({"title": "x"}, "title", True),
        ({"TITLE": "x"}, "title", True),
        ({"titles": "x"}, "title", False),
        ({"name": {"givenName": "x"}}, "name.givenName", True),
        ({"name": {"givenName": "x"}}, "name", True),
        ({"name": {"givenName": "x"}}, "name.familyName", False),
        ({ENTERPRISE: {"department": "x"}}, "department", True),
        ({ENTERPRISE: {"department": "x"}}, f"{ENTERPRISE}:department", True),
        ({"Operations": [{"op": "add", "path": 'emails[type eq "work"].value', "value": "x"}]}, "emails", True),
        ({"Operations": [{"op": "add", "path": f"{ENTERPRISE}:manager.value", "value": "x"}]}, "manager", True),
        ({"Operations": [{"op": "replace", "value": {"active": False}}]}, "active", True),
        ({"Operations": [{"op": "replace", "value": {"active": False}}]}, "title", False),
        ({"Operations": [{"op": "replace", "path": "active", "value": {"title": 1}}]}, "title", False),
        ("no JSON", "title", False),
        (None, "title", False),
    ],
)
def test_a_body_names_an_attribute(body: Any, attribute: str, named: bool) -> None:  # noqa: FBT001
    assert mentions(body, attribute) is named


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "nonsense"},
        {"kind": "reset", "path": "("},
        {"kind": "answer", "status": 200},
        {"kind": "answer", "status": 599},
    ],
)
def test_a_fault_that_could_not_work_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FAULT.validate_python(document)


def test_faults_survive_their_journey_as_json() -> None:
    """What a client switches on is what the server acts on."""
    faults = [Answer(status=429, retry_after="7", count=2), RefuseAttribute(attribute="emails", method="PATCH")]
    assert [FAULT.validate_json(fault.model_dump_json()) for fault in faults] == faults
