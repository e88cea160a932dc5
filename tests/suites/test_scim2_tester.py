"""scim2-tester against the running facade: it reads what the service says of itself, then checks that it is true."""

from collections import Counter

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

from workteam_cli.dev_stack import Endpoint

CHECKS = {None: 25, "User": 90, "Group": 18}
"""Discovery and errors, then each resource: 133 for what we publish; fewer attributes or an older suite has fewer."""


def test_all_checks_of_scim2_tester_pass(endpoint: Endpoint) -> None:
    """None deviates, none is skipped, and none is missing."""
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    with httpx2.Client(base_url=endpoint.base_url, headers=headers, trust_env=False, timeout=30) as http:
        results = check_server(SyncSCIMClient(http))
    assert [f"{each.title}: {each.reason}" for each in results if each.status is not Status.SUCCESS] == []
    assert Counter(each.resource_type for each in results) == CHECKS
