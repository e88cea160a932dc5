"""Which account an object may take: the table of rule A2, and who holds it (A1)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from workteam_crds.conditions import Reason
from workteam_crds.kinds.progress import Intent
from workteam_crds.kinds.tenants import Adoption
from workteam_operator.adoption import (
    Adopt,
    Await,
    Candidate,
    Decision,
    Holder,
    Refuse,
    Wanted,
    candidate_named,
    decide,
)

NAME, GUID = "ana@contoso.example", "6b0b8b2e-0b0a-4f5e-9f57-1c2d3e4f5a6b"
BOTH = Candidate("7", NAME.upper(), "ana")
NO_ID = Candidate("7", NAME, None)
OTHER_ID = Candidate("7", NAME, "other")
OTHER_NAME = Candidate("7", "anna@contoso.example", "ana")
ASLEEP = Candidate("7", NAME, "ana", active=False)
ASLEEP_GUID = Candidate("7", NAME, GUID, active=False)


def wanted(
    *, external_id: str = "ana", active: bool = True, policy: Adoption = Adoption.MATCH, confirmed: str | None = None
) -> Wanted:
    """Return what Ana's object is to have."""
    return Wanted(NAME, external_id, active, policy, confirmed)


CASES: dict[str, tuple[Wanted, tuple[Candidate, ...], Mapping[str, Holder], type | Reason | None]] = {
    "nothing found": (wanted(), (), {}, None),
    "both match, in any case of the name": (wanted(), (BOTH,), {}, Adopt),
    "the name matches and there is no externalId": (wanted(), (NO_ID,), {}, Adopt),
    "the name matches and the externalId differs": (wanted(), (OTHER_ID,), {}, Reason.UNIQUENESS_CONFLICT),
    "the externalId matches and the name differs": (wanted(), (OTHER_NAME,), {}, Reason.UNIQUENESS_CONFLICT),
    "two hits": (wanted(), (OTHER_NAME, Candidate("8", NAME, None)), {}, Reason.UNIQUENESS_CONFLICT),
    "inactive, by a nickname": (wanted(), (ASLEEP,), {}, Reason.CONFIRM_ADOPTION),
    "inactive, by an object id": (wanted(external_id=GUID), (ASLEEP_GUID,), {}, Adopt),
    "inactive, by the name alone": (
        wanted(external_id=GUID),
        (Candidate("7", NAME, None, active=False),),
        {},
        Reason.CONFIRM_ADOPTION,
    ),
    "inactive, and access is not asked for": (wanted(active=False), (ASLEEP,), {}, Adopt),
    "named by a person, in spite of all": (wanted(confirmed="7"), (OTHER_ID,), {}, Adopt),
    "named by a person, inactive": (wanted(confirmed="7"), (ASLEEP,), {}, Adopt),
    "named by a person, one of two": (wanted(confirmed="7"), (BOTH, Candidate("8", NAME, None)), {}, Adopt),
    "Never": (wanted(policy=Adoption.NEVER), (BOTH,), {}, Reason.UNIQUENESS_CONFLICT),
    "MatchUserName: the name alone": (wanted(policy=Adoption.MATCH_USER_NAME), (OTHER_ID,), {}, Adopt),
    "MatchUserName: not the externalId": (wanted(policy=Adoption.MATCH_USER_NAME), (OTHER_NAME,), {}, None),
    "a live object has it": (wanted(), (BOTH,), {"7": Holder("bo")}, Reason.UNIQUENESS_CONFLICT),
    "a live object has its externalId": (wanted(), (OTHER_NAME,), {"7": Holder("bo")}, Reason.DUPLICATE_EXTERNAL_ID),
    "a live object has it, in spite of a person": (
        wanted(confirmed="7"),
        (BOTH,),
        {"7": Holder("bo")},
        Reason.UNIQUENESS_CONFLICT,
    ),
    "one that is renamed has it": (wanted(), (BOTH,), {"7": Holder("bo", renaming=True)}, Await),
    "one that leaves has it": (wanted(), (BOTH,), {"7": Holder("bo", leaving=True)}, Adopt),
    "one that leaves has it, and it contradicts": (wanted(), (OTHER_ID,), {"7": Holder("bo", leaving=True)}, Await),
}


def test_what_a_create_made_and_another_object_has_is_no_conflict() -> None:
    """An account that our unanswered create may have made went to another object: there is nothing to take."""
    intent = Intent(external_id="old", user_name="anna@contoso.example", at=datetime(2026, 11, 25, tzinfo=UTC))
    made = Candidate("7", "anna@contoso.example", "old")
    who = replace(wanted(), intents=(intent,))
    assert decide(who, (made,), {}) == Adopt(made, ours=True)
    assert decide(who, (made,), {"7": Holder("bo")}) is None


@pytest.mark.parametrize("created", [True, False], ids=["we made it", "it was adopted"])
def test_who_made_it_is_handed_on(created: bool) -> None:  # noqa: FBT001
    """What one of our objects made is ours, whichever object has it next."""
    decision = decide(wanted(), (BOTH,), {"7": Holder("bo", leaving=True, created=created)})
    assert decision == Adopt(BOTH, ours=created)


@pytest.mark.parametrize(("who", "found", "holders", "expected"), CASES.values(), ids=CASES.keys())
def test_decision(
    who: Wanted, found: tuple[Candidate, ...], holders: Mapping[str, Holder], expected: type | Reason | None
) -> None:
    """What is found, who has it, and what follows."""
    assert _kind(decide(who, found, holders)) == expected


def _kind(decision: Decision) -> type | Reason | None:
    match decision:
        case Refuse(reason):
            return reason
        case None:
            return None
        case _:
            return type(decision)


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("7 matches but has another name: name it", "7"),
        ("7 exists already and the tenant adopts nothing: name it", "7"),
        ("6 and 7 both match: name one", None),
        ("7 belongs to the object bo", None),
    ],
)
def test_a_refusal_names_the_one_that_a_person_is_asked_about(message: str, named: str | None) -> None:
    assert candidate_named(message) == named
