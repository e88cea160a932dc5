"""Each fault, operation and crash: Workteam has what ``matrix.yaml`` says, and nothing was made twice."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
import yaml

MATRIX: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("matrix.yaml").read_text())


class Outcome(Protocol):
    """See conftest."""

    accounts: Mapping[str, str]
    teams: Mapping[str, str]
    created: Mapping[str, int]


@pytest.mark.parametrize("operation", MATRIX["operations"])
@pytest.mark.parametrize("fault", MATRIX["faults"])
@pytest.mark.parametrize("crash", MATRIX["crashes"])
def test_everybody_comes_to_what_was_asked_for(
    plays: Mapping[str, Mapping[str, Outcome]], crash: str, fault: str, operation: str
) -> None:
    wanted, outcome = MATRIX["operations"][operation], plays[crash][fault]
    held, name = (outcome.accounts, wanted["account"]) if "account" in wanted else (outcome.teams, wanted["team"])
    unless = {} if fault in MATRIX["too late"].get(crash, ()) else wanted.get("unless", {})
    assert held.get(name, "none") == unless.get(fault, wanted["leaves"])


@pytest.mark.parametrize("fault", MATRIX["faults"])
@pytest.mark.parametrize("crash", MATRIX["crashes"])
def test_nothing_is_made_twice(plays: Mapping[str, Mapping[str, Outcome]], crash: str, fault: str) -> None:
    """Not in the log, and so not in the tenant; and whoever was not to lose access has it."""
    outcome = plays[crash][fault]
    assert set(outcome.created.values()) == {1}
    assert {outcome.accounts[name].partition(" ")[0] for name in ("stays", "joins", "newcomer", "known")} == {"active"}
