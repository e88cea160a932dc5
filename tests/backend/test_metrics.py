"""What the operator counts of its requests."""

import pytest
from prometheus_client import REGISTRY

from workteam_cli.tenant.application import StandIn
from workteam_cli.tenant.faults import Reset
from workteam_operator import metrics
from workteam_operator.backend.port import BackendUnavailable
from workteam_operator.backend.scim import ScimBackend


def counted(code_class: str) -> float:
    labels = {"tenant": "acme/counted", "method": "GET", "code_class": code_class}
    return REGISTRY.get_sample_value("workteam_backend_requests_total", labels) or 0


async def test_requests_are_counted_by_class_of_answer(stand_in: StandIn) -> None:
    """By tenant and method; one without an answer is counted too."""
    backend = ScimBackend.connect(stand_in.base_url, stand_in.token, metrics.meter("acme/counted"))
    await backend.find_accounts(external_id="1", user_name="x")
    await backend.read_account("7")
    stand_in.control.add(Reset())
    with pytest.raises(BackendUnavailable):
        await backend.read_account("7")
    await backend.close()
    assert {code_class: counted(code_class) for code_class in ("2xx", "4xx", "5xx", "none")} == {
        "2xx": 2,
        "4xx": 1,
        "5xx": 0,
        "none": 1,
    }
