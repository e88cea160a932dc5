"""A4: a deleted namespace looks like a deletion of everybody, and takes no access from anybody.

With a real kube-controller-manager, and the operator as a process with the rights that the chart gives it: those in the
namespace vanish first.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import yaml

from workteam_cli.controlplane.settings import OPERATOR, StackSettings
from workteam_cli.controlplane.stack import Stack, running
from workteam_crds.testing import a_group, a_membership, a_user

pytestmark = pytest.mark.controllers

NAMESPACE = "workteam"
USERS = [f"user-{number:02}" for number in range(60)]
FINALIZERS = ["workte.am/account"]


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run a stack of this test's own, whose namespaces can go away."""
    short = {"BACKOFF_FIRST": 0.1, "BACKOFF_LONGEST": 2, "CREATE_SETTLE": 2, "GROUP_REST": 0.1}
    home = tmp_path_factory.mktemp("namespace")
    settings = StackSettings(
        home, operator_settings=short, processes=frozenset({OPERATOR}), controllers=True, durable=False
    )
    with running(settings) as stack:
        yield stack


@pytest.fixture
def workteam(stack: Stack) -> Iterator[httpx.Client]:
    """Reach the stand-in as Workteam's administrator."""
    endpoint = stack.info().workteam
    headers = {"Authorization": f"Bearer {endpoint.token}"}
    with httpx.Client(base_url=endpoint.base_url, headers=headers, timeout=30, trust_env=False) as client:
        yield client


def accounts(workteam: httpx.Client) -> list[dict[str, Any]]:
    """Return all accounts, with the version that each change moves."""
    found: list[dict[str, Any]] = workteam.get("/Users", params={"count": 1000}).json()["Resources"]
    return sorted(found, key=lambda account: str(account["userName"]))


def objects() -> list[dict[str, Any]]:
    """Return users, a group of them all, and a further list of its members."""
    users = [a_user(name, namespace=NAMESPACE, title="Engineer").manifest() for name in USERS]
    crew = a_group("crew", *USERS[:50], namespace=NAMESPACE, memberships=1).manifest()
    for item in (*users, crew):
        item["metadata"]["finalizers"] = FINALIZERS
    return [*users, crew, a_membership("crew", *USERS[50:], namespace=NAMESPACE).manifest()]


def test_the_namespace_goes_and_everybody_keeps_access(stack: Stack, workteam: httpx.Client) -> None:
    """Sixty users and their group: the namespace goes away, each object is told once, and no account has changed."""
    stack.access.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects()))
    for kind in ("workteamusers", "workteamgroups"):
        stack.access.kubectl("wait", "--for=condition=Synced", kind, "--all", "-n", NAMESPACE, "--timeout=60s")
    before, teams = accounts(workteam), workteam.get("/Groups").json()["Resources"]
    assert [account["active"] for account in before] == [True] * 60

    stack.access.kubectl("delete", "namespace", NAMESPACE, "--timeout=90s")

    assert stack.access.get("namespace", NAMESPACE) is None
    assert accounts(workteam) == before
    assert workteam.get("/Groups").json()["Resources"] == teams
    told = re.findall(r"^.*Orphaned: the namespace.*$", stack.processes.log(OPERATOR).read_text(), re.MULTILINE)
    keys = sorted(json.loads(line)["key"] for line in told)
    assert keys == [
        f"WorkteamGroup/{NAMESPACE}/crew",
        *(f"WorkteamUser/{NAMESPACE}/{name}" for name in USERS),
    ]
