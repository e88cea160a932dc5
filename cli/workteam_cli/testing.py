"""What tests on a running stack share: what the three sides of a tenant hold, and when all of it has settled."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

from workteam_cli.controlplane.access import Access
from workteam_cli.controlplane.stack import RunningTenant, Stack
from workteam_cli.rehearsal.service import Settings
from workteam_cli.tenant.control import Control
from workteam_cli.tenant.listing import read_resources
from workteam_crds.conditions import ConditionType
from workteam_crds.kinds import WorkteamGroup, WorkteamGroupMembership, WorkteamUser

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds after which what was to come will not come any more."""
POLL = 0.1
OWNERS = (WorkteamUser, WorkteamGroup)
KINDS = ",".join(kind.plural for kind in (*OWNERS, WorkteamGroupMembership))


@dataclass(frozen=True)
class Sides:
    """What a tenant holds: objects by metadata.name, accounts and teams by id, as both servers return them."""

    objects: Mapping[str, Any]
    accounts: Mapping[str, Any]
    teams: Mapping[str, Any]


@dataclass(frozen=True)
class Onlooker:
    """Somebody who may look at everything of one tenant on a running stack, and writes nothing."""

    stack: Stack
    tenant: RunningTenant

    @property
    def access(self) -> Access:
        """Kubectl as administrator."""
        return self.stack.access

    def control(self) -> Control:
        """Open the control endpoint of the tenant's stand-in."""
        return Control(self.tenant.workteam.base_url, self.tenant.workteam.token)

    def rehearsal(self, **settings: Any) -> Settings:
        """Settings of a rehearsal against the tenant's Base URL, at full speed."""
        return Settings(self.tenant.scim.base_url, self.tenant.scim.token, **{"rate": 0, **settings})

    def objects(self) -> dict[str, Any]:
        """Read users, groups and memberships of the tenant from the API server."""
        found = self.access.get(KINDS, "-n", self.tenant.settings.namespace) or {"items": []}
        name = self.tenant.settings.name
        return {each["metadata"]["name"]: each for each in found["items"] if each["spec"]["tenantRef"]["name"] == name}

    def resources(self, path: str) -> dict[str, Any]:
        """Read all of ``/Users`` or ``/Groups`` over SCIM from the stand-in; nothing if it has no such endpoint."""
        endpoint = self.tenant.workteam
        return {each["id"]: each for each in read_resources(endpoint, path) or ()}

    def sides(self) -> Sides:
        """Read all three sides."""
        return Sides(self.objects(), self.resources("/Users"), self.resources("/Groups"))

    def settled(self, *, within: float = PATIENCE) -> Sides:
        """Wait until the operator is done with every object, then read all three sides."""

        def unfinished() -> str:
            waiting = [f"  {name}: {why}" for name, each in self.objects().items() if (why := unsettled(each))]
            return "\n".join(waiting)

        until(lambda: not unfinished(), lambda: f"{self.tenant.settings.name} does not settle:\n{unfinished()}", within)
        return self.sides()

    def counted(self, process: str, metric: str, by: str, **labels: str) -> Counter[str]:
        """Sum the samples of a metric that have some labels, by one more label."""
        sums: Counter[str] = Counter()
        for family in text_string_to_metric_families(self.metrics(process)):
            for sample in family.samples:
                if sample.name == metric and labels.items() <= sample.labels.items():
                    sums[sample.labels[by]] += int(sample.value)
        return sums

    def metrics(self, process: str) -> str:
        """Read all metrics of ``facade`` or ``operator``."""
        return httpx.get(f"{self.stack.url(process)}/metrics", trust_env=False).raise_for_status().text


def unsettled(found: Mapping[str, Any]) -> str:
    """Say why an object is not in sync for its newest generation; empty if it is, or if it has no conditions at all."""
    if found["kind"] not in {kind.kind for kind in OWNERS}:
        return ""
    status = found.get("status", {})
    if "deletionTimestamp" in found["metadata"]:
        return f"terminates: {status.get('conditions')}"
    if status.get("observedGeneration") != found["metadata"]["generation"]:
        return "its last change was not looked at yet"
    holding = {each["type"] for each in status.get("conditions", ()) if each["status"] == "True"}
    if holding == {ConditionType.READY, ConditionType.SYNCED}:
        return ""
    return f"{status['conditions']}"


def until(holds: Callable[[], T], otherwise: Callable[[], str] | str, within: float = PATIENCE) -> T:
    """Ask again until something holds, and return it. Raises ``AssertionError`` with ``otherwise`` if it never does."""
    deadline = time.monotonic() + within
    while not (held := holds()):
        if time.monotonic() > deadline:
            raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
        time.sleep(POLL)
    return held
