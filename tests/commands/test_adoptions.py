"""Which account the operator asks about: its sentences and the command's reading of them are one."""

import pytest

from workteam_crds.kinds.tenants import Adoption
from workteam_operator.adoption import Candidate, Holder, Refuse, Wanted, candidate_named, decide

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
