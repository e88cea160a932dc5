"""The sequence by which Okta examines a SCIM 2.0 service: twelve requests, and what each answer has to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
LIST = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
ERROR = ["urn:ietf:params:scim:api:messages:2.0:Error"]


class Is(Enum):
    """What may be said of a value that nobody knows beforehand."""

    FILLED = "not empty"
    NUMBER = "a number"


@dataclass(frozen=True)
class Step:
    """One request, and what its answer holds, by dotted paths."""

    name: str
    request: str
    status: int
    answer: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    authorization: str | None = None


def runscope(email: str) -> dict[str, Any]:
    """Return the user whom the sequence creates."""
    return {
        "schemas": [USER],
        "userName": "runscope300@atko.example",
        "name": {"givenName": "Runscope", "familyName": "Sequence"},
        "emails": [{"primary": True, "type": "work", "value": email}],
        "displayName": "Runscope Sequence",
        "active": True,
    }


NAMES = {"userName": "runscope300@atko.example", "name.givenName": "Runscope", "name.familyName": "Sequence"}
COMPLETE = dict.fromkeys(("id", "userName", "active", "name.givenName", "name.familyName", "emails.0.value"), Is.FILLED)
FIRST = {f"Resources.0.{path}": fact for path, fact in COMPLETE.items()}
PAGE = {"schemas": LIST, "itemsPerPage": Is.NUMBER, "startIndex": Is.NUMBER, "totalResults": Is.NUMBER}
NOBODY = {"schemas": LIST, "totalResults": 0}
NONE_SUCH = {"schemas": ERROR, "detail": Is.FILLED}

SEQUENCE = (
    Step("list", "GET /Users?count=1&startIndex=1", 200, PAGE | FIRST),
    Step("read the first", "GET /Users/{first}", 200, COMPLETE | {"id": "{first}"}),
    Step("a stranger", 'GET /Users?filter=userName eq "abcdefgh@atko.example"', 200, NOBODY),
    Step("an impossible id", "GET /Users/010101001010101011001010101011", 404, NONE_SUCH),
    Step("a random address", 'GET /Users?filter=userName eq "k3v9x2@atko.example"', 200, NOBODY),
    Step(
        "create",
        "POST /Users",
        201,
        {"id": Is.FILLED, "active": True, "schemas": [USER]} | NAMES,
        runscope("runscope300@atko.example"),
    ),
    Step("read what was created", "GET /Users/{created}", 200, NAMES),
    Step("create it again", "POST /Users", 409, body=runscope("another300@atko.example")),
    Step("in upper case", 'GET /Users?filter=userName eq "RUNSCOPE300@ATKO.EXAMPLE"', 200, {"totalResults": 1}),
    Step("list groups", "GET /Groups", 200, {"schemas": LIST}),
    Step(
        "no valid token",
        'GET /Users?filter=userName eq "k3v9x2@atko.example"',
        401,
        NONE_SUCH | {"status": "401"},
        authorization="non-token",
    ),
    Step("another impossible id", "GET /Users/00919288221112222", 404, NONE_SUCH | {"status": "404"}),
)


def test_the_okta_sequence(scim: httpx.Client) -> None:
    """Twelve requests; what any of them misses is named."""
    seed = runscope("seed@atko.example") | {"userName": "seed@atko.example"}
    known = {"first": scim.post("/Users", json=seed).raise_for_status().json()["id"]}
    missed = []
    for step in SEQUENCE:
        answer = sent(scim, step, known)
        if step.name == "create" and answer.is_success:
            known["created"] = answer.json()["id"]
        if answer.status_code != step.status:
            missed.append(f"{step.name}: {answer.status_code} {answer.text}")
        body = answer.json()
        missed += [
            f"{step.name}: {path} is {at(body, path)}"
            for path, fact in step.answer.items()
            if not holds(at(body, path), fact.format(**known) if isinstance(fact, str) else fact)
        ]
    assert missed == []


def sent(scim: httpx.Client, step: Step, known: Mapping[str, str]) -> httpx.Response:
    """Send a step's request with Okta's headers."""
    method, path = step.request.split(" ", 1)
    headers = {"Content-Type": "application/json"} if step.body else {}
    if step.authorization:
        headers["Authorization"] = step.authorization
    return scim.request(method, path.format(**known), json=step.body, headers=headers)


def at(body: Any, path: str) -> Any:
    """Return what a dotted path leads to, None if nothing is there."""
    for part in path.split("."):
        if isinstance(body, list):
            body = body[int(part)] if int(part) < len(body) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def holds(found: Any, fact: Any) -> bool:
    """Say whether a value is as it has to be."""
    if fact is Is.FILLED:
        return found not in (None, "", [], {})
    if fact is Is.NUMBER:
        return type(found) is int
    return bool(found == fact)
