"""``workteam adopt``: which account the operator asks about, and what a person answers."""

import io
import json
from typing import TYPE_CHECKING

import pytest

from workteam_crds.kinds.tenants import Adoption
from workteam_crds.testing import a_user
from workteam_operator.adoption import Candidate, Holder, Refuse, Wanted, candidate_named, decide

if TYPE_CHECKING:
    from tests.commands.conftest import Kept, Run

ANA = Wanted("ana@contoso.example", "ana", active=True, policy=Adoption.MATCH)
NEVER = Wanted("ana@contoso.example", "ana", active=True, policy=Adoption.NEVER)
OTHER = Candidate("5171a35d", "ana@contoso.example", "other")

REFUSED = [
    pytest.param(ANA, [OTHER], {}, "5171a35d", id="another externalId"),
    pytest.param(ANA, [Candidate("7", "anna@contoso.example", "ana")], {}, "7", id="another name"),
    pytest.param(ANA, [Candidate("7", "ana@contoso.example", "ana", active=False)], {}, "7", id="inactive"),
    pytest.param(NEVER, [Candidate("7", "ana@contoso.example", "ana")], {}, "7", id="policy Never"),
    pytest.param(ANA, [OTHER, Candidate("8", "x@contoso.example", "ana")], {}, None, id="two"),
    pytest.param(ANA, [OTHER], {"5171a35d": Holder("bo")}, None, id="another object's"),
]


@pytest.mark.parametrize(("wanted", "found", "holders", "account"), REFUSED)
def test_the_account_that_a_refusal_names(
    wanted: Wanted, found: list[Candidate], holders: dict[str, Holder], account: str | None
) -> None:
    """One account that a person may confirm is named, two or another object's are not."""
    refusal = decide(wanted, found, holders)
    assert isinstance(refusal, Refuse)
    assert candidate_named(refusal.message) == account


@pytest.fixture
def asked(acme: "Kept") -> "Kept":
    """Ana and Bo wait for a word, Cy is in sync."""
    ana, bo, cy = a_user("ana"), a_user("bo"), a_user("cy")
    acme.apply(ana, bo, cy)
    acme.report(ana, "Ready False Conflict", "Stalled True UniquenessConflict 6 matches but has another name: name it")
    acme.report(bo, "Ready False Conflict", "Stalled True ConfirmAdoption 7 matches and is inactive: confirm")
    acme.report(cy, "Ready True Provisioned", "Synced True InSync", accountID="8")
    return acme


def confirmed(kept: "Kept") -> dict[str, str]:
    """The accounts that users were told to adopt, by name."""
    found = json.loads(kept.access.kubectl("get", "workteamusers", "-n", kept.namespace, "-o", "json"))["items"]
    said = {user["metadata"]["name"]: user["metadata"].get("annotations", {}) for user in found}
    return {name: words["workte.am/adopt"] for name, words in said.items() if "workte.am/adopt" in words}


@pytest.mark.parametrize(
    ("typed", "code", "adopted"),
    [("", 64, {}), ("n\n", 1, {}), ("y\n", 0, {"ana": "6", "bo": "7"})],
    ids=["nobody there", "no", "yes"],
)
def test_all_are_asked_for(  # noqa: PLR0917 - fixtures and the row
    asked: "Kept",
    here: tuple[str, ...],
    workteam: "Run",
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    adopted: dict[str, str],
) -> None:
    """The table comes before the question, on stderr; anything but a yes changes nothing."""
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    ran = workteam("adopt", "--all", *here)
    assert (ran.code, confirmed(asked)) == (code, adopted)
    assert [line.split()[1:3] for line in ran.err.splitlines()[1:4]] == [
        ["NAME", "ACCOUNT"],
        ["ana@contoso.example", "6"],
        ["bo@contoso.example", "7"],
    ]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (
            ("ana", "bo", "--account", "6"),
            64,
            "--account is the account of one user or group: name that one, and no other.",
        ),
        (("ana", "--all"), 64, "Either name users and groups, or confirm --all."),
        (
            ("ana", "cy", "--yes"),
            1,
            (
                "cy@contoso.example names no one account that it might adopt: it is Ready, Provisioned. `workteam "
                "explain cy@contoso.example` says more, and --account ID names an account in spite of it."
            ),
        ),
        (
            ("cy", "--account", "9"),
            1,
            "cy@contoso.example has 8 in Workteam already, so it adopts nothing else.",
        ),
    ],
    ids=["one account for two", "names and all", "one that waits for nothing", "one that has its account"],
)
def test_what_cannot_be_adopted(  # noqa: PLR0917 - fixtures and the row
    asked: "Kept", here: tuple[str, ...], workteam: "Run", words: tuple[str, ...], code: int, sentence: str
) -> None:
    """One sentence, and nobody of those that were named is changed."""
    ran = workteam("adopt", *words, *here)
    assert (ran.code, ran.err.splitlines()[-1], confirmed(asked)) == (code, f"error: {sentence}", {})


def test_another_account_is_named(asked: "Kept", here: tuple[str, ...], workteam: "Run") -> None:
    """--account is a person's word against what the operator found."""
    ran = workteam("adopt", "ANA", "--account", "9", *here)
    assert (ran.code, confirmed(asked)) == (0, {"ana": "9"})
