"""Which values a refusal names, until when it holds, and which of its words are told."""

import pytest

from workteam_crds.kinds.progress import Refusal
from workteam_crds.testing import a_user
from workteam_operator.backend.port import Account, BackendDenied, BackendError, BackendRejected, DesiredAccount
from workteam_operator.mapping import differences, synced_attributes
from workteam_operator.refusals import for_the_status, refused_by, still_refused, without

DEPARTMENT = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"
SENT = {
    "title": "Lead",
    "name.givenName": "Ana",
    "emails": [{"type": "work", "value": "ana@contoso.example"}],
    DEPARTMENT: "Retail",
    "nickName": None,
    "active": False,
}
ANA = DesiredAccount(user_name="ana@contoso.example", external_id="1", active=True, attributes={"title": "Lead"})
LEAD = Refusal(path="title", digest="548b7c2a6ab90c24")
"""The title Lead: of SHA-256 of its JSON, the first 16 digits."""


def refusal(detail: str, *, status: int = 400, uniqueness: bool = False) -> BackendRejected:
    return BackendRejected(f"POST /Users: HTTP {status}", status=status, detail=detail, uniqueness=uniqueness)


@pytest.mark.parametrize(
    ("detail", "paths"),
    [
        ("The value of title is not allowed", ["title"]),
        ("TITLE: too long", ["title"]),
        ("name.givenName may not hold digits", ["name.givenName"]),
        ("'givenName' may not hold digits", ["name.givenName"]),
        ('emails[type eq "work"].value is no address', ["emails"]),
        (f"{DEPARTMENT} is unknown", [DEPARTMENT]),
        ("department and title are unknown", ["title", DEPARTMENT]),
    ],
)
def test_what_a_refusal_names(detail: str, paths: list[str]) -> None:
    """By the whole path or its last part, as a word, in any case."""
    assert [found.path for found in refused_by(refusal(detail), SENT)] == paths


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(refusal("The request is malformed"), id="nothing is named"),
        pytest.param(refusal("subtitle is unknown"), id="only a part of a word"),
        pytest.param(refusal("nickName may not be removed"), id="there was no value"),
        pytest.param(refusal("userName must be an address, as title says"), id="who it is cannot be left out"),
        pytest.param(refusal("active must be true while there is a title"), id="nor can access"),
        pytest.param(refusal("title exists already", uniqueness=True, status=409), id="another one has it"),
        pytest.param(refusal("title", status=413), id="it is about no value"),
        pytest.param(BackendDenied("POST /Users: HTTP 403", status=403), id="a denial"),
    ],
)
def test_what_names_no_value(error: BackendError) -> None:
    assert refused_by(error, SENT) == ()


def test_a_refusal_holds_until_the_value_is_another() -> None:
    assert refused_by(refusal("title: no"), ANA.attributes) == (LEAD,)
    assert still_refused([LEAD], ANA) == (LEAD,)
    for other in ({"title": "Engineer"}, {}):
        changed = DesiredAccount(user_name="ana@contoso.example", external_id="1", active=True, attributes=other)
        assert still_refused([LEAD], changed) == ()


def test_what_is_refused_is_left_out_and_counts_as_not_kept() -> None:
    left = without(ANA, [LEAD])
    assert (dict(left.attributes), left.unsupported) == ({}, ("title",))


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("The value of title is not allowed", "The value of title is not allowed"),
        ("'title' is not allowed", "'title' is not allowed"),
        ('"Lead" is no title', '"Lead" is no title'),
        ("ana@contoso.example is taken by bo@contoso.example", "ana@contoso.example is taken by …"),
        ('The number is that of "Bo Berg", +47 22 33 44 55', "The number is that of …, …"),
        ("At most 256 letters", "At most 256 letters"),
    ],
)
def test_nobody_else_is_told_of(detail: str, told: str) -> None:
    """Quoted words, addresses and long numbers that the object does not have itself are left out."""
    assert for_the_status(refusal(detail), a_user("ana", title="Lead")).detail == told


def test_a_refused_list_is_neither_written_nor_unset_and_stays_ours() -> None:
    """The earlier address stays in the account, and is taken away when the object has none any more."""
    unit = 'emails[type eq "work"]'
    wanted = [{"type": "work", "value": "new@contoso.example"}]
    held = Account(
        "7",
        "ana@contoso.example",
        "1",
        active=True,
        attributes={"emails": [{"type": "work", "value": "old@contoso.example"}]},
    )
    desired = DesiredAccount("ana@contoso.example", "1", active=True, attributes={"emails": wanted})
    left = without(desired, refused_by(refusal("emails: no"), desired.attributes))
    assert differences(held, left, synced=[unit]) == {}
    assert synced_attributes(left, [unit]) == (unit,)
    without_emails = DesiredAccount("ana@contoso.example", "1", active=True)
    assert differences(held, without_emails, synced=[unit]) == {"emails": None}
